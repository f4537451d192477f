"""Proportions with exact (Clopper-Pearson) 95 % intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

RULE: Final = "3.8/1"
_TAIL: Final = 0.025
_TINY: Final = 1e-300
_CLOSE: Final = 1e-15
_ROUNDS: Final = 500
_HALVINGS: Final = 200


@dataclass(frozen=True, slots=True)
class Proportion:
    """``hits`` of ``n``, with the interval. Never made without a denominator."""

    hits: int
    n: int
    value: Fraction
    lower: float
    upper: float


def proportion(hits: int, n: int) -> Proportion | None:
    """A share with its exact 95 % interval; None where the denominator is zero.

    Raises:
        ValueError: the counts are impossible.
    """
    if not 0 <= hits <= n:
        raise ValueError("a count is negative or larger than its total")
    if n == 0:
        return None
    lower, upper = exact_interval(hits, n)
    return Proportion(hits, n, Fraction(hits, n), lower, upper)


def exact_interval(hits: float, n: float) -> tuple[float, float]:
    """The exact 95 % interval of ``hits`` of ``n``; an effective size need not be whole."""
    lower = 0.0 if hits == 0 else beta_quantile(_TAIL, hits, n - hits + 1)
    upper = 1.0 if hits == n else beta_quantile(1 - _TAIL, hits + 1, n - hits)
    return lower, upper


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x in [0, 1] at which the regularised incomplete beta function is p, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if incomplete_beta(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), 0 <= x <= 1, a and b positive."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    # the continued fraction converges fast only left of the mean
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front += a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method for the continued fraction of the incomplete beta function."""
    c, d = 1.0, _away(1 - (a + b) * x / (a + 1))
    d = 1 / d
    total = d
    for m in range(1, _ROUNDS):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + top * d)
            c = _away(1 + top / c)
            total *= d * c
        if abs(d * c - 1) < _CLOSE:
            break
    return total


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
