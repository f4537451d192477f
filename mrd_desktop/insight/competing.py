"""Cumulative incidence with competing risks, by Aalen and Johansen (section 3.6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

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
        error: standard error of ``incidence`` (delta method of Aalen and Johansen).
    """

    time: int
    at_risk: int
    events: int
    competing: int
    censored: int
    incidence: Fraction
    competing_incidence: Fraction
    error: float


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
    spread = _Spread()
    steps = []
    for time in sorted({o.time for o in known}):
        d, c, left = (counts[time, s] for s in (State.EVENT, State.COMPETING, State.CENSORED))
        before = free
        one += before * Fraction(d, at_risk)
        other += before * Fraction(c, at_risk)
        free *= 1 - Fraction(d + c, at_risk)
        error = spread.add(at_risk, d, d + c, float(before), float(one))
        steps.append(IncidenceStep(time, at_risk, d, c, left, one, other, error))
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
