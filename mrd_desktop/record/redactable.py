"""What the record holds at a place, and how much of each record two people may take out.

A *place* is an address. What stands above it counts with it: the reasons for which a row, form or
visit was removed, locked or opened again, and the questions asked about it. What a participant
asked for, and the incidents of the computer, stand at no form and are places of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.record import matters
from mrd_desktop.record.entries import Source, answer_of
from mrd_desktop.record.owning import OPENED_ON
from mrd_desktop.record.projection import form_id_of
from mrd_desktop.record.queries import SPONSOR
from mrd_desktop.record.standin import MARK, is_stand_in, stands_for, words_of
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer


@dataclass(frozen=True, slots=True)
class Matters:
    """The requests of a subject; without one, the incidents of the computer."""

    subject: str | None = None

    def __str__(self) -> str:
        return matters.INCIDENT if self.subject is None else self.subject


Place = EventKey | FormKey | RowKey | ItemKey | Matters
_Of: TypeAlias = tuple[str, int]
"""Chain and number of a record: of two computers, the same number says nothing."""


class Why(StrEnum):
    """Why something cannot go yet."""

    IN_FORCE = "in_force"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class Redactable:
    """Content of one record at a place that could be taken out.

    Attributes:
        user: who wrote it.
        kind: what the record is.
        answer: the value, where it has one.
        words: what a person wrote: a note, a reason, a question, an answer.
        whole: the value or note can go; otherwise words alone can.
        waits: why the value cannot go as it stands; its words can.
    """

    seq: int
    at: str
    user: str
    kind: Kind
    answer: Answer | None
    words: str
    whole: bool
    waits: Why | None = None

    @property
    def in_force(self) -> bool:
        """The value stands now, and is corrected before it can go."""
        return self.waits is Why.IN_FORCE


def held_at(conn: Connection, chain: str, place: Place) -> Iterator[Redactable]:
    """What is held at a place and above it, oldest first."""
    asked = _asked(conn)
    now = current(conn, place)
    open_points = _unsettled(conn)
    about = {str(k) for k in _path(place)}
    for record in store.records(conn, chain):
        if record.opening is None or record.header.cls is RecordClass.PRIVATE:
            continue
        where = _where(record, asked)
        if where not in about:
            continue
        found = _piece(record, own=where == str(place), now=now, unsettled=open_points)
        if found is not None:
            yield _signed_by(conn, record, found)


def current(conn: Connection, place: Place) -> _Of | None:
    """The record of the value that stands now; None where none does."""
    if not isinstance(place, ItemKey):
        return None
    found = conn.execute(
        text(
            "SELECT chain, seq FROM p_item"
            " WHERE form_id = :f AND grp = :g AND row = :r AND item = :i"
        ),
        {
            "f": form_id_of(conn, place.form),
            "g": place.row.group,
            "r": place.row.row,
            "i": place.item,
        },
    ).first()
    return None if found is None else (str(found[0]), int(found[1]))


def address_of(conn: Connection, record: Record) -> str:
    """Where a record is about, through its query where it names that alone."""
    return _where(record, _asked(conn))


def reduced_beside(conn: Connection, chain: str, record: Record) -> Record | None:
    """The record that says less exactly what this one says: both go together."""
    if record.kind is not Kind.ITEM_SET or record.header.end:
        return None
    beside = store.record(conn, chain, record.header.seq + 1)
    if beside.opening is None or beside.kind is not Kind.ITEM_SET:
        return None
    same = beside.body.get("address") == record.body.get("address")
    return beside if same and beside.body.get("source") == Source.REDUCED.value else None


def _piece(
    record: Record, *, own: bool, now: _Of | None, unsettled: frozenset[_Of]
) -> Redactable | None:
    chain, seq = record.header.chain, record.header.seq
    body, kind = record.body, record.kind
    if body.get("actor") == SPONSOR:  # the sponsor's signed reply holds the same words
        return None
    words = " ".join(w for w in words_of(kind, body) if w != MARK)
    answer, whole, waits, second = None, False, None, False
    if kind is Kind.NOTE_ADDED and own and "second" not in body:
        whole = matters.REQUEST not in body  # that somebody asked, and when, stands on
    elif kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED) and own:
        answer = answer_of(body)
        second = "second" in body and not is_stand_in(record)
        whole = "second" not in body
        if now in ((chain, seq), (chain, stands_for(record))) and kind is Kind.ITEM_SET:
            waits = Why.IN_FORCE
        elif second and (chain, seq) in unsettled:
            waits = Why.UNSETTLED
        if kind is Kind.ITEM_SET and body.get("source") == Source.REDUCED.value:
            return None  # goes with the exact one before it
    if not (words or whole or second):
        return None
    return Redactable(seq, record.header.at, "", kind, answer, words, whole, waits)


def _signed_by(conn: Connection, record: Record, found: Redactable) -> Redactable:
    row = conn.execute(
        text("SELECT user FROM p_session WHERE session = :s"), {"s": record.header.session}
    ).scalar()
    user = str(record.body.get("actor") or row or "")
    return Redactable(
        found.seq, found.at, user, found.kind, found.answer, found.words, found.whole, found.waits
    )


def _path(place: Place) -> Iterator[Place]:
    """A place and what stands above it."""
    yield place
    if isinstance(place, ItemKey):
        yield from _path(place.row)
    elif isinstance(place, RowKey):
        yield from _path(place.form)
    elif isinstance(place, FormKey):
        yield place.event


def _asked(conn: Connection) -> Mapping[tuple[str, str], str]:
    rows = conn.execute(text("SELECT chain, query, address FROM p_query")).all()
    return {(str(chain), str(query)): str(address) for chain, query, address in rows}


def _where(record: Record, asked: Mapping[tuple[str, str], str]) -> str:
    """Where a record is about; an act on a query of another computer names that one's chain."""
    body = record.body
    if matters.about_no_place(record):
        subject = body.get("subject")
        return str(Matters(subject if isinstance(subject, str) else None))
    opened_on = str(body.get(OPENED_ON) or record.header.chain)
    return str(body.get("address") or asked.get((opened_on, str(body.get("query"))), ""))


def _unsettled(conn: Connection) -> frozenset[_Of]:
    rows = conn.execute(text("SELECT chain, seq FROM p_second_point WHERE chosen = ''")).all()
    return frozenset((str(chain), int(seq)) for chain, seq in rows)
