"""Verification of a site or store: everything that can be checked, each by its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
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
from mrd_desktop.vault.manifest import read_manifest
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


def _slots(session: Session, conn: Connection) -> Iterator[str]:
    """The file with the key slots must read, belong to this database and fit its accounts."""
    manifest = read_manifest(session.folder.path)
    if not is_bound(conn, manifest):
        yield "the recovery key beside the database is not the database's own"
    known = {manifest.slot_name(a.user): a for a in accounts.accounts(conn) if not a.closed}
    for name in manifest.slots:
        if name not in known:
            yield f"slot {name[:8]} belongs to no open account"
    for name, account in known.items():
        if account.key and name not in manifest.slots:
            yield f"the slot of {account.user} is missing"
    beside = {
        slotbook.RECOVERY: "the sealed recovery key",
        slotbook.GENERATION: "the generation of the data key",
        slotbook.TRAINING: "the sealed key of the training vault",
    }
    for name in slotbook.faults(conn, manifest):
        account_of = known.get(name)
        if name in manifest.slots and account_of is not None:
            yield f"the slot of {account_of.user} was changed outside the program"
        elif name in beside:
            yield f"{beside[name]} was changed outside the program"


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


def _named(name: str, faults: list[str]) -> Checked:
    if not faults:
        return Checked(name, True, WELL)
    more = len(faults) - _FIRST
    told = "; ".join(faults[:_FIRST]) + (f" (+{more})" if more > 0 else "")
    return Checked(name, False, Text(told, told))
