"""The encrypted file and the disk under it: secrecy, settings, faults, sudden ends."""

from __future__ import annotations

import errno
import json
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.texts import Language
from mrd_desktop.vault import backup as backups
from mrd_desktop.vault import database
from mrd_desktop.vault.backup import Told
from mrd_desktop.vault.clock import Clock, Zone
from mrd_desktop.vault.clock_note import note_clock
from mrd_desktop.vault.errors import (
    BackupError,
    BackupNotMade,
    ClockWentBack,
    DatabaseLocked,
    DiskFull,
    FolderExists,
    OtherUser,
    PermissionDenied,
    ReadOnlyFolder,
    SessionLocked,
    StorageError,
    StorageFault,
    WrongKey,
    WrongPassword,
)
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session
from tests.faults.processes import needs_mount
from tests.vault.kit import CANARY, PASSWORDS, Site, note, private

ROOT = Path(__file__).parents[2]


def test_settings_are_read_back(crc: Session) -> None:
    settings = crc.database.pragmas()
    assert {k: str(v) for k, v in settings.items()} == {
        "foreign_keys": "1",
        "recursive_triggers": "1",
        "temp_store": "2",
        "trusted_schema": "0",
        "cell_size_check": "1",
        "journal_mode": "wal",
        "synchronous": "2",
        "locking_mode": "normal",
        "cipher_use_hmac": "1",
        "cipher_page_size": "4096",
        "query_only": "0",
    }


def test_a_setting_that_does_not_stick_is_a_fault() -> None:
    conn = database.sqlcipher.connect(":memory:", isolation_level=None)
    with pytest.raises(StorageFault):
        database._ask(conn, "journal_mode", "WAL", "wal")
    # Where write-ahead logging is refused, a rollback journal must be synchronised with EXTRA.
    conn.execute("PRAGMA key = \"x'" + "00" * 32 + "'\"")
    with pytest.raises(StorageFault):
        database._safe(conn, query_only=False)


def test_reading_connections_cannot_write(crc: Session) -> None:
    with pytest.raises(ReadOnlyFolder), crc.reading() as conn:
        conn.exec_driver_sql("INSERT INTO vault_setting VALUES ('a', 'b')")


def test_the_file_shows_nothing_without_its_key(site: Site) -> None:
    with site.open("crc") as session:
        session.commit([private("01-001", CANARY), note(CANARY)])
        with session.writing() as conn:
            conn.exec_driver_sql("INSERT INTO vault_setting VALUES (?, ?)", (CANARY, CANARY))
        _no_seeded_bytes(site.path)
    _no_seeded_bytes(site.path)
    plain = sqlite3.connect(site.path / "data.mrd")
    with pytest.raises(sqlite3.DatabaseError):
        plain.execute("SELECT * FROM sqlite_master").fetchall()
    plain.close()


def test_another_key_is_refused_quietly(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WrongKey):
        database.Database(site.path / "data.mrd", bytes(32))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("page", [0, 1, 4, -1])
def test_a_flipped_page_is_found(site: Site, page: int) -> None:
    with site.open("crc") as session:
        data_key, _ = session.with_keys()
    data = site.path / "data.mrd"
    assert not _finds_damage(data, data_key)
    raw = bytearray(data.read_bytes())
    raw[(4096 * page) % len(raw) + 1000] ^= 1
    data.write_bytes(raw)
    assert _finds_damage(data, data_key)


def test_bound_values_never_show_in_errors(crc: Session) -> None:
    with pytest.raises(Exception) as failed, crc.writing() as conn:
        conn.exec_driver_sql("INSERT INTO nowhere VALUES (?)", (CANARY,))
    assert CANARY not in str(failed.value)


def test_commit_is_all_or_nothing(crc: Session) -> None:
    crc.announce()
    before = crc.head()

    def failing(conn: object) -> list[object]:
        raise LookupError

    with pytest.raises(LookupError):
        crc.commit(failing)  # type: ignore[arg-type]
    assert crc.commit([]) == ()
    assert crc.commit(lambda _: []) == ()
    assert crc.head() == before
    (record,) = crc.commit([note()])
    assert record.header.seq == before.seq + 1


