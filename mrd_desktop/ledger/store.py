"""The ledger in a SQLite or SQLCipher file. The caller holds the transaction.

Everything here is insert-only; :func:`erase` alone deletes, and only openings that a record held
here names. Batches go through the driver, never through an object mapper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from sqlalchemy import Connection

from mrd_desktop.ledger.chain import Head, Signer, after, genesis, seal
from mrd_desktop.ledger.errors import (
    ForkError,
    GapError,
    LedgerError,
    SealBroken,
    SealLost,
)
from mrd_desktop.ledger.record import (
    BROKEN,
    SALT_BYTES,
    TRUST_KINDS,
    Entry,
    Kind,
    Opening,
    Record,
    RecordClass,
)
from mrd_desktop.ledger.schema import create, schema_faults, schema_objects

__all__ = [
    "Adopted",
    "PrivateBox",
    "Sealed",
    "adopt",
    "adopt_sealed",
    "append",
    "chains",
    "check_held",
    "create",
    "erase",
    "erased_by",
    "head",
    "held_before",
    "mentioning",
    "open_later",
    "owned",
    "private_records",
    "record",
    "records",
    "redacted",
    "schema_faults",
    "schema_objects",
    "sealed",
]

_PAGE: Final = 2000
_BEGINNINGS: Final = (Kind.CHAIN_CREATED, Kind.CHAIN_CONTINUED)
_ERASING: Final = (Kind.REDACTION_DONE, Kind.SUBJECT_WITHHELD, Kind.LINK_DESTROYED)
_PRIVATE_ALONE: Final = (Kind.LINK_DESTROYED,)
"""They take identities out, and nothing else."""
_NEVER_ERASED: Final = TRUST_KINDS | set(_BEGINNINGS) | set(_ERASING)
_INSERT_HEADER = "INSERT INTO ledger_header VALUES (?, ?, ?, ?)"
_INSERT_OPENING = "INSERT INTO ledger_opening VALUES (?, ?, ?, ?)"
_INSERT_PRIVATE = "INSERT INTO ledger_private VALUES (?, ?, ?, ?)"
_FROM = """ FROM ledger_header h
LEFT JOIN ledger_opening o ON o.chain_no = h.chain_no AND o.seq = h.seq"""
_WHERE = " WHERE h.chain_no = ? AND h.seq > ? AND h.seq <= ? ORDER BY h.seq LIMIT ?"
_COLUMNS = "SELECT h.seq, h.header, h.signature, o.salt, o.payload, "
_SELECT = f"{_COLUMNS} NULL, NULL {_FROM} {_WHERE}"
_SELECT_PRIVATE = (
    f"{_COLUMNS} p.owner, p.sealed {_FROM}"
    f" LEFT JOIN ledger_private p ON p.chain_no = h.chain_no AND p.seq = h.seq {_WHERE}"
)
_MENTIONING = (
    "SELECT h.header, h.signature, o.salt, o.payload, n.header FROM ledger_opening o"
    " JOIN ledger_header h ON h.chain_no = o.chain_no AND h.seq = o.seq"
    " LEFT JOIN ledger_header n ON n.chain_no = o.chain_no AND n.seq = o.seq + 1"
    " WHERE o.chain_no = ? AND ({holds}) ORDER BY o.seq"
)
_NAMED_BY = "SELECT 1 FROM ledger_redactable WHERE chain_no = ? AND seq = ? AND by_seq = ?"
_FOR_GOOD = """
SELECT DISTINCT d.seq FROM ledger_redactable d
JOIN ledger_opening o ON o.chain_no = d.chain_no AND o.seq = d.by_seq
WHERE d.chain_no = ? AND json_extract(CAST(o.payload AS TEXT), '$.kind') <> 'subject.withheld'"""
_NO_END: Final = 2**62


class PrivateBox(Protocol):
    """Seals the openings of private records under the vault; bound to owner, chain and seq."""

    def seal(self, owner: str, chain: str, seq: int, data: bytes, /) -> bytes:
        """Encrypts and authenticates the bytes for this place."""
        ...

    def open(self, owner: str, chain: str, seq: int, data: bytes, /) -> bytes:
        """The inverse.

        Raises:
            SealBroken: the bytes were altered or belong to another place.
            SealLost: the owner's key was destroyed.
        """
        ...


def chains(conn: Connection) -> tuple[str, ...]:
    """The chains held, in the order in which they came."""
    rows = conn.exec_driver_sql("SELECT chain FROM ledger_chain ORDER BY no")
    return tuple(chain for (chain,) in rows)


def head(conn: Connection, chain: str) -> Head:
    """Where a chain ends; the genesis head for a chain that is not held."""
    no = _number(conn, chain)
    return genesis(chain) if no is None else _head(conn, chain, no)


def append(
    conn: Connection,
    chain: str,
    entries: Sequence[Entry],
    signer: Signer,
    at: str,
    box: PrivateBox | None,
) -> tuple[Record, ...]:
    """Writes one transaction at the end of a chain and erases what it redacts.

    Args:
        at: the vault's clock, UTC with milliseconds; not before the last record.
        box: None in a session without the vault key, which then can write nothing private.

    Raises:
        LedgerError: see :func:`chain.seal`; also a private entry without a box, or a new chain
            that does not begin with chain.created or chain.continued.
    """
    no = _number(conn, chain)
    if no is None:
        if not entries or entries[0].kind not in _BEGINNINGS:
            raise LedgerError(f"chain {chain} is not held here and is not begun by this record")
        no = _begin(conn, chain)
    last = _head(conn, chain, no)
    made = seal(last, last.txn + 1, entries, signer, at)
    if box is None and any(e.cls is RecordClass.PRIVATE for e in entries):
        raise LedgerError(f"chain {chain}: a private record needs the vault key")
    seqs = range(last.seq + 1, last.seq + 1 + len(made))
    conn.exec_driver_sql(
        _INSERT_HEADER,
        [(no, n, r.header_bytes, r.signature) for n, r in zip(seqs, made, strict=True)],
    )
    plain = []
    private = []
    for seq, entry, made_one in zip(seqs, entries, made, strict=True):
        opening = made_one.opening
        assert opening is not None
        if entry.owner is None:
            plain.append((no, seq, opening.salt, opening.payload))
        else:
            assert box is not None
            hidden = box.seal(entry.owner, chain, seq, opening.salt + opening.payload)
            private.append((no, seq, entry.owner, hidden))
    if plain:
        conn.exec_driver_sql(_INSERT_OPENING, plain)
    if private:
        conn.exec_driver_sql(_INSERT_PRIVATE, private)
    for seq, entry in zip(seqs, entries, strict=True):
        if entry.kind is Kind.REDACTION_DONE:
            erase(conn, chain, seq)
    return made


@dataclass(frozen=True, slots=True)
class Adopted:
    """How many headers and openings :func:`adopt` stored."""

    records: int
    openings: int


def adopt(conn: Connection, chain: str, records: Iterable[Record]) -> Adopted:
    """Takes over records of a chain as they are, byte for byte, and erases what they redact.

    Records already held must be the same bytes; openings that they bring along are added, except
    erased ones. Only order and commitments are judged here: verify before. Private openings are
    refused, since they travel sealed (:func:`adopt_sealed`) or not at all.

    Raises:
        GapError: a record does not follow the head or its forerunner.
        ForkError: a record contradicts one that is held, or does not name its predecessor.
        LedgerError: a record of another chain, an opening that is private or does not match its
            commitment, or an end inside a transaction.
    """
    no = _number(conn, chain)
    if no is None:
        no = _begin(conn, chain)
    last = _head(conn, chain, no)
    stored = opened = 0
    closed = True
    source = iter(records)
    while batch := list(islice(source, _PAGE)):
        headers: list[tuple[int, int, bytes, bytes | None]] = []
        fresh: list[tuple[int, int, bytes, bytes]] = []
        redactions: list[int] = []
        for one in batch:
            header = one.header
            if header.chain != chain:
                raise LedgerError(f"record {header.seq} belongs to chain {header.chain}")
            if _redacts(one):
                redactions.append(header.seq)
            if header.seq <= last.seq:
                opened += _meet(conn, chain, no, one)
                continue
            _check_order(last, one)
            headers.append((no, header.seq, one.header_bytes, one.signature))
            if one.opening is not None:
                fresh.append((no, header.seq, *one.opening))
            last = after(one)
            closed = header.end
        if headers:
            conn.exec_driver_sql(_INSERT_HEADER, headers)
        if fresh:
            conn.exec_driver_sql(_INSERT_OPENING, fresh)
        stored += len(headers)
        opened += len(fresh)
        for seq in redactions:
            erase(conn, chain, seq)
    if not closed:
        raise LedgerError(f"chain {chain} stops at record {last.seq} inside a transaction")
    return Adopted(stored, opened)


def open_later(conn: Connection, chain: str, seq: int, opening: Opening) -> bool:
    """Adds an opening released after its header; False where it is held or erased already.

    Raises:
        LedgerError: the record is not held or private, or the opening does not match.
    """
    held = record(conn, chain, seq)
    _check_opening(held, opening)
    return held.opening is None and _add_opening(conn, chain, seq, opening)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A private opening as it is stored: still sealed for its owner, chain and seq."""

    seq: int
    owner: str
    data: bytes


