"""An older copy takes its records back where packages of headers and deletions alone are among
them: all of what a whole package brought later, or nothing (decisions 0059 and 0073)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, RecordClass
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.redaction import LINK_CAUSES, destroy_link, has_link
from mrd_desktop.study.model import Study
from mrd_desktop.transfer import amending, barred, lineage, loss
from mrd_desktop.transfer.amendment import install, try_out
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.transfer.tail import taking
from mrd_desktop.transfer.tail.following import Tail
from mrd_desktop.transfer.tail.words import TailRefused
from mrd_desktop.vault import backup, data_key, golive, users
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from tests.once import Once
from tests.transfer.edition import edition
from tests.transfer.route import fill, values
from tests.transfer.test_deletions import (
    LATER,
    LEFT,
    joins,
    leaves_with_its_data,
    tell,
    until_it_was_over,
)
from tests.transfer.test_jurisdictions import AGREED, NOT_TO_GENES, Act, send
from tests.transfer.test_tail import back, come_in, sound
from tests.vault.live_kit import ANSWERS, PASSWORD, Live

FILES = (DATA_FILE, FolderKind.SITE.file_name)
"""What an older copy brings along: the records, and the slots of the keys."""


@pytest.fixture
def live(once: Once, study: Study, tmp_path: Path) -> Live:
    return until_it_was_over(once, study).copy(tmp_path)


def kept(live: Live) -> Callable[[], None]:
    """What puts the copy back that the folder is now, and gives what it was until then."""
    older = {name: (live.path / name).read_bytes() for name in FILES}

    def put_back() -> None:
        for name, data in older.items():
            now = (live.path / name).read_bytes()
            (live.path / name).write_bytes(data)
            older[name] = now

    return put_back


def why_not(live: Live, swap: Callable[[], None]) -> str:
    """What an older copy says instead of taking anything back; the site goes on as it was."""
    swap()
    with live.open("admin") as admin:
        come_in(admin)
        before, offer = admin.head(), taking.offered(admin)
        with pytest.raises(TailRefused):
            taking.take_back(admin, Tail(1, 2, "", "", (), ()))
        assert admin.head() == before
    swap()
    assert offer.tail is None
    assert offer.why is not None
    return offer.why.en


def new_user(live: Live) -> None:
    """A code that nobody has used yet."""
    with live.open("admin") as admin:
        users.add_user(admin, "newcomer", "monitor")


def new_key(live: Live) -> None:
    with live.open("admin") as admin:
        words = "a synthetic suspicion"
        data_key.change(admin, data_key.SUSPECTED, PASSWORD.format("admin"), words)


def new_definition(live: Live) -> None:
    with live.open("admin") as admin:
        install(admin, try_out(admin).digest)


def amended(live: Live) -> None:
    """The site has an amendment that it may install."""
    with live.store.open() as boss:
        amending.amend(boss, edition(live.path.parent / "second", "0.2"))
        ethics = Ethics("SYN-2026-014", "2026-02-03")
        word = golive.make_activation(boss, "02", ethics=ethics, versions=("0.1", "0.2"))
        (reply,) = make_reply(boss, "02", live.path.parent / "stick")
    with live.open("admin") as admin:
        golive.install(admin, word, ANSWERS)
    with live.open("crc") as crc:
        assert import_reply(crc, reply.path).definition


@pytest.mark.parametrize(
    ("before", "act", "kind", "full"),
    [
        pytest.param(None, new_user, "user.added", False, id="user"),
        pytest.param(None, new_key, "generation.changed", True, id="key_full"),
        pytest.param(
            amended, new_definition, "definition.installed", False,
            id="definition", marks=pytest.mark.soak,
        ),
    ],
)  # fmt: skip
def test_what_deletions_left_out_is_not_brought_back_late(
    live: Live, before: Act | None, act: Act, kind: str, full: bool
) -> None:
    """Alone nobody can tell what is in it; with the whole package it is seen, and refused."""
    if before is not None:
        before(live)
    swap = kept(live)
    act(live)
    tell(live)
    assert "headers and deletions alone" in why_not(live, swap)
    LEFT(live)
    send(live, full=full)
    assert kind in why_not(live, swap)


def test_all_comes_back_with_the_whole_package_behind_deletions(live: Live) -> None:
    """Of who withdrew meanwhile nothing leaves: that is lost, and keeps nothing else."""
    swap = kept(live)
    leaves_with_its_data(live)
    with live.open("crc") as crc:
        assert Casebook(crc).create_subject() == LATER
        fill(crc, f"{AGREED}/SCR/IC", {"ICSTAFF": "INV77"}, complete=False)
    assert live.store.take(tell(live).path)[0].fine
    LEFT(live)
    assert live.store.take(send(live).path)[0].fine
    with live.open("crc") as crc:
        whole = values(crc)
    swap()
    with live.open("admin") as admin:
        come_in(admin)
        made = back(admin)
        assert len(made.packages) == 2
        assert (admin.hold, loss.look(admin)) == (None, ())
        assert sound(admin)
        with admin.reading() as conn:
            chain = admin.folder.chain
            coded = [
                one.seq
                for one in made.without
                if store.record(conn, chain, one.seq).header.cls is RecordClass.CODED
            ]
            assert lineage.lost(conn, chain) == {one.seq for one in made.without}
        assert coded, "that somebody withdrew"
        now = values(admin)
    gone = {a for a in whole.keys() - now.keys() if not a.startswith(NOT_TO_GENES)}
    assert gone == set()
    assert now[f"{AGREED}/SCR#1/IC#1/A#1/ICSTAFF"] == "INV77"
    with live.open("crc") as crc:
        assert not Casebook(crc).asks_number()
        fill(crc, f"{AGREED}/SCR/IC", {"ICSTAFF": "INV78"}, complete=False)
    assert live.store.take(send(live).path)[0].fine


def test_a_backup_that_reaches_further_is_named(live: Live) -> None:
    """Deletions alone bring nothing back; a backup made behind them does."""
    swap = kept(live)
    new_user(live)
    tell(live)
    with live.open("admin") as admin:
        made = backup.backup(admin, admin.folder.backups).path
    swap()
    with live.open("admin") as admin:
        come_in(admin)
        offer = taking.offered(admin)
    assert offer.tail is None
    assert offer.instead is not None
    assert made.name in offer.instead.en
    assert offer.backup == made
    assert offer.restores


@pytest.mark.parametrize("formerly", [False, True])
def test_a_link_that_was_destroyed_stays_so(
    live: Live, formerly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older copy still has the identity; former programs told of the destruction late."""
    if formerly:
        monkeypatch.setattr(barred, "_GO", barred._GO - {Kind.LINK_DESTROYED})
    joins(live)
    swap = with_identity(live)
    destroyed(live)
    tell(live)
    LEFT(live)
    send(live)
    swap()
    stays_destroyed(live)


