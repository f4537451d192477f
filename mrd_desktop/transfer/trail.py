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
from mrd_desktop.record.standin import standing
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.model import Phi, Study
from mrd_desktop.transfer.datasets import Source

SPONSOR: Final = "SPONSOR"
"""Name of the sponsor's own place; a site's is its number."""


def transactions(source: Source) -> Iterator[tuple[Study, list[Record]]]:
    """Each transaction with the version of the definition that its session worked under."""
    under: dict[str, Study] = {}
    runs = groupby(records(source.conn), key=lambda r: (r.header.chain, r.header.txn))
    for _, run in runs:
        found = list(run)
        for record in found:
            if record.opening is not None and record.kind is Kind.SESSION_OPENED:
                digest = str(record.body["definition"])
                under[record.header.session] = source.words(digest)
        yield under.get(found[0].header.session, source.study), found


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
