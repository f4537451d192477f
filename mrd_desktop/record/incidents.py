"""Incidents with personal or study data: noted, passed on in time, closed (R-PRV-07).

So are problems with the program (R-DOC-04): incidents of which nobody is owed word in time.

An incident travels with the next package. Its last moments are worked out when it is noted and
stand in its record, so that a later policy moves none of them. Missing records have a page of their
own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, text

from mrd_desktop.ledger.canonical import JSON, writable
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.entries import Reference
from mrd_desktop.record.errors import AnswerRefused
from mrd_desktop.record.names import HalfCharacter, names_somebody
from mrd_desktop.record.rights import Clock, rights
from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.values import ascii_forms, parse_time
from mrd_desktop.texts import Text
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session

LONGEST = 2000
_SHORTEST = 4
_DIGITS = 9
"""Of a number of persons."""
CLOSED = "closed"
PROGRAM = "program"
"""What happened, where the program itself is the matter."""
WRITE = "backup"
"""Who keeps the folder records what happened to it, in any state of the site; others read."""


class Part(StrEnum):
    """What is asked of an incident."""

    KIND = "what"
    MOMENT = "moment"
    PERSONS = "persons"
    WORDS = "words"


class IncidentRefused(AnswerRefused):
    """An incident, or what became of it, that cannot be recorded like this."""

    code = "incident"


NO_KIND = Text("Choose what happened.", "请选择事件类型。")
NO_MOMENT = Text(
    "Write day and time with a blank between, like 2026-10-08 09:30 or t 0930 for today.",
    "请填写日期和时间，中间空一格，如 2026-10-08 09:30；今天可写 t 0930。",
)
NOT_YET = Text("This moment lies in the future.", "该时间晚于现在。")
BEFORE = Text("This was before the discovery.", "该时间早于发现时间。")
NO_WORDS = Text(
    "Say in a few words what happened, or what was done.", "请简要说明经过或所采取的措施。"
)
NOT_NEEDED = Text(
    "Without day and time it means that nobody has to be told: say why, or write when it was done.",
    "未填日期和时间即表示无须告知：请说明理由，或填写告知的日期和时间。",
)
TOO_LONG = Text(f"At most {LONGEST} characters.", f"最多 {LONGEST} 字。")
NAMES_A_PERSON = Text(
    "It travels with the next package. Leave out names, numbers of identity or record, and "
    "telephones.",
    "事件记录会随下一数据包传出，请去掉姓名、证件号、病历号或电话。",
)
BAD_COUNT = Text(
    "Write a number, or nothing while it is not known.", "请填写人数，尚不清楚时留空。"
)
SETTLED = Text("This is recorded already.", "该项已记录。")
STILL_OWED = Text(
    "Record first who was told: {clocks}. Where it is not needed, say why.",
    "请先记录告知情况：{clocks}。如无须告知，请说明理由。",
)


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one clock, or of the incident: when, or None where it was not needed."""

    moment: str | None
    text: str
    user: str
    at: str


