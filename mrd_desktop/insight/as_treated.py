"""Person-time by treatment status, as treated (section 3.1): no fixed label, no immortal time.

Each subject's time of progression-free survival is split at every change of status; an event counts
for the status of the day before it, so that a change on that day does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.pfs import progression_free_survival
from mrd_desktop.study.rules.treatment_starts import treated_periods
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION, RESUMED, Period
from mrd_desktop.study.scene import Scene

RULE: Final = "3.1/2"
STATES: Final = (INTERMISSION, CONTINUE, RESUMED)
YEAR: Final = 365.25
_TAIL: Final = 0.025
_HALVINGS: Final = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """Events and days in one status.

    Attributes:
        per_100_years: events in 100 years of persons, with the exact (Poisson) 95 % interval; None
            without a day.
    """

    status: str
    days: int
    events: int
    per_100_years: float | None
    lower: float | None
    upper: float | None
    rule: str = RULE


def rates(members: Iterable[tuple[Scene, Course]]) -> tuple[Rate, ...]:
    """Progression or death by status, over enrolled subjects."""
    days, events = dict.fromkeys(STATES, 0), dict.fromkeys(STATES, 0)
    for scene, course in members:
        time = progression_free_survival(scene, course)
        if time is None:
            continue
        after = time.end + timedelta(days=1)
        statuses = treated_periods(scene)
        for period in statuses:
            end = min(period.end or after, after)
            days[period.status] += max((end - period.start).days, 0)
        if time.event:
            events[_before(statuses, time.end, course.t0)] += 1
    return tuple(_rate(status, days[status], events[status]) for status in STATES)


def _before(statuses: Sequence[Period], day: date, t0: date) -> str:
    eve = max(day - timedelta(days=1), t0)
    return next(p.status for p in reversed(statuses) if p.start <= eve)


def _rate(status: str, days: int, events: int) -> Rate:
    if days == 0:
        return Rate(status, days, events, None, None, None)
    low, high = poisson_interval(events)
    unit = 100 * YEAR / days
    return Rate(status, days, events, events * unit, low * unit, high * unit)


def poisson_interval(events: int) -> tuple[float, float]:
    """The exact 95 % interval of a count.

    Raises:
        ValueError: the count is negative.
    """
    if events < 0:
        raise ValueError("a count is negative")
    most = events + 10 * math.sqrt(events + 1) + 10
    low = 0.0 if events == 0 else _root(lambda x: 1 - _up_to(events - 1, x), most)
    return low, _root(lambda x: 1 - _up_to(events, x), most, 1 - _TAIL)


def _root(rising: Callable[[float], float], most: float, level: float = _TAIL) -> float:
    low, high = 0.0, most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < level else (low, middle)
    return (low + high) / 2


def _up_to(count: int, mean: float) -> float:
    """Probability of at most so many events."""
    if mean <= 0:
        return 1.0
    return math.fsum(
        math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1)
    )
