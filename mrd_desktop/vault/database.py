"""``data.mrd``: SQLCipher under a random raw key, opened so that every promise is read back.

One writing connection (``BEGIN IMMEDIATE``) and a few reading ones that cannot write. Write-ahead
log with full synchronisation; where a file system refuses it, a rollback journal with EXTRA, for
FULL there lost acknowledged commits in power-cut trials.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from mrd_desktop.vault.errors import (
    CommitUnsure,
    DiskFull,
    FolderOfNewerProgram,
    KeyChangeCutOff,
    SessionLocked,
    StorageError,
    StorageFault,
    WrongKey,
)
from mrd_desktop.vault.schema import VERSION
from mrd_desktop.vault.storage import storage_errors

DATA_FILE: Final = "data.mrd"
_READERS: Final = 4
_BUSY_SECONDS: Final = 5.0
_SPARE: Final = 8
"""A log has headers, and a disk its own: this part of the size more."""
_AT_ONCE: Final = 256
"""Pages copied between two looks at whether somebody still wants the copy."""

# Name, value to set, value that must be read back.
_ALWAYS: Final = (
    ("foreign_keys", "ON", 1),
    ("recursive_triggers", "ON", 1),
    ("temp_store", "MEMORY", 2),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
)
_READING: Final = "reading"
_FULL: Final = 2
_EXTRA: Final = 3


class Database:
    """An open database; with ``read_only`` only :meth:`reading` works, and no file is touched.

    Raises on construction:
        WrongKey: not a database of this key.
        FolderOfNewerProgram: made by a newer program.
        StorageError: read-only, full, locked or failing disk.
    """

    def __init__(
        self, path: Path, key: bytes, *, create: bool = False, read_only: bool = False
    ) -> None:
        self.path = path
        if not create and not path.is_file():
            raise WrongKey
        self._read_only = read_only
        self._key = key
        self._other = b""
        self._turn = threading.RLock()
        self._closed = False
        self._writer = self._engine(readers=0)
        self._reader = self._engine(readers=_READERS)
        try:
            if read_only:
                with self.reading() as conn:
                    _check_version(conn)
            else:
                with self.writing() as conn:
                    _probe(conn, create=create)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first statement; commits at the end.

        Raises:
            CommitUnsure: the disk failed in the commit itself.
            StorageError: nothing of it stands.
        """
        here = self.path.parent
        with storage_errors(here), self._writer.connect() as conn, conn.begin() as transaction:
            yield conn
            try:
                with storage_errors(here):
                    transaction.commit()
            except StorageFault as fault:
                raise CommitUnsure(fault.detail) from fault

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; a write through it is refused."""
        with storage_errors(self.path.parent), self._reader.connect() as conn, conn.begin():
            yield conn

    def pragmas(self) -> dict[str, object]:
        """The safety settings as the writing connection reports them."""
        names = (*(n for n, _, _ in _ALWAYS), "journal_mode", "synchronous", "locking_mode",
                 "cipher_use_hmac", "cipher_page_size", "query_only")  # fmt: skip
        with self.writing() as conn:
            return {n: conn.exec_driver_sql(f"PRAGMA {n}").scalar() for n in names}

    def damaged_pages(self) -> tuple[str, ...]:
        """What SQLCipher's page codes object to; empty when every page is whole."""
        with self.reading() as conn:
            return tuple(str(r[0]) for r in conn.exec_driver_sql("PRAGMA cipher_integrity_check"))

    def copy_to(
        self, path: Path, key: bytes, copied: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        """A consistent copy through SQLite's backup interface, under the same or another key.

        The copy has a rollback journal, so that it is one file and opens from a read-only medium.

        Args:
            copied: told now and then how many pages of how many are copied; what it raises ends
                the copy, which is then no database.
        """

        def step(_: int, left: int, total: int) -> None:
            if total:  # a first read that fails is told with no pages at all, then raised
                copied(total - left, total)

        with storage_errors(path.parent):
            target = _raw(path, key)
            try:
                with self._reader.connect() as conn:
                    source: Any = conn.connection.driver_connection
                    source.backup(
                        target,
                        pages=_AT_ONCE,
                        progress=step,
                    )
                target.execute("PRAGMA journal_mode = DELETE").fetchone()
            finally:
                target.close()

    def rekey(self, key: bytes) -> None:
        """Encrypt every page under another key, and go on with that; who connects waits for it.

        Raises:
            KeyChangeCutOff: neither key opens the file now, so nobody knows which one holds; this
                goes on with the one that opens it later.
            StorageError else: every page stands under the key of before, and so does this.
        """
        with self._turn:
            self._rekey(key)

    def _rekey(self, key: bytes) -> None:
        self._reader.dispose()
        refused: StorageError | None = None
        try:
            with storage_errors(self.path.parent), self._writer.connect() as conn:
                raw: Any = conn.connection.driver_connection
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                raw.execute(f"PRAGMA rekey = \"x'{key.hex()}'\"")
        except StorageError as error:
            refused = error
        self._shut()
        # The pragma also ends without an error where the disk was full: the file itself is asked.
        if not self._opens_with(key):
            # A file that nobody can open now may stand under the new key all the same.
            if not self._opens_with(self._key):
                self._other = key
                raise KeyChangeCutOff from refused
            raise refused or self._not_rekeyed()
        self._key = key
        self._writer = self._engine(readers=0)
        self._reader = self._engine(readers=_READERS)

    def compact(self) -> None:
        """Write every page anew, so that nothing erased stays in free ones or in the log."""
        self._reader.dispose()
        with storage_errors(self.path.parent), self._writer.connect() as conn:
            raw: Any = conn.connection.driver_connection
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close all connections and forget the key; the last one folds the write-ahead log in."""
        self._key = self._other = b""
        self._closed = True
        self._shut()

    def _shut(self) -> None:
        self._reader.dispose()
        self._writer.dispose()

    def _not_rekeyed(self) -> StorageError:
        """Every page goes through the log, which needs as much room as the file has."""
        with storage_errors(self.path.parent):
            free, size = shutil.disk_usage(self.path.parent).free, self.path.stat().st_size
        return DiskFull() if free < size + size // _SPARE else StorageFault("rekey")

    def _opens_with(self, key: bytes) -> bool:
        try:
            with storage_errors(self.path.parent):
                _raw(self.path, key).close()
        except StorageError:
            return False
        return True

    def _opened(self) -> Any:
        """A connection by the key, or by the other one after a change that nobody could judge."""
        try:
            with storage_errors(self.path.parent):
                return _raw(self.path, self._key)
        except WrongKey:
            if not self._other:
                raise
        conn = _raw(self.path, self._other)
        self._key, self._other = self._other, b""
        return conn

    def _engine(self, *, readers: int) -> Engine:
        def connect() -> Any:
            with self._turn, storage_errors(self.path.parent):
                if self._closed:  # a pool would else connect anew for whoever asks
                    raise SessionLocked
                if self._read_only:
                    return _raw(self.path, self._key, read_only=True)
                return _safe(self._opened(), query_only=bool(readers))

        engine = create_engine(
            "sqlite+pysqlite://",
            module=sqlcipher,
            creator=connect,
            poolclass=QueuePool,
            pool_size=readers or 1,
            max_overflow=readers,
            pool_timeout=60,
            hide_parameters=True,
        )
        if readers:
            event.listen(engine, "connect", _mark_reading)
        begin = "BEGIN" if readers else "BEGIN IMMEDIATE"

        @event.listens_for(engine, "begin")
        def _begin(conn: Connection) -> None:
            conn.exec_driver_sql(begin)

        return engine


def version_read(conn: Connection) -> int | None:
    """The state of the database that a transaction reads: another number after any write.

    It holds for one reading connection. None for every other one, whose own writes it would not
    count.
    """
    if not conn.info.get(_READING):
        return None
    return int(conn.exec_driver_sql("PRAGMA data_version").scalar_one())


def _mark_reading(_: object, record: ConnectionPoolEntry) -> None:
    record.info[_READING] = True


def _check_version(conn: Connection) -> None:
    version = conn.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version != VERSION:
        raise FolderOfNewerProgram(f"{DATA_FILE} {version}")


def _probe(conn: Connection, *, create: bool) -> None:
    """A real write, for some disks report a journal mode that fails at its first use."""
    if not create:
        _check_version(conn)
    conn.exec_driver_sql("CREATE TABLE vault_probe (x INTEGER)")
    conn.exec_driver_sql("INSERT INTO vault_probe VALUES (1)")
    conn.exec_driver_sql("DROP TABLE vault_probe")


def _raw(path: Path, key: bytes, *, read_only: bool = False) -> Any:
    """A connection that has proved to read the file."""
    # immutable: a finished backup may lie on a medium that takes no lock files.
    query = "?mode=ro&immutable=1" if read_only else ""
    conn = sqlcipher.connect(
        f"{path.absolute().as_uri()}{query}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_SECONDS,
    )
    try:
        # Before the key: a wrong one would be reported on standard error.
        conn.execute("PRAGMA cipher_log_level = NONE")
        conn.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        conn.close()
        raise
    return conn


def _safe(conn: Any, *, query_only: bool) -> Any:
    """Set and read back what the promises rest on."""
    try:
        _ask(conn, "locking_mode", "NORMAL", "normal")
        mode = conn.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        wanted = _FULL
        if mode != "wal":
            _ask(conn, "journal_mode", "DELETE", "delete")
            wanted = _EXTRA
        _ask(conn, "synchronous", str(wanted), wanted)
        for name, value, expected in _ALWAYS:
            _ask(conn, name, value, expected)
        _ask(conn, "query_only", str(int(query_only)), int(query_only))
        _expect(conn, "cipher_use_hmac", "1")
    except BaseException:
        conn.close()
        raise
    return conn


def _ask(conn: Any, name: str, value: str, expected: object) -> None:
    conn.execute(f"PRAGMA {name} = {value}").fetchone()
    _expect(conn, name, expected)


def _expect(conn: Any, name: str, expected: object) -> None:
    if conn.execute(f"PRAGMA {name}").fetchone()[0] != expected:
        raise StorageFault(name)
