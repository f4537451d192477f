"""Projecting subjects anew, when content of their earlier records came late or had to go.

The incidents of a site and the ranges of its laboratories are about no subject; they are told from
all else by names of their own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import matters, owning, projection
from mrd_desktop.record.owning import subject_of
from mrd_desktop.record.standin import standing


def about_of(body: Mapping[str, JSON], queries: Mapping[str, str]) -> str | None:
    """The subject that a payload is about, None where it is about none.

    Incidents are about ``incident``, ranges of laboratories about ``labrange``.

    Args:
        queries: subject by query id, for acts that name only the query.
    """
    if body.get("kind") == Kind.INCIDENT_NOTED and matters.INCIDENT in body:
        return matters.INCIDENT
    if body.get("kind") == Kind.LABRANGE_SET:
        return projection.LABRANGES
    return subject_of(body, queries)


def concerned(body: Mapping[str, JSON], queries: Mapping[str, str]) -> frozenset[str | None]:
    """The subjects that a payload is about: a reply repeats questions about several.

    None is among them where it is about none, or about a query that is not known.
    """
    said = body.get("messages")
    if body.get("kind") != Kind.REPLY_ADOPTED or not isinstance(said, Sequence):
        return frozenset({about_of(body, queries)})
    asked = [m for m in said if isinstance(m, Mapping) and "query" in m]
    known = {**queries, **{str(m["query"]): str(m["address"]).partition("/")[0]
                           for m in asked if "address" in m}}  # fmt: skip
    return frozenset(subject_of(message, known) for message in asked)


class Subjects:
    """Tells records about certain subjects from all others while a chain goes by."""

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted: Final = frozenset(wanted)
        self._queries: Final[dict[str, str]] = {}

    def about(self, record: Record) -> bool:
        """Whether an open record is about one of them."""
        if not self._wanted:
            return False
        assert record.opening is not None
        body: Mapping[str, JSON] = json.loads(record.opening.payload)
        address = body.get("address")
        if body.get("kind") == Kind.QUERY_OPENED and isinstance(address, str):
            query = str(body.get("query", f"Q-{record.header.seq}"))
            self._queries[query] = address.partition("/")[0]
        return about_of(body, self._queries) in self._wanted

    def apart(self, record: Record) -> Record:
        """The record; one about a wanted subject without its opening."""
        about = record.opening is not None and self.about(record)
        return record.without_opening() if about else record


def refold(conn: Connection, subjects: Collection[str], tables: Connection | None = None) -> None:
    """Throw away what is projected of some subjects and fold their records again.

    Args:
        tables: where the tables are, if not beside the ledger.
    """
    beside = conn if tables is None else tables
    projection.forget(beside, subjects)
    for chain in store.chains(conn):
        projection.take_in(beside, records_of(conn, chain, Subjects(subjects)))
    projection.settle(beside, owning.moved(beside) & frozenset(subjects), conn)


def records_of(conn: Connection, chain: str, subjects: Subjects) -> Iterator[Record]:
    """The open records of a chain about some subjects; at the end its head, without content."""
    last: Record | None = None
    for record in standing(conn, chain):
        last = record
        if record.opening is not None and subjects.about(record):
            yield record
    if last is not None:  # the projection goes on standing at the head of the chain
        yield last.without_opening()
