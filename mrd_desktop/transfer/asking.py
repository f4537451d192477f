"""Queries as a sponsor's user works with them: asked, listed, closed, asked again.

What is asked and settled stands in the store's own chain and travels with the next reply; what the
site did with it comes back in its packages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Row

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.record.queries import (
    STATE_WORDS,
    NoWords,
    QueryLine,
    WrongQueryState,
    stated,
)
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.errors import NothingHeld, QueryUnknown
from mrd_desktop.transfer.reply import carried_out
from mrd_desktop.vault.session import Session

_ROWS: Final = (
    "SELECT * FROM p_query WHERE ? IS NULL OR instr(?, query) ORDER BY opened_at, chain, seq"
)
_OF_EVENT: Final = (
    "SELECT 1 FROM p_event WHERE subject = ? AND event = ? AND event_repeat = ?"
    " UNION SELECT 1 FROM p_form WHERE subject = ? AND event = ? AND event_repeat = ?"
)
_OF_SUBJECT: Final = "SELECT 1 FROM p_subject WHERE subject = ?"
_ABOUT: Final = (
    "SELECT i.chain, i.seq FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
    " WHERE f.subject = ? AND f.event = ? AND f.event_repeat = ? AND f.form = ?"
    " AND f.form_repeat = ? AND i.grp = ? AND i.row = ? AND i.item = ?"
)


_WHO: Final = "SELECT user FROM p_session WHERE session = ?"
STATES: Final = tuple(STATE_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreQuery(QueryLine):
    """A query as a store knows it.

    Attributes:
        label: by which it is closed and reopened: ``S-12``, or a site's own as ``01/Q-7`` (with
            ``@`` and the beginning of the chain where two computers of the site have one).
        on_its_way: the store's last word about it has not come back in a package yet.
    """

    label: str
    on_its_way: bool = False

    @property
    def name(self) -> str:
        """Its label: an id alone may be that of another site's."""
        return self.label

    @property
    def site(self) -> str:
        """The site whose subject it is about."""
        return self.subject.partition("-")[0]

    def json(self) -> Mapping[str, JSON]:
        """For the command line."""
        return {
            "query": self.name,
            "site": self.site,
            "subject": self.subject,
            "address": self.address,
            "check": self.check,
            "state": self.state,
            "text_en": self.text.en,
            "text_zh": self.text.zh,
            "answer": self.answer,
            "opened_at": self.opened_at,
            "opened_by": self.opened_by,
            "changed_at": self.changed_at,
            "changed_by": self.changed_by,
            "on_its_way": self.on_its_way,
        }


def queries(session: Session) -> tuple[StoreQuery, ...]:
    """Every query of every site, oldest first."""
    with session.reading() as conn:
        return standing(conn, session.folder.chain)


def standing(conn: Connection, own: str, named: str | None = None) -> tuple[StoreQuery, ...]:
    """The same.

    A query of the store has two rows once a site took it up, and what the site did with it counts.
    A later word of the store counts until the site took that up, too.

    Args:
        own: the store's own chain.
        named: only those whose id is in this name.
    """
    rows = conn.exec_driver_sql(_ROWS, (named, named)).all()
    ours = {r.query for r in rows if r.chain == own}
    copies = {r.query: r for r in rows if r.chain != own and r.query in ours}
    said = _said(conn, own, None if named is None else frozenset(r.query for r in rows))
    sites = [c for c in store.chains(conn) if c != own] if said else []
    known = frozenset(seq for site in sites for seq in carried_out(conn, site, own))
    found: list[StoreQuery] = []
    for row in rows:
        if row.chain != own and row.query in ours:
            continue
        copy = copies.get(row.query) if row.chain == own else row
        last = said.get((row.chain, row.query))
        pending = copy is None if last is None else last.header.seq not in known
        line = _line(row, row if copy is None else copy)
        found.append(_after(conn, line, last) if pending and last is not None else line)
        if pending:
            found[-1] = replace(found[-1], on_its_way=True)
    return tuple(_named(found, own))


def _said(
    conn: Connection, own: str, ids: Collection[str] | None
) -> Mapping[tuple[str, str], Record]:
    """The store's last word about each query, or about each of some ids, by chain and id."""
    words = (Kind.QUERY_CLOSED, Kind.QUERY_REOPENED)
    found = (
        lineage.of_kind(conn, own, *words)
        if ids is None
        else chain.from_iterable(lineage.about(conn, own, query, *words) for query in ids)
    )
    return {(str(r.body.get("chain", own)), str(r.body["query"])): r for r in found}


