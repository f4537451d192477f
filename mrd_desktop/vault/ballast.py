"""A reserve on the disk of a live folder, given up when the disk is full so that work can end well.

A file of random bytes keeps a few megabytes. When less than a save needs is free, it goes, and
what is typed can be saved and the session ended; a later sign-in lays it again where there is room.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path
from typing import Final

from mrd_desktop.texts import Text

FILE: Final = "reserve.bin"
SIZE: Final = 8 * 1024 * 1024
NEEDED: Final = 2 * 1024 * 1024
"""Free bytes below which the reserve goes: a large form with its log, several times."""

_ROOM: Final = 4 * SIZE
_PIECE: Final = 1024 * 1024

SPENT: Final = Text(
    "The disk is full. Its last reserve is in use: save, sign out, and make room on the disk now.",
    "磁盘已满，正在使用最后的预留空间。请立即保存并退出，然后清理磁盘。",
)


def lay(folder: Path) -> bool:
    """Lay the reserve where it is missing and there is room for it; whether it lies there now."""
    path = folder / FILE
    try:
        if path.is_file() and path.stat().st_size == SIZE:
            return True
        if shutil.disk_usage(folder).free < _ROOM:
            return False
        with path.open("wb") as file:
            for _ in range(SIZE // _PIECE):  # random: some disks keep no zeros
                file.write(secrets.token_bytes(_PIECE))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return False
    return True


def spend_if_full(folder: Path) -> bool:
    """Give the reserve up where the disk is full; whether that was done now."""
    try:
        return shutil.disk_usage(folder).free < NEEDED and spend(folder)
    except OSError:
        return False


def spend(folder: Path) -> bool:
    """Give the reserve up; False where there is none."""
    try:
        (folder / FILE).unlink()
    except OSError:
        return False
    return True
