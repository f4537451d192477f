"""Errors of disk and database, told apart into what a person can do about them."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy.exc
import sqlcipher3.dbapi2 as sqlcipher

from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import (
    DatabaseLocked,
    DiskFull,
    ReadOnlyFolder,
    StorageError,
    StorageFault,
    WrongKey,
)

ENOUGH: Final = 500_000_000
"""Free bytes below which somebody is told: weeks of work, or one backup of a large site."""

_SCARCE: Final = Text(
    "Only {free} MB are free on this disk. Make room before it is full: then nothing can be saved.",
    "本磁盘仅剩 {free} MB。请在磁盘写满之前清理空间，否则将无法保存。",
)
_LEAST: Final = 64 * 1024
"""Bytes below which a disk counts as full: the least that a write needs."""

_SAID: Final = {
    "database is locked": 5,
    "attempt to write a readonly database": 8,
    "disk I/O error": 10,
    "database disk image is malformed": 11,
    "database or disk is full": 13,
    "unable to open database file": 14,
    "file is not a database": 26,
}
"""SQLite's sentences and their codes."""


@contextmanager
def storage_errors(at: Path | None = None) -> Iterator[None]:
    """Turn errors of disk and database inside the block into :class:`StorageError`.

    Args:
        at: where is written; tells a full disk where the database reports a fault only, as for
            the index of its write-ahead log.

    Errors of ours (a constraint, wrong SQL) pass unchanged: they are no storage errors.
    """
    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        known = _of_database(error.orig, at)
        if known is None:
            raise
        raise known from None
    except sqlcipher.Error as error:
        known = _of_database(error, at)
        if known is None:
            raise
        raise known from None
    except MemoryError:
        # What the driver makes of a page whose code does not verify inside a commit.
        raise StorageFault("SQLITE_NOMEM") from None
    except OSError as error:
        known = _of_system(error)
        if known is None:
            raise
        raise known from None


def scarce_room(at: Path) -> Text | None:
    """What to say while there is still room to work, but not for long; None where there is enough.

    On a full disk nothing can be saved and nobody can sign in: it is to be mended before.
    """
    try:
        free = shutil.disk_usage(at).free
    except OSError:
        return None
    if free >= ENOUGH:
        return None
    return _SCARCE.filled(free=free // 1_000_000)


def _of_database(error: BaseException | None, at: Path | None) -> StorageError | None:
    # SQLite's backup interface raises its sentence without the code.
    code = getattr(error, "sqlite_errorcode", None) or _SAID.get(str(error))
    if not isinstance(code, int):
        return None
    found: StorageError | None = None
    match code & 0xFF:
        case 13:
            found = DiskFull()
        case 8:
            found = ReadOnlyFolder()
        case 5 | 6:
            found = DatabaseLocked()
        case 11 | 26:
            found = WrongKey()
        case 10 if at is not None and _is_full(at):
            found = DiskFull()
        case 10 | 14:
            found = StorageFault(str(getattr(error, "sqlite_errorname", "SQLITE_IOERR")))
    return found


def _is_full(at: Path) -> bool:
    try:
        return shutil.disk_usage(at).free < _LEAST
    except OSError:
        return False


def _of_system(error: OSError) -> StorageError | None:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return DiskFull()
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return ReadOnlyFolder()
        case errno.EIO:
            return StorageFault("EIO")
    return None
