"""Failed sign-ins, for those whom they concern: the user, who manages users, the sponsor.

They are records since the next transaction of anybody (:mod:`mrd_desktop.vault.attempts`); what the
log holds beyond that is read from there. R-ACC-09.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger.canonical import JSON, loads
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault.attempts import FREE
from mrd_desktop.vault.session import Session

MANY: Final = FREE + 1
"""So many tries with one name are told to who manages users: the one from which tries are slowed.

Fewer are typing errors of every day.
"""
_OPEN: Final = (
    " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?"
    " AND json_extract(CAST(o.payload AS TEXT), '$.kind') = '{kind}'"
)
_BEFORE: Final = (
    f"SELECT max(o.seq){_OPEN.format(kind=Kind.SESSION_OPENED)}"
    " AND json_extract(CAST(o.payload AS TEXT), '$.user') = ?"
    " AND json_extract(CAST(o.payload AS TEXT), '$.session_key') <> ?"
)
_FAILED: Final = (
    f"SELECT o.seq, CAST(o.payload AS TEXT){_OPEN.format(kind=Kind.SIGNIN_FAILED)}"
    " AND o.seq > ? ORDER BY o.seq"
)


@dataclass(frozen=True, slots=True)
class Tried:
    """Failed sign-ins with one name.

    Attributes:
        user: empty for names that no account has.
        times: when, by the computer's clock (UTC), in order.
    """

    user: str
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tries:
    """What who manages users is told.

    Attributes:
        many: names with which somebody tried often, the most tries first.
        cut: lines of the log are gone.
    """

    many: tuple[Tried, ...]
    cut: bool


def since_last(session: Session) -> Tries:
    """Failed sign-ins of anybody since this user's session before this one.

    Raises:
        StorageError: the log cannot be read.
    """
    chain = session.folder.chain
    with session.reading() as conn:
        asked = (chain, session.user, session.public_key)
        before = int(conn.exec_driver_sql(_BEFORE, asked).scalar() or 0)
        found = [*_unseen(conn, chain, before), *session.failures_waiting(conn)]
    times: dict[str, list[str]] = {}
    for body in found:
        if not body.get("gap"):
            times.setdefault(str(body.get("user") or ""), []).append(str(body.get("at", "")))
    often = [Tried(u, tuple(sorted(t))) for u, t in times.items() if len(t) >= MANY]
    often.sort(key=lambda tried: (-len(tried.times), tried.user))
    return Tries(tuple(often), any(bool(body.get("gap")) for body in found))


def to_tell(session: Session) -> Tries:
    """As :func:`since_last`; where there is something to tell, this session is a record from now.

    So nobody is told the same at the next sign-in, and the trail holds who was told.

    Raises:
        StorageError: the log cannot be read.
    """
    found = since_last(session)
    if session.hold is None and (found.many or found.cut):  # a held chain is not to grow
        with suppress(MrdError):  # told all the same, and once more
            session.announce()
    return found


def counted(conn: Connection, chain: str, after: int) -> int:
    """How many failed sign-ins a chain tells behind a record; lines that are gone count as one."""
    return sum(1 for _ in conn.exec_driver_sql(_FAILED, (chain, after)))


def _unseen(conn: Connection, chain: str, before: int) -> Iterator[Mapping[str, JSON]]:
    """Failures behind the opening of a session, without those that stand at it: it told them."""
    told = before
    for seq, payload in conn.exec_driver_sql(_FAILED, (chain, before)):
        if before and seq == told + 1:
            told = seq
            continue
        body = loads(str(payload).encode())
        assert isinstance(body, Mapping)
        yield body
