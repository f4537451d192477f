"""A bundle is called complete only where nothing lacks, and only what reads back is a bundle."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.closing import bundle
from mrd_desktop.closing.bundle import close_out, standing
from mrd_desktop.closing.errors import BundleNotMade
from mrd_desktop.closing.retention import retention
from mrd_desktop.insight.care import care
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.signing import show, sign_forms
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Language
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.errors import WriteFailed
from mrd_desktop.vault import account_review, users
from mrd_desktop.vault.errors import DiskFull, StorageError
from mrd_desktop.vault.session import Session
from tests.clinic import password_of
from tests.closing.kit import failed, made, script
from tests.transfer.route import Route
from tests.transfer.test_former_key import change_key


def lacks(route: Route) -> tuple[str, ...]:
    with route.clinic.open("inv") as session:
        return standing(session).missing


def signed(session: Session) -> None:
    forms = Casebook(session).chart("01-001").recorded
    shown = [show(session, key, Language.EN) for key in forms if key.form == "PS"]
    assert sign_forms(session, shown, password_of("inv"), language=Language.EN).signed


def noted(session: Session) -> None:
    place = locate(session.study, "01-001/SCR/PS/ECOG")
    assert isinstance(place, ItemKey)
    Notes(session).add(place, "Synthetic: a word after the package")


def joined(session: Session) -> None:
    users.add_user(session, "nurse", "coordinator", password=password_of("nurse"))


@pytest.mark.parametrize(("user", "act"), [("inv", signed), ("inv", noted), ("admin", joined)])
def test_what_came_after_the_full_package_lacks_in_it(
    ready: Route, tmp_path: Path, user: str, act: Callable[[Session], None]
) -> None:
    assert lacks(ready) == ()
    with ready.clinic.open(user) as session:
        act(session)
    assert lacks(ready) == ("package",)
    done = made(ready, tmp_path)
    assert done.missing == ("package",)
    assert failed(done.path) == {"lineage"}


def test_handing_over_itself_makes_nothing_incomplete(ready: Route, tmp_path: Path) -> None:
    with ready.clinic.open("crc") as session:
        users.change_password(session, password_of("crc"), "synthetic-other-crc-password")
        users.change_password(session, "synthetic-other-crc-password", password_of("crc"))
    with ready.clinic.open("admin") as session:
        account_review.sign_off(
            session, account_review.survey(session), password_of("admin"),
            language=Language.EN, words="Synthetic: all here",
        )  # fmt: skip
    assert made(ready, tmp_path).missing == ()
    assert lacks(ready) == ()


def test_every_kind_counts_but_what_is_named() -> None:
    never = {Kind.PRINTED, Kind.IDENTITY_LOOKED, Kind.FILE_ATTACHED}
    assert set(Kind) - set(bundle.COUNTED) - never == {
        Kind.SESSION_OPENED, Kind.SESSION_CLOSED, Kind.SIGNIN_FAILED, Kind.CLOCK_NOTED,
        Kind.PACKAGE_BEGUN, Kind.PACKAGE_SEALED, Kind.PACKAGE_VOIDED, Kind.PACKAGE_RECEIVED,
        Kind.VAULT_GRANTED, Kind.GENERATION_CHANGED, Kind.REPLY_ADOPTED, Kind.BACKUP_MADE,
        Kind.RESTORE_DONE, Kind.DATASET_EXPORTED,
    }  # fmt: skip


def test_a_damaged_package_in_the_archive_is_no_package(ready: Route, tmp_path: Path) -> None:
    (kept,) = (ready.clinic.path / "archive").glob("*.mrdpkg")
    data = bytearray(kept.read_bytes())
    data[2000] ^= 1
    kept.write_bytes(data)
    assert lacks(ready) == ("archive",)
    done = made(ready, tmp_path)
    assert done.missing == ("archive",)
    assert "INCOMPLETE: archive" in script(done.path).stdout


def test_the_key_in_it_is_the_sites_whatever_lies_in_the_folder(
    ready: Route, tmp_path: Path
) -> None:
    path = ready.clinic.path / "site.pub"
    said = json.loads(path.read_bytes())
    path.write_text(
        json.dumps(said | {"sign": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="})
    )  # RFC 8032, test 1
    done = made(ready, tmp_path)
    assert done.missing == ()
    assert failed(done.path) == set()
    assert json.loads((done.path / "keys" / "site.pub").read_bytes()) == said


def test_a_package_under_the_sites_first_key_is_its_own(ready: Route, tmp_path: Path) -> None:
    with ready.clinic.open("inv") as session:
        change_key(session)
    done = made(ready, tmp_path)
    assert done.missing == ()
    assert failed(done.path) == set()
    ran = script(done.path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "name", ["copies/01-001.html", "ledger/*.jsonl", "archive/*", "closeout.json"]
)
def test_what_does_not_read_back_is_no_bundle(
    ready: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = bundle._read_back

    def lossy(session: Session, place: Path, done: Any) -> None:
        path = next(place.glob(name))
        data = path.read_bytes()
        path.write_bytes(data[:-40] + bytes(40))
        real(session, place, done)

    monkeypatch.setattr(bundle, "_read_back", lossy)
    with pytest.raises(BundleNotMade):
        made(ready, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def backups(session: Session) -> list[str]:
    with session.reading() as conn:
        made = lineage.of_kind(conn, session.folder.chain, Kind.BACKUP_MADE)
        return [str(r.body["sha256"]) for r in made]


def test_a_bundle_that_fails_leaves_no_word_of_a_backup(
    ready: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> bytes:
        raise OSError(errno.ENOSPC, "synthetic: the medium is full")

    monkeypatch.setattr(bundle, "header_line", full)  # the backup lies on the medium by now
    with ready.clinic.open("crc") as session:
        with pytest.raises(StorageError):
            close_out(session, tmp_path / "out", language=Language.EN)
        assert backups(session) == []
        assert care(session).backup_days is None
        monkeypatch.undo()
        done = close_out(session, tmp_path / "out", language=Language.EN)
        (data,) = done.path.glob("backup/*/data.mrd")
        assert backups(session) == [hashlib.sha256(data.read_bytes()).hexdigest()]
        assert care(session).backup_days == 0
    assert list((tmp_path / "out").iterdir()) == [done.path]


def test_a_bundle_that_cannot_be_recorded_goes_with_its_backup(
    ready: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ready.clinic.open("crc") as session:
        real = session.commit

        def refusing(entries: Any) -> Any:
            if isinstance(entries, list) and entries[0].kind is Kind.BACKUP_MADE:
                raise DiskFull
            return real(entries)

        monkeypatch.setattr(session, "commit", refusing)
        with pytest.raises(DiskFull):
            close_out(session, tmp_path / "out", language=Language.EN)
        assert backups(session) == []
    assert list((tmp_path / "out").iterdir()) == []


def test_a_medium_that_is_taken_out_is_told(
    ready: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> bytes:
        raise OSError(errno.ENODEV, "synthetic: no such device")

    monkeypatch.setattr(bundle, "header_line", gone)
    with pytest.raises(WriteFailed):
        made(ready, tmp_path)


def test_no_more_than_a_few_records_are_in_memory_at_once(
    ready: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, real = 0, bundle.header_line

    def counting(record: Record) -> bytes:
        nonlocal most
        if record.header.seq % 50 == 0:
            most = max(most, sum(type(one) is Record for one in gc.get_objects()))
        return real(record)

    monkeypatch.setattr(bundle, "header_line", counting)
    gc.collect()
    before = sum(type(one) is Record for one in gc.get_objects())
    made(ready, tmp_path)
    assert 0 < most - before < 50


def test_the_time_of_retention_begins_with_the_last_word_on_a_subject(ready: Route) -> None:
    with ready.clinic.open("inv") as session:
        before = retention(session)
        session.clock.shift += timedelta(days=40)
        signed(session)
        later = retention(session)
    assert (later.last - before.last).days == 40