@dataclass(frozen=True, slots=True)
class Due:
    """One who is told, the last moment (UTC), and what was done."""

    clock: Clock
    until: str
    step: Step | None

    def overdue(self, now: str) -> bool:
        """Nothing was done in time."""
        return self.step is None and now > self.until

    @property
    def late(self) -> bool:
        """It was done after the last moment."""
        return self.step is not None and (self.step.moment or "") > self.until


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident.

    Attributes:
        discovered: UTC moment; ``at`` when it was recorded.
        persons: how many are affected; None while not known, 0 for none.
        closed: what was found and done in the end.
    """

    by: Reference
    what: str
    discovered: str
    persons: int | None
    text: str
    user: str
    at: str
    clocks: tuple[Due, ...]
    closed: Step | None

    @property
    def number(self) -> int:
        """Under which it is spoken of: that of its record, one of a kind on each computer."""
        return self.by.seq

    @property
    def name(self) -> Text:
        """What happened, in words."""
        return rights().incidents.get(self.what, Text(self.what, self.what))

    @property
    def owed(self) -> tuple[Due, ...]:
        """Clocks that still run, the first to end first."""
        return tuple(sorted((d for d in self.clocks if d.step is None), key=lambda d: d.until))


def may_write(session: Session) -> bool:
    """Whether this user records incidents here."""
    return session.allows(WRITE) and session.folder.kind is FolderKind.SITE


class Incidents:
    """The incidents of one open folder."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self) -> tuple[Incident, ...]:
        """Every incident, open ones first, the latest discovery first."""
        self.session.require("verify")
        with self.session.reading() as conn:
            return standing(conn)

    def note(self, what: str, discovered: str, persons: str, words: str) -> int:
        """Record an incident, and give its number; its clocks run from the discovery.

        Args:
            discovered: local day and time.
            persons: how many are affected, empty while not known.

        Raises:
            PermissionDenied: the role records no incidents.
            IncidentRefused: something is missing, to come, or identifies a person.
        """
        self._require_write()
        if what not in rights().incidents:
            raise IncidentRefused(NO_KIND, Part.KIND)
        moment = self._moment(discovered)
        counted = persons.strip()
        if counted and not (counted.isdecimal() and len(counted) <= _DIGITS):
            raise IncidentRefused(BAD_COUNT, Part.PERSONS)
        affected = int(counted) if counted else None
        said = self._words(words)
        timed = () if what in rights().untimed else rights().clocks
        owed = (c for c in timed if not c.personal or affected != 0)
        start = datetime.fromisoformat(moment)
        clocks: dict[str, JSON] = {c.oid: stamp(start + timedelta(hours=c.hours)) for c in owed}
        about: dict[str, JSON] = {
            "what": what,
            "discovered": moment,
            "persons": affected,
            "clocks": clocks,
        }
        return self._commit(what, said, about)

    def tell(self, incident: Incident, clock: str, moment: str, words: str) -> None:
        """Record that somebody was told; without a moment, that it is not needed and why.

        Raises:
            PermissionDenied: the role records no incidents.
            IncidentRefused: it is recorded already, has no such clock, or says nothing.
        """
        self._require_write()
        told = self._moment(moment) if moment.strip() else None
        if told is not None and told < incident.discovered:
            raise IncidentRefused(BEFORE, Part.MOMENT)
        said = self._words(words, NOT_NEEDED if told is None else None)
        self._commit(incident.what, said, {**_of(incident), "clock": clock, "told": told}, incident)

    def close(self, incident: Incident, words: str) -> None:
        """Record what was found and done; nobody is owed word of it any more.

        Raises:
            PermissionDenied: the role records no incidents.
            IncidentRefused: a clock still runs, it is closed, or the words say nothing.
        """
        self._require_write()
        said = self._words(words)
        self._commit(incident.what, said, {**_of(incident), "clock": CLOSED}, incident)

    def _require_write(self) -> None:
        """A store keeps what sites recorded, and adds nothing to it."""
        self.session.require(WRITE)
        self.session.require_all(WRITE)
        if not may_write(self.session):
            self.session.deny(WRITE)

    def _moment(self, typed: str) -> str:
        """A local day, as dates are typed on forms, and a time behind a blank."""
        *day, clock = ascii_forms(typed).split() or [""]
        try:
            date = parse_date(" ".join(day), today=self.session.today())
            local = datetime.fromisoformat(f"{date.text}T{parse_time(clock)}")
        except ValueRefused:
            raise IncidentRefused(NO_MOMENT, Part.MOMENT) from None
        moment = stamp(local.replace(tzinfo=self.session.clock.zone.tz))
        if moment > self.session.now():
            raise IncidentRefused(NOT_YET, Part.MOMENT)
        return moment

    def _words(self, words: str, without: Text | None = NO_WORDS) -> str:
        """The words.

        Args:
            without: what is said where there are none; None where none are needed.
        """
        said = words.strip()
        if without is not None and len(said) < _SHORTEST:
            raise IncidentRefused(without, Part.WORDS)
        if len(said) > LONGEST:
            raise IncidentRefused(TOO_LONG, Part.WORDS)
        if not writable(said):
            raise IncidentRefused(HalfCharacter.template, Part.WORDS)
        if said and names_somebody(self.session, said):
            raise IncidentRefused(NAMES_A_PERSON, Part.WORDS)
        return said

    def _commit(
        self, what: str, said: str, about: dict[str, JSON], of: Incident | None = None
    ) -> int:
        content: dict[str, JSON] = {
            "what": what,
            "text": said,
            "user": self.session.user,
            "incident": {**about, "what": what},
        }

        def build(conn: Connection) -> list[Entry]:
            if of is not None:
                _check(conn, of, str(about["clock"]))
            return [Entry(Kind.INCIDENT_NOTED, RecordClass.CODED, content)]

        return self.session.commit(build)[-1].header.seq


