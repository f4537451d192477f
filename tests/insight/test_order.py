"""Quantiles and the exact intervals of their order statistics."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.insight.order import quantile


@pytest.mark.parametrize(
    ("n", "lower", "upper"),
    [(5, None, None), (6, 1, 6), (9, 2, 8), (10, 2, 9), (15, 4, 12), (20, 6, 15)],
)
def test_the_interval_of_a_median_by_the_sign_test(
    n: int, lower: int | None, upper: int | None
) -> None:
    found = quantile(range(1, n + 1))
    assert found is not None
    assert (found.lower, found.upper) == (lower, upper)


def test_a_quantile_between_neighbours() -> None:
    found = quantile([40, 10, 30, 20], Fraction(9, 10))
    assert found is not None
    assert (found.n, found.value, found.upper) == (4, 37, None)
    assert quantile([]) is None


def test_thousands_do_not_overflow() -> None:
    found = quantile(range(7000))
    assert found is not None
    assert found.lower == pytest.approx(3417, abs=2)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.sampled_from([0.5, 0.9]))
def test_the_interval_holds_at_least_95_per_cent(values: list[int], share: float) -> None:
    n = len(values)
    found = quantile(range(n), Fraction(share).limit_denominator(10))
    assert found is not None
    low = -1 if found.lower is None else found.lower
    high = n if found.upper is None else found.upper
    held = sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(low + 1, high + 1))
    assert held >= 0.95 - 1e-9
