"""Visit targets and windows, counted from T0 (the date of the choice, TC.TCDAT).

Pure functions. Month targets are calendar months: the day is kept, or the last day of a shorter
month is taken. The schedule stays anchored to T0 and ends at progression, when survival follow-up
begins. Source: sections 2.4 and 3.11 of the study reference.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.data import FormData
from mrd_desktop.study.model import StudyEvent
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.scene import Line, Scene


@dataclass(frozen=True, slots=True)
class Window:
    """When a visit is due; all three days belong to it."""

    target: date
    opens: date
    closes: date

    def days_outside(self, day: date) -> int:
        """Days by which a day lies before or after the window; 0 inside."""
        return max((self.opens - day).days, (day - self.closes).days, 0)


@dataclass(frozen=True, slots=True)
class Visit:
    """A scheduled visit of one subject.

    Attributes:
        done: date of the visit, None while it did not take place.
        in_window: None while it did not take place.
        expected: it counts: its window has closed before the subject's follow-up ended, or the
            visit took place before that. Screening and the choice are never counted.
    """

    event: StudyEvent
    window: Window
    done: date | None
    in_window: bool | None
    expected: bool

    @property
    def missed(self) -> bool:
        """It counts and did not take place."""
        return self.expected and self.done is None


def study_day(t0: date, day: date) -> int:
    """Which day of the study a day is: T0 is day 1, the day before it day -1, none is day 0."""
    days = (day - t0).days
    return days + 1 if days >= 0 else days


def add_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def window(event: StudyEvent, t0: date) -> Window | None:
    """When an event is due for a subject; None for an event without a target."""
    if event.offset_months is not None:
        target = add_months(t0, event.offset_months)
    elif event.offset_days is not None:
        target = t0 + timedelta(days=event.offset_days)
    else:
        return None
    return _around(event, target)


def day_zero(scene: Scene) -> date | None:
    """T0 of the subject, None before the choice."""
    choice = scene.form("TC")
    return choice.day("TC.TCDAT") if choice else None


def windows(scene: Scene) -> tuple[Visit, ...]:
    """Every event with a target, in order; none before T0 is known.

    Visits after the end of the active schedule (progression, death, end of study) are listed too,
    with ``expected`` false.
    """
    t0 = day_zero(scene)
    if t0 is None:
        return ()
    last = follow_up_end(scene)
    visits = []
    for event in scene.study.events:
        due = window(event, t0)
        if due is None:
            continue
        done = visit_date(scene, EventKey(scene.data.subject, event.oid))
        counts = due.target > t0 and min(due.closes, done or due.closes) <= last
        inside = None if done is None else due.days_outside(done) == 0
        visits.append(Visit(event, due, done, inside, counts))
    return tuple(visits)


def follow_up_windows(scene: Scene) -> tuple[Window, ...]:
    """Windows of survival follow-up up to today, and the next one after.

    They are counted from progression, or from the last scheduled visit where there was none. None
    before the active schedule has ended, and none after death or the end of study.
    """
    event = next((e for e in scene.study.events if e.every_months), None)
    start = _follow_up_start(scene)
    if event is None or event.every_months is None or start is None:
        return ()
    ended = _ended(scene)
    found: list[Window] = []
    while not found or found[-1].target <= scene.today:
        due = _around(event, add_months(start, event.every_months * (len(found) + 1)))
        if ended is not None and due.opens > ended:
            break
        found.append(due)
    return tuple(found)


def planned_forms(scene: Scene, event: EventKey) -> tuple[str, ...]:
    """Forms expected at an event of this subject, conditions considered, in order."""
    plan = scene.study.by_event[event.event]
    line = Line(scene, scene.data.at(event, "SV") or FormData(FormKey(event, "SV")))
    return tuple(
        oid for oid in plan.planned if oid not in plan.when or plan.when[oid].holds(line) is True
    )


def visit_date(scene: Scene, event: EventKey) -> date | None:
    """The day a visit took place, None while it did not (or was missed)."""
    visit = scene.at(event, "SV")
    if visit is None or visit.text("SV.STAT") not in {"DONE", "PARTIAL"}:
        return None
    return visit.day("SV.VISDAT")


def follow_up_end(scene: Scene) -> date:
    """The last day a scheduled visit may count on: today, end of study, death or progression."""
    progression = scene.form("PD")
    days = [scene.today, _ended(scene), progression.day("PD.PDDAT") if progression else None]
    return min(day for day in days if day is not None)


def _around(event: StudyEvent, target: date) -> Window:
    opens = target - timedelta(days=event.before)
    return Window(target, opens, target + timedelta(days=event.after))


def _follow_up_start(scene: Scene) -> date | None:
    progression = scene.form("PD")
    if progression and (day := progression.day("PD.PDDAT")):
        return day
    t0 = day_zero(scene)
    if t0 is None:
        return None
    due = [w for e in scene.study.events if (w := window(e, t0))]
    last = max(due, key=lambda w: w.closes)
    return last.target if last.closes < scene.today else None


def _ended(scene: Scene) -> date | None:
    """The day of death or of the end of study, whichever came first."""
    end, death = scene.form("EOS"), scene.form("DTH")
    days = [
        end.day("EOS.DSSTDAT") if end else None,
        _death(scene, died) if death and (died := death.date("DTH.DTHDAT")) else None,
    ]
    return min((day for day in days if day is not None), default=None)


def _death(scene: Scene, died: PartialDate) -> date:
    """Day of death, imputed where unknown: day 15, or 1 July, but after the last visit."""
    if died.full:
        return died.earliest
    middle = date(died.earliest.year, 7, 1)
    if died.earliest.month == died.latest.month:
        middle = died.earliest.replace(day=15)
    seen = max(_visits(scene), default=died.earliest)
    return max(middle, seen + timedelta(days=1))


def _visits(scene: Scene) -> Iterator[date]:
    for visit in scene.forms("SV"):
        if day := visit_date(scene, visit.event):
            yield day