def test_a_projection_that_fails_takes_the_records_with_it(site: Site) -> None:
    with site.open("crc") as session:
        before = session.head()
        session._fold = _broken  # type: ignore[misc]
        with pytest.raises(ZeroDivisionError):
            session.commit([private("01-009", "x")])
        assert session.head() == before
        with session.reading() as conn:
            count = conn.exec_driver_sql("SELECT count(*) FROM vault_key WHERE subject = '01-009'")
            assert count.scalar() == 0


def test_a_transaction_inside_another_is_a_mistake(crc: Session) -> None:
    with crc.writing(), pytest.raises(RuntimeError):
        crc.commit([note()])


def test_another_writer_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
    with site.open("crc") as session:
        data_key, _ = session.with_keys()
        other = database.Database(site.path / "data.mrd", data_key)
        with other.writing(), pytest.raises(DatabaseLocked):
            session.commit([note()])
        other.close()
        session.commit([note()])


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Limits how long a file may grow; the system then refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_write_that_does_not_fit_changes_nothing(
    site: Site, small_files: Callable[[int], None]
) -> None:
    with site.open("crc") as session:
        session.commit([note("before")])
        before = session.head()
        small_files((site.path / "data.mrd-wal").stat().st_size + 4096)
        with pytest.raises(StorageError):
            session.commit([note("x" * 40_000)])
        small_files(resource.RLIM_INFINITY)
        assert session.head() == before
        session.commit([note("after")])


@needs_mount
def test_a_full_disk_is_named_and_changes_nothing(site: Site, tmp_path: Path) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(mount)], check=True)
    try:
        subprocess.run(["cp", "-r", str(site.path), str(mount / "site")], check=True)
        small = Site(mount / "site", site.study, site.sheet)
        session = small.open("crc")
        session.commit([note("before")])
        before = session.head()
        with pytest.raises(DiskFull):
            for _ in range(400):
                session.commit([note("x" * 30_000)])
                before = session.head()
        assert session.head() == before
        slots = (small.path / "site.json").read_bytes()
        with pytest.raises(DiskFull):
            for _ in range(400):
                write_atomically(small.path / "filler", b"x" * 30_000)
                (small.path / "filler").rename(small.path / f"filler-{_}")
        with pytest.raises(DiskFull):
            session.manifest.write(small.path)
        assert (small.path / "site.json").read_bytes() == slots
        session.close()
        with pytest.raises(DiskFull):  # folding the log in may have given room back
            for n in range(1_000):
                write_atomically(small.path / f"last-{n}", b"x" * 4096)
        # Whether there is room to sign in depends on the log's old pages; for a save there is none.
        with pytest.raises(DiskFull), small.open("crc") as full:
            full.commit([note("x" * 300_000)])
        subprocess.run(["mount", "-o", "remount,size=30m", str(mount)], check=True)
        with small.open("crc", PASSWORDS["crc"]) as again:
            assert again.head().seq >= before.seq
            chain = again.folder.chain
            with again.reading() as conn:
                assert verify_records(store.records(conn, chain), chain, False).ok
                assert not any(  # what was refused is not there in any part
                    r.opening is not None and len(str(r.body.get("text", ""))) == 300_000
                    for r in store.records(conn, chain)
                )
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


@needs_mount
def test_a_read_only_folder_is_named(site: Site, tmp_path: Path) -> None:
    mount = tmp_path / "ro"
    mount.mkdir()
    subprocess.run(["mount", "--bind", str(site.path), str(mount)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(mount)], check=True)
        with pytest.raises(ReadOnlyFolder):
            Site(mount, site.study, site.sheet).open("crc")
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


