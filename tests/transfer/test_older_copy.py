"""An older copy put back after the site's key was changed: what is newer is signed by a key that
the copy does not know, and still holds work; the rota lets none of it go."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from mrd_desktop.ledger import rotations, sshsig
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import RecordsMissing
from mrd_desktop.texts import Language
from mrd_desktop.transfer import checkpoint, loss
from mrd_desktop.transfer.checkpoint import Verdict
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import backup, own_key, rota, users
from mrd_desktop.vault.site_keys import SUFFIX
from tests.clinic import Clinic, password_of
from tests.transfer.route import Route
from tests.transfer.test_rotation_of_keys import (
    SECOND,
    SECOND_PASSWORD,
    rotate_site,
    rotate_store,
)


def more(clinic: Clinic, n: int = 3) -> None:
    with clinic.open() as crc:
        for _ in range(n):
            Casebook(crc).create_subject()


@dataclass(frozen=True)
class Beside:
    """A site that works on, and the older copy of it.

    Attributes:
        older: the copy of before the key was changed, with nothing newer beside it.
        good: the backup that holds the records of after the change.
        package: the last package of the site, signed with the new key.
        reply: a reply that was taken up, sealed to the new key.
    """

    route: Route
    older: Clinic
    good: Path
    package: Path
    reply: Path

    @property
    def statement(self) -> Path:
        (found,) = (self.route.clinic.path / "archive").glob(f"*{SUFFIX}")
        return found

    def lay(self, path: Path, place: str) -> Path:
        """Lay something newer beside the data of the older copy."""
        to = self.older.path / place / path.name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, to)
        return to


@pytest.fixture
def beside(charted_route: Route, tmp_path: Path) -> Beside:
    route = charted_route
    assert route.carry().fine
    older = tmp_path / "older"
    shutil.copytree(route.clinic.path, older)
    with route.clinic.open() as crc:
        rotate_site(crc)
    more(route.clinic, 1)
    assert route.carry().fine  # signed by the former key, for the last time
    more(route.clinic)
    sent = route.send().path
    assert route.store.take(sent)[0].fine
    with route.store.open() as store:
        (made,) = make_reply(store, "01", tmp_path / "back")
    with route.clinic.open() as crc:
        import_reply(crc, made.path)
        good = backup.backup(crc, tmp_path / "out").path
    return Beside(route, Clinic(older, route.clinic.study), good, sent, made.path)


def held(clinic: Clinic) -> dict[str, Verdict]:
    """What is found, by its source; it holds work."""
    with clinic.open() as crc:
        found = loss.look(crc)
        assert (crc.hold is not None) == bool(found)
        if found:
            with pytest.raises(RecordsMissing):
                Casebook(crc).create_subject()
        assert all(said.text.zh != said.text.en for said in found)
        return {f.source: f.verdict for f in found}


def resigned(path: Path, key: SigningKey, **changed: object) -> None:
    """Sign a backup's report anew, without what proves the key."""
    report = path / "backup.json"
    value = {**json.loads(report.read_text()), **changed}
    for name in ("signature", backup.CHANGES):
        value.pop(name, None)
    value["signature"] = sshsig.make(Namespace.BACKUP, dumps(value), key.public.raw, key.sign)
    report.write_bytes(dumps(value))


# --- what lies beside the older copy ------------------------------------------------------


def test_a_backup_proves_its_new_key_to_an_older_copy(beside: Beside) -> None:
    laid = beside.lay(beside.good, "backups")
    assert held(beside.older) == {laid.name: Verdict.MISSING}
    with beside.older.open() as crc:
        (found,) = checkpoint.outside(crc)
        assert found.missing == backup.report_of(laid).seq - crc.head().seq > 0
        assert [entry for entry in loss.lost(crc) if entry.source == laid.name]


def test_a_backup_under_a_key_that_nothing_proves_holds_work(beside: Beside) -> None:
    laid = beside.lay(beside.good, "backups")
    resigned(laid, SigningKey.generate())
    assert held(beside.older) == {laid.name: Verdict.UNKNOWN}
    with beside.older.open() as crc:
        (found,) = checkpoint.outside(crc)
        assert "probably newer" in found.text.en
        assert "勿删除" in found.text.zh
    with beside.older.open("inv") as inv:
        shown = loss.look(inv)
        loss.answer(inv, shown, "restored", password_of("inv"), language=Language.EN)
        assert loss.look(inv) == ()
    with beside.older.open() as crc:
        Casebook(crc).create_subject("01-009")


def test_a_backup_of_what_stands_here_is_no_alarm_whoever_signed_it(beside: Beside) -> None:
    with beside.older.open() as crc:
        laid = backup.backup(crc, crc.folder.backups).path
    resigned(laid, SigningKey.generate())
    assert held(beside.older) == {}


def test_another_chains_backup_is_no_alarm(beside: Beside) -> None:
    resigned(beside.lay(beside.good, "backups"), SigningKey.generate(), chain="a" * 26)
    assert held(beside.older) == {}


