"""Checked definitions kept in the user's cache folder, so that a start need not read the YAML.

A file is named by the digest of the sources it was made from and begins with the digest of its own
contents; what does not agree, belongs to somebody else or may be written by others is not used.
Any failure of the file system means only that nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path

_DIGEST = 64


def take(key: str) -> bytes | None:
    """The kept bytes of a source digest, or None."""
    path = _path(key)
    try:
        if not _trusted(path.parent) or not _trusted(path):
            return None
        kept = path.read_bytes()
    except OSError:
        return None
    digest, data = kept[:_DIGEST], kept[_DIGEST:]
    return data if digest == _digest(key, data) else None


def keep(key: str, data: bytes) -> None:
    """Keep the bytes of a source digest, if the file system lets us."""
    path = _path(key)
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(_digest(key, data) + data)
        Path(temporary).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()


def folder() -> Path:
    """The program's cache folder of this user."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "mrd-desktop" / "study"


def _path(key: str) -> Path:
    return folder() / f"{key}.json"


def _digest(key: str, data: bytes) -> bytes:
    return hashlib.sha256(key.encode() + data).hexdigest().encode()


def _trusted(path: Path) -> bool:
    if sys.platform == "win32":
        return True  # the profile folder carries the access list
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
