"""Kaplan-Meier curves with their intervals, on exact fractions (section 3.10 of the reference).

At a time t, d of the n subjects at risk just before t have the event; one censored at t counts as
at risk at t. S(t) is the product of 1 - d/n. Interval: 95 %, log(-log), Greenwood's variance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

RULE: Final = "3.10/2"
"""Version of the rule."""
Z95: Final = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
THIN: Final = 5
"""A curve is not drawn on where fewer subjects are at risk."""
HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Observation:
    """How long one subject was followed, in one unit, and whether that ended in the event."""

    time: int
    event: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One time at which somebody had the event or was censored.

    Attributes:
        survival: S(t) just after the time.
        lower, upper: 95 % interval; None where it cannot be computed (S is 1 or 0).
        error: standard error of S(t) by Greenwood; None where S is 0.
    """

    time: int
    at_risk: int
    events: int
    censored: int
    survival: Fraction
    error: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve. It starts at 1 and has a step at each distinct time.

    Attributes:
        median: the smallest time with S <= 0.5, None where it is not reached.
        median_lower, median_upper: its 95 % interval, None where it is open, or where no limit of
            the curve can be computed.
        thin_from: the first time with fewer than 5 at risk, None if there is none.
    """

    n: int
    steps: tuple[Step, ...]
    median: int | None
    median_lower: int | None
    median_upper: int | None
    thin_from: int | None

    @property
    def events(self) -> int:
        """Events in all."""
        return sum(s.events for s in self.steps)

    def at(self, time: float) -> Fraction:
        """S(t)."""
        return next((s.survival for s in reversed(self.steps) if s.time <= time), Fraction(1))

    def at_risk(self, time: float) -> int:
        """How many are at risk at t, those censored or with the event at t included."""
        return next((s.at_risk for s in self.steps if s.time >= time), 0)


def kaplan_meier(observed: Iterable[Observation]) -> Curve:
    """The curve of some subjects; without any it has no step.

    Raises:
        ValueError: a time is negative.
    """
    known = tuple(observed)
    if any(o.time < 0 for o in known):
        raise ValueError("a follow-up time is negative")
    events = Counter(o.time for o in known if o.event)
    censored = Counter(o.time for o in known if not o.event)
    at_risk, survival, greenwood = len(known), Fraction(1), Fraction(0)
    steps = []
    for time in sorted(events.keys() | censored.keys()):
        d, c = events[time], censored[time]
        survival *= 1 - Fraction(d, at_risk)
        if d < at_risk:
            greenwood += Fraction(d, at_risk * (at_risk - d))
        lower, upper = _interval(survival, greenwood)
        error = float(survival) * math.sqrt(greenwood) if survival else None
        steps.append(Step(time, at_risk, d, c, survival, error, lower, upper))
        at_risk -= d + c
    return Curve(
        n=len(known),
        steps=tuple(steps),
        median=next((s.time for s in steps if s.survival <= HALF), None),
        median_lower=next((s.time for s in steps if s.lower is not None and s.lower <= HALF), None),
        median_upper=next((s.time for s in steps if s.upper is not None and s.upper <= HALF), None),
        thin_from=next((s.time for s in steps if s.at_risk < THIN), None),
    )


def _interval(survival: Fraction, greenwood: Fraction) -> tuple[float | None, float | None]:
    if survival in (0, 1):
        return None, None
    value = float(survival)
    spread = math.exp(Z95 * math.sqrt(greenwood) / abs(math.log(value)))
    return value**spread, value ** (1 / spread)