def sealed(conn: Connection, chain: str, after: int = 0) -> Iterator[Sealed]:
    """The sealed private openings of a chain behind a record, for backups of the same vault."""
    no = _number(conn, chain)
    while page := conn.exec_driver_sql(
        "SELECT seq, owner, sealed FROM ledger_private WHERE chain_no = ? AND seq > ?"
        " ORDER BY seq LIMIT ?",
        (no, after, _PAGE),
    ).all():
        for row in page:
            yield Sealed(*row)
        after = page[-1][0]


def adopt_sealed(conn: Connection, chain: str, rows: Iterable[Sealed]) -> int:
    """Adds sealed private openings to headers that are held; returns how many were new.

    Nothing can be judged here without the vault key; a verification with the box does.

    Raises:
        LedgerError: a row whose record is not held or not private.
    """
    added = 0
    for row in rows:
        held = record(conn, chain, row.seq)
        if held.header.cls is not RecordClass.PRIVATE:
            raise LedgerError(f"record {row.seq} of chain {chain} is not private")
        no = _number(conn, chain)
        known = conn.exec_driver_sql(
            "SELECT 1 FROM ledger_private WHERE chain_no = ? AND seq = ?", (no, row.seq)
        ).first()
        if known is None and row.seq not in redacted(conn, chain):
            conn.exec_driver_sql(_INSERT_PRIVATE, (no, row.seq, row.owner, row.data))
            added += 1
    return added


