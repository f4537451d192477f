"""Verification of a site or store: everything that can be checked, each by its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.errors import Misshapen
from mrd_desktop.ledger.record import Kind, RecordClass
from mrd_desktop.ledger.schema import schema_faults
from mrd_desktop.ledger.verify import SIGNATURES, verify_records
from mrd_desktop.record import projection, shapes, signed
from mrd_desktop.record.retold import Retold
from mrd_desktop.texts import Text
from mrd_desktop.vault import accounts, definitions, slotbook
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.manifest import Manifest, read_manifest
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.signin import is_bound

NAMES: Final = (
    "cipher",
    "schema",
    "slots",
    "chain",
    "commitments",
    "signatures",
    "replay",
    "heads",
    "private",
    "manifest",
    "lineage",
    "definition",
)
"""The checks of ``verify``, in the order they are told."""

WELL: Final = Text("well", "正常")
_FIRST: Final = 5
"""How many places a failed check names."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One check: ``ok`` None where it does not apply or could not be judged."""

    name: str
    ok: bool | None
    detail: Text

    def as_json(self) -> Mapping[str, Any]:
        """For the command line."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail.en}


def verify_folder(session: Session) -> tuple[Checked, ...]:
    """Every check of an open site or store; nothing is written.

    Raises:
        PermissionDenied: the role may not verify.
    """
    session.require("verify")
    with session.reading() as conn:
        found = {c.name: c for c in _checks(session, conn)}
    not_here = Text("does not apply here", "此处不适用")
    return tuple(found.get(n, Checked(n, None, not_here)) for n in NAMES)


def _checks(session: Session, conn: Connection) -> Iterator[Checked]:
    pages = [str(r[0]) for r in conn.exec_driver_sql("PRAGMA cipher_integrity_check")]
    yield _named("cipher", pages)
    yield _named("schema", list(schema_faults(conn)))
    yield _named("slots", list(_slots(session, conn)))
    yield from _chains(session, conn)
    yield _named("replay", _replayed(conn))
    yield _named("heads", list(_heads(conn)))
    yield _named("definition", list(_definitions(session, conn)))


def changed_keys(session: Session) -> tuple[Text, ...]:
    """What of the keys beside the database was changed outside the program.

    Raises:
        NotAFolder, FolderDamaged: their file is gone or does not read.
        StorageError: it cannot be read now.
    """
    manifest = read_manifest(session.folder.path)
    with session.reading() as conn:
        return tuple(_changed(conn, manifest, _slot_owners(conn, manifest)))


def _slots(session: Session, conn: Connection) -> Iterator[Text]:
    """The file with the key slots must read, belong to this database and fit its accounts."""
    manifest = read_manifest(session.folder.path)
    if not is_bound(conn, manifest):
        yield _FOREIGN_SHEET
    known = _slot_owners(conn, manifest)
    for name in manifest.slots:
        if name not in known:
            yield _NOBODYS.filled(name=name[:8])
    for name, account in known.items():
        if account.key and name not in manifest.slots:
            yield _MISSING.filled(user=account.user)
    yield from _changed(conn, manifest, known)


def _slot_owners(conn: Connection, manifest: Manifest) -> Mapping[str, Account]:
    return {manifest.slot_name(a.user): a for a in accounts.accounts(conn) if not a.closed}


def _changed(conn: Connection, manifest: Manifest, known: Mapping[str, Account]) -> Iterator[Text]:
    for name in slotbook.faults(conn, manifest):
        account = known.get(name)
        if name in manifest.slots and account is not None:
            yield _SLOT.filled(user=account.user)
        elif name in _BESIDE:
            yield _BESIDE[name]


_FOREIGN_SHEET: Final = Text(
    "the recovery key beside the database is not the database's own",
    "数据库旁的恢复公钥与数据库所记不符",
)
_NOBODYS: Final = Text(
    "slot {name} belongs to no open account", "密钥槽 {name} 不属于任何使用中的账户"
)
_MISSING: Final = Text("the slot of {user} is missing", "缺少 {user} 的密钥槽")
_SLOT: Final = Text(
    "the slot of {user} was changed outside the program", "{user} 的密钥槽曾在程序之外被改动"
)
_BESIDE: Final = {
    slotbook.RECOVERY: Text(
        "the sealed recovery key was changed outside the program",
        "恢复单对应的加密密钥曾在程序之外被改动",
    ),
    slotbook.GENERATION: Text(
        "the generation of the data key was changed outside the program",
        "数据密钥的代次曾在程序之外被改动",
    ),
    slotbook.TRAINING: Text(
        "the sealed key of the training vault was changed outside the program",
        "培训用身份密钥曾在程序之外被改动",
    ),
}


def _chains(session: Session, conn: Connection) -> Iterator[Checked]:
    """The own chain whole; chains held for others by their headers and what was opened."""
    worst: dict[str, Checked] = {}
    for chain in store.chains(conn):
        own = chain == session.folder.chain
        box = session.box if own and session.has_vault else None
        faults: list[str] = []
        verdict = verify_records(
            Retold().passing(shapes.passing(store.records(conn, chain, box=box), faults), faults),
            chain,
            private=box is not None,
            complete=own,
            unlinked=_unlinked(conn, chain) if box is not None else frozenset(),
        )
        for check in verdict.checks:
            before = worst.get(check.name)
            if before is None or (before.ok is not False and check.ok is False):
                worst[check.name] = Checked(check.name, check.ok, check.detail)
        if faults and worst[SIGNATURES].ok is not False:
            worst[SIGNATURES] = Checked(SIGNATURES, False, Text(faults[0], faults[0]))
    told = [] if worst[SIGNATURES].ok is False else _signed(session, conn)
    if told:
        worst[SIGNATURES] = _named(SIGNATURES, told)
    yield from worst.values()


def _signed(session: Session, conn: Connection) -> list[str]:
    try:
        return list(signed.faults(conn, session.study))
    except Misshapen as fault:
        return [fault.text.en]


def _unlinked(conn: Connection, own: str) -> frozenset[int]:
    """Private records here whose link another computer destroyed, as this chain says of itself.

    The owner beside a sealed row is no evidence: whoever can write the file can write that.
    """
    found: set[int] = set()
    for record in store.records(conn, own):
        if record.opening is None or record.header.cls is RecordClass.PRIVATE:
            continue
        if record.kind is Kind.PACKAGE_RECEIVED:
            seqs = record.body.get("unlinked")
            found |= {n for n in seqs if isinstance(n, int)} if isinstance(seqs, list) else set()
    return frozenset(found)


def _heads(conn: Connection) -> Iterator[str]:
    """The projection must stand where the ledger stands."""
    folded = {r.chain: r.seq for r in conn.execute(text("SELECT chain, seq FROM p_head"))}
    for chain in store.chains(conn):
        seq = store.head(conn, chain).seq
        if folded.get(chain) != seq:
            yield f"chain {chain}: ledger {seq}, tables {folded.get(chain)}"


def _replayed(conn: Connection) -> list[str]:
    try:
        return list(projection.differences(conn))
    except Misshapen as fault:
        return [fault.text.en]


def _definitions(session: Session, conn: Connection) -> Iterator[str]:
    """Every definition of a saved form must be held as its digest says; the last is in force."""
    used = conn.execute(text("SELECT DISTINCT definition FROM p_form WHERE definition IS NOT NULL"))
    held = definitions.kept(conn)
    for (digest,) in used:
        if digest not in held:
            yield f"definition {digest[:16]} is not held"
        elif hashlib.sha256(held[digest]).hexdigest() != digest:
            yield f"definition {digest[:16]} is altered"
    if definitions.told_by(conn, session.folder.chain) != definitions.digest_in_force(conn):
        yield "the definition in force is not the one that was installed last"


def _named(name: str, faults: Sequence[str | Text]) -> Checked:
    if not faults:
        return Checked(name, True, WELL)
    more = f" (+{len(faults) - _FIRST})" if len(faults) > _FIRST else ""
    told = [Text(f, f) if isinstance(f, str) else f for f in faults[:_FIRST]]
    en, zh = "; ".join(t.en for t in told), "；".join(t.zh for t in told)
    return Checked(name, False, Text(f"{en}{more}", f"{zh}{more}"))
