"""Cumulative incidence with competing risks, by Aalen and Johansen (section 3.6)."""

from __future__ import annotations

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
    at_risk, free = len(known), Fraction(1)
    one, other = Fraction(0), Fraction(0)
    past: list[tuple[int, int, int, Fraction, Fraction]] = []
    steps = []
    for time in sorted({o.time for o in known}):
        states = [o.state for o in known if o.time == time]
        d, c = states.count(State.EVENT), states.count(State.COMPETING)
        before = free
        one += before * Fraction(d, at_risk)
        other += before * Fraction(c, at_risk)
        free *= 1 - Fraction(d + c, at_risk)
        past.append((at_risk, d, c, before, one))
        steps.append(
            IncidenceStep(time, at_risk, d, c, len(states) - d - c, one, other, _error(past, one))
        )
        at_risk -= len(states)
    return tuple(steps)


def _error(past: list[tuple[int, int, int, Fraction, Fraction]], now: Fraction) -> float:
    """Square root of the delta-method variance (Marubini and Valsecchi, 1995)."""
    total = 0.0
    for n, d, c, before, then in past:
        gap, both = float(now - then), d + c
        if n > both:
            total += gap * gap * both / (n * (n - both))
        total += float(before) ** 2 * (n - d) * d / n**3
        total -= 2 * gap * float(before) * d / (n * n)
    return float(max(total, 0.0) ** 0.5)
