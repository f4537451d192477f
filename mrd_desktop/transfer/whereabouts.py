"""Where on the chains the values of a form were set, so that a trace reads some records, not all.

Kept in the store beside ledger and projection, and worked out from the ledger: runs of records in
which values of one form were set. A run may hold other records too; whoever reads it looks at each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import schema
from mrd_desktop.record.standin import in_place, stand_ins
from mrd_desktop.study.address import ItemKey
from mrd_desktop.transfer.refold import Subjects, records_of
from mrd_desktop.vault.schema import put_setting, setting

_NEAR: Final = 64
"""Records between two values of one form that are read along rather than begin another run."""
_AT_ONCE: Final = 2000

_run_table: Final = Table(
    "value_run",
    MetaData(),
    Column("form", schema.TEXT, primary_key=True),
    Column("chain", schema.TEXT, primary_key=True),
    Column("first", schema.NUMBER, primary_key=True),
    Column("last", schema.NUMBER, nullable=False),
    sqlite_with_rowid=False,
)
_RUNS: Final = text(
    "SELECT r.chain, r.first, r.last FROM value_run r JOIN ledger_chain c ON c.chain = r.chain"
    " WHERE r.form = :form ORDER BY c.no, r.first"
)
_GONE: Final = text("DELETE FROM value_run WHERE form >= :begin AND form < :end")


class Runs:
    """Notes records of one chain as they go by, in order."""

    def __init__(self, conn: Connection, chain: str) -> None:
        self._conn: Final = conn
        self._chain: Final = chain
        self._done: list[dict[str, object]] = []
        self._form, self._first, self._last = "", 0, 0
        _run_table.create(conn, checkfirst=True)

    def passing(self, records: Iterable[Record]) -> Iterator[Record]:
        """The records themselves, noted on the way; kept when all have gone by."""
        for record in records:
            self._note(record)
            yield record
        self._end()
        self._keep()

    def _note(self, record: Record) -> None:
        if record.opening is None or record.body.get("kind") != Kind.ITEM_SET:
            return
        form = "/".join(str(record.body["address"]).split("/", 3)[:3])
        seq = record.header.seq
        if form != self._form or seq > self._last + _NEAR:
            self._end()
            self._form, self._first = form, seq
        self._last = seq

    def _end(self) -> None:
        if self._form:
            row = {"form": self._form, "chain": self._chain}
            self._done.append({**row, "first": self._first, "last": self._last})
            self._form = ""
        if len(self._done) >= _AT_ONCE:
            self._keep()

    def _keep(self) -> None:
        if self._done:
            kept = _run_table.insert().prefix_with("OR REPLACE")
            self._conn.execute(kept, self._done)
            self._done = []


def come_to(conn: Connection, chain: str, seq: int) -> None:
    """Remember that a chain is noted up to a record."""
    put_setting(conn, _name(chain), str(seq))


def behind(conn: Connection) -> tuple[str, ...]:
    """Chains that are not noted as far as they are held."""
    return tuple(c for c in store.chains(conn) if _noted(conn, c) != store.head(conn, c).seq)


def follow(conn: Connection, chain: str) -> None:
    """Note what is held of a chain and not noted yet."""
    head, noted = store.head(conn, chain).seq, _noted(conn, chain)
    if noted != head:
        for _ in Runs(conn, chain).passing(store.records(conn, chain, noted)):
            pass
        come_to(conn, chain, head)


def anew(conn: Connection, subjects: Collection[str]) -> None:
    """Forget where the values of some subjects stood, and note those that are still held."""
    _run_table.create(conn, checkfirst=True)
    for subject in subjects:
        conn.execute(_GONE, {"begin": f"{subject}/", "end": f"{subject}0"})  # 0 comes after /
    for chain in store.chains(conn):
        for _ in Runs(conn, chain).passing(records_of(conn, chain, Subjects(subjects))):
            pass


def records_at(conn: Connection, key: ItemKey) -> Iterator[Record]:
    """The open records that set a value at a data point, chain by chain in order."""
    address = str(key)
    runs = conn.execute(_RUNS, {"form": str(key.row.form)}).all()
    held = {chain: stand_ins(conn, chain) for chain in {str(run.chain) for run in runs}}
    for chain, first, last in runs:
        for record in in_place(store.records(conn, chain, first - 1, last), held[chain]):
            if record.opening is None or record.body.get("kind") != Kind.ITEM_SET:
                continue
            if record.body["address"] == address:
                yield record


def _name(chain: str) -> str:
    return f"transfer.whereabouts.{chain}"


def _noted(conn: Connection, chain: str) -> int:
    return int(setting(conn, _name(chain)) or 0)
