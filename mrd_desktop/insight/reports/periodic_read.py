"""What a periodic review reads: a period of local days, and the records of the system within it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import text

from mrd_desktop.insight.reports.errors import PrintRefused
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind
from mrd_desktop.texts import Text
from mrd_desktop.vault import faultlog, presence
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.session import Session

WHAT: Final = "periodic"


class PeriodRefused(PrintRefused):
    """No period that can be reviewed."""

    code = "period"
    template = Text(
        "Name a first and a last day, the last one today or before.",
        "请填写起止日期，止日不晚于今天。",
    )


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}/{self.last}"

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the system: what stands in it, when (UTC) and who was signed in."""

    seq: int
    at: str
    user: str
    kind: Kind
    body: Mapping[str, JSON]

    def said(self, name: str) -> str:
        """A field as text; empty where it is not there."""
        value = self.body.get(name)
        return "" if value is None else str(value)


def period(session: Session, first: date | None, last: date | None) -> Period:
    """The period asked for; without days, from the last day of the last pack up to today.

    Raises:
        PeriodRefused: it is the wrong way round or ends in the future.
    """
    today = session.today()
    found = Period(first or following(session), last or today)
    if not found.first <= found.last <= today:
        raise PeriodRefused
    return found


def following(session: Session) -> date:
    """The last day of the latest pack; before the first pack the first day of all.

    That day stands in both: a pack may be made before its last day is over, and what comes after
    it was read would otherwise be in none.
    """
    ended = [p.last for p in packs(session)]
    if ended:
        return min(max(ended), session.today())
    with session.reading() as conn:
        return day_of(session, store.record(conn, session.folder.chain, 1).header.at)


def packs(session: Session) -> tuple[Period, ...]:
    """The periods of packs that were printed or saved, in the order in which that happened."""
    with session.reading() as conn:
        rows = conn.execute(text(_PACKS), {"chain": session.folder.chain, "what": WHAT}).all()
    return tuple(Period(*map(date.fromisoformat, str(r.about).split("/"))) for r in rows)


def lines(session: Session, upto: date) -> tuple[Line, ...]:
    """Every record about the system itself up to the end of a day, in order."""
    chain, end = session.folder.chain, _midnight(session, upto + timedelta(days=1))
    wanted = {
        "chain": chain,
        "kinds": json.dumps([k.value for k in _KINDS]),
        "meanings": json.dumps(sorted(_MEANINGS)),
        "acts": json.dumps(sorted(_ACTS)),
    }
    with session.reading() as conn:
        signed_in = conn.exec_driver_sql('SELECT session, "user" FROM p_session').all()
        people = {str(session): str(user) for session, user in signed_in}
        found = []
        for (seq,) in conn.execute(text(_LINES), wanted).all():
            record = store.record(conn, chain, int(seq))
            if record.header.at < end:
                user = people.get(record.header.session, "")
                found.append(
                    Line(record.header.seq, record.header.at, user, record.kind, record.body)
                )
    return tuple(found)


def day_of(session: Session, at: str) -> date:
    """The local day of a UTC time."""
    return session.clock.zone.local(at).date()


def within(session: Session, found: tuple[Line, ...], span: Period) -> Iterator[Line]:
    """The lines of a period."""
    start = _midnight(session, span.first)
    return (line for line in found if line.at >= start)


def _midnight(session: Session, day: date) -> str:
    return stamp(datetime.combine(day, time(), session.clock.zone.tz))


_KINDS: Final = (
    Kind.CHAIN_CREATED,
    Kind.CHAIN_CONTINUED,
    Kind.SESSION_OPENED,
    Kind.SIGNIN_FAILED,
    Kind.USER_ADDED,
    Kind.USER_CONFIRMED,
    Kind.USER_CLOSED,
    Kind.KEY_ENROLLED,
    Kind.KEY_ROTATED,
    Kind.ROLE_GRANTED,
    Kind.ROLE_REVOKED,
    Kind.VAULT_GRANTED,
    Kind.GENERATION_CHANGED,
    Kind.CLOCK_NOTED,
    Kind.DEFINITION_INSTALLED,
    Kind.ACTIVATION_INSTALLED,
    Kind.TRUST_PINNED,
    Kind.LABRANGE_SET,
    Kind.BACKUP_MADE,
    Kind.RESTORE_DONE,
)
_MEANINGS: Final = frozenset({"trail", "accounts", "loss", "training", "undertaking"})
"""Signatures that are no form's, which a review of the system is about."""
_ACTS: Final = frozenset(
    {"code_issued", "sheet_checked", "sheet_used", "accounts", faultlog.ACT, presence.ACT}
)

_BODIES: Final = (
    "SELECT seq, p FROM (SELECT o.seq AS seq, CAST(o.payload AS TEXT) AS p FROM ledger_opening o"
    " JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = :chain)"
)
_LINES: Final = (
    f"SELECT seq FROM ({_BODIES}) WHERE json_extract(p, '$.kind')"  # noqa: S608 - constants only
    " IN (SELECT value FROM json_each(:kinds))"
    " OR (instr(p, '\"signature.made\"') > 0 AND json_extract(p, '$.address') IS NULL"
    " AND json_extract(p, '$.meaning') IN (SELECT value FROM json_each(:meanings)))"
    " OR (instr(p, '\"review.noted\"') > 0 AND (json_extract(p, '$.trail') IS NOT NULL"
    " OR json_extract(p, '$.act') IN (SELECT value FROM json_each(:acts)))) ORDER BY seq"
)
_PACKS: Final = (
    f"SELECT json_extract(p, '$.about') AS about FROM ({_BODIES})"  # noqa: S608 - constants only
    " WHERE instr(p, '\"printed\"') > 0 AND json_extract(p, '$.kind') = 'printed'"
    " AND json_extract(p, '$.what') = :what ORDER BY seq"
)
