from __future__ import annotations

import errno
import json
import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.transfer import lineage
from mrd_desktop.vault import backup, rota, rotation
from mrd_desktop.vault.errors import BackupError, CommitUnsure, PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import TODAY, Clinic


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    made = tmp_path / "stick"
    made.mkdir()
    return made


def at(session: Session, hours: float) -> None:
    """Move the session's clock to some hours after the first day's morning."""
    moment = datetime.fromisoformat(TODAY) + timedelta(hours=hours)
    session.clock.shift = moment - session.clock._wall()


def test_a_backup_is_made_when_it_is_due_and_told_when_it_is_late(
    clinic: Clinic, stick: Path
) -> None:
    with clinic.open() as crc:
        assert rota.back_up_if_due(crc) is None  # nobody has chosen a place
        rota.choose_target(crc, stick)
        assert rota.standing(crc).due
        made = rota.back_up_if_due(crc)
        assert made is not None
        assert made.path.parent == stick
        assert rota.back_up_if_due(crc) is None
        for hours, due, late, very in (
            (19, False, False, False),
            (21, True, False, False),
            (26, True, True, False),
            (73, True, True, True),
        ):
            at(crc, hours)
            found = rota.standing(crc)
            assert (found.due, found.late, found.very_late) == (due, late, very)
        assert rota.back_up_if_due(crc) is not None
        assert not rota.standing(crc).late


def test_a_medium_that_is_not_there_is_said_and_nothing_is_lost(
    clinic: Clinic, stick: Path
) -> None:
    with clinic.open() as crc:
        rota.choose_target(crc, stick)
        stick.rmdir()
        with pytest.raises(BackupError, match="medium"):
            rota.back_up_if_due(crc)
        assert rota.standing(crc).due


def test_the_place_is_chosen_by_who_makes_backups_and_lies_elsewhere(
    clinic: Clinic, stick: Path
) -> None:
    with clinic.open("aud") as auditor, pytest.raises(PermissionDenied):
        rota.choose_target(auditor, stick)
    with clinic.open() as crc:
        for wrong in (clinic.path / "backups", stick / "nowhere"):
            with pytest.raises(BackupError):
                rota.choose_target(crc, wrong)


