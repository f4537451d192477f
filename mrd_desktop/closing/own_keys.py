"""A copy of the store's own age key, so that its owner reads what sites sent without this program.

The key is written sealed: to the recovery sheet, as in a site's close-out bundle, or with a
passphrase that the stock tool ``age`` asks for. It never stands on a disk in the clear here; who
opens it (docs/package.md, section 7) makes a file in the clear and is told so there.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyrage

from mrd_desktop.closing import bech32
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.resources import described, resource
from mrd_desktop.vault import passwords, signers, trust
from mrd_desktop.vault.errors import CommitUnsure, FolderExists
from mrd_desktop.vault.files import sync_folder, write_atomically
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.storage import storage_errors

WHAT: Final = "keys"
SEALED: Final = "archive-key.age"
ALLOWED: Final = "allowed"
SHEET: Final = "sheet"
WORDS: Final = "passphrase"


@dataclass(frozen=True, slots=True)
class Keys:
    """A folder with the sealed key and what is needed beside it.

    Attributes:
        sealed: ``sheet`` or ``passphrase``: what opens the key.
        sha256: of the sealed key.
    """

    path: Path
    sealed: str
    sha256: str


def copy_keys(session: Session, to: Path, password: str, *, passphrase: str | None = None) -> Keys:
    """Write the key, sealed, into a new folder below ``to``, with the keys of those who sign.

    Args:
        passphrase: opens the key; without one the recovery sheet in force does.

    Raises:
        PermissionDenied: the role may not manage trust.
        WrongPassword, TryLater: nothing was written.
        PasswordRefused: the passphrase is too weak.
        FolderExists: one of the same day lies there.
        StorageError: the medium refuses; nothing is left.
    """
    session.require("trust.manage")
    session.verify_password(password)
    folder = session.folder
    if passphrase is not None:
        words = (session.user, folder.name, folder.study)
        passphrase = passwords.accepted(passphrase, training=folder.training, known_words=words)
    target = to / f"keys-{folder.chain[:8]}-{session.today()}"
    if target.exists():
        raise FolderExists(target.name)
    sealed = _sealed(session, passphrase)
    made = Keys(
        target,
        SHEET if passphrase is None else WORDS,
        hashlib.sha256(sealed).hexdigest(),
    )
    content: dict[str, JSON] = {
        "what": WHAT,
        "form": "folder",
        "user": session.user,
        "sha256": made.sha256,
        "sealed": made.sealed,
        "serial": session.manifest.recovery.serial if passphrase is None else None,
    }
    try:
        with storage_errors():
            target.mkdir()
            _fill(session, target, sealed)
            sync_folder(target)
        # What opens everything is not handed out without a record of it.
        session.commit([Entry(Kind.PRINTED, RecordClass.CODED, content)])
    except CommitUnsure:
        raise  # the record may be found again, and then names this folder
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return made


def _sealed(session: Session, passphrase: str | None) -> bytes:
    # Those before as well: what a site sealed to them lies in the archive.
    secret = "".join(f"{one}\n" for one in session.age_identities()).encode()
    if passphrase is not None:
        return bytes(pyrage.passphrase.encrypt(secret, passphrase))
    sheet = pyrage.x25519.Recipient.from_str(bech32.recipient(session.manifest.recovery.public))
    return bytes(pyrage.encrypt(secret, [sheet]))


def _fill(session: Session, place: Path, sealed: bytes) -> None:
    folder = session.folder
    own = trust.identity_of(
        folder, PublicKey(session.site_key()), str(session.age_identity().to_public())
    )
    write_atomically(place / SEALED, sealed)
    write_atomically(place / ALLOWED, "".join(f"{s}\n" for s in signers.allowed(session)).encode())
    write_atomically(place / trust.SPONSOR_PUB, own.to_bytes())
    write_atomically(place / "package.md", described("package.md").read_bytes())
    write_atomically(place / "verify.py", resource("closeout", "verify.py").read_bytes())