def erase(conn: Connection, chain: str, by: int) -> int:
    """Deletes the openings that record ``by`` names in ``seqs``; returns how many were held.

    ``append`` and ``adopt`` do it for redaction.done. The sponsor calls it for subject.withheld,
    the site for link.destroyed, in the transaction that stores that record. Bytes stay in free
    pages until the file is compacted.

    Raises:
        LedgerError: the record is not held open, or names nothing for erasure or what it may not
            erase: what signatures need, and of link.destroyed everything that is not private.
    """
    no = _number(conn, chain)
    body = record(conn, chain, by).body
    seqs = body.get("seqs")
    if body.get("kind") not in _ERASING or not isinstance(seqs, Sequence):
        raise LedgerError(f"record {by} of chain {chain} names nothing to erase")
    deleted = 0
    for seq in seqs:
        if not isinstance(seq, int) or not 0 < seq < by:
            raise LedgerError(f"record {by} of chain {chain} erases what is not before it")
        held = record(conn, chain, seq)
        if held.opening is not None and held.kind in _NEVER_ERASED:
            raise LedgerError(f"record {seq} of chain {chain} is needed to verify signatures")
        if body["kind"] in _PRIVATE_ALONE and held.header.cls is not RecordClass.PRIVATE:
            raise LedgerError(f"record {seq} of chain {chain} leads to no person")
        if conn.exec_driver_sql(_NAMED_BY, (no, seq, by)).first() is None:
            conn.exec_driver_sql("INSERT INTO ledger_redactable VALUES (?, ?, ?)", (no, seq, by))
        for table in ("ledger_opening", "ledger_private"):
            deleted += conn.exec_driver_sql(
                f"DELETE FROM {table} WHERE chain_no = ? AND seq = ?",  # noqa: S608 - a constant
                (no, seq),
            ).rowcount
    return deleted


