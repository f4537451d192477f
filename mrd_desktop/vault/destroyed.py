"""A folder that two people have condemned: its mark, and the end of it (R-ARC-02).

The mark is written once everything is signed and the certificate lies outside. A file alone
condemns nothing: the end begins in the session that signed it, or after a sign-in whose open
database has checked the mark (:mod:`mrd_desktop.vault.condemned`). Backups go first, slots before
all else of them, then the folder's own slots, at one stroke, then its files. Once no slot is left
nobody can sign in any more: then whoever opens the folder sweeps what remains in it, and nothing
anywhere else. What stays is the mark, which holds the certificate.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.keys import from_base64, to_base64
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.vault.errors import SiteDestroyed, StorageFault
from mrd_desktop.vault.files import sync_folder, write_atomically
from mrd_desktop.vault.lock import LOCK_FILE, FolderLock
from mrd_desktop.vault.storage import storage_errors

MARK: Final = "destroyed.json"
FORMAT: Final = "mrd-destroyed/1"
BACKUP: Final = ".mrdbackup"
PENDING: Final = ".pending"
_SLOTS: Final = ("site.json", "store.json")
_REPORT: Final = "backup.json"
_PUB: Final = "site.pub"
_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark says: whose folder, the certificate, where its backups lie.

    Attributes:
        file: where the certificate lies; until the mark stands its name has :data:`PENDING` added.
        signature: SSHSIG of the folder's key over :func:`content`; not checked yet.
    """

    chain: str
    certificate: str
    places: tuple[Path, ...]
    file: Path
    signature: str

    def signed_by(self, key: bytes) -> bool:
        """Whether a key (32 bytes) has signed it."""
        said = content(self.chain, self.certificate, self.places, self.file)
        try:
            sshsig.verify(self.signature, said, Namespace.DESTRUCTION, [key])
        except MrdError:
            return False
        return True

    def to_bytes(self) -> bytes:
        """The file."""
        said = loads(content(self.chain, self.certificate, self.places, self.file))
        assert isinstance(said, dict)
        return dumps({**said, "signature": self.signature})


def content(chain: str, certificate: str, places: tuple[Path, ...], file: Path) -> bytes:
    """What the folder's key signs."""
    listed: list[JSON] = [str(p) for p in places]
    said: dict[str, JSON] = {
        "format": FORMAT,
        "chain": chain,
        "certificate": certificate,
        "places": listed,
        "file": str(file),
    }
    return dumps(said)


def marked(folder: Path) -> Mark | None:
    """What the mark of a folder says, whoever wrote it; None where there is none of that shape."""
    path = folder / MARK
    try:
        said = loads(path.read_bytes()) if path.stat().st_size <= _LARGEST else None
        if not isinstance(said, dict) or said["format"] != FORMAT:
            return None
        places = said["places"]
        texts = (said["chain"], said["certificate"], said["file"], said["signature"])
        if not isinstance(places, list) or not all(isinstance(t, str) for t in (*texts, *places)):
            return None
        chain, certificate, file, signature = map(str, texts)
        paths = tuple(Path(str(p)) for p in places)
        return Mark(chain, certificate, paths, Path(file), signature)
    except (OSError, KeyError, CanonicalError):
        return None


def refuse(folder: Path) -> None:
    """Sweep what is left of a condemned folder in which no slot is, and say that it was destroyed.

    A store, a backup, and a folder with slots are left alone whatever lies in them: a sign-in
    judges the mark. The public key goes last; where it is missing beside other files, or did not
    sign the mark, this is no remainder of an end that was begun.

    Raises:
        SiteDestroyed: nothing of it opens.
        FolderInUse, StorageError: somebody else is at it, or a file does not go; try again.
    """
    if any(os.path.lexists(folder / name) for name in (*_SLOTS, _REPORT)):
        return
    mark = marked(folder)
    if mark is None:
        return
    key = _key(folder)
    if key is None:
        with _errors():
            left = {p.name for p in folder.iterdir()}
        if left - {MARK, LOCK_FILE}:
            return
        _drop_lock(folder)  # the disk may have refused it before
    elif not mark.signed_by(key):
        return
    else:
        with _errors(), FolderLock(folder):
            _sweep(folder)
        _close(folder)
    raise SiteDestroyed(folder.name)


