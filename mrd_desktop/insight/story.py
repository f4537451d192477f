"""A subject's story as typed points over dates: treatment, results, adverse events, visits, turns.

What a picture draws and a screen reader tells; nothing here draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from mrd_desktop.study.address import EventKey
from mrd_desktop.study.rules.mrd_sequence import conversions
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_starts import treated_periods
from mrd_desktop.study.rules.treatment_status import Period
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import Window, day_zero, follow_up_end, visit_date, windows

_LEAST = timedelta(days=120)
"""No picture spans less."""

_NEXT = 2
"""How many coming visits are shown."""


@dataclass(frozen=True, slots=True)
class MrdPoint:
    """One MRD sample; ``result`` is a code of CL.MRDRES, None while it is awaited."""

    day: date
    result: str | None


@dataclass(frozen=True, slots=True)
class Level:
    """CA15-3 as a share of its upper limit: 1 is the limit."""

    day: date
    share: Decimal


@dataclass(frozen=True, slots=True)
class Scan:
    """One imaging assessment; ``response`` is the overall response, None where it is open."""

    day: date
    response: str | None


@dataclass(frozen=True, slots=True)
class Ejection:
    """One LVEF in percent."""

    day: date
    percent: int


@dataclass(frozen=True, slots=True)
class Adverse:
    """One adverse event; ``end`` None while it lasts or where its end is not known to the day."""

    day: date
    end: date | None
    grade: int | None
    serious: bool
    term: str


class Turn(Enum):
    """What changes the course of a subject."""

    CHOICE = "choice"
    CONVERSION = "conversion"
    CHANGE = "change"
    RESUMPTION = "resumption"
    PROGRESSION = "progression"
    DEATH = "death"
    END = "end"


@dataclass(frozen=True, slots=True)
class TurnPoint:
    """One of these; ``to`` is the group chosen or changed to."""

    day: date
    turn: Turn
    to: str | None = None


@dataclass(frozen=True, slots=True)
class VisitPoint:
    """One visit.

    Attributes:
        label: its short name (``M12``, ``UNS 2``).
        day: when it took place, None while it did not.
        window: when it is due, None for an unscheduled visit.
        in_window: None without a window or before it took place.
        missed: its window has closed and it did not take place.
    """

    label: str
    day: date | None
    window: Window | None
    in_window: bool | None
    missed: bool


@dataclass(frozen=True)
class Story:
    """All of it, with the span of days that a picture needs."""

    subject: str
    today: date
    first: date
    last: date
    t0: date | None
    treatments: tuple[Period, ...]
    mrd: tuple[MrdPoint, ...]
    marker: tuple[Level, ...]
    scans: tuple[Scan, ...]
    lvef: tuple[Ejection, ...]
    adverse: tuple[Adverse, ...]
    visits: tuple[VisitPoint, ...]
    turns: tuple[TurnPoint, ...]
    ended: date | None

    @property
    def empty(self) -> bool:
        """Nothing is dated yet."""
        dated = (self.mrd, self.marker, self.scans, self.lvef, self.adverse, self.visits)
        return not any(dated)


def story(scene: Scene) -> Story:
    """The story of a subject as of the scene's day."""
    mrd = tuple(_mrd(scene))
    marker = tuple(_marker(scene))
    scans = tuple(_scans(scene))
    lvef = tuple(_lvef(scene))
    adverse = tuple(_adverse(scene))
    visits = tuple(_visits(scene))
    turns = tuple(sorted(_turns(scene), key=lambda t: t.day))
    t0 = day_zero(scene)
    days = [p.day for points in (mrd, marker, scans, lvef, adverse, turns) for p in points]
    days += [v.day for v in visits if v.day]
    ahead = [v.window.closes for v in visits if v.window and v.day is None and not v.missed]
    first = min([*days, t0 or scene.today])
    last = max([*days, scene.today, *ahead[:2]])
    return Story(
        subject=scene.data.subject,
        today=scene.today,
        first=first,
        last=max(last, first + _LEAST),
        t0=t0,
        treatments=treated_periods(scene),
        mrd=mrd,
        marker=marker,
        scans=scans,
        lvef=lvef,
        adverse=adverse,
        visits=visits,
        turns=turns,
        ended=_day(scene, "DTH", "DTH.DTHDAT") or _day(scene, "EOS", "EOS.DSSTDAT"),
    )


