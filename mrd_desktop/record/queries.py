"""Queries as people work with them: listed, answered, closed, reopened, asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import entries
from mrd_desktop.record.entries import AskedOn
from mrd_desktop.record.errors import NotFound, RecordError
from mrd_desktop.record.names import refuse_names
from mrd_desktop.study.address import parse_address
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session


class WrongQueryState(RecordError):
    """The query is not in a state that allows the act."""

    code = "query_state"
    template = Text(
        "Query {detail} is {state}; this act needs another state.",
        "质疑 {detail} 当前状态为{state_zh}，不能进行此操作。",
    )


class NoWords(RecordError):
    """An answer or a question without words."""

    code = "no_words"
    template = Text("Write a few words first.", "请先填写文字说明。")


STATE_WORDS = {
    "open": Text("open", "待回复"),
    "answered": Text("answered", "已回复"),
    "closed": Text("closed", "已关闭"),
}


SPONSOR = "sponsor"
"""By this name the sponsor asks (a reply states it as the actor)."""


_OF_OTHERS: Final = "@"
"""Stands between the id of a query and the chain on which it was opened, if not this one's."""


@dataclass(frozen=True, slots=True)
class QueryLine:
    """A query as a list shows it.

    Attributes:
        check: the check that asked; None where somebody did.
        state: open, answered or closed.
        chain, seq: the record that opened it.
    """

    query: str
    subject: str
    address: str
    check: str | None
    text: Text
    state: str
    answer: str | None
    opened_at: str
    opened_by: str
    changed_at: str
    changed_by: str
    chain: str = ""
    seq: int = 0

    @property
    def name(self) -> str:
        """Its id on the chain on which it was opened."""
        return self.query.partition(_OF_OTHERS)[0]

    @property
    def source(self) -> str:
        """Who asks: ``check``, ``sponsor`` or ``monitor``."""
        if self.check is not None:
            return "check"
        return SPONSOR if self.opened_by == SPONSOR else "monitor"

    @property
    def reopened(self) -> bool:
        """It was open before, answered or closed, and asked again."""
        return self.state == "open" and self.changed_at != self.opened_at


class Queries:
    """The queries of one open site."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self, *, subject: str | None = None, state: str | None = None) -> tuple[QueryLine, ...]:
        """Queries, latest first; of one subject or state when named."""
        self.session.require("subject.see")
        with self.session.reading() as conn:
            rows = conn.execute(
                text(
                    f"{_SELECT} WHERE (:subject IS NULL OR subject = :subject)"
                    " AND (:state IS NULL OR state = :state) ORDER BY opened_at DESC, seq DESC"
                ),
                {"subject": subject, "state": state},
            ).all()
        return tuple(_line(r) for r in rows)

    def find(self, query: str) -> QueryLine:
        """One query.

        Raises:
            NotFound: there is no such query.
        """
        with self.session.reading() as conn:
            row = _named(conn, query, self.session.folder.chain)
        if row is None:
            raise NotFound(query)
        return _line(row)

    def open(self, address: str, words: str) -> None:
        """Ask a question about an address (monitor).

        Raises:
            AddressError: it is no full address; a receiver would refuse it.
            NoWords, NamesAPerson
        """
        self.session.require("query.open")
        spoken, place = _words(words), str(parse_address(address))

        def build(conn: Connection) -> list[Entry]:
            refuse_names(conn, self.session, place.partition("/")[0], spoken)
            return [entries.query_opened(place, Text(spoken, spoken))]

        self.session.commit(build)

    def answer(self, query: str, words: str) -> None:
        """Answer an open query.

        Raises:
            NotFound, WrongQueryState, NoWords, NamesAPerson, PermissionDenied
        """
        self._act("query.answer", "answered", query, ("open",), _words(words))

    def close(self, query: str) -> None:
        """Close an open or answered query (monitor)."""
        self._act("query.close", "closed", query, ("open", "answered"))

    def reopen(self, query: str, words: str) -> None:
        """Open an answered or closed query again, saying why (monitor)."""
        self._act("query.close", "reopened", query, ("answered", "closed"), _words(words))

    def _act(
        self, operation: str, verb: str, query: str, states: tuple[str, ...], words: str = ""
    ) -> None:
        self.session.require(operation)

        def build(conn: Connection) -> list[Entry]:
            own = self.session.folder.chain
            row = _named(conn, query, own)
            if row is None:
                raise NotFound(query)
            state = str(row.state)
            if state not in states:
                said = STATE_WORDS[state]
                raise WrongQueryState(query, state=said.en, state_zh=said.zh)
            refuse_names(conn, self.session, str(row.subject), words)
            asked = None if row.chain == own else AskedOn(row.chain, row.subject)
            return [entries.query_act(verb, row.query, words, asked)]

        self.session.commit(build)


_SELECT: Final = "SELECT *, (SELECT chain FROM p_head WHERE number = 1) AS own FROM p_query"


def _named(conn: Connection, query: str, own: str) -> Row[Any] | None:
    """A query by its id: this computer's own where others have one of the same name."""
    name, _, chain = query.partition(_OF_OTHERS)
    rows = conn.execute(
        text(f"{_SELECT} WHERE query = :query ORDER BY chain <> :own, chain"),
        {"query": name, "own": own},
    ).all()
    return next((r for r in rows if r.chain.startswith(chain)), None)


def waiting(conn: Connection, subject: str) -> tuple[QueryLine, ...]:
    """The open and answered queries of a subject, oldest first."""
    rows = conn.execute(
        text(f"{_SELECT} WHERE subject = :subject AND state IN ('open', 'answered') ORDER BY seq"),
        {"subject": subject},
    )
    return tuple(_line(r) for r in rows)


def _words(words: str) -> str:
    if not words.strip():
        raise NoWords
    return words.strip()


def _line(row: Row[Any]) -> QueryLine:
    foreign = row.chain != row.own and row.query.startswith("Q-")
    query = f"{row.query}{_OF_OTHERS}{row.chain[:8]}" if foreign else row.query
    return QueryLine(query, *stated(row))


def stated(row: Row[Any], now: Row[Any] | None = None) -> tuple[Any, ...]:
    """A row of ``p_query`` as the fields of a line behind its id.

    Args:
        now: the row that says how it stands, where that is another one than says what was asked.
    """
    stands = row if now is None else now
    return (
        row.subject, row.address, row.check_id, Text(row.text_en, row.text_zh),
        stands.state, stands.answer, row.opened_at, row.opened_by,
        stands.changed_at, stands.changed_by, row.chain, row.seq,
    )  # fmt: skip
