"""The monitor's visits to the site, and what was done in their days."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, inspect, text
from sqlalchemy import Text as Characters

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import entries
from mrd_desktop.record.errors import NotFound, RecordError
from mrd_desktop.record.locking import LockAct
from mrd_desktop.record.projection import form_key, local_day
from mrd_desktop.record.queries import NoWords, Queries, QueryLine
from mrd_desktop.record.sdv import Mark, SourceChecks, SourceValue
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session


class WrongDates(RecordError):
    """The dates of a visit cannot be."""

    code = "visit_dates"
    template = Text(
        "A visit ends on or after the day it begins, and not in the future.",
        "结束日期不得早于开始日期，也不得晚于今天。",
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """A monitoring visit as it was noted.

    Attributes:
        seq: sequence number of its record at this site.
        text: what was found, in the monitor's words.
    """

    seq: int
    begun: date
    ended: date
    subjects: tuple[str, ...]
    text: str
    user: str
    at: str


@dataclass(frozen=True, slots=True)
class VisitWork:
    """What the monitor of a visit did from its first day to its last.

    Attributes:
        compared: values with a mark of these days, by subject number and form.
        asked: queries of these days, with the state they have now.
        waiting: other queries of the subjects seen that are not closed.
        locks: forms frozen, locked or unlocked, in order.
    """

    visit: Visit
    compared: tuple[SourceValue, ...]
    asked: tuple[QueryLine, ...]
    waiting: tuple[QueryLine, ...]
    locks: tuple[tuple[FormKey, LockAct], ...]

    @property
    def verified(self) -> int:
        """Values that agreed with the source and stand unchanged."""
        return sum(v.mark is Mark.VERIFIED for v in self.compared)

    @property
    def differing(self) -> tuple[SourceValue, ...]:
        """Values that did not agree and stand unchanged."""
        return tuple(v for v in self.compared if v.mark is Mark.DIFFERS)


_under_way: Final = Table(
    "visit_under_way",
    MetaData(),
    Column("user", Characters, primary_key=True),
    Column("at", Characters, nullable=False),
    Column("content", Characters, nullable=False),
)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A visit that has begun and is not on record yet, as it is typed so far.

    It is no record: it stays in the site's own folder until the visit is noted or given up.
    """

    begun: str = ""
    ended: str = ""
    subjects: str = ""
    text: str = ""


class Reviews:
    """The monitoring visits of one open site."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self) -> tuple[Visit, ...]:
        """Every visit, latest first."""
        self.session.require("subject.see")
        with self.session.reading() as conn:
            rows = conn.execute(
                text("SELECT * FROM p_review ORDER BY begun DESC, at DESC, seq DESC")
            ).all()
        return tuple(
            Visit(
                r.seq,
                date.fromisoformat(r.begun),
                date.fromisoformat(r.ended),
                tuple(json.loads(r.subjects)),
                r.text,
                r.user,
                r.at,
            )
            for r in rows
        )

    def note(self, begun: date, ended: date, subjects: Sequence[str], words: str) -> Visit:
        """Put a visit on record.

        Args:
            subjects: whose records were looked at.
            words: what was found.

        Raises:
            PermissionDenied: the role does not monitor.
            WrongDates: it ends before it begins, or in the future.
            NotFound: there is no such subject.
            NoWords: nothing was written about what was found.
        """
        self.session.require("sdv")
        if not begun <= ended <= self.session.today():
            raise WrongDates
        if not words.strip():
            raise NoWords

        def build(conn: Connection) -> list[Entry]:
            known = {r[0] for r in conn.execute(text("SELECT subject FROM p_subject"))}
            for subject in subjects:
                if subject not in known:
                    raise NotFound(subject)
            return [entries.review_noted(begun, ended, subjects, words.strip())]

        self.session.commit(build)
        self.give_up()
        return max(self.all(), key=lambda visit: visit.seq)

    def under_way(self) -> UnderWay | None:
        """The user's own visit that has begun, None if none has."""
        self.session.require("sdv")
        with self.session.reading() as conn:
            if not inspect(conn).has_table(_under_way.name):
                return None
            content = conn.execute(
                text("SELECT content FROM visit_under_way WHERE user = :user"),
                {"user": self.session.user},
            ).scalar()
        return None if content is None else UnderWay(**json.loads(content))

    def keep(self, visit: UnderWay) -> None:
        """Keep what is typed so far; nothing goes on record.

        Raises:
            PermissionDenied: the role does not monitor.
        """
        self.session.require("sdv")
        with self.session.writing() as conn:
            _under_way.create(conn, checkfirst=True)
            self._forget(conn)
            content = json.dumps(asdict(visit), ensure_ascii=False)
            row = {"user": self.session.user, "at": self.session.now(), "content": content}
            conn.execute(_under_way.insert(), row)

    def give_up(self) -> None:
        """Forget the visit that has begun."""
        self.session.require("sdv")
        with self.session.writing() as conn:
            _under_way.create(conn, checkfirst=True)
            self._forget(conn)

    def _forget(self, conn: Connection) -> None:
        conn.execute(
            text("DELETE FROM visit_under_way WHERE user = :user"), {"user": self.session.user}
        )

    def work(self, visit: Visit) -> VisitWork:
        """What was done during a visit, read from the record."""
        session = self.session
        checks = SourceChecks(session)
        everyone = Queries(session).all()
        with session.reading() as conn:
            subjects = [
                r[0] for r in conn.execute(text("SELECT subject FROM p_subject ORDER BY subject"))
            ]
            locks = conn.execute(
                text(
                    "SELECT f.*, l.verb, l.at AS locked_at, l.user AS locked_by FROM p_lock l"
                    " JOIN p_form f ON f.form_id = l.form_id ORDER BY l.at, l.seq"
                )
            ).all()
        marked = (v for s in subjects for form in checks.values(s).values() for v in form)
        asked = tuple(q for q in everyone if self._within(visit, q.opened_at, q.opened_by))
        return VisitWork(
            visit,
            tuple(v for v in marked if v.at and self._within(visit, v.at, v.user)),
            asked,
            tuple(
                q
                for q in everyone
                if q.state != "closed" and q.subject in visit.subjects and q not in asked
            ),
            tuple(
                (form_key(r), LockAct(r.verb))
                for r in locks
                if self._within(visit, r.locked_at, r.locked_by)
            ),
        )

    def _within(self, visit: Visit, at: str, user: str) -> bool:
        day = date.fromisoformat(local_day(at, self.session.clock.zone.offset))
        return user == visit.user and visit.begun <= day <= visit.ended