def finish(folder: Path, mark: Mark) -> None:
    """Take away backups, key slots, then everything else but the mark; again, where cut off.

    Args:
        mark: as the session has just laid it, or as a sign-in has checked it: never as a file
            says it.

    Raises:
        FolderInUse, StorageError: try again; what is gone stays gone.
    """
    with _errors(), FolderLock(folder):
        sync_folder(folder)  # the mark stays, whatever fails now
        hand_out(mark)
        backups = tuple(_backups(mark))
        for backup in backups:
            for name in _SLOTS:
                shred(backup / name)
        for backup in backups:
            _remove(backup)
        key = _key(folder)
        if key is None or not mark.signed_by(key):  # the sweep goes on by it, if it is cut off
            told = to_base64(sshsig.signer_of(mark.signature, Namespace.DESTRUCTION))
            write_atomically(folder / _PUB, dumps({"sign": told}))
        _drop_slots(folder)
        _sweep(folder)
    _close(folder)


def pending(file: Path) -> Path:
    """Where a certificate lies until the mark stands."""
    return file.with_name(file.name + PENDING)


def hand_out(mark: Mark) -> None:
    """The certificate gets its name; where its medium is away, the mark still holds it."""
    try:
        if pending(mark.file).read_bytes() == mark.certificate.encode():
            pending(mark.file).replace(mark.file)
            sync_folder(mark.file.parent)
    except OSError:
        return


def _drop_slots(folder: Path) -> None:
    """Slots are there whole or gone at once, so that no half looks like a damaged folder."""
    for name in _SLOTS:
        if (folder / name).is_file():
            gone = folder / f".{name}.gone"
            (folder / name).replace(gone)
            sync_folder(folder)
            shred(gone)


def _sweep(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.name in (MARK, LOCK_FILE, _PUB):
            continue
        _take_away(path)
    sync_folder(folder)


def _close(folder: Path) -> None:
    """Last the lock, and the key that tells an end that was begun."""
    _drop_lock(folder)
    with _errors():
        (folder / _PUB).unlink(missing_ok=True)  # at one stroke: no half tells nothing
        sync_folder(folder)


def _drop_lock(folder: Path) -> None:
    """It holds no secret: where the disk keeps it, it goes at the next start."""
    with suppress(OSError):
        (folder / LOCK_FILE).unlink()


def shred(path: Path) -> None:
    """Write random bytes over the beginning of a file, where keys stand, and take it away.

    Of a link, the link alone goes: what it leads to is no part of this folder.
    """
    if path.is_file() and not path.is_symlink():
        size = min(path.stat().st_size, _MOST)
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(size))
            file.flush()
            os.fsync(file.fileno())
    path.unlink(missing_ok=True)


def _take_away(path: Path) -> None:
    """A file, a link or a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        shred(path)


@contextmanager
def _errors() -> Iterator[None]:
    """Whatever the disk refuses is told as such: the end goes on at the next start."""
    try:
        with storage_errors():
            yield
    except OSError as error:
        raise StorageFault(errno.errorcode.get(error.errno or 0, "OSError")) from None


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
    place = backup.resolve()
    for path in sorted(p for p in place.iterdir() if p.name != _REPORT):
        _take_away(path)
    (place / _REPORT).unlink(missing_ok=True)
    place.rmdir()
    backup.unlink(missing_ok=True)  # it was a link


def _chain(path: Path) -> str | None:
    """The chain that a manifest or report names; None where it cannot be read."""
    try:
        return str(json.loads(path.read_bytes())["chain"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _key(folder: Path) -> bytes | None:
    try:
        return from_base64(str(json.loads((folder / _PUB).read_bytes())["sign"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