def test_a_backup_that_fails_lets_no_older_one_go(
    clinic: Clinic, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BackupError(backup._OTHER)

    with clinic.open() as crc:
        rota.choose_target(crc, stick)
        rota.back_up_if_due(crc)
        at(crc, 30)
        monkeypatch.setattr(backup, "_verified", broken)
        with pytest.raises(BackupError):
            rota.back_up_if_due(crc)
        assert len(list(stick.iterdir())) == 1
        assert rota.standing(crc).due


def test_days_weeks_and_months_are_kept() -> None:
    start = date(2026, 1, 1)
    days = [start + timedelta(days=n // 2) for n in range(2 * 365)]
    kept = sorted(rota.keeps(days))
    last = len(days) - 1
    assert [last - 2 * n for n in range(rota.DAYS)] == kept[: -rota.DAYS - 1 : -1]
    assert len(kept) <= rota.DAYS + rota.WEEKS + rota.MONTHS
    assert {days[n].month for n in kept} == set(range(1, 13))
    assert rota.keeps([]) == frozenset()


def test_only_this_chains_own_backups_make_room(clinic: Clinic, stick: Path) -> None:
    with clinic.open() as crc:
        rota.choose_target(crc, stick)
        first = rota.back_up_if_due(crc)
        assert first is not None
        strange = stick / "x.mrdbackup"
        strange.mkdir()
        for hours in (21, 42):  # the second falls on the same day as no other
            at(crc, hours)
            rota.back_up_if_due(crc)
        again = backup.backup(crc, stick)  # a second one of the same day
        gone = rota.make_room(crc, stick, again)
        assert len(gone) == 1
        assert strange.is_dir()
        # Two that know more, as when an older copy of the site was put back: both stay.
        seq = again.head.seq
        for more in (900, 901):
            later = stick / f"later-{more}.mrdbackup"
            shutil.copytree(again.path, later)
            report = (later / "backup.json").read_text()
            (later / "backup.json").write_text(
                report.replace(f'"seq":{seq}', f'"seq":{seq + more}')
            )
        assert rota.make_room(crc, stick, again) == ()
        assert len(list(stick.glob("later-*"))) == 2


def test_a_drill_restores_compares_and_is_on_record(clinic: Clinic, stick: Path) -> None:
    with clinic.open() as crc:
        made = backup.backup(crc, stick)
        found = backup.drill(crc, made.path)
        assert found.head.digest == made.head.digest
        assert found.behind == crc.head().seq - 1 - made.head.seq
        with crc.reading() as conn:
            (noted,) = lineage.of_kind(conn, crc.folder.chain, Kind.RESTORE_DONE)
        assert noted.body["drill"] is True
        raw = bytearray((made.path / "data.mrd").read_bytes())
        raw[len(raw) // 2] ^= 1
        (made.path / "data.mrd").write_bytes(bytes(raw))
        with pytest.raises(BackupError):
            backup.drill(crc, made.path)


def test_a_drill_tells_another_history_and_an_older_key(
    clinic: Clinic, stick: Path, tmp_path: Path
) -> None:
    with clinic.open() as crc:
        crc.announce()
    twin = clinic.copy(tmp_path / "twin")
    with twin.open("admin") as admin:
        theirs = backup.backup(admin, stick)
    with clinic.open() as crc:
        for _ in range(4):
            crc.note_denial("restore")
        with pytest.raises(BackupError, match="not the one"):
            backup.drill(crc, theirs.path)
    with clinic.open("admin") as admin:
        before = backup.backup(admin, stick)
        rotation.change_data_key(admin, "test")
        with pytest.raises(BackupError, match="data key"):
            backup.drill(admin, before.path)


def test_what_was_written_goes_to_the_medium_on_leaving_and_nothing_else_does(
    clinic: Clinic, stick: Path
) -> None:
    with clinic.open() as crc:
        Casebook(crc).create_subject()
        assert rota.back_up_on_leaving(crc) is None  # nobody has chosen a place
        rota.choose_target(crc, stick)
        made = rota.back_up_on_leaving(crc)
        assert made is not None
        assert made.medium
        assert rota.back_up_on_leaving(crc) is None  # nothing came since
    with clinic.open() as crc:
        crc.announce()
        assert rota.back_up_on_leaving(crc) is None  # coming and going is no work
        Casebook(crc).create_subject()
        crc.hold = backup._OTHER
        assert rota.back_up_on_leaving(crc) is None  # an older copy pushes no good one out
        crc.hold = None
        assert rota.back_up_on_leaving(crc) is not None
        Casebook(crc).create_subject()
        shutil.rmtree(stick)
        with pytest.raises(BackupError, match="not there"):  # who leaves is told
            rota.back_up_on_leaving(crc)
    with clinic.open("aud") as auditor:
        assert rota.back_up_on_leaving(auditor) is None


def test_what_was_not_backed_up_on_leaving_is_made_up_at_the_next_sign_in(
    clinic: Clinic, stick: Path
) -> None:
    with clinic.open() as crc:
        rota.choose_target(crc, stick)
        assert rota.back_up_if_due(crc) is not None
        assert rota.back_up_if_due(crc) is None
        Casebook(crc).create_subject()  # and leaves without a backup
    with clinic.open() as crc:
        assert not rota.standing(crc).due
        assert rota.back_up_if_due(crc) is not None
        assert rota.back_up_if_due(crc) is None


def test_a_medium_that_fails_is_as_good_as_gone(
    clinic: Clinic, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> bool:
        raise OSError(errno.EIO, "synthetic")

    with clinic.open() as crc:
        rota.choose_target(crc, stick)
        monkeypatch.setattr(Path, "is_dir", fails)
        assert not rota.standing(crc).present
        monkeypatch.undo()


def test_a_record_that_may_be_found_again_keeps_its_backup(
    clinic: Clinic, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsure(*_: object) -> None:
        raise CommitUnsure("synthetic")

    with clinic.open() as crc:
        with monkeypatch.context() as patch, pytest.raises(CommitUnsure):
            patch.setattr(Session, "commit", unsure)
            backup.backup(crc, stick)
        (left,) = stick.iterdir()
        assert backup.report_of(left).chain == crc.folder.chain


def test_a_backup_tells_how_far_it_is_and_whoever_stops_it_leaves_nothing(
    clinic: Clinic, stick: Path
) -> None:
    class Enough(Exception):
        pass

    with clinic.open() as crc:
        rota.choose_target(crc, stick)
        Casebook(crc).create_subject()
        told: list[tuple[int, int]] = []
        assert rota.back_up_if_due(crc, lambda *step: told.append(step)) is not None
        assert told == sorted(told)
        assert {total for _, total in told} == {100}
        Casebook(crc).create_subject()
        before = sorted(stick.iterdir())
        with crc.reading() as conn:
            head = store.head(conn, crc.folder.chain)
        for stop in sorted({done for done, _ in told}):

            def enough(done: int, _: int, stop: int = stop) -> None:
                if done >= stop:
                    raise Enough

            with pytest.raises(Enough):
                rota.back_up_on_leaving(crc, enough)
        with crc.reading() as conn:
            assert store.head(conn, crc.folder.chain) == head
        assert sorted(stick.iterdir()) == before
        assert rota.owes_on_leaving(crc)


def test_a_backup_says_on_which_medium_it_lies(clinic: Clinic, stick: Path) -> None:
    with clinic.open() as crc:
        made = backup.backup(crc, stick)
        with crc.reading() as conn:
            (told,) = lineage.of_kind(conn, crc.folder.chain, Kind.BACKUP_MADE)
    report = json.loads((made.path / "backup.json").read_bytes())
    assert told.body["medium"] == report["medium"] == made.medium == backup.medium_of(stick)
    assert told.body["apart"] is report["apart"] is made.apart
    assert backup.medium_of(stick / "nowhere") == ""


def test_on_a_live_site_the_same_disk_does_not_count(
    clinic: Clinic, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clinic.open() as crc:
        rota.choose_target(crc, stick)
        monkeypatch.setattr(crc, "folder", replace(crc.folder, training=False))
        monkeypatch.setattr(type(crc), "not_live", None)
        monkeypatch.setattr(backup, "_apart", lambda *_: False)
        assert rota.back_up_if_due(crc) is not None
        found = rota.standing(crc)
        assert (found.due, found.late, found.very_late, found.apart) == (False, True, True, False)
        monkeypatch.setattr(backup, "_apart", lambda *_: True)
        Casebook(crc).create_subject()
        assert rota.back_up_on_leaving(crc) is not None
        found = rota.standing(crc)
        assert (found.late, found.very_late, found.apart) == (False, False, True)
