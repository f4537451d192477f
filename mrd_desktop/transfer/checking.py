"""Verification of a package or reply as a file, without taking anything of it over.

With the keys of a folder (its maker's archive, its receiver's inbox) everything is checked; without
any, the outside alone: that the encrypted part is what the label says and that one key signed it.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from mrd_desktop.ledger import sshsig, store
from mrd_desktop.ledger.chain import genesis
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.ids import key_id
from mrd_desktop.ledger.sshsig import SignatureRefused
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.verifying import NAMES, WELL, Checked
from mrd_desktop.texts import Text
from mrd_desktop.transfer.container import (
    OUTER_SIGNATURE,
    PACKAGE,
    Layout,
    Outer,
    Package,
    claimed,
    label,
    opened,
)
from mrd_desktop.transfer.errors import NewerFormat, NotAPackage, NotForUs, PackageError
from mrd_desktop.transfer.lines import NumberedOpening, joined
from mrd_desktop.transfer.manifest import Manifest
from mrd_desktop.transfer.reply import REPLY
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import pins

_NOT_HERE: Final = Text("does not apply here", "此处不适用")
_CLOSED: Final = Text(
    "needs the keys of the site or of the sponsor", "需要研究中心或申办方的密钥才能核查"
)
_UNKNOWN: Final = Text(
    "the records before this package are not held here", "此处没有该数据包之前的记录"
)
_OUTSIDE: Final = Text(
    "the outside is whole, signed with key {key}; the inside was not opened",
    "外层完整,签名密钥为 {key};未打开内层",
)
_ELSEWHERE: Final = Text("it does not continue the records held here", "与此处保存的记录不相衔接")
_OTHER: Final = Text("it holds other records than this folder", "其中的记录与本文件夹中的不一致")
_COUNTS: Final = Text("its counts are not those of its records", "其中的计数与记录不符")
_DEFINITION: Final = Text("a definition is not the one it is called", "其中的方案定义与其名称不符")

_INSIDE: Final = ("chain", "commitments", "signatures", "manifest", "lineage", "definition")
_LARGEST: Final = 1 << 16


def verify_file(path: Path, session: Session | None = None) -> tuple[Checked, ...]:
    """Every check of a package or reply that can be made; nothing is written.

    Args:
        session: of the folder whose keys open it and whose trust counts.

    Raises:
        NotAPackage: a foreign file.
        NewerFormat: a package of a newer program.
        PermissionDenied: the role may not verify.
    """
    layout = _layout(path)
    found: dict[str, Checked] = {}
    try:
        if session is None:
            found = _closed(_outside(path, layout))
        else:
            session.require("verify")
            found = {c.name: c for c in _checks(path, layout, session)}
    except NotForUs:
        found = _closed(_outside(path, layout))
    except NotAPackage:
        raise
    except (PackageError, LedgerError) as wrong:
        found["manifest"] = Checked("manifest", False, wrong.text)
    return tuple(found.get(name, Checked(name, None, _NOT_HERE)) for name in NAMES)


def _layout(path: Path) -> Layout[Any]:
    try:
        claimed(path, PACKAGE)
    except NewerFormat:
        claimed(path, REPLY)
        return REPLY
    except PackageError as wrong:
        if isinstance(wrong, NotAPackage):
            raise
    return PACKAGE


def _outside(path: Path, layout: Layout[Any]) -> Checked:
    """Whole, and signed with one key: whose it is, a fingerprint must tell."""
    try:
        with zipfile.ZipFile(path) as file, file.open(OUTER_SIGNATURE) as member:
            armored = member.read(_LARGEST).decode("ascii", "replace")
        claims = sshsig.signer_of(armored, layout.outer)
    except (zipfile.BadZipFile, KeyError, SignatureRefused) as wrong:
        raise NotAPackage from wrong
    _, signer = label(path, layout, lambda _: [claims])
    return Checked("manifest", True, _OUTSIDE.filled(key=key_id(signer)))


def _closed(outside: Checked) -> dict[str, Checked]:
    return {n: Checked(n, None, _CLOSED) for n in _INSIDE} | {"manifest": outside}


def _checks(path: Path, layout: Layout[Any], session: Session) -> Iterator[Checked]:
    folder = session.folder

    def trusted(outer: Outer) -> Sequence[bytes]:
        chain = folder.chain if layout is PACKAGE and outer.chain == folder.chain else None
        known = [p.sign.raw for p in pins(session) if layout is REPLY or p.chain == outer.chain]
        return [session.site_key(), *known] if chain or layout is REPLY else known

    with opened(path, layout, trusted, [str(session.age_identity())]) as package:
        yield Checked("manifest", True, WELL)
        yield _definitions(package)
        if layout is PACKAGE:
            with session.reading() as conn:
                yield from _records(conn, package)


def _definitions(package: Package[Any]) -> Checked:
    for part in package.manifest.parts:
        name = part.name.removeprefix("definitions/")
        if name != part.name:
            digest = hashlib.sha256()
            for chunk in package.archive.chunks(part.name):
                digest.update(chunk)
            if digest.hexdigest() != name.removesuffix(".json"):
                return Checked("definition", False, _DEFINITION)
    return Checked("definition", True, WELL)


def _records(conn: Connection, package: Package[Manifest]) -> Iterator[Checked]:
    """The records against each other and against those this folder holds."""
    manifest = package.manifest
    chain, before = manifest.chain, manifest.before
    held = store.head(conn, chain)
    if before.seq > held.seq:
        for name in ("chain", "commitments", "signatures", "lineage"):
            yield Checked(name, None, _UNKNOWN)
        return
    start = genesis(chain).digest
    if before.seq:
        start = store.record(conn, chain, before.seq).digest
    if start.hex() != before.digest:
        yield Checked("lineage", False, _ELSEWHERE)
        return
    known = None
    if before.seq:
        earlier = store.records(conn, chain, 0, before.seq)
        known = verify_records(earlier, chain, private=False, complete=False).watermark
    counted = _Counted(conn, package, held.seq)
    verdict = verify_records(counted.records(), chain, private=False, complete=False, start=known)
    for check in verdict.checks:
        if check.name in _INSIDE:
            yield Checked(check.name, check.ok, check.detail)
    ends = (verdict.head.seq, verdict.head.digest.hex())
    counts = manifest.counts
    if ends != (manifest.after.seq, manifest.after.digest) or (
        (counted.count, counted.opened) != (counts.records, counts.opened)
    ):
        yield Checked("manifest", False, _COUNTS)
    yield Checked("lineage", not counted.other, _OTHER if counted.other else WELL)


class _Counted:
    """Hands out a package's records, counted and compared with those held."""

    def __init__(self, conn: Connection, package: Package[Manifest], upto: int) -> None:
        self._package = package
        manifest = package.manifest
        self._held = store.records(conn, manifest.chain, manifest.before.seq, upto)
        self._upto = upto
        self.count = 0
        self.opened = 0
        self.other = False

    def records(self) -> Iterator[Any]:
        package = self._package
        late: list[NumberedOpening] = []
        for record in joined(package.lines("headers"), package.lines("openings"), late):
            self.count += 1
            self.opened += record.opening is not None
            if record.header.seq <= self._upto:
                mine = next(self._held)
                same = (mine.header_bytes, mine.signature)
                self.other |= same != (record.header_bytes, record.signature)
            yield record
