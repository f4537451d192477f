"""Verification of a package by itself, as the command ``verify`` tells it; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain as one_after_another
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import sshsig, store
from mrd_desktop.ledger.chain import genesis
from mrd_desktop.ledger.ids import key_id
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.sshsig import SignatureRefused
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.verifying import NAMES, WELL, Checked
from mrd_desktop.texts import Text
from mrd_desktop.transfer import definition, lineage
from mrd_desktop.transfer.container import PACKAGE, Outer, Package, label, opened, outer_signature
from mrd_desktop.transfer.errors import Forged, PackageError, UnknownKey
from mrd_desktop.transfer.lines import joined
from mrd_desktop.transfer.manifest import Manifest
from mrd_desktop.vault import definitions
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from mrd_desktop.vault.trust import pins_on

_NOT_HERE: Final = Text("does not apply here", "此处不适用")
_OUTSIDE: Final = Text(
    "the signature outside holds under key {key}; compare it with the site",
    "外层签名有效，签名密钥为 {key}；请与中心核对",
)
_UNJOINED: Final = Text(
    "the records before are not held here, so the chain cannot be walked",
    "此处没有之前的记录，无法核验链",
)


def verify_package(path: Path, session: Session | None = None) -> tuple[Checked, ...]:
    """Every check of a package that can be made here.

    Args:
        session: of the site that wrote it or a store that may read it; without one only the
            outside is checked.

    Returns:
        The checks of :data:`record.verifying.NAMES`, in order.

    Raises:
        PermissionDenied: the role may not verify.
    """
    try:
        found = tuple(_outside(path) if session is None else _whole(path, session))
    except (PackageError, SignatureRefused) as refusal:
        unsigned = isinstance(refusal, Forged | UnknownKey | SignatureRefused)
        name = "signatures" if unsigned else "manifest"
        found = (Checked(name, False, refusal.text),)
    by_name = {check.name: check for check in found}
    return tuple(by_name.get(name, Checked(name, None, _NOT_HERE)) for name in NAMES)


def _outside(path: Path) -> Iterator[Checked]:
    claims = sshsig.signer_of(outer_signature(path, PACKAGE), PACKAGE.outer)
    _, signer = label(path, PACKAGE, lambda _: [claims])
    yield Checked("signatures", True, _OUTSIDE.filled(key=key_id(signer)))


def _whole(path: Path, session: Session) -> Iterator[Checked]:
    session.require("verify")
    own = known_keys(session)

    def trusted(outer: Outer) -> list[bytes]:
        if outer.chain == session.folder.chain:
            return list(own)
        with session.reading() as conn:
            return [p.sign.raw for p in pins_on(conn) if p.chain == outer.chain]

    identities = session.age_identities()
    with (
        opened(path, PACKAGE, trusted, identities, session.folder.inbox) as package,
        session.reading() as conn,
    ):
        yield Checked("manifest", True, Text(package.sha256, package.sha256))
        yield from _walk(conn, package)
        yield _definition(conn, package)
        yield _lineage(conn, session.folder.chain, package.manifest)


def _walk(conn: Connection, package: Package[Manifest]) -> Iterator[Checked]:
    manifest = package.manifest
    before = manifest.before
    if store.head(conn, manifest.chain).seq < before.seq:
        for name in ("chain", "commitments", "signatures"):
            yield Checked(name, None, _UNJOINED)
        return
    held = store.records(conn, manifest.chain, upto=before.seq)
    travelled = joined(package.lines("headers"), package.lines("openings"), [])
    records = one_after_another(held if before.seq else (), travelled)
    verdict = verify_records(records, manifest.chain, private=False, complete=False)
    for check in verdict.checks:
        if check.ok is not None:
            yield Checked(check.name, check.ok, check.detail)
    joins = genesis(manifest.chain).digest
    if before.seq:
        joins = store.record(conn, manifest.chain, before.seq).digest
    heads = (joins.hex(), verdict.head.digest.hex()) == (before.digest, manifest.after.digest)
    told = Text(f"record {manifest.after.seq}", f"第 {manifest.after.seq} 条记录")
    yield Checked("heads", heads, told)


def _definition(conn: Connection, package: Package[Manifest]) -> Checked:
    carried: set[str] = set()
    for part in package.manifest.parts:
        if part.name.startswith("definitions/"):
            digest = part.name.removeprefix("definitions/").removesuffix(".json")
            if part.sha256 != digest:
                return Checked("definition", False, Text(part.name, part.name))
            carried.add(digest)
    try:
        definition.read(package)
    except PackageError as refusal:
        return Checked("definition", False, refusal.text)
    missing = {*package.manifest.definitions} - carried - {*definitions.kept(conn)}
    if missing:
        told = ", ".join(sorted(missing))
        return Checked("definition", False, Text(told, told))
    return Checked("definition", True, WELL)


def _lineage(conn: Connection, own: str, manifest: Manifest) -> Checked:
    """Whether the package named as the one before is known here."""
    if manifest.previous is None:
        known = True
    elif manifest.chain == own:
        sealed = lineage.of_kind(conn, own, Kind.PACKAGE_SEALED)
        known = any(record.body["manifest"] == manifest.previous for record in sealed)
    else:
        came = lineage.received(conn, own, manifest.chain)
        known = any(r.package == manifest.previous for r in came)
    told = f"{manifest.previous} ?"
    return Checked("lineage", known, WELL if known else Text(told, told))