def owned(conn: Connection, chain: str, owner: str) -> tuple[int, ...]:
    """The private records of an owner on a chain; what link.destroyed names in ``seqs``."""
    rows = conn.exec_driver_sql(
        "SELECT seq FROM ledger_private WHERE owner = ? AND chain_no = ? ORDER BY seq",
        (owner, _number(conn, chain)),
    )
    return tuple(seq for (seq,) in rows)


def holds_private(conn: Connection, owner: str) -> bool:
    """Whether private content of an owner is kept, on any chain."""
    found = conn.exec_driver_sql("SELECT 1 FROM ledger_private WHERE owner = ? LIMIT 1", (owner,))
    return found.first() is not None


def erased_by(conn: Connection, chain: str, seq: int) -> int | None:
    """The record that names another for erasure; the first of several, None where there is none."""
    found = conn.exec_driver_sql(
        "SELECT min(by_seq) FROM ledger_redactable WHERE chain_no = ? AND seq = ?",
        (_number(conn, chain), seq),
    ).scalar()
    return None if found is None else int(found)


def redacted(conn: Connection, chain: str) -> frozenset[int]:
    """The records of a chain whose openings were erased for good.

    What was only withheld is not among them: it comes back when it is released again.
    """
    rows = conn.exec_driver_sql(_FOR_GOOD, (_number(conn, chain),))
    return frozenset(seq for (seq,) in rows)


def held_before(conn: Connection, head: Head, seq: int) -> Record | None:
    """A record up to a head, as it is held; None for one behind it."""
    return record(conn, head.chain, seq) if seq <= head.seq else None


def records(
    conn: Connection,
    chain: str,
    after: int = 0,
    upto: int | None = None,
    box: PrivateBox | None = None,
) -> Iterator[Record]:
    """The records of a chain with ``after < seq <= upto``, in order, read page by page.

    Without a box the openings of private records are None; with one, an altered seal comes back
    as :data:`record.BROKEN`, so that the verification names it instead of stopping there.
    """
    no = _number(conn, chain)
    end = _NO_END if upto is None else upto
    select = _SELECT if box is None else _SELECT_PRIVATE
    while page := conn.exec_driver_sql(select, (no, after, end, _PAGE)).all():
        for seq, header, signature, salt, payload, owner, hidden in page:
            opening = None
            if payload is not None:
                opening = Opening(salt, payload)
            elif hidden is not None and box is not None:
                opening = _unseal(box, owner, chain, seq, hidden)
            yield Record(header, signature, opening)
        after = page[-1][0]


def mentioning(conn: Connection, chain: str, words: Sequence[bytes]) -> Iterator[Record]:
    """The open records of a chain whose content holds any of some bytes, in order.

    Raises:
        LedgerError: one is not what its header commits to, or the header is not the one that the
            next record names.
    """
    holds = " OR ".join("instr(o.payload, ?)" for _ in words)
    rows = conn.exec_driver_sql(_MENTIONING.format(holds=holds), (_number(conn, chain), *words))
    for header, signature, salt, payload, following in rows:
        found = Record(header, signature, Opening(salt, payload))
        check_held(found, chain)
        if following is not None and f'"prev":"{found.digest.hex()}"'.encode() not in following:
            raise LedgerError(f"record {found.header.seq} of chain {chain} is not the next one's")
        yield found


def check_held(one: Record, chain: str) -> None:
    """Raises LedgerError where an open record is not what its header commits to."""
    opening = one.opening
    if opening is not None and opening.commitment() != one.header.c:
        raise LedgerError(f"record {one.header.seq} of chain {chain} is not what was committed to")


