"""The whole of one query: what was said about it, and how its value changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.entries import Source, answer_of
from mrd_desktop.record.owning import OPENED_ON, placing, standing_of
from mrd_desktop.record.queries import QueryLine
from mrd_desktop.record.standin import as_read
from mrd_desktop.study.address import ItemKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.vault.session import Session


class Act(Enum):
    """What happened to a query, or to the value it is about."""

    ASKED = "query.opened"
    ANSWERED = "query.answered"
    EXPLAINED = "check.answered"
    CLOSED = "query.closed"
    REOPENED = "query.reopened"
    CHANGED = "item.set"


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the thread.

    Attributes:
        words: the question, answer or reason, as written; of a question in both languages.
        value: what a change set the value to (None where it was cleared), for CHANGED only.
    """

    at: str
    user: str
    act: Act
    words: tuple[str, str] = ("", "")
    value: Answer | None = None


def thread(session: Session, query: QueryLine) -> tuple[Turn, ...]:
    """Everything that happened to a query, oldest first.

    Identity items are asked about without their values, so no change of one stands here.

    Raises:
        PermissionDenied: the role may not see subjects.
    """
    session.require("subject.see")
    with session.reading() as conn:
        return tuple(_turns(conn, query))


_FOUND = text(
    "SELECT c.chain, o.seq FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no"
    " WHERE (c.chain = :chain AND o.seq = :seq) OR instr(o.payload, CAST(:named AS BLOB)) > 0"
    " OR instr(o.payload, CAST(:placed AS BLOB)) > 0"
)


def _turns(conn: Connection, query: QueryLine) -> Iterator[Turn]:
    params = {
        "chain": query.chain,
        "seq": query.seq,
        "named": f'"query":"{query.name}"',
        "placed": f'"address":"{query.address}"',
    }
    is_value = isinstance(parse_address(query.address), ItemKey)
    exact = 0
    place = placing(conn, query.subject)
    asked = place(query.chain, query.seq)
    own = {query.chain, *(s.chain for s in standing_of(conn, query.subject).segments)}
    found = [(c, s) for c, s in conn.execute(_FOUND, params).all() if c in own]
    for chain, seq in sorted(found, key=lambda at: place(*at)):
        if place(chain, seq) < asked:
            continue
        record = as_read(conn, store.record(conn, chain, seq))
        if record.kind is Kind.ITEM_SET:
            if record.body.get("source") == Source.REDUCED.value and exact == seq - 1:
                continue  # it says again, less exactly, what the record before it said
            exact = seq
        turn = _turn(conn, query, record)
        if turn is not None and (turn.act is not Act.CHANGED or is_value):
            yield turn


def _turn(conn: Connection, query: QueryLine, record: Record) -> Turn | None:
    kind, body = record.kind, record.body
    if kind not in _KINDS:
        return None
    act = Act(kind.value)
    opened_on = body.get(OPENED_ON, record.header.chain)
    mine = (opened_on, body.get("query", f"Q-{record.header.seq}")) == (query.chain, query.name)
    if act is Act.EXPLAINED:
        mine = body.get("check") == query.check
    if act is not Act.CHANGED and not mine:
        return None
    who = conn.execute(
        text("SELECT user FROM p_session WHERE session = :s"), {"s": record.header.session}
    ).scalar()
    user = str(body.get("actor") or who or "")
    if act is Act.CHANGED:
        return Turn(record.header.at, user, act, value=answer_of(body))
    said = str(body.get("text", ""))
    words = (str(body["en"]), str(body["zh"])) if act is Act.ASKED else (said, said)
    return Turn(record.header.at, user, act, words)


_KINDS = frozenset(Kind(act.value) for act in Act)
