"""What still stands of a record whose words were taken out: the same record without them.

A redaction erases the whole content of a record. Where only words of it had to go (a reason, a
question, an answer, what a participant asked for, what happened), the transaction of the redaction
holds a *stand-in*: a record of the same kind and class, with ``instead`` (the record it stands
for), ``taken`` (which words went) and a mark in their place. Readers put it in the place, time and
authorship of the record that it stands for.

Source: docs/ledger.md, section Redaction of words; decision 0036.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Kind, Record, RecordClass

MARK: Final = "⟨已遮蔽 redacted⟩"
"""Stands where words stood: one text, since words are in one language in the record."""

INSTEAD: Final = "instead"
TAKEN: Final = "taken"
_ADDED: Final = frozenset({INSTEAD, TAKEN, "nonce"})
_VALUE: Final = ("value", "missing", "cleared")
_TEXTS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.QUERY_OPENED: ("en", "zh"),
    Kind.QUERY_ANSWERED: ("text",),
    Kind.QUERY_CLOSED: ("text",),
    Kind.QUERY_REOPENED: ("text",),
    Kind.CHECK_ANSWERED: ("text",),
    Kind.SDV_MARKED: ("text",),
    Kind.NOTE_ADDED: ("text",),
    Kind.INCIDENT_NOTED: ("text",),
}

Body = Mapping[str, JSON]


def words_of(kind: Kind, body: Body) -> tuple[str, ...]:
    """The words that people wrote into a record, besides a value; each once."""
    found = [body.get(name) for name in _TEXTS.get(kind, ())]
    for outer, inner in (("reason", "text"), ("paper", "reference")):
        part = body.get(outer)
        if isinstance(part, Mapping):
            found.append(part.get(inner))
    return tuple(dict.fromkeys(w for w in found if isinstance(w, str) and w))


def without_words(kind: Kind, body: Body) -> dict[str, JSON]:
    """A payload with the mark in the place of its words, and what was taken.

    A value of a second entry is cleared; no other value is touched.
    """
    left: dict[str, JSON] = {k: v for k, v in body.items() if k != "kind"}
    taken: list[JSON] = []
    for name in _TEXTS.get(kind, ()):
        if left.get(name):
            left[name] = MARK
            taken.append(name)
    for outer, inner in (("reason", "text"), ("paper", "reference")):
        part = left.get(outer)
        if isinstance(part, Mapping) and part.get(inner):
            left[outer] = {**part, inner: MARK}
            taken.append(f"{outer}.{inner}")
    if kind is Kind.ENTRY_SUPERSEDED and "second" in body:
        for name in _VALUE:
            left.pop(name, None)
        left["cleared"] = True
        taken.append("value")
    left[TAKEN] = sorted(taken, key=str)
    return left


def faithful(held: Record, stand_in: Record) -> bool:
    """Whether a stand-in says what the record said that it stands for, words aside.

    The id and the address of a query are told by the stand-in even where the record left them out.
    """
    if held.kind is not stand_in.kind or held.header.cls is not stand_in.header.cls:
        return False
    told = without_words(held.kind, held.body)
    said = {k: v for k, v in stand_in.body.items() if k != "kind" and k not in _ADDED - {TAKEN}}
    extra = {"query", "address"} - told.keys()
    return told == {k: v for k, v in said.items() if k not in extra}


def is_stand_in(record: Record) -> bool:
    """Whether an open record stands for another; not where it is read in that one's place."""
    return INSTEAD in record.body and stands_for(record) != record.header.seq


def stands_for(record: Record) -> int:
    """The number of the record that a stand-in stands for; 0 where it is none."""
    named = record.body.get(INSTEAD)
    seq = named.get("seq") if isinstance(named, Mapping) else 0
    return seq if isinstance(seq, int) else 0


def payload_digest(body: Body) -> str:
    """SHA-256 of a stand-in's payload, by which the two people sign for it.

    It tells nothing of the content, for a nonce of 128 bits stands among it.
    """
    return sha256(dumps(dict(body))).hexdigest()


def stand_ins(conn: Connection, chain: str) -> dict[int, Record]:
    """The stand-ins that are held open on a chain, by the record that each stands for."""
    found: dict[int, Record] = {}
    for (by,) in conn.exec_driver_sql(_REDACTIONS, (chain,)).all():
        for record in _beside(conn, chain, int(by)):
            found[stands_for(record)] = record
    return found


def standing(
    conn: Connection, chain: str, after: int = 0, upto: int | None = None
) -> Iterator[Record]:
    """The records of a chain as people read them: stand-ins in the place of what they stand for."""
    return in_place(store.records(conn, chain, after, upto), stand_ins(conn, chain))


def in_place(records: Iterable[Record], held: Mapping[int, Record]) -> Iterator[Record]:
    """Records with these stand-ins in the place of what they stand for, and not at their own."""
    return map(placed(held), records)


def placed(held: Mapping[int, Record]) -> Callable[[Record], Record]:
    """How one record is read beside these stand-ins; see :func:`in_place`."""
    moved = {r.header.seq for r in held.values()}

    def place(record: Record) -> Record:
        seq = record.header.seq
        if seq in moved:
            return record.without_opening()
        if seq in held and record.opening is None:
            return _under(record, held[seq])
        return record

    return place


def record_as_read(
    conn: Connection, chain: str, seq: int, box: store.PrivateBox | None = None
) -> Record:
    """One record as people read it: what still stands of it where words of it were taken out."""
    record = store.record(conn, chain, seq, box)
    if record.opening is not None or record.header.cls is RecordClass.PRIVATE:
        return record
    by = store.erased_by(conn, chain, seq)
    held = () if by is None else _beside(conn, chain, by)
    return next((_under(record, r) for r in held if stands_for(r) == seq), record)


def as_read(conn: Connection, record: Record) -> Record:
    """An open record in the place where people read it: a stand-in under the first one's header."""
    if not is_stand_in(record):
        return record
    first = store.record(conn, record.header.chain, stands_for(record))
    return _under(first, record)


def kept_by(record: Record) -> dict[int, str]:
    """What a redaction names to stand on: digest of the stand-in by the record it stands for."""
    if record.kind is not Kind.REDACTION_DONE:
        return {}
    seqs, listed = record.body.get("seqs"), record.body.get("gone")
    if not isinstance(seqs, Sequence) or not isinstance(listed, Sequence):
        return {}
    return {
        seq: str(one["kept"])
        for one in listed
        if isinstance(one, Mapping)
        and isinstance(seq := one.get("seq"), int)
        and seq in seqs
        and "kept" in one
    }


def _under(record: Record, stand_in: Record) -> Record:
    return Record(record.header_bytes, record.signature, stand_in.opening)


def _beside(conn: Connection, chain: str, by: int) -> list[Record]:
    """The open stand-ins that a redaction names: they stand just before it."""
    redaction = store.record(conn, chain, by)
    if redaction.opening is None:
        return []
    txn, kept = redaction.header.txn, kept_by(redaction)
    found: list[Record] = []
    for seq in range(by - 1, 0, -1):
        record = store.record(conn, chain, seq)
        if record.header.txn != txn:
            break
        if record.opening is None or not is_stand_in(record):
            continue
        if kept.get(stands_for(record)) == payload_digest(record.body):
            found.append(record)
    return found[::-1]


_REDACTIONS: Final = (
    "SELECT DISTINCT d.by_seq FROM ledger_redactable d JOIN ledger_chain c ON c.no = d.chain_no"
    " WHERE c.chain = ? ORDER BY d.by_seq"
)
