"""Records in the order of time, and what of them may stand in a dataset."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.owning import OPENED_ON
from mrd_desktop.record.standin import standing
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.model import Phi, Study
from mrd_desktop.transfer.datasets import Source

SPONSOR: Final = "SPONSOR"
"""Name of the sponsor's own place; a site's is its number."""


def transactions(source: Source) -> Iterator[tuple[Study, list[Record]]]:
    """Each transaction with the version of the definition that its session worked under.

    What a store asked about a subject of which it holds nothing any more is left out.
    """
    under: dict[str, Study] = {}
    gone = _Gone(source.conn)
    runs = groupby(records(source.conn), key=lambda r: (r.header.chain, r.header.txn))
    for _, run in runs:
        found = [record for record in run if not gone.is_about(record)]
        if not found:
            continue
        for record in found:
            if record.opening is not None and record.kind is Kind.SESSION_OPENED:
                digest = str(record.body["definition"])
                under[record.header.session] = source.words(digest)
        yield under.get(found[0].header.session, source.study), found


class _Gone:
    """The questions about subjects whose data were taken back."""

    def __init__(self, conn: Connection) -> None:
        self._held: Final = frozenset(conn.exec_driver_sql(_SUBJECTS).scalars())
        self._lost: Final[set[tuple[str, str]]] = set()

    def is_about(self, record: Record) -> bool:
        if record.opening is None or record.kind not in _ASKING:
            return False
        body = record.body
        chain = str(body.get("chain") or body.get(OPENED_ON) or record.header.chain)
        name = str(body.get("query", f"Q-{record.header.seq}"))
        query = ("" if name.startswith("S-") else chain, name)
        subject = str(body.get("address", "")).partition("/")[0]
        if record.kind is Kind.QUERY_OPENED and subject not in self._held:
            self._lost.add(query)
        return query in self._lost


_SUBJECTS: Final = "SELECT subject FROM p_subject"
_ASKING: Final = (
    Kind.QUERY_OPENED, Kind.QUERY_ANSWERED, Kind.QUERY_CLOSED, Kind.QUERY_REOPENED,
)  # fmt: skip


def records(conn: Connection) -> Iterator[Record]:
    """Every record of every chain by time; a chain keeps its own order, for its times grow."""
    chains = (standing(conn, chain) for chain in store.chains(conn))
    return heapq.merge(*chains, key=lambda r: (r.header.at, r.header.chain, r.header.seq))


def places(conn: Connection) -> Mapping[str, str]:
    """The place of each chain: the number of its site, or :data:`SPONSOR`."""
    return {
        chain: str(store.record(conn, chain, 1).body.get("site") or SPONSOR)
        for chain in store.chains(conn)
    }


def key_of(body: Mapping[str, JSON]) -> Key:
    """The key of a payload's address."""
    return parse_address(str(body["address"]))


def steps(key: Key) -> tuple[Key, ...]:
    """A key with everything around it, the subject first."""
    if isinstance(key, str):
        return (key,)
    if isinstance(key, EventKey):
        return (key.subject, key)
    if isinstance(key, FormKey):
        return (*steps(key.event), key)
    if isinstance(key, RowKey):
        return (*steps(key.form), key)
    return (*steps(key.row), key)


def shown(study: Study, key: Key) -> bool:
    """Form ID and direct identifiers are in no dataset."""
    for step in steps(key):
        if isinstance(step, FormKey):
            form = study.by_form.get(step.form)
            if form is None or form.private:
                return False
        if isinstance(step, ItemKey):
            group = study.by_form[step.form.form].by_group.get(step.row.group)
            item = group.by_name.get(step.item) if group else None
            if item is None or item.phi is Phi.DIRECT:
                return False
    return True
