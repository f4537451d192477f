"""Verification of a folder with what lies around it, and of every file that travels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.ids import key_id
from mrd_desktop.ledger.sshsig import SignatureRefused
from mrd_desktop.record.verifying import NAMES, WELL, Checked, verify_folder
from mrd_desktop.texts import Text
from mrd_desktop.transfer.checkpoint import outside
from mrd_desktop.transfer.container import PACKAGE, Layout, claimed, label, opened, outer_signature
from mrd_desktop.transfer.errors import (
    Forged,
    NotAPackage,
    PackageError,
    UnknownKey,
)
from mrd_desktop.transfer.inspect import verify_package
from mrd_desktop.transfer.reply import REPLY
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from mrd_desktop.vault.trust import pins

_NOT_HERE: Final = Text("does not apply here", "此处不适用")
_OUTSIDE: Final = Text(
    "the signature outside holds under key {key}; compare it with the sponsor",
    "外层签名有效，签名密钥为 {key}；请与申办方核对",
)


def verify_around(session: Session) -> tuple[Checked, ...]:
    """Every check of an open folder; its heads are also compared with backups and packages there.

    Raises:
        PermissionDenied: the role may not verify.
    """
    found = outside(session)
    if not found:
        return verify_folder(session)
    worst = Checked("heads", False, found[0].text)
    return tuple(worst if c.name == worst.name else c for c in verify_folder(session))


def verify_file(path: Path, session: Session | None = None) -> tuple[Checked, ...]:
    """Every check of a package or reply that can be made here.

    Args:
        session: of the folder whose keys open it and whose trust counts; without one only the
            outside is checked.

    Raises:
        NotAPackage: a foreign file.
        PermissionDenied: the role may not verify.
    """
    if _is(path, PACKAGE) or not _is(path, REPLY):
        return verify_package(path, session)
    return _verify_reply(path, session)


def _is(path: Path, layout: Layout[Any]) -> bool:
    """Whether a file is labelled so; one too damaged to tell is not."""
    try:
        claimed(path, layout)
    except NotAPackage:
        raise
    except PackageError:
        return False
    return True


def _verify_reply(path: Path, session: Session | None) -> tuple[Checked, ...]:
    try:
        found = tuple(_outside(path) if session is None else _whole(path, session))
    except (PackageError, SignatureRefused) as refusal:
        unsigned = isinstance(refusal, Forged | UnknownKey | SignatureRefused)
        name = "signatures" if unsigned else "manifest"
        found = (Checked(name, False, refusal.text),)
    by_name = {check.name: check for check in found}
    return tuple(by_name.get(name, Checked(name, None, _NOT_HERE)) for name in NAMES)


def _outside(path: Path) -> Iterator[Checked]:
    claims = sshsig.signer_of(outer_signature(path, REPLY), REPLY.outer)
    _, signer = label(path, REPLY, lambda _: [claims])
    yield Checked("signatures", True, _OUTSIDE.filled(key=key_id(signer)))


def _whole(path: Path, session: Session) -> Iterator[Checked]:
    """Opened with the archive key of the store that wrote it, or the key of the site it is for."""
    session.require("verify")
    known = [*known_keys(session), *(p.sign.raw for p in pins(session))]
    with opened(path, REPLY, lambda _: known, session.age_identities()) as reply:
        yield Checked("manifest", True, Text(reply.sha256, reply.sha256))
        yield Checked("signatures", True, WELL)
        wrong = [
            part.name
            for part in reply.manifest.parts
            if part.name.startswith("definitions/") and part.sha256 not in part.name
        ]
        told = Text(", ".join(wrong), ", ".join(wrong)) if wrong else WELL
        yield Checked("definition", not wrong, told)
