"""MRD-free interval, time from conversion to progression, lead time (sections 3.6 and 3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.outcome import Reason, State, TimeToEvent
from mrd_desktop.study.rules.mrd_sequence import (
    NEGATIVE,
    Conversion,
    conversions,
    days_ahead,
    first_conversion,
    unturned_positives,
    valid_results,
)
from mrd_desktop.study.rules.treatment_starts import treatment_starts
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text

RULE: Final = "3.6/3"
LEAD_RULE: Final = "3.7/3"
LANDMARK: Final = timedelta(days=60)
"""How long after a conversion its action decides the group of the landmark analysis."""
RECENT: Final = timedelta(days=120)
"""How long before progression a valid result still says something about it."""
TOGETHER: Final = -14
"""Lead time from which MRD and imaging count as together."""


class Lead(Enum):
    """Which came first."""

    MRD = Text("MRD first", "MRD先于影像")
    TOGETHER = Text("together", "同时")
    IMAGING = Text("imaging first", "影像先于MRD")
    UNKNOWN = Text("not assessable", "无法评价")


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Lead time of a subject with progression; ``days`` None without a positive sample."""

    days: int | None
    category: Lead
    rule: str = LEAD_RULE


@dataclass(frozen=True, slots=True)
class SinceConversion:
    """Time from conversion to progression.

    Attributes:
        treated: treatment was resumed or changed within 60 days; None for a subject whose time
            ended before, who is not in the landmark analysis.
    """

    time: TimeToEvent
    treated: bool | None


def conversion(scene: Scene, *, any_positive: bool = False) -> Conversion | None:
    """The conversion event: the first that was not transient, or the first of any kind."""
    return next(iter(conversions(scene)), None) if any_positive else first_conversion(scene)


def mrd_free_interval(
    scene: Scene, course: Course, *, any_positive: bool = False
) -> TimeToEvent | None:
    """T0 to conversion, T0 counted; progression or death before it is a competing event.

    None where an event lies before T0 or has no date; ``course.problems`` says which. A death
    without a date takes nothing from a conversion or progression before it.
    """
    if not course.sound:
        return None
    event, death = conversion(scene, any_positive=any_positive), course.death
    rivals: list[tuple[date, Reason]] = []
    if course.progression:
        rivals.append((course.progression.day, Reason.PROGRESSION_FIRST))
    if death:
        rivals.append((death.day, Reason.DEATH_FIRST))
    rival = min(rivals, key=lambda r: r[0], default=None)
    if event and (rival is None or event.day <= rival[0]):
        return _ending(course.t0, event.day, State.EVENT, Reason.CONVERSION)
    if course.death_undated and rival is None:
        return None
    if rival:
        imputed = death.imputed if death and rival[1] is Reason.DEATH_FIRST else None
        return _ending(course.t0, rival[0], State.COMPETING, rival[1], imputed)
    negative = [d for d, r, _ in valid_results(scene) if r == NEGATIVE and d > course.t0]
    if negative:
        return _ending(course.t0, negative[-1], State.CENSORED, Reason.NEGATIVE)
    reason = Reason.NEVER_NEGATIVE if unturned_positives(scene) else Reason.NO_SAMPLE
    return _ending(course.t0, course.t0, State.CENSORED, reason)


def since_conversion(scene: Scene, course: Course) -> SinceConversion | None:
    """Days from conversion to progression, the first day not counted; None without conversion."""
    event = conversion(scene)
    if event is None or not course.sound or course.end_unknown:
        return None
    end = max([event.day, *course.scans])
    state, reason = State.CENSORED, Reason.ASSESSMENT
    if course.progression:
        if course.progression.day < event.day:
            return None
        end, state, reason = course.progression.day, State.EVENT, Reason.PROGRESSION
    landmark = event.day + LANDMARK
    treated = None
    if end > landmark:
        treated = any(event.day <= day <= landmark for day in treatment_starts(scene))
    days = (end - event.day).days
    return SinceConversion(TimeToEvent(event.day, end, days, state, reason, RULE), treated)


def lead_time(scene: Scene, course: Course) -> LeadTime | None:
    """Days from conversion to progression, with its category; None without progression.

    Positive: MRD came first. A positive sample at or after progression without conversion gives 0
    or a negative number. None too where an event lies before T0 or has no date.
    """
    if course.progression is None or not course.sound:
        return None
    days = days_ahead(scene)
    return LeadTime(days, _category(scene, course.progression.day, days))


def _category(scene: Scene, progression: date, days: int | None) -> Lead:
    if days is not None and days > 0:
        return Lead.MRD
    if days is not None and days >= TOGETHER:
        return Lead.TOGETHER
    before = [(d, r) for d, r, _ in valid_results(scene) if d <= progression]
    if not before or before[-1][0] < progression - RECENT:
        return Lead.UNKNOWN
    return Lead.IMAGING if days is not None or before[-1][1] == NEGATIVE else Lead.UNKNOWN


def _ending(
    t0: date, end: date, state: State, reason: Reason, imputed: str | None = None
) -> TimeToEvent:
    days = (end - t0).days + 1
    return TimeToEvent(t0, end, days, state, reason, RULE, imputed=imputed)
