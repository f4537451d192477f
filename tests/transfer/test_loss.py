"""After an older copy was put back: named, held, listed whole, signed for; then work goes on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mrd_desktop.insight.audit.review import sign_off, survey
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from mrd_desktop.transfer import checkpoint, loss, overview
from mrd_desktop.transfer.checking import verify_around
from mrd_desktop.transfer.checkpoint import Verdict
from mrd_desktop.transfer.loss import Lost, NotAnswered
from mrd_desktop.vault import backup, rota
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.errors import PermissionDenied, RecordsMissing, WrongPassword
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.transfer.route import Route

WORDS = "synthetic: keyed again from paper"


def answer(session: Session, words: str = WORDS, password: str = "") -> None:
    shown = checkpoint.outside(session)
    secret = password or password_of(session.user)
    loss.answer(session, shown, words, secret, language=Language.ZH)


@pytest.fixture
def older(charted: Clinic, tmp_path: Path) -> Clinic:
    """A site into which an older copy was put back; the later state is known to a backup."""
    copy = tmp_path / "older.mrd"
    shutil.copyfile(charted.path / DATA_FILE, copy)
    with charted.open() as crc:
        book = Casebook(crc)
        book.create_subject("01-002")
        entry = book.open(FormKey(EventKey("01-002", "SCR"), "IC"))
        entry.type(ItemKey(RowKey(entry.key, "A"), "RFICDAT"), "2027-06-01")
        entry.save(complete=False)
        backup.backup(crc, crc.folder.backups)
    shutil.copyfile(copy, charted.path / DATA_FILE)
    return charted


def true_set(clinic: Clinic, tmp_path: Path) -> set[tuple[int, str | None]]:
    """Numbers and places of what the backup has and the older copy has not."""
    (kept,) = (clinic.path / "backups").glob("*.mrdbackup")
    whole = Clinic(backup.restore(kept, tmp_path / "whole").path, clinic.study)
    with clinic.open("aud") as before, whole.open("aud") as after:
        held = before.head().seq
        with after.reading() as conn:
            last = backup.report_of(kept).seq
            records = [r for r in store.records(conn, after.folder.chain) if held < r.header.seq]
            return {
                (r.header.seq, r.body.get("address") or r.body.get("subject"))  # type: ignore[misc]
                for r in records
                if r.header.seq <= last and r.opening is not None
            }


def test_what_is_missing_is_listed_whole(older: Clinic, tmp_path: Path) -> None:
    expected = true_set(older, tmp_path)
    with older.open("aud") as auditor:
        found = loss.lost(auditor)
        assert {(x.seq, x.place) for x in found if x.kind is not None} == expected
        assert {x.user for x in found} == {"crc"}
        assert any(x.kind is Kind.SUBJECT_CREATED and x.place == "01-002" for x in found)
        assert not any(hasattr(x, "value") for x in found)
        assert len({x.seq for x in found}) == len(found)
        assert all(isinstance(x, Lost) for x in found)


def test_work_is_held_over_sign_ins_until_somebody_signs(older: Clinic) -> None:
    with older.open("cra") as monitor:
        (finding,) = loss.look(monitor)
        assert finding.verdict is Verdict.MISSING
    with older.open() as crc:
        assert crc.hold is not None
        book = Casebook(crc)
        with pytest.raises(RecordsMissing):
            book.create_subject()
        with pytest.raises(RecordsMissing):
            crc.require("export")
        entry = book.open(FormKey(EventKey("01-001", "SCR"), "VS"))
        entry.type(ItemKey(RowKey(entry.key, "A"), "WEIGHT"), "61.5")
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True)
        assert refused.value.cause is Cause.RECORDS_MISSING
        assert crc.allows("backup")
        with pytest.raises(PermissionDenied):
            answer(crc)
    with older.open("inv") as investigator:
        assert loss.look(investigator)
        answer(investigator)
        assert investigator.hold is None
        assert loss.look(investigator) == ()
        assert all(c.ok is not False for c in verify_around(investigator))
    with older.open() as crc:
        assert crc.hold is None
        for at in range(10, 40):
            # beyond the number that the backup knows
            Casebook(crc).create_subject(f"01-{at:03d}")
        assert loss.look(crc) == ()


def test_the_signature_tells_what_is_missing_and_the_words_stay(older: Clinic) -> None:
    with older.open("inv") as investigator:
        shown = loss.look(investigator)
        answer(investigator)
        with investigator.reading() as conn:
            *_, incident, signed = store.records(conn, investigator.folder.chain)
    assert (incident.kind, incident.header.cls.value) == (Kind.INCIDENT_NOTED, "site")
    assert incident.body["text"] == WORDS
    assert signed.kind is Kind.SIGNATURE_MADE
    said = signed.body["loss"]
    assert isinstance(said, dict)
    assert list(said["known"]) == [f.key for f in shown]  # type: ignore[arg-type]
    assert said["missing"] == shown[0].missing
    assert WORDS not in str(signed.body)


def test_nothing_is_answered_blindly(older: Clinic) -> None:
    with older.open("inv") as investigator:
        loss.look(investigator)
        with pytest.raises(NotAnswered):
            answer(investigator, "  ")
        with pytest.raises(WrongPassword):
            answer(investigator, password="synthetic wrong")
        with pytest.raises(NotAnswered):
            loss.answer(investigator, (), WORDS, password_of("inv"), language=Language.ZH)
        assert investigator.hold is not None


def test_who_restores_may_answer(older: Clinic) -> None:
    with older.open("admin") as admin:
        loss.look(admin)
        answer(admin)
        assert admin.hold is None


def test_a_slip_that_knows_more_holds_work_too(charted: Clinic, tmp_path: Path) -> None:
    copy = tmp_path / "older.mrd"
    shutil.copyfile(charted.path / DATA_FILE, copy)
    with charted.open() as crc:
        slip = checkpoint.take_slip(crc)
    shutil.copyfile(copy, charted.path / DATA_FILE)
    with charted.open() as crc:
        assert loss.look(crc) == ()
        found = checkpoint.read_slip(crc, slip.qr)
        loss.hold(crc, [found])
        with pytest.raises(RecordsMissing):
            crc.require("form.edit")
    with charted.open("inv") as investigator:
        answer(investigator)
        again = checkpoint.read_slip(investigator, slip.qr)
        assert again.verdict is not Verdict.SAME  # it still disagrees, and was answered for
        loss.hold(investigator, [again])
        assert investigator.hold is None


def test_a_slip_that_agrees_holds_nothing(charted: Clinic) -> None:
    with charted.open() as crc:
        slip = checkpoint.take_slip(crc)
        loss.hold(crc, [checkpoint.read_slip(crc, slip.qr)])
        assert crc.hold is None


def spoilt(code: str, *places: int) -> str:
    """A code with other characters at some places."""
    return "".join(c if at not in places else "a" if c != "a" else "b" for at, c in enumerate(code))


@pytest.mark.parametrize("user", ["crc", "aud"])
@pytest.mark.parametrize("places", [(0,), (7, 8), (1, 9, 19)])
def test_a_slip_of_the_finger_is_told_as_one_and_holds_nothing(
    charted: Clinic, user: str, places: tuple[int, ...]
) -> None:
    with charted.open() as crc:
        slip = checkpoint.take_slip(crc)
    with charted.open(user) as session:
        code, before = spoilt(slip.code, *places), None
        for _ in range(3):
            found = checkpoint.read_slip(session, f"{slip.seq} {code}")
            assert found.verdict is Verdict.TYPO
            for at in places:
                assert code[at // 4 * 4 : at // 4 * 4 + 4] in found.text.en
            loss.compared(session, found, before)
            before = found
        assert session.hold is None


def test_a_mistyped_number_is_told_by_the_code(charted: Clinic) -> None:
    with charted.open() as crc:
        slip = checkpoint.take_slip(crc)
        for wrong in (slip.seq - 1, slip.seq * 10):
            found = checkpoint.read_slip(crc, f"{wrong} {slip.code}")
            assert found.verdict is Verdict.TYPO
            assert f"record {slip.seq}," in found.text.en


def test_only_the_second_typing_that_says_the_same_holds_work(charted: Clinic) -> None:
    with charted.open() as crc:
        first = checkpoint.read_slip(crc, "3 " + "abcd" * 5)
        other = checkpoint.read_slip(crc, "3 " + "bcde" * 5)
        assert first.verdict is Verdict.FORK
        assert loss.AGAIN.en in loss.compared(crc, first, None).en
        assert loss.AGAIN.en in loss.compared(crc, other, first).en
        assert crc.hold is None
        assert loss.compared(crc, other, other) == other.text
        assert crc.hold is not None


@pytest.mark.parametrize("user", ["aud", "cra"])
def test_who_looks_is_told_and_holds_nothing(charted: Clinic, user: str) -> None:
    with charted.open(user) as session:
        found = checkpoint.read_slip(session, "3 " + "abcd" * 5)
        assert loss.OTHERS_HOLD.en in loss.compared(session, found, found).en
        assert session.hold is None


@pytest.mark.parametrize("forged", ["unsigned", "altered", "other"])
def test_a_report_that_this_site_did_not_sign_raises_no_alarm(charted: Clinic, forged: str) -> None:
    with charted.open() as crc:
        made = backup.backup(crc, crc.folder.backups)
        report = made.path / "backup.json"
        said = json.loads(report.read_bytes())
        said["seq"] += 50
        if forged == "unsigned":
            del said["signature"]
        if forged == "other":
            said["signature"] = "synthetic"
        report.write_text(json.dumps(said))
        assert loss.look(crc) == ()
        assert crc.hold is None


def test_backups_on_the_second_medium_are_compared_too(charted: Clinic, tmp_path: Path) -> None:
    stick, copy = tmp_path / "stick", tmp_path / "older.mrd"
    stick.mkdir()
    with charted.open() as crc:
        rota.choose_target(crc, stick)
    shutil.copyfile(charted.path / DATA_FILE, copy)
    with charted.open() as crc:
        Casebook(crc).create_subject()
        backup.backup(crc, stick)
    shutil.copyfile(copy, charted.path / DATA_FILE)
    with charted.open() as crc:
        (found,) = loss.look(crc)
        assert found.source.endswith(".mrdbackup")


def test_the_sponsor_sees_losses_backups_and_reviews(route: Route, tmp_path: Path) -> None:
    site = route.clinic
    copy = tmp_path / "older.mrd"
    shutil.copyfile(site.path / DATA_FILE, copy)
    with site.open() as crc:
        Casebook(crc).create_subject()
        backup.backup(crc, crc.folder.backups)
    shutil.copyfile(copy, site.path / DATA_FILE)
    with site.open("inv") as investigator:
        loss.look(investigator)
        answer(investigator)
        shown = survey(investigator)
        sign_off(
            investigator, shown, frozenset(shown.open), WORDS, password_of("inv"),
            language=Language.EN,
        )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, site.open() as crc:
        patch.setattr(backup, "_apart", lambda *_: True)
        backup.backup(crc, tmp_path / "stick")
    route.carry()
    with route.store.open() as sponsor:
        (told,) = overview.status(sponsor)
    assert len(told.losses) == 1
    assert told.reviewed_upto == shown.head.seq
    assert told.backup_at is not None
