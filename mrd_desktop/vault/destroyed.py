"""A folder that two people have condemned: its mark, and the end of it (R-ARC-02).

The mark is written once everything is signed and the certificate lies outside. From then on nobody
signs in here: whoever opens the folder finishes what was begun. Key slots go first, of the folder
and of every backup that is named, so that a half that was cut off opens nothing; then the files.
The mark is signed by the folder's own key: a file laid here by somebody else condemns nothing.
What stays is the mark, which holds the certificate.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.keys import from_base64
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.vault.errors import SiteDestroyed
from mrd_desktop.vault.files import sync_folder
from mrd_desktop.vault.lock import LOCK_FILE, FolderLock
from mrd_desktop.vault.storage import storage_errors

MARK: Final = "destroyed.json"
FORMAT: Final = "mrd-destroyed/1"
BACKUP: Final = ".mrdbackup"
_SLOTS: Final = ("site.json", "store.json")
_REPORT: Final = "backup.json"
_PUB: Final = "site.pub"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark says: whose folder, the certificate, where its backups lie."""

    chain: str
    certificate: str
    places: tuple[Path, ...]


def content(chain: str, certificate: str, places: tuple[Path, ...]) -> bytes:
    """What the folder's key signs."""
    listed: list[JSON] = [str(p) for p in places]
    said: dict[str, JSON] = {
        "format": FORMAT,
        "chain": chain,
        "certificate": certificate,
        "places": listed,
    }
    return dumps(said)


def marked(folder: Path) -> Mark | None:
    """The mark of a folder; None where there is none, or one that this folder did not sign."""
    try:
        said = json.loads((folder / MARK).read_bytes())
        armored = str(said.pop("signature"))
        known = _key(folder) or sshsig.signer_of(armored, Namespace.DESTRUCTION)
        sshsig.verify(armored, dumps(said), Namespace.DESTRUCTION, [known])
        places = tuple(Path(str(p)) for p in said["places"])
        mark = Mark(str(said["chain"]), str(said["certificate"]), places)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, MrdError):
        return None
    chains = {_chain(folder / name) for name in _SLOTS if (folder / name).is_file()}
    return mark if chains <= {mark.chain, None} else None


def refuse(folder: Path) -> None:
    """Finish the end of a condemned folder, if it is one.

    Raises:
        SiteDestroyed: it was condemned; nothing of it opens.
        FolderInUse, StorageError: somebody else is at it, or a file does not go; try again.
    """
    if (folder / MARK).is_file() and marked(folder) is not None:
        finish(folder)
        raise SiteDestroyed(folder.name)


def finish(folder: Path) -> None:
    """Take away key slots, then everything else but the mark; may be called any number of times.

    Raises:
        FolderInUse, StorageError: try again; what is gone stays gone.
    """
    mark = marked(folder)
    if mark is None:
        return
    with FolderLock(folder), storage_errors():
        backups = tuple(_backups(mark))
        for place in (folder, *backups):
            for name in _SLOTS:
                shred(place / name)
        for backup in backups:
            _remove(backup)
        # Last the key that the mark is checked with.
        for path in sorted(folder.iterdir(), key=lambda p: (p.name == _PUB, p.name)):
            if path.name in (MARK, LOCK_FILE):
                continue
            shutil.rmtree(path) if path.is_dir() else shred(path)
        sync_folder(folder)
    with suppress(OSError):
        (folder / LOCK_FILE).unlink()


def shred(path: Path) -> None:
    """Write random bytes over the beginning of a file, where keys stand, and take it away."""
    if not path.is_file():
        return
    size = min(path.stat().st_size, _MOST)
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


_MOST: Final = 1 << 20
"""Bytes that are written over: key slots whole, of a database its first pages."""


def _backups(mark: Mark) -> Iterator[Path]:
    """The backups of this chain at the places that the mark names, as far as they are there.

    What has no report, or that of another chain, is somebody else's and stays; an empty folder is
    one of which the last file had gone when it was cut off.
    """
    for place in mark.places:
        for path in sorted(place.glob(f"*{BACKUP}")) if place.is_dir() else ():
            if _chain(path / _REPORT) == mark.chain or (path.is_dir() and not any(path.iterdir())):
                yield path


def _remove(backup: Path) -> None:
    """The report, by which it is known again, goes last and at once; no secret stands in it."""
    for path in sorted(p for p in backup.iterdir() if p.name != _REPORT):
        shutil.rmtree(path) if path.is_dir() else shred(path)
    (backup / _REPORT).unlink(missing_ok=True)
    backup.rmdir()


def _chain(path: Path) -> str | None:
    """The chain that a manifest or report names; None where it cannot be read."""
    try:
        return str(json.loads(path.read_bytes())["chain"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(folder: Path) -> bytes | None:
    try:
        return from_base64(str(json.loads((folder / _PUB).read_bytes())["sign"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