def test_so_does_the_link_of_who_has_withdrawn(live: Live) -> None:
    """Of whom nothing leaves: not even in a whole package."""
    joins(live)
    LEFT(live)
    swap = with_identity(live)
    with live.open("crc") as crc:
        end = {"DSDECOD": "WITHDRAWAL OF CONSENT", "DATAUSE": "N"}
        fill(crc, f"{AGREED}/EOS/EOS", end, complete=False)
    destroyed(live)
    send(live)
    swap()
    stays_destroyed(live)


def with_identity(live: Live) -> Callable[[], None]:
    """A copy of the folder as it is with the identity of a participant, sent as far as it goes."""
    with live.open("crc") as crc:
        who = {"PATNAME": "虚构甲乙", "MRN": "MRN7654321"}
        fill(crc, f"{AGREED}/SCR/ID", who, complete=False)
        assert has_link(crc, AGREED)
    return kept(live)


def destroyed(live: Live) -> None:
    with live.open("inv") as inv:
        destroy_link(
            inv, AGREED, min(LINK_CAUSES), PASSWORD.format("inv"),
            second="admin", second_password=PASSWORD.format("admin"),
        )  # fmt: skip


def stays_destroyed(live: Live) -> None:
    with live.open("inv") as inv:
        assert identities(inv) > 0
        come_in(inv)
        back(inv)
        assert not has_link(inv, AGREED)
        assert identities(inv) == 0
        assert sound(inv)


def identities(session: Session) -> int:
    """How many private records can be read."""
    assert session.box is not None
    with session.reading() as conn:
        read = store.records(conn, session.folder.chain, box=session.box)
        return sum(r.opening is not None for r in read if r.header.cls is RecordClass.PRIVATE)
