"""Comparing groups: log-rank test and hazard ratio. Descriptive only: patients chose their group.

With fewer than 10 events in all nothing is compared (section 3.10 of the reference).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mrd_desktop.insight.kaplan_meier import Z95, Observation

RULE: Final = "3.10/2"
ENOUGH: Final = 10
"""Events in all below which no comparison is shown."""
_ROUNDS: Final = 200
_CLOSE: Final = 1e-12
_LEAP: Final = 1.0
"""Longest step in the logarithm of the hazard ratio: longer ones overshoot a flat likelihood."""


@dataclass(frozen=True, slots=True)
class LogRank:
    """Result of a log-rank test.

    Attributes:
        expected: events expected in each group if all had the same hazard.
    """

    chi2: float
    df: int
    p: float
    observed: Mapping[str, int]
    expected: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """Hazard of the second group over that of the first (Cox, ties by Efron), 95 % by Wald."""

    ratio: float
    lower: float
    upper: float
    n: int
    events: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both, or None with ``too_few`` events (or groups) to compare.

    With enough events both are None too where no event tells the groups apart: they were never at
    risk together, or all who were had it on one day.
    """

    n: int
    events: int
    too_few: bool
    log_rank: LogRank | None
    hazard_ratio: HazardRatio | None


Groups = Mapping[str, Sequence[Observation]]


def compare(groups: Groups) -> Comparison:
    """Compare two groups; nothing is computed below 10 events or with an empty group."""
    members = {name: tuple(found) for name, found in groups.items() if found}
    n = sum(map(len, members.values()))
    events = sum(o.event for found in members.values() for o in found)
    if events < ENOUGH or len(members) < 2:
        return Comparison(n, events, True, None, None)
    test = log_rank(members)
    ratio = hazard_ratio(members) if test and len(members) == 2 else None
    return Comparison(n, events, False, test, ratio)


def log_rank(groups: Groups) -> LogRank | None:
    """The log-rank test of two or more groups; None where the difference has no variance.

    Raises:
        ValueError: fewer than two groups, or no event.
    """
    names = list(groups)
    times = sorted({o.time for found in groups.values() for o in found if o.event})
    if len(names) < 2 or not times:
        raise ValueError("a comparison needs two groups and an event")
    expected = dict.fromkeys(names, 0.0)
    size = len(names) - 1
    variance = [[0.0] * size for _ in range(size)]
    for time in times:
        risk = [sum(o.time >= time for o in groups[g]) for g in names]
        events = sum(o.time == time and o.event for g in names for o in groups[g])
        n = sum(risk)
        for name, r in zip(names, risk, strict=True):
            expected[name] += events * r / n
        spread = events * (n - events) / (n * n * (n - 1)) if n > 1 else 0.0
        for i in range(size):
            for j in range(size):
                variance[i][j] += spread * risk[i] * ((n if i == j else 0) - risk[j])
    observed = {g: sum(o.event for o in groups[g]) for g in names}
    excess = [observed[g] - expected[g] for g in names[:-1]]
    solved = _solve(variance, excess)
    if solved is None:
        return None
    chi2 = sum(a * b for a, b in zip(excess, solved, strict=True))
    return LogRank(chi2, size, chi_square_tail(chi2, size), observed, expected)


def chi_square_tail(value: float, df: int) -> float:
    """Probability that a chi-square variable with ``df`` degrees of freedom exceeds a value."""
    half = max(value, 0.0) / 2
    if df % 2:
        term, total, k = 2 * math.sqrt(half / math.pi) * math.exp(-half), 0.0, 1.5
        total = math.erfc(math.sqrt(half))
    else:
        term, total, k = math.exp(-half), 0.0, 1.0
    while k <= df / 2:
        total += term
        term *= half / k
        k += 1
    return total


def hazard_ratio(groups: Groups) -> HazardRatio | None:
    """The hazard ratio of exactly two groups, None where none is finite.

    That is so where a group never had an event while the other was at risk: the likelihood then
    rises (or falls) without end.

    Raises:
        ValueError: there are not two groups.
    """
    if len(groups) != 2:
        raise ValueError("a hazard ratio needs two groups")
    first, second = groups.values()
    if not (_told(first, second) and _told(second, first)):
        return None
    beta, information = 0.0, 1.0
    low, high = -math.inf, math.inf
    for _ in range(_ROUNDS):
        score, information = _efron(first, second, math.exp(beta))
        step = score / information
        if abs(step) < _CLOSE:
            break
        low, high = (beta, high) if step > 0 else (low, beta)
        beta += max(-_LEAP, min(_LEAP, step))
        if not low < beta < high:
            beta = (low + high) / 2
    half = Z95 / math.sqrt(information)
    return HazardRatio(
        math.exp(beta),
        math.exp(beta - half),
        math.exp(beta + half),
        len(first) + len(second),
        sum(o.event for o in (*first, *second)),
    )


def _told(one: Sequence[Observation], other: Sequence[Observation]) -> bool:
    """Whether a group had an event while somebody of the other one was at risk."""
    last = max((o.time for o in other), default=-1)
    return any(o.event and o.time <= last for o in one)


def _efron(
    first: Sequence[Observation], second: Sequence[Observation], hazard: float
) -> tuple[float, float]:
    """Score and information of the Cox likelihood for membership of the second group."""
    score = information = 0.0
    for time in sorted({o.time for o in (*first, *second) if o.event}):
        d1 = sum(o.event and o.time == time for o in first)
        d2 = sum(o.event and o.time == time for o in second)
        r1 = sum(o.time >= time for o in first)
        r2 = sum(o.time >= time for o in second) * hazard
        d = d1 + d2
        score += d2
        for k in range(d):
            left = k / d
            share2 = r2 - left * d2 * hazard
            share = share2 / (r1 - left * d1 + share2)
            score -= share
            information += share * (1 - share)
    return score, information


def _solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float] | None:
    """Solution of a small linear system, by elimination with pivots; None without a single one."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        if abs(rows[i][i]) < _CLOSE:
            return None
        for r in range(size):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] for i in range(size)]
