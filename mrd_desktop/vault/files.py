"""Small files written so that a crash leaves either the old or the new one, whole."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mrd_desktop.portable import require_portable
from mrd_desktop.vault.storage import storage_errors


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file: temporary file beside it, fsync, rename, fsync of the folder.

    Raises:
        NameUnfit: no file may be called so.
        StorageError: the disk is full, read-only or failing; the old file still stands.
    """
    with written_atomically(path) as file:
        file.write(data)


@contextmanager
def written_atomically(path: Path) -> Iterator[BinaryIO]:
    """Replace a file piece by piece; it takes its place when the block ends without trouble.

    Raises:
        NameUnfit: no file may be called so.
        StorageError: the disk is full, read-only or failing; the old file still stands.
    """
    require_portable(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with storage_errors():
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
