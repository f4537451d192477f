"""How a transaction becomes the next links of a chain. Pure: no storage, no clock."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import (
    SALT_BYTES,
    SUITE,
    TRUST_KINDS,
    TXN_TAG,
    VERSION,
    Entry,
    Header,
    Opening,
    Record,
    RecordClass,
    payload_bytes,
)

GENESIS_TAG: Final = b"MRD-GENESIS-v1\x00"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends.

    Attributes:
        seq: number of the last record, 0 for an empty chain.
        digest: its digest, or the genesis value of an empty chain.
        txn: number of its transaction, 0 for an empty chain.
        at: its time, empty for an empty chain.
    """

    chain: str
    seq: int
    digest: bytes
    txn: int = 0
    at: str = ""


class Signer(Protocol):
    """A signed-in session: its id and its key."""

    @property
    def session(self) -> str:
        """Id of the session."""
        ...

    def sign(self, message: bytes, /) -> bytes:
        """The session key's 64-byte Ed25519 signature."""
        ...


def genesis(chain: str) -> Head:
    """The head of a chain without records."""
    return Head(chain, 0, hashlib.sha256(GENESIS_TAG + chain.encode()).digest())


def after(record: Record) -> Head:
    """The head of a chain that ends with this record."""
    header = record.header
    return Head(header.chain, header.seq, record.digest, header.txn, header.at)


def transaction_statement(digest: bytes) -> bytes:
    """What a session key signs: the digest of a transaction's last record under its tag."""
    return TXN_TAG + digest


def seal(
    head: Head, txn: int, entries: Sequence[Entry], signer: Signer, at: str
) -> tuple[Record, ...]:
    """Links, commits and signs the entries of one transaction.

    Args:
        txn: number of the transaction; the head's plus one.
        at: UTC with milliseconds, ``2026-03-16T08:15:30.123Z``, not before the head's.

    Raises:
        LedgerError: no entry, a wrong number, a time that runs backwards or is none, a private
            entry without an owner or another entry with one, a kind that signatures need and
            that is not coded.
        CanonicalError: a payload that has no canonical form.
    """
    _check(head, txn, entries, at)
    session = signer.session
    prev = head.digest
    last = len(entries) - 1
    salts = secrets.token_bytes(SALT_BYTES * len(entries))
    records: list[Record] = []
    for n, entry in enumerate(entries):
        opening = Opening(salts[n * SALT_BYTES : (n + 1) * SALT_BYTES], payload_bytes(entry))
        header = Header(
            VERSION,
            SUITE,
            head.chain,
            head.seq + 1 + n,
            txn,
            n == last,
            entry.cls,
            at,
            session,
            opening.commitment(),
            prev.hex(),
        ).to_bytes()
        record = Record(header, None, opening)
        if n == last:
            record = Record(header, signer.sign(transaction_statement(record.digest)), opening)
        prev = record.digest
        records.append(record)
    return tuple(records)


def _check(head: Head, txn: int, entries: Sequence[Entry], at: str) -> None:
    where = f"chain {head.chain}, after record {head.seq}"
    if not entries:
        raise LedgerError(f"{where}: a transaction without a record")
    if txn != head.txn + 1:
        raise LedgerError(f"{where}: transaction {txn} does not follow {head.txn}")
    if not is_time(at):
        raise LedgerError(f"{where}: the time is not written as UTC with milliseconds")
    if at < head.at:
        raise LedgerError(f"{where}: the time {at} is before the last record's {head.at}")
    for entry in entries:
        if (entry.cls is RecordClass.PRIVATE) != (entry.owner is not None):
            raise LedgerError(f"{where}: exactly private entries name an owner")
        if entry.kind in TRUST_KINDS and entry.cls is not RecordClass.CODED:
            raise LedgerError(f"{where}: {entry.kind} is always coded")


def is_time(at: str) -> bool:
    """Whether a text is an existing moment written as ``2026-03-16T08:15:30.123Z``."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return False
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z" == at
