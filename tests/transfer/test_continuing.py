"""An amendment on a live site: it comes into force with the sponsor's approval, never without."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.ledger.canonical import dumps, loads
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.load import load_study
from mrd_desktop.transfer import amending, continuing, messages, reply
from mrd_desktop.transfer.amendment import install, roll_back, try_out
from mrd_desktop.transfer.errors import Forged, NotApproved, ReplyRefused
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import golive, initiation
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.errors import ActivationRefused, PermissionDenied
from tests.transfer.edition import edition
from tests.transfer.test_amendment import SECOND
from tests.vault.live_kit import ANSWERS, Live, make_live

FIRST = Ethics("SYN-2026-014", "2026-02-03")
LETTER = Ethics("SYN-2026-031", "2026-10-09")


@pytest.fixture(scope="module")
def live_route(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """A live site at work, whose sponsor has amended to 0.2."""
    root = tmp_path_factory.mktemp("live-amended")
    live = make_live(root, load_study())
    with live.store.open() as boss:
        word = golive.make_activation(boss, "02", ethics=FIRST)
        amending.amend(boss, edition(root / "second", "0.2", VS=SECOND))
    with live.open("admin") as admin:
        golive.install(admin, word, ANSWERS)
    return live


@pytest.fixture
def live(live_route: Live, tmp_path: Path) -> Live:
    return live_route.copy(tmp_path)


def carry(live: Live) -> None:
    """The site receives the next reply."""
    stick = live.path.parent / "stick"
    with live.store.open() as boss:
        (made,) = make_reply(boss, "02", stick)
    with live.open("crc") as crc:
        import_reply(crc, made.path)


def approve(live: Live) -> None:
    with live.store.open() as boss:
        made = continuing.approve(boss, "02", LETTER)
    assert made.versions == ("0.1", "0.2")


def works(live: Live) -> str:
    """The version under which a subject can be created now."""
    with live.open("crc") as crc:
        Casebook(crc).create_subject()
        return crc.study.version


def test_without_an_approval_it_is_not_installed_and_the_site_works_on(live: Live) -> None:
    carry(live)
    with live.open("admin") as admin:
        found = try_out(admin)
        assert found.held_back
        assert found.approved is None
        assert found.activation is not None
        before = admin.head()
        with pytest.raises(NotApproved) as caught:
            install(admin, found.digest)
        assert "0.2" in caught.value.text.zh
        assert "works on" in caught.value.text.en
        assert admin.head() == before
    assert works(live) == "0.1"


def test_with_an_approval_the_site_goes_on_under_it(live: Live) -> None:
    approve(live)
    carry(live)
    with live.open("admin") as admin:
        found = try_out(admin)
        assert not found.held_back
        assert found.activation is None
        assert found.approved is not None
        assert (found.approved.ethics, found.approved.activation.versions) == (
            LETTER, ("0.1", "0.2"),
        )  # fmt: skip
        install(admin, found.digest)
        assert admin.not_live is None
    assert works(live) == "0.2"
    with live.open("admin") as admin:
        state = golive.state(admin)
        assert (state.fault, state.ethics) == (None, LETTER)
        assert all(c.ok is not False for c in verify_folder(admin))
        with admin.reading() as conn:
            body = golive.installed_record(conn, admin.folder.chain)
        assert body is not None
        assert body["checklist"] == initiation.answered(ANSWERS)
        assert body["continues"]


def test_an_approval_may_come_later_than_the_amendment(live: Live) -> None:
    carry(live)
    approve(live)
    carry(live)
    with live.open("admin") as admin:
        install(admin, try_out(admin).digest)
    assert works(live) == "0.2"


def test_the_way_back_stays_live_too(live: Live) -> None:
    approve(live)
    carry(live)
    with live.open("admin") as admin:
        install(admin, try_out(admin).digest)
    with live.open("admin") as admin:
        roll_back(admin)
    assert works(live) == "0.1"
    with live.open("admin") as admin:
        install(admin, try_out(admin).digest)
    assert works(live) == "0.2"


def test_a_new_activation_file_does_it_as_well(live: Live) -> None:
    carry(live)
    with live.store.open() as boss:
        word = golive.make_activation(boss, "02", ethics=LETTER, versions=("0.1", "0.2"))
    with live.open("admin") as admin:
        golive.install(admin, word, ANSWERS)
        found = try_out(admin)
        assert (found.activation, found.approved) == (None, None)
        install(admin, found.digest)
    assert works(live) == "0.2"


def test_an_approval_that_ended_counts_no_more(live: Live) -> None:
    with live.store.open() as boss:
        continuing.approve(boss, "02", LETTER, expires=boss.today().isoformat())
    carry(live)
    with live.open("admin") as admin:
        assert try_out(admin).approved is not None
        tomorrow = admin.today().replace(year=admin.today().year + 1)
        admin.clock.today = lambda: tomorrow  # type: ignore[method-assign]
        assert try_out(admin).approved is None
        with pytest.raises(NotApproved):
            install(admin, try_out(admin).digest)


def forged(live: Live, **changes: object) -> str:
    """An approval with other content, signed by the sponsor all the same."""
    with live.store.open() as boss, boss.reading() as conn:
        file = continuing.given(conn, boss.folder.chain, "02")
        assert file is not None
        said = loads(file.removesuffix("\n").encode())
        assert isinstance(said, dict)
        statement = loads(str(said["statement"]).encode())
        assert isinstance(statement, dict)
        text = dumps({**statement, **changes})  # type: ignore[dict-item]
        signature = boss.sign_as_site(Namespace.ACTIVATION, text)
    return dumps({**said, "statement": text.decode(), "signature": signature}).decode() + "\n"


def test_an_approval_that_does_not_fit_approves_nothing(live: Live) -> None:
    approve(live)
    with live.store.open() as boss:
        study = boss.study
    cases: tuple[dict[str, object], ...] = (
        {"continues": "0" * 64},
        {"versions": ["0.1"]},
        {"computers": {}},
        {"ethics": None},
        {"programs": ["99.0"]},
        {"expires": "2026-01-31"},
        {"site": "07"},
    )
    fits, *strange = (forged(live, **changes) for changes in ({}, *cases))
    with live.open("admin") as admin, admin.reading() as conn:
        assert continuing.approval(conn, admin, study, [fits, *strange]) is not None
        for file, changes in zip(strange, cases, strict=True):
            assert continuing.approval(conn, admin, study, [file]) is None, changes
        unsigned = fits.replace(LETTER.reference, "SYN-2026-032")
        assert continuing.approval(conn, admin, study, [unsigned]) is None


@pytest.mark.parametrize(
    ("changes", "refusal"), [({"site": "07"}, ReplyRefused), ({"surplus": 1}, Forged)]
)
def test_a_reply_with_a_strange_approval_is_refused_whole(
    live: Live,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    refusal: type[Exception],
) -> None:
    approve(live)
    other = forged(live, **changes)
    monkeypatch.setattr(reply, "Approval", lambda seq, _: messages.Approval(seq, other))
    with live.store.open() as boss:
        (made,) = make_reply(boss, "02", live.path.parent / "stick")
    monkeypatch.undo()
    with live.open("crc") as crc:
        before = crc.head().seq
        with pytest.raises(refusal):
            import_reply(crc, made.path)
        assert crc.head().seq == before


def test_a_file_that_continues_another_activation_opens_nothing(live: Live) -> None:
    with live.store.open() as boss:
        strange = golive.make_activation(
            boss, "02", ethics=LETTER, versions=("0.1", "0.2"), continues="0" * 64
        )
    with live.open("admin") as admin, pytest.raises(ActivationRefused, match="continues another"):
        golive.install(admin, strange, ANSWERS)


def test_what_the_sponsor_cannot_approve_is_named(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live.store.open() as boss:
        with pytest.raises(ActivationRefused, match="never activated"):
            continuing.approve(boss, "07", LETTER)
        with pytest.raises(ActivationRefused, match="is no date"):
            continuing.approve(boss, "02", LETTER, expires="soon")
        continuing.approve(boss, "02", LETTER)
        with pytest.raises(ActivationRefused, match=r"names version 0\.2"):
            continuing.approve(boss, "02", LETTER)
        monkeypatch.setattr(type(boss), "allows", lambda *_, **_named: False)
        with pytest.raises(PermissionDenied):
            continuing.approve(boss, "02", LETTER)
