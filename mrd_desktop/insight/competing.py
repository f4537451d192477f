"""Cumulative incidence with competing risks, by Aalen and Johansen (section 3.6)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from mrd_desktop.insight.kaplan_meier import Z95
from mrd_desktop.insight.outcome import State

RULE: Final = "3.6/1"


@dataclass(frozen=True, slots=True)
class Ended:
    """How long one subject was followed and how that ended."""

    time: int
    state: State


@dataclass(frozen=True, slots=True)
class IncidenceStep:
    """One distinct time.

    Attributes:
        incidence: probability of the event by this time.
        competing_incidence: probability of the competing event by this time.
        error, competing_error: standard errors (delta method of Aalen and Johansen).
    """

    time: int
    at_risk: int
    events: int
    competing: int
    censored: int
    incidence: Fraction
    competing_incidence: Fraction
    error: float
    competing_error: float

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 %, log(-log); None where it cannot be computed (the incidence is 0 or 1)."""
        return _interval(self.incidence, self.error)

    @property
    def competing_interval(self) -> tuple[float, float] | None:
        """The same of the competing event."""
        return _interval(self.competing_incidence, self.competing_error)


def _interval(incidence: Fraction, error: float) -> tuple[float, float] | None:
    if incidence in (0, 1):
        return None
    value = float(incidence)
    spread = math.exp(Z95 * error / (value * abs(math.log(value))))
    return value**spread, value ** (1 / spread)


def cumulative_incidence(observed: Iterable[Ended]) -> tuple[IncidenceStep, ...]:
    """The steps of the cumulative incidence, by time.

    Raises:
        ValueError: a time is negative.
    """
    known = tuple(observed)
    if any(o.time < 0 for o in known):
        raise ValueError("a follow-up time is negative")
    counts = Counter((o.time, o.state) for o in known)
    at_risk, free = len(known), Fraction(1)
    one, other = Fraction(0), Fraction(0)
    spread, other_spread = _Spread(), _Spread()
    steps = []
    for time in sorted({o.time for o in known}):
        d, c, left = (counts[time, s] for s in (State.EVENT, State.COMPETING, State.CENSORED))
        before = free
        one += before * Fraction(d, at_risk)
        other += before * Fraction(c, at_risk)
        free *= 1 - Fraction(d + c, at_risk)
        error = spread.add(at_risk, d, d + c, float(before), float(one))
        other_error = other_spread.add(at_risk, c, d + c, float(before), float(other))
        steps.append(IncidenceStep(time, at_risk, d, c, left, one, other, error, other_error))
        at_risk -= d + c + left
    return tuple(steps)


class _Spread:
    """Delta-method variance of the incidence (Marubini and Valsecchi, 1995), summed step by step.

    With F the incidence now and F(i) then, it sums (F - F(i))^2 a(i) + b(i) - 2 (F - F(i)) c(i);
    the powers of F are taken out, so that a step need not look back.
    """

    def __init__(self) -> None:
        self._a = self._a_then = self._a_then2 = self._b = self._c = self._c_then = 0.0

    def add(self, n: int, events: int, both: int, before: float, then: float) -> float:
        """Add a time; the standard error there."""
        a = both / (n * (n - both)) if n > both else 0.0
        c = before * events / (n * n)
        self._a += a
        self._a_then += a * then
        self._a_then2 += a * then * then
        self._b += before * before * (n - events) * events / n**3
        self._c += c
        self._c_then += c * then
        square = self._a * then * then - 2 * self._a_then * then + self._a_then2
        return float(max(square + self._b - 2 * (self._c * then - self._c_then), 0.0) ** 0.5)