def _mrd(scene: Scene) -> Iterator[MrdPoint]:
    for day, line in dated(scene.forms("MRD"), "MRD.SAMPDAT"):
        yield MrdPoint(day, line.text("MRD.RESULT"))


def _marker(scene: Scene) -> Iterator[Level]:
    for day, line in dated(scene.forms("TM"), "TM.LBDAT"):
        value, limit = line.number("TM.CA153VAL"), line.number("TM.CA153ULN")
        if value is not None and limit:
            yield Level(day, value / limit)


def _scans(scene: Scene) -> Iterator[Scan]:
    review = scene.form("CR")
    if review and (day := review.day("CR.SCRIMGD")):
        yield Scan(day, review.text("CR.SCRRES"))
    for day, line in dated(scene.forms("TA"), "TA.STDAT"):
        yield Scan(day, line.text("TA.OVRL"))


def _lvef(scene: Scene) -> Iterator[Ejection]:
    for day, line in dated(scene.forms("CV"), "CV.CVDAT"):
        percent = line.number("CV.LVEF")
        if percent is not None:
            yield Ejection(day, int(percent))


def _adverse(scene: Scene) -> Iterator[Adverse]:
    for line in scene.forms("AE"):
        start, end, grade = line.date("AE.STDAT"), line.day("AE.ENDAT"), line.text("AE.GRADE")
        if start is not None:
            known = int(grade) if grade and grade.isdigit() else None
            serious = line.text("AE.SER") == "Y"
            yield Adverse(start.earliest, end, known, serious, line.text("AE.TERM") or "")


def _turns(scene: Scene) -> Iterator[TurnPoint]:
    choice, t0 = scene.form("TC"), day_zero(scene)
    if choice and t0:
        yield TurnPoint(t0, Turn.CHOICE, choice.text("TC.GROUP"))
    for one in conversions(scene):
        yield TurnPoint(one.day, Turn.CONVERSION)
    for day, line in dated(scene.forms("GS"), "GS.GSDAT"):
        yield TurnPoint(day, Turn.CHANGE, line.text("GS.TO"))
    for day, _ in dated(scene.forms("RES"), "RES.RESDAT"):
        yield TurnPoint(day, Turn.RESUMPTION)
    for form, item, turn in (
        ("PD", "PD.PDDAT", Turn.PROGRESSION),
        ("DTH", "DTH.DTHDAT", Turn.DEATH),
        ("EOS", "EOS.DSSTDAT", Turn.END),
    ):
        if found := _day(scene, form, item):
            yield TurnPoint(found, turn)


def _visits(scene: Scene) -> Iterator[VisitPoint]:
    """Visits that took place or were missed, and the next two that are due."""
    planned = {v.event.oid: v for v in windows(scene)}
    told = set()
    for line in scene.forms("SV"):
        event = line.event
        told.add(event.event)
        visit = planned.get(event.event)
        done = visit_date(scene, event)
        yield VisitPoint(
            _label(scene, event),
            done,
            visit.window if visit else None,
            visit.in_window if visit else None,
            missed=done is None and line.text("SV.STAT") == "MISSED",
        )
    end = follow_up_end(scene)
    open_ = [v for v in planned.values() if v.event.oid not in told and v.window.opens <= end]
    late = [v for v in open_ if v.window.closes < scene.today and v.event.oid != "SCR"]
    for visit in late:
        yield VisitPoint(visit.event.oid, None, visit.window, None, missed=True)
    if end < scene.today:
        return
    ahead = [
        v for v in planned.values() if v.event.oid not in told and v.window.closes >= scene.today
    ]
    for visit in sorted(ahead, key=lambda v: v.window.target)[:_NEXT]:
        if visit.event.oid != "SCR":
            yield VisitPoint(visit.event.oid, None, visit.window, None, missed=False)


def _label(scene: Scene, event: EventKey) -> str:
    repeats = scene.study.by_event[event.event].repeating
    return f"{event.event} {event.repeat}" if repeats else event.event


def _day(scene: Scene, form: str, item: str) -> date | None:
    line = scene.form(form)
    found = line.date(item) if line else None
    return found.earliest if found else None
