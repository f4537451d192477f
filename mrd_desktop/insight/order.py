"""Quantiles of a few numbers with exact intervals from their order, whatever their distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Final

HALF: Final = Fraction(1, 2)
_TAIL: Final = 0.025


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile, interpolated linearly between neighbours (R's type 7).

    Attributes:
        lower, upper: observed values that hold it with at least 95 %; None where there are too few
            for a limit on that side.
    """

    n: int
    value: Fraction
    lower: int | None
    upper: int | None


def quantile(values: Sequence[int], share: Fraction = HALF) -> Quantile | None:
    """A quantile with its interval; None of no numbers."""
    if not values:
        return None
    ordered, n = sorted(values), len(values)
    place = (n - 1) * share
    low = int(place)
    high = min(low + 1, n - 1)
    value = ordered[low] + (place - low) * (ordered[high] - ordered[low])
    below = _below(n, float(share))
    first = max((k for k in range(1, n + 1) if below[k - 1] <= _TAIL), default=0)
    last = min((k for k in range(1, n + 1) if below[k - 1] >= 1 - _TAIL), default=0)
    lower = ordered[first - 1] if first else None
    return Quantile(n, Fraction(value), lower, ordered[last - 1] if last else None)


def _below(n: int, share: float) -> list[float]:
    """Probability that at most 0, 1, 2 ... of n fall below the quantile."""
    log_in, log_out, whole = math.log(share), math.log1p(-share), math.lgamma(n + 1)
    terms = (
        math.exp(
            whole - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * log_in + (n - k) * log_out
        )
        for k in range(n + 1)
    )
    return list(accumulate(terms))
