"""Whether what two people took out, and what stands on in its place, is as they signed it.

One judgement for everybody: the verification of a folder, a store that receives a package and a
computer that takes a file of another one follow the records of a chain with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.record.standin import (
    INSTEAD,
    faithful,
    is_stand_in,
    kept_by,
    payload_digest,
    stands_for,
)

_ERASING: Final = (Kind.REDACTION_DONE, Kind.LINK_DESTROYED)


def _nothing(_: int) -> Record | None:
    return None


class Retold:
    """Follows the records of one chain in order and says what is wrong with one.

    A stand-in stands for an earlier record of its chain, and a redaction in its own transaction
    names it with its digest. It says what the record said that it stands for, words aside, where
    that is still held. What takes content out bears the signatures of two people,
    and what destroys a link names identities alone.

    Args:
        held: a record of the chain as it was held before; None where its content was not.
    """

    def __init__(self, held: Callable[[int], Record | None] = _nothing) -> None:
        self._held = held
        self._waiting: dict[int, Record] = {}
        self._private: set[int] = set()

    def step(self, record: Record) -> str:
        """What is wrong with the next record; empty where nothing is."""
        if record.header.cls is RecordClass.PRIVATE:
            self._private.add(record.header.seq)
        fault = "" if record.opening is None else self._opened(record)
        if record.header.end:
            stray = next(iter(self._waiting.values()), None)
            self._waiting = {}
            if stray is not None and not fault:
                return f"record {stray.header.seq} {_UNNAMED}"
        return fault

    def passing(self, records: Iterable[Record], faults: list[str]) -> Iterator[Record]:
        """Hand records on to a walk, noting what is wrong with those that can be read."""
        for record in records:
            with suppress(LedgerError):  # the walk names what cannot be read
                fault = self.step(record)
                faults += [fault] if fault else []
            yield record

    def _opened(self, record: Record) -> str:
        if record.header.cls is RecordClass.PRIVATE:
            return ""
        fault = ""
        if INSTEAD in record.body:
            fault = self._stand_in(record)
        elif record.kind in _ERASING:
            fault = self._erasure(record)
        return f"record {record.header.seq} {fault}" if fault else ""

    def _stand_in(self, record: Record) -> str:
        named, seq = record.body[INSTEAD], stands_for(record)
        own = isinstance(named, dict) and named.get("chain") == record.header.chain
        if not own or not 0 < seq < record.header.seq:
            return "stands for nothing before it"
        if seq in self._waiting:
            return f"stands for {seq}, for which another one stands"
        first = self._held(seq)
        if first is not None and first.opening is not None and not faithful(first, record):
            return f"says otherwise than {seq} did"
        self._waiting[seq] = record
        return ""

    def _erasure(self, record: Record) -> str:
        if not isinstance(record.body.get("signed"), Sequence):
            return "takes content out without the signatures of two people"
        if record.kind is Kind.LINK_DESTROYED:
            return "" if self._identities_alone(record) else "destroys more than a link"
        kept = kept_by(record)
        for seq, stand_in in tuple(self._waiting.items()):
            if kept.get(seq) != payload_digest(stand_in.body):
                return f"was not signed for what stands in the place of {seq}"
            del self._waiting[seq]
        return ""

    def _identities_alone(self, record: Record) -> bool:
        subject, seqs = record.body.get("subject"), record.body.get("seqs")
        if not isinstance(subject, str) or not subject or isinstance(seqs, str):
            return False
        return isinstance(seqs, Sequence) and all(self._is_private(record, s) for s in seqs)

    def _is_private(self, record: Record, seq: JSON) -> bool:
        if not isinstance(seq, int) or not 0 < seq < record.header.seq:
            return False
        if seq in self._private:
            return True
        held = self._held(seq)
        return held is not None and held.header.cls is RecordClass.PRIVATE


_UNNAMED: Final = "stands for another one, and no redaction beside it names it"


def signed_for(records: Sequence[Record]) -> frozenset[int]:
    """The stand-ins among records of one transaction that a redaction among them names."""
    kept: dict[int, str] = {}
    for record in records:
        if record.opening is not None and record.header.cls is not RecordClass.PRIVATE:
            kept |= kept_by(record)
    return frozenset(
        record.header.seq
        for record in records
        if kept
        and record.opening is not None
        and is_stand_in(record)
        and kept.get(stands_for(record)) == payload_digest(record.body)
    )