WRITER = """
    import sys
    from pathlib import Path
    from mrd_desktop.study.load import load_study
    from tests.vault.kit import Site, note
    with Site(Path(sys.argv[1]), load_study(), "").open("crc") as session:
        while True:
            (record,) = session.commit([note("synthetic")])
            print(record.header.seq, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 19])
def test_acknowledged_records_survive_a_kill(site: Site, after: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(site.path)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert writer.stdout is not None
    acknowledged = [int(writer.stdout.readline()) for _ in range(after)][-1]
    writer.kill()
    writer.wait()
    with site.open("crc") as session:
        assert session.head().seq >= acknowledged
        chain = session.folder.chain
        with session.reading() as conn:
            assert verify_records(store.records(conn, chain), chain, False).ok
        assert session.database.damaged_pages() == ()


def test_a_clock_set_back_stops_writing_until_noted(site: Site) -> None:
    with site.open("crc") as session:
        session.commit([note()])
        last = session.clock.last
        session.clock.shift -= _minutes(4)
        (record,) = session.commit([note()])
        assert record.header.at == last
        session.clock.shift -= _minutes(2)
        with pytest.raises(ClockWentBack):
            session.commit([note()])
        note_clock(session, "synthetic reason", PASSWORDS["crc"], language=Language.EN)
        (record,) = session.commit([note()])
        assert record.header.at == last
        session.clock.shift -= _minutes(10)
        with pytest.raises(ClockWentBack):
            session.commit([note()])
    with site.open("crc") as session:
        with session.reading() as conn:
            records = store.records(conn, session.folder.chain)
            kinds = [r.kind for r in records if r.opening is not None]
        assert kinds.count(Kind.CLOCK_NOTED) == 1


def test_live_records_are_not_older_than_the_program(live: Site) -> None:
    with live.open("crc") as session:
        session.clock.last = ""
        session.clock.shift -= _minutes(60 * 24 * 365 * 20)
        with pytest.raises(ClockWentBack):
            session.commit([note()])


def test_the_local_date_is_the_zones(crc: Session) -> None:
    utc = crc.clock.wall()
    for hours in (-11, 0, 8, 13):
        crc.clock.zone = Zone("", 60 * hours)
        assert crc.today() == (utc + _minutes(60 * hours)).date()
    assert Zone("", 480).offset == "+08:00"
    assert Zone("", -210).offset == "-03:30"


def test_a_jump_between_the_clocks_is_seen() -> None:
    shown = datetime(2026, 5, 1, tzinfo=UTC)
    clock = Clock(wall=lambda: shown)
    assert not clock.jumped()
    shown += _minutes(6)
    assert clock.jumped()


def test_lock_forgets_and_unlock_begins_anew(site: Site) -> None:
    with site.open("crc") as session:
        session.commit([note()])
        session.lock()
        for act in (lambda: session.commit([note()]), lambda: session.require("form.edit"),
                    session.head, lambda: session.seal_private("x", b"")):  # fmt: skip
            with pytest.raises(SessionLocked):
                act()
        assert not session.has_vault
        with pytest.raises(WrongPassword):
            session.unlock("crc", "not-the-password")
        for other in ("", "pi", "cr c", "crc2"):  # the password alone opens nothing
            with pytest.raises(OtherUser):
                session.unlock(other, PASSWORDS["crc"])
        assert session.locked
        session.unlock(" CRC ", PASSWORDS["crc"])
        assert session.has_vault
        session.commit([note()])
        chain = session.folder.chain
        with session.reading() as conn:
            assert verify_records(store.records(conn, chain), chain, False).ok
            kinds = [r.kind for r in store.records(conn, chain) if r.opening is not None]
        assert kinds[-8:] == [
            Kind.NOTE_ADDED, Kind.SESSION_CLOSED, Kind.SESSION_OPENED, *4 * [Kind.SIGNIN_FAILED],
            Kind.NOTE_ADDED,
        ]  # fmt: skip


def test_of_several_backups_the_one_that_knows_most_is_found(site: Site, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    with site.open("crc") as session:
        older = backups.backup(session, stick)
        session.commit([private("01-001", CANARY)])
        newer = backups.backup(session, stick)
    found = backups.find_backup(stick)
    assert (found.path, found.head.seq, found.newer) == (newer.path, newer.head.seq, None)
    named = backups.find_backup(older.path)
    assert named.path == older.path
    assert named.newer is not None
    assert named.newer.seq == newer.head.seq
    for nothing in (tmp_path, site.path, tmp_path / "absent"):
        with pytest.raises(BackupError):
            backups.find_backup(nothing)
    stranger = stick / f"09-other{backups.SUFFIX}"
    shutil.copytree(older.path, stranger)
    report = json.loads((stranger / "backup.json").read_bytes())
    (stranger / "backup.json").write_text(json.dumps({**report, "chain": "another"}))
    with pytest.raises(BackupError, match="several sites"):
        backups.find_backup(stick)
    assert backups.find_backup(older.path).newer is not None, "of its own chain only"


class Halt(Exception):
    """Somebody asked to stop."""


def test_a_restore_that_is_stopped_at_any_step_leaves_nothing(site: Site, tmp_path: Path) -> None:
    with site.open("crc") as session:
        report = backups.backup(session, tmp_path / "stick")
    told: list[tuple[int, int]] = []
    backups.restore(report.path, tmp_path / "all", told=lambda done, of: told.append((done, of)))
    assert (
        told[-1][0]
        == told[-1][1]
        == sum(p.stat().st_size for p in report.path.iterdir() if p.name != "backup.json")
    )
    for stop in range(1, len(told) + 1):
        steps = iter(range(1, stop + 1))

        def stopping(_done: int, _of: int, steps: Iterator[int] = steps, stop: int = stop) -> None:
            if next(steps) == stop:
                raise Halt

        with pytest.raises(Halt):
            backups.restore(report.path, tmp_path / "out" / "new", told=stopping)
        assert list((tmp_path / "out").iterdir()) == []


def test_a_backup_restores_and_says_so(site: Site, tmp_path: Path) -> None:
    with site.open("crc") as session:
        session.commit([private("01-001", CANARY)])
        report = backups.backup(session, tmp_path / "stick")
        later = session.head()
        assert report.head.seq < later.seq
    _no_seeded_bytes(report.path)
    assert {p.name for p in (tmp_path / "stick").iterdir()} == {report.path.name}
    restored = backups.restore(report.path, tmp_path / "again", known=later)
    assert restored.missing == later.seq - report.head.seq
    with pytest.raises(FolderExists):
        backups.restore(report.path, tmp_path / "again")
    again = Site(tmp_path / "again", site.study, site.sheet)
    with again.open("crc") as session:
        session.come_in()
        with session.reading() as conn:
            records = list(store.records(conn, session.folder.chain, box=session.box))
    done = next(r for r in records if r.kind is Kind.RESTORE_DONE)
    assert done.body["missing"] == restored.missing
    assert any(r.body.get("value") == CANARY for r in records)
    assert not (again.path / "restored.json").exists()


@pytest.mark.parametrize(
    "report",
    [
        b"{}", b"[]", b"null", b"[" * 5000,
        b'{"chain":"a","seq":7,"digest":"00","at":"x","files":{"data.mrd":"0"}}',
        b'{"format":"mrd-backup/1","chain":"a","seq":1e999,"digest":"00","at":"x","files":{}}',
    ],
)  # fmt: skip
def test_a_report_that_holds_anything_else_is_refused_in_words(
    tmp_path: Path, report: bytes
) -> None:
    (tmp_path / "backup.json").write_bytes(report)
    assert backups.signed_report(tmp_path) is None
    with pytest.raises(BackupError):
        backups.report_of(tmp_path)


def test_a_backup_is_looked_at_without_touching_it(site: Site, tmp_path: Path) -> None:
    with site.open("crc") as session:
        report = backups.backup(session, tmp_path / "stick")
    assert backups.is_backup(report.path)
    assert not backups.is_backup(site.path)
    before = {p.name: p.read_bytes() for p in report.path.iterdir()}
    with pytest.raises(BackupError):
        Site(report.path, site.study, "").open("crc")
    with backups.unpacked(report.path) as copy, Site(copy, site.study, "").open("crc") as session:
        session.come_in()
        assert session.head().seq > report.head.seq
    assert not copy.exists()
    assert {p.name: p.read_bytes() for p in report.path.iterdir()} == before


def test_a_monitor_makes_no_backup(site: Site, tmp_path: Path) -> None:
    with site.open("cra") as session, pytest.raises(PermissionDenied):
        backups.backup(session, tmp_path / "stick")


def test_a_changed_backup_is_refused(site: Site, tmp_path: Path) -> None:
    with site.open("crc") as session:
        report = backups.backup(session, tmp_path / "stick")
    raw = bytearray((report.path / "data.mrd").read_bytes())
    raw[9000] ^= 1
    (report.path / "data.mrd").write_bytes(raw)
    with pytest.raises(BackupError):
        backups.restore(report.path, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    with pytest.raises(BackupError):
        backups.restore(site.path, tmp_path / "again")


def test_a_backup_that_does_not_read_back_is_not_left(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = database.Database.copy_to

    def spoiled(self: database.Database, path: Path, key: bytes, copied: Told) -> None:
        whole(self, path, key, copied)
        raw = bytearray(path.read_bytes())
        raw[4096 * 6 + 200] ^= 1
        path.write_bytes(raw)

    monkeypatch.setattr(database.Database, "copy_to", spoiled)
    with site.open("crc") as session:
        before = session.head().seq
        with pytest.raises(BackupError):
            backups.backup(session, tmp_path / "stick")
        assert session.head().seq == before + 1  # session.opened, and no backup.made
    assert list((tmp_path / "stick").iterdir()) == []


def _fails(*_: object, **__: object) -> None:
    raise OSError(errno.EIO, "synthetic")


def test_a_restore_that_the_disk_refuses_at_last_leaves_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("crc") as session:
        report = backups.backup(session, tmp_path / "stick")
    monkeypatch.setattr(backups, "sync_folder", _fails)
    with pytest.raises(StorageFault):
        backups.restore(report.path, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("failing", ["sync_folder", "record"])
def test_a_backup_of_which_somebody_was_told_that_it_failed_is_not_there(
    site: Site, tmp_path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("crc") as session:
        session.announce()
        with monkeypatch.context() as patch, pytest.raises((StorageFault, BackupNotMade)):
            if failing == "record":
                patch.setattr(Session, "commit", _refuses)
            else:
                patch.setattr(backups, "sync_folder", _fails)
            backups.backup(session, tmp_path / "stick")
        assert list((tmp_path / "stick").iterdir()) == []
        backups.backup(session, tmp_path / "stick")


def test_a_full_medium_of_a_backup_is_named(
    site: Site, tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    with site.open("crc") as session:
        session.announce()
        small_files(64 * 1024)
        with pytest.raises(BackupNotMade, match="medium"):
            backups.backup(session, tmp_path / "stick")
        small_files(resource.RLIM_INFINITY)
        assert list((tmp_path / "stick").iterdir()) == []


def _refuses(*_: object) -> None:
    raise StorageFault("synthetic")


def _finds_damage(data: Path, key: bytes) -> bool:
    try:
        copy = database.Database(data, key, read_only=True)
    except StorageError:
        return True
    try:
        return bool(copy.damaged_pages())
    finally:
        copy.close()


def _broken(*_: object) -> None:
    raise ZeroDivisionError


def _minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


def _no_seeded_bytes(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            for seeded in (CANARY, *PASSWORDS.values()):
                assert seeded.encode() not in raw, path
                assert seeded.encode("utf-16-le") not in raw, path