def _after(conn: Connection, line: StoreQuery, said: Record) -> StoreQuery:
    user = conn.exec_driver_sql(_WHO, (said.header.session,)).scalar()
    return replace(
        line,
        state="closed" if said.kind is Kind.QUERY_CLOSED else "open",
        changed_at=said.header.at,
        changed_by=str(user or ""),
    )


def _line(row: Row[Any], now: Row[Any]) -> StoreQuery:
    """A query as it was asked, as it stands now."""
    return StoreQuery(row.query, *stated(row, now), label=row.query)


def _named(found: Sequence[StoreQuery], own: str) -> Iterator[StoreQuery]:
    """With names that name one query each."""
    plain = [q if q.chain == own else replace(q, label=f"{q.site}/{q.query}") for q in found]
    times = Counter(q.name for q in plain)
    for q in plain:
        yield q if times[q.name] == 1 else replace(q, label=f"{q.name}@{q.chain[:8]}")


def _find(conn: Connection, own: str, name: str) -> StoreQuery:
    """A query by its name; a site's own also by its id alone, where only one has it."""
    every = standing(conn, own, name)
    found = [q for q in every if name == q.name] or [q for q in every if name == q.query]
    if len(found) != 1:
        raise QueryUnknown(", ".join((name, *(q.name for q in found))))
    return found[0]


def ask(session: Session, key: Key, words: str) -> str:
    """Open a query about what a site recorded; it travels with the next reply.

    A form that is not there can be asked about where its visit is held.

    Returns:
        Its id, ``S-<number of the record>``.

    Raises:
        PermissionDenied: the role may not ask.
        NoWords: nothing was written.
        NothingHeld: the store holds no such subject or visit.
    """
    session.require("query.open")
    spoken = _words(words)
    made: list[str] = []

    def entries(conn: Connection) -> list[Entry]:
        if not _is_held(conn, key):
            raise NothingHeld(str(key))
        made[:] = [f"S-{store.head(conn, session.folder.chain).seq + 1}"]
        payload: dict[str, JSON] = {
            "query": made[0],
            "address": str(key),
            "en": spoken,
            "zh": spoken,
        }
        about = _about(conn, key)
        if about is not None:
            payload["about"] = about
        return [Entry(Kind.QUERY_OPENED, RecordClass.CODED, payload)]

    session.commit(entries)
    return made[0]


def close(session: Session, name: str, words: str = "") -> None:
    """Close a query, one's own or one of a site.

    Raises:
        PermissionDenied: the role may not close.
        QueryUnknown: there is none, or more than one of that name.
        WrongQueryState: it is closed.
    """
    _act(session, Kind.QUERY_CLOSED, name, ("open", "answered"), words.strip())


def reopen(session: Session, name: str, words: str) -> None:
    """Ask again about an answered or closed query, saying why.

    Raises:
        PermissionDenied, QueryUnknown: as for closing.
        NoWords: nothing was written.
        WrongQueryState: it is open.
    """
    _act(session, Kind.QUERY_REOPENED, name, ("answered", "closed"), _words(words))


def _act(session: Session, kind: Kind, name: str, states: Collection[str], words: str) -> None:
    session.require("query.close")
    own = session.folder.chain

    def entries(conn: Connection) -> list[Entry]:
        query = _find(conn, own, name)
        if query.state not in states:
            said = STATE_WORDS[query.state]
            raise WrongQueryState(query.name, state=said.en, state_zh=said.zh)
        payload: dict[str, JSON] = {"query": query.query}
        if query.chain != own:
            payload["chain"] = query.chain
        if words:
            payload["text"] = words
        return [Entry(kind, RecordClass.CODED, payload)]

    session.commit(entries)


def _words(words: str) -> str:
    if not words.strip():
        raise NoWords
    return words.strip()


def _is_held(conn: Connection, key: Key) -> bool:
    if isinstance(key, str):
        return conn.exec_driver_sql(_OF_SUBJECT, (key,)).first() is not None
    event = _event_of(key)
    place = (event.subject, event.event, event.repeat)
    return conn.exec_driver_sql(_OF_EVENT, (*place, *place)).first() is not None


def _event_of(key: EventKey | FormKey | RowKey | ItemKey) -> EventKey:
    if isinstance(key, EventKey):
        return key
    return key.event if isinstance(key, FormKey) else key.form.event


def _about(conn: Connection, key: Key) -> JSON:
    if not isinstance(key, ItemKey):
        return None
    form = key.form
    place = (
        form.subject, form.event.event, form.event.repeat, form.form, form.repeat,
        key.row.group, key.row.row, key.item,
    )  # fmt: skip
    row = conn.exec_driver_sql(_ABOUT, place).first()
    return None if row is None else {"chain": str(row[0]), "seq": int(row[1])}
