"""The record as it stood earlier: the ledger folded up to a record, in memory.

For what must be computed again on the data of a package or a report: nothing is written, and the
kept projection is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.record import schema
from mrd_desktop.record.errors import RecordError
from mrd_desktop.record.projection import fold
from mrd_desktop.record.standin import standing
from mrd_desktop.texts import Text


class NoSuchPoint(RecordError):
    """There is no such record or package to go back to."""

    code = "no_such_point"
    template = Text(
        "This site has no {detail} to go back to. Check the number.",
        "本中心没有可回溯的{detail}，请核对编号。",
    )


@contextmanager
def folded_until(conn: Connection, chain: str, seq: int) -> Iterator[Connection]:
    """A database in memory that holds the projection as record ``seq`` of a chain left it.

    Other chains held here are folded whole: they bring earlier chains of the same site, and
    queries of the sponsor. Identity items are in no projection.

    Raises:
        NoSuchPoint: the chain has no such record.
    """
    if not 1 <= seq <= store.head(conn, chain).seq:
        raise NoSuchPoint(f"record {seq}")
    with schema.in_memory() as fresh:
        for held in store.chains(conn):
            fold(fresh, standing(conn, held, upto=seq if held == chain else None))
        yield fresh