def private_records(conn: Connection, owner: str, box: PrivateBox) -> Iterator[Record]:
    """The opened private records of one owner over all chains, in order.

    Redacted ones and those whose key was destroyed are left out.

    Raises:
        SealBroken: one was altered.
    """
    rows = conn.exec_driver_sql(
        "SELECT c.chain, p.seq, h.header, h.signature, p.sealed FROM ledger_private p"
        " JOIN ledger_header h ON h.chain_no = p.chain_no AND h.seq = p.seq"
        " JOIN ledger_chain c ON c.no = p.chain_no"
        " WHERE p.owner = ? ORDER BY p.chain_no, p.seq",
        (owner,),
    ).all()
    for chain, seq, header, signature, hidden in rows:
        opening = _unseal(box, owner, chain, seq, hidden)
        if opening is BROKEN:
            raise SealBroken(f"{seq} of chain {chain}")
        if opening is not None:
            yield Record(header, signature, opening)


def record(conn: Connection, chain: str, seq: int, box: PrivateBox | None = None) -> Record:
    """One record.

    Raises:
        LedgerError: it is not held.
    """
    for found in records(conn, chain, seq - 1, seq, box):
        return found
    raise LedgerError(f"record {seq} of chain {chain} is not held here")


def _number(conn: Connection, chain: str) -> int | None:
    row = conn.exec_driver_sql("SELECT no FROM ledger_chain WHERE chain = ?", (chain,)).first()
    return None if row is None else int(row[0])


def _begin(conn: Connection, chain: str) -> int:
    no = int(conn.exec_driver_sql("SELECT coalesce(max(no), 0) + 1 FROM ledger_chain").scalar_one())
    conn.exec_driver_sql("INSERT INTO ledger_chain VALUES (?, ?)", (no, chain))
    return no


def _head(conn: Connection, chain: str, no: int) -> Head:
    row = conn.exec_driver_sql(
        "SELECT header, signature FROM ledger_header WHERE chain_no = ? ORDER BY seq DESC LIMIT 1",
        (no,),
    ).first()
    return genesis(chain) if row is None else after(Record(*row))


def _check_order(last: Head, one: Record) -> None:
    if one.header.seq != last.seq + 1:
        raise GapError(str(last.seq + 1))
    if one.header.prev != last.digest.hex():
        raise ForkError(str(one.header.seq))


def _redacts(one: Record) -> bool:
    """Judges the opening that comes along and says whether it is a redaction."""
    if one.opening is None:
        return False
    _check_opening(one, one.opening)
    return one.kind is Kind.REDACTION_DONE


def _check_opening(one: Record, opening: Opening) -> None:
    header = one.header
    if header.cls is RecordClass.PRIVATE:
        raise LedgerError(f"record {header.seq} of chain {header.chain} is private")
    if len(opening.salt) != SALT_BYTES or opening.commitment() != header.c:
        raise LedgerError(f"the opening of record {header.seq} does not match its commitment")


def _meet(conn: Connection, chain: str, no: int, one: Record) -> int:
    """Compares a record with the one held and adds its opening; returns how many were added."""
    seq = one.header.seq
    row = conn.exec_driver_sql(
        "SELECT header, signature FROM ledger_header WHERE chain_no = ? AND seq = ?", (no, seq)
    ).one()
    if tuple(row) != (one.header_bytes, one.signature):
        raise ForkError(str(seq))
    if one.opening is None or record(conn, chain, seq).opening is not None:
        return 0
    return int(_add_opening(conn, chain, seq, one.opening))


def _add_opening(conn: Connection, chain: str, seq: int, opening: Opening) -> bool:
    if seq in redacted(conn, chain):
        return False
    conn.exec_driver_sql(_INSERT_OPENING, (_number(conn, chain), seq, *opening))
    return True


def _unseal(box: PrivateBox, owner: str, chain: str, seq: int, hidden: bytes) -> Opening | None:
    try:
        data = box.open(owner, chain, seq, hidden)
    except SealLost:
        return None
    except SealBroken:
        return BROKEN
    return Opening(data[:SALT_BYTES], data[SALT_BYTES:])