def _of(incident: Incident) -> dict[str, JSON]:
    return {"of": {"chain": incident.by.chain, "seq": incident.by.seq}}


def _check(conn: Connection, of: Incident, clock: str) -> None:
    """Go on only where this is still to be recorded, judged by what stands now."""
    now = next((i for i in standing(conn) if i.by == of.by), None)
    owed = {d.clock.oid: d.clock.text for d in now.owed} if now else {}
    if now is None or now.closed is not None or (clock != CLOSED and clock not in owed):
        raise IncidentRefused(SETTLED)
    if clock == CLOSED and owed:
        names = owed.values()
        clocks = Text(", ".join(t.en for t in names), "、".join(t.zh for t in names))
        raise IncidentRefused(STILL_OWED.filled(clocks=clocks))


def standing(conn: Connection) -> tuple[Incident, ...]:
    """The incidents as the projection knows them, open ones first, the latest discovery first."""
    rows = conn.execute(_MATTERS).all()
    steps: dict[tuple[str, int, str], Step] = {}
    for r in rows:
        body = json.loads(r.body)
        if "of" in body:  # what was recorded first counts
            place = (body["of"]["chain"], body["of"]["seq"], body["clock"])
            steps.setdefault(place, Step(body.get("told"), r.text, r.user or "", r.at))
    found = [
        _incident(Reference(r.chain, r.seq), r, body, steps)
        for r in rows
        if "of" not in (body := json.loads(r.body))
    ]
    latest = sorted(found, key=lambda i: i.discovered, reverse=True)
    return tuple(sorted(latest, key=lambda i: i.closed is not None))


def _incident(
    by: Reference,
    row: Row[Any],
    body: Mapping[str, Any],
    steps: Mapping[tuple[str, int, str], Step],
) -> Incident:
    known = {c.oid: c for c in rights().clocks}
    order = [*known, *sorted(body["clocks"].keys() - known.keys())]
    clocks = tuple(
        Due(
            known.get(oid) or Clock(oid, Text(oid, oid), 0, personal=False),
            body["clocks"][oid],
            steps.get((by.chain, by.seq, oid)),
        )
        for oid in order
        if oid in body["clocks"]
    )
    return Incident(
        by=by,
        what=body["what"],
        discovered=body["discovered"],
        persons=body["persons"],
        text=row.text,
        user=row.user or "",
        at=row.at,
        clocks=clocks,
        closed=steps.get((by.chain, by.seq, CLOSED)),
    )


_MATTERS = text(
    'SELECT m.chain, m.seq, m.text, m.body, m.at, s."user" FROM p_matter m'
    " LEFT JOIN p_session s ON s.session = m.session WHERE m.kind = 'incident' ORDER BY m.at, m.seq"
)