def test_a_later_package_holds_work(beside: Beside) -> None:
    laid = beside.lay(beside.package, "archive")
    assert held(beside.older) == {laid.name: Verdict.UNKNOWN}
    told = beside.lay(beside.statement, "archive")  # which proves the key, and tells of itself
    assert held(beside.older) == {laid.name: Verdict.MISSING, told.name: Verdict.MISSING}


def test_the_statement_alone_tells_of_an_older_copy(beside: Beside) -> None:
    told = beside.lay(beside.statement, "archive")
    assert held(beside.older) == {told.name: Verdict.MISSING}
    assert held(beside.route.clinic) == {}


def test_an_older_copy_that_is_held_gets_no_key_of_its_own(beside: Beside) -> None:
    beside.lay(beside.statement, "archive")
    with beside.older.open() as crc:
        loss.look(crc)
        key = crc.site_key()
        assert own_key.standing(crc).bar is own_key.Bar.HELD
        with pytest.raises(RecordsMissing):
            rotate_site(crc)
        assert crc.site_key() == key
        assert own_key.standing(crc).changes == ()
    with beside.route.clinic.open() as crc:
        now = own_key.standing(crc)
        assert (now.bar, len(now.changes), now.fingerprint) == (None, 1, crc.fingerprint())
        assert now.changes[0].fingerprint == now.fingerprint != now.changes[0].former


def test_a_statement_that_no_known_key_signed_is_passed_over(beside: Beside) -> None:
    true = rotations.from_bytes(beside.statement.read_bytes())
    said = {
        name: value
        for name, value in json.loads(true.statement).items()
        if name not in ("format", "old", "key")
    }
    for n, (old, chain) in enumerate(((SigningKey.generate(), true.chain), (None, "a" * 26))):
        with beside.older.open() as crc:
            signer = old or crc.own_signing_key()
            made = rotations.made({**said, "chain": chain}, signer, SigningKey.generate())
        (beside.older.path / "archive" / f"{n}{SUFFIX}").write_bytes(made.to_bytes())
    (beside.older.path / "archive" / f"broken{SUFFIX}").write_bytes(b"{")
    assert held(beside.older) == {}


@pytest.mark.parametrize("place", ["archive", "inbox"])
def test_a_reply_sealed_to_the_new_key_holds_work(beside: Beside, place: str) -> None:
    laid = beside.lay(beside.reply, place)
    assert held(beside.older) == {laid.name: Verdict.UNKNOWN}


def test_a_reply_under_a_later_key_of_the_sponsor_holds_work_where_it_was_taken_up(
    beside: Beside, tmp_path: Path
) -> None:
    route = beside.route
    with route.store.open() as session:
        users.add_user(session, SECOND, "sponsor", password=SECOND_PASSWORD)
        rotate_store(session)
        make_reply(session, "01", tmp_path / "last")  # signed by the former key
        (later,) = make_reply(session, "01", tmp_path / "later")
    laid = beside.lay(later.path, "inbox")  # nobody here took it: a stranger's until then
    assert held(beside.older) == {}
    laid.unlink()
    laid = beside.lay(later.path, "archive")
    assert held(beside.older) == {laid.name: Verdict.UNKNOWN}


# --- the rota -----------------------------------------------------------------------------


def test_the_wrong_backup_put_back_pushes_no_good_one_out(
    charted_route: Route, tmp_path: Path
) -> None:
    site, usb = charted_route.clinic, tmp_path / "usb"
    usb.mkdir()
    with site.open() as crc:
        rota.choose_target(crc, usb)
        monthly = backup.backup(crc, usb).path
        rotate_site(crc)
    more(site)
    with site.open() as crc:
        good = backup.backup(crc, usb).path
    restored = Clinic(backup.restore(monthly, tmp_path / "restored").path, site.study)
    assert held(restored) == {good.name: Verdict.MISSING}
    with restored.open() as crc:
        loss.look(crc)
        assert rota.standing(crc).due
        assert rota.back_up_if_due(crc) is None
    assert good.is_dir()


def test_only_what_this_history_signed_and_holds_makes_room(
    charted: Clinic, tmp_path: Path
) -> None:
    usb, copy = tmp_path / "usb", charted.copy(tmp_path / "copy")
    more(copy)
    with copy.open() as crc:
        forked = backup.backup(crc, usb).path
    more(charted)
    with charted.open() as crc:
        first = backup.backup(crc, usb).path
        foreign = backup.backup(crc, usb).path
        resigned(foreign, SigningKey.generate())
        for _ in range(20):
            Casebook(crc).create_subject()
        newest = backup.backup(crc, usb)
        assert backup.report_of(forked).seq < newest.head.seq
        assert rota.make_room(crc, usb, newest) == (first,)
    assert forked.is_dir()
    assert foreign.is_dir()
