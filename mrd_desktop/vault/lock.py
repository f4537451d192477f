"""One process per folder, by a lock of the operating system that dies with its process."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mrd_desktop.vault.errors import FolderInUse
from mrd_desktop.vault.storage import storage_errors

LOCK_FILE: Final = "folder.lock"
_ASK_AGAIN_SECONDS: Final = 0.05

if sys.platform == "win32":
    import msvcrt

    # A locked byte cannot be read by others: lock one far behind the text that names the holder.
    _FAR: Final = 1 << 30

    def _take(handle: int) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _taken(handle: int) -> bool:
    try:
        _take(handle)
    except OSError:
        return False
    return True


class FolderLock:
    """The lock of one folder, held from construction until :meth:`release`.

    Args:
        patience: seconds to wait for whoever holds it.

    Raises:
        FolderInUse: another process (or another session of this one) holds it.
        ReadOnlyFolder: the lock file cannot be written.
    """

    def __init__(self, folder: Path, patience: float = 0.0) -> None:
        path = folder / LOCK_FILE
        with storage_errors():
            self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + patience
        while not _taken(self._handle):
            if time.monotonic() >= until:
                os.close(self._handle)
                self._handle = None
                host, pid = _holder(path)
                raise FolderInUse(host=host, pid=pid)
            time.sleep(_ASK_AGAIN_SECONDS)
        with storage_errors():
            os.ftruncate(self._handle, 0)
            os.lseek(self._handle, 0, os.SEEK_SET)
            os.write(
                self._handle,
                json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode(),
            )

    def release(self) -> None:
        """Give the folder free; a second call does nothing."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _holder(path: Path) -> tuple[str, str]:
    try:
        said = json.loads(path.read_bytes())
        return str(said["host"]), str(said["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return "?", "?"


class Alone:
    """A lock file that is gone when it is released; held from construction, where it is free.

    Attributes:
        taken: it is held here; False where somebody else holds it.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self.taken = _taken(self._handle) and self._is_there()
        if not self.taken:
            os.close(self._handle)

    def release(self) -> None:
        """Remove the file and let go of it; once, and only where it was taken."""
        if sys.platform == "win32":  # an open file stays there
            os.close(self._handle)
            with suppress(OSError):
                self._path.unlink()
        else:
            with suppress(OSError):
                self._path.unlink()
            os.close(self._handle)

    def _is_there(self) -> bool:
        """Whether the file is the one of that name: who held it before may have removed it."""
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except OSError:
            return False
