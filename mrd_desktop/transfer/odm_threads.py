"""Which query a record is about: asked once or again, answered, closed, explained at a Save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.owning import OPENED_ON

ABOUT_QUERIES: Final = (
    Kind.QUERY_OPENED, Kind.QUERY_ANSWERED, Kind.QUERY_CLOSED, Kind.QUERY_REOPENED,
    Kind.CHECK_ANSWERED,
)  # fmt: skip


@dataclass(eq=False, slots=True)
class Thread:
    """One query.

    Attributes:
        opened: chain and number of the record that asked first.
        check: the check that asked; empty where a person did.
    """

    opened: tuple[str, int]
    name: str
    address: str
    check: str


class Threads:
    """All queries, followed through the records in the order of time."""

    def __init__(self) -> None:
        self._by_name: Final[dict[tuple[str, str], Thread]] = {}
        self._by_check: Final[dict[tuple[str, str], Thread]] = {}

    def of(self, record: Record) -> Thread | None:
        """The query that a record of :data:`ABOUT_QUERIES` is about; None where none is known."""
        body, kind = record.body, record.kind
        if kind is Kind.CHECK_ANSWERED:
            return self._by_check.get((str(body["check"]), str(body["address"])))
        asks = kind is Kind.QUERY_OPENED
        opened_on = None if asks else body.get("chain") or body.get(OPENED_ON)
        chain = str(opened_on or record.header.chain)
        name = str(body.get("query", f"Q-{record.header.seq}"))
        # A sponsor's numbers are unique; a site's are so within its chain.
        known = ("" if name.startswith("S-") else chain, name)
        thread = self._by_name.get(known)
        if not asks:
            return thread
        if thread is None:
            opened = (record.header.chain, record.header.seq)
            thread = Thread(opened, name, str(body["address"]), str(body.get("check") or ""))
            self._by_name[known] = thread
        if thread.check:
            self._by_check[thread.check, thread.address] = thread
        return thread
