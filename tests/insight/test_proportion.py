"""Exact intervals against sums of the binomial distribution and printed tables."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.insight.proportion import beta_quantile, incomplete_beta, proportion


def tail(hits: int, n: int, p: float) -> float:
    """Probability of at least that many hits, summed exactly."""
    share = Fraction(p)
    return float(sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(hits, n + 1)))


@pytest.mark.parametrize(
    ("hits", "n", "lower", "upper"),
    [
        (0, 10, 0.0, 0.308497),
        (10, 10, 0.691503, 1.0),
        (5, 10, 0.187086, 0.812914),
        (1, 20, 0.001265, 0.248733),
        (81, 263, 0.252750, 0.367663),
    ],
)
def test_known_intervals(hits: int, n: int, lower: float, upper: float) -> None:
    found = proportion(hits, n)
    assert found is not None
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=1e-4)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_each_limit_leaves_two_and_a_half_per_cent(counts: tuple[int, int]) -> None:
    hits, n = counts
    found = proportion(hits, n)
    assert found is not None
    assert found.lower <= found.value <= found.upper
    if hits:
        assert tail(hits, n, found.lower) == pytest.approx(0.025, abs=1e-9)
    if hits < n:
        assert 1 - tail(hits + 1, n, found.upper) == pytest.approx(0.025, abs=1e-9)


def test_no_denominator_gives_no_proportion() -> None:
    assert proportion(0, 0) is None


@pytest.mark.parametrize(("hits", "n"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="count"):
        proportion(hits, n)


@given(st.floats(0.01, 0.99), st.integers(1, 200), st.integers(1, 200))
def test_the_quantile_is_the_inverse(p: float, a: int, b: int) -> None:
    assert incomplete_beta(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-9)
