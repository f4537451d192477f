"""Whose key signed the list of a backup, as far as it can be told before anything is opened.

Whoever reaches the medium can write a list, and with a key of his own sign it. So the key alone
proves no site; but a list that no key signed, or another key than that of the backups beside it,
is told from them. Where a folder's key was replaced, the key before signed for the new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger import rotations, sshsig
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.rotations import NoRotation
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.vault import trust
from mrd_desktop.vault.manifest import FolderKind

SIGNATURE: Final = "signature"
CHANGES: Final = "rotations"
"""Member of the report, left out where the folder's key was never changed."""
_PUBLIC: Final = {
    FolderKind.SITE.file_name: trust.SITE_PUB,
    FolderKind.STORE.file_name: trust.SPONSOR_PUB,
}


@dataclass(frozen=True, slots=True)
class Voucher:
    """The key (32 bytes) that signed a list; those before it, of which each signed for the next."""

    key: bytes
    before: frozenset[bytes]


def voucher(path: Path, report: Mapping[str, JSON], files: Mapping[str, str]) -> Voucher | None:
    """Who signed for a backup's list; None where nobody did, or the files beside it are others.

    Args:
        report: all of ``backup.json``.
        files: the digests in it.
    """
    named = next((n for n in _PUBLIC if n in files), None)
    signed = {name: value for name, value in report.items() if name != SIGNATURE}
    if named is None or not isinstance(report.get(SIGNATURE), str):
        return None
    try:
        held = {name: first_bytes(path / name) for name in (named, _PUBLIC[named])}
        if any(hashlib.sha256(data).hexdigest() != files.get(n) for n, data in held.items()):
            return None
        own = trust.read_identity(held[_PUBLIC[named]])
        key = own.sign.raw
        sshsig.verify(str(report[SIGNATURE]), dumps(signed), Namespace.BACKUP, [key])
    except (OSError, ValueError, TypeError, MrdError):
        return None
    if own.chain != report.get("chain"):
        return None
    return Voucher(key, _before(key, own.chain, report.get(CHANGES)))


def latest(found: Iterable[Voucher]) -> frozenset[bytes]:
    """The keys for which no other one of them signed; one, where they are all of one folder."""
    known = tuple(found)
    former = frozenset[bytes]().union(*(v.before for v in known))
    return frozenset(v.key for v in known) - former


def of_one_line(one: Voucher, other: Voucher) -> bool:
    """The same key, or one signed for the other."""
    return one.key == other.key or one.key in other.before or other.key in one.before


def _before(key: bytes, chain: str, told: JSON) -> frozenset[bytes]:
    before: dict[bytes, bytes] = {}
    for signed in told if isinstance(told, Sequence) and not isinstance(told, str) else ():
        try:
            change = rotations.read(signed) if isinstance(signed, Mapping) else None
        except NoRotation:
            continue
        if change is not None and change.chain == chain:
            before[change.key.raw] = change.old.raw
    line: list[bytes] = []
    while key in before and before[key] not in line:
        key = before[key]
        line.append(key)
    return frozenset(line)
