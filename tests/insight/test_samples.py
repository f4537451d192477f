"""Single samples and progression within 180 days."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.samples import sample_level
from tests.insight.cases import CONTINUED, PAUSED, going, progressed
from tests.insight.crowd import crowd


def cells(*members: object) -> tuple[int, int, int, int, int]:
    found = sample_level(members)  # type: ignore[arg-type]
    return found.tp, found.fp, found.tn, found.fn, found.subjects


def test_each_sample_is_judged_by_the_next_180_days() -> None:
    # last scan 2027-04-22: samples up to 2026-10-24 have 180 days: 4 negative, 2 positive
    assert cells(going(PAUSED)) == (0, 2, 4, 0, 1)
    # progression on 2026-10-01: from 2026-04-04 on a sample has it within 180 days
    assert cells(going(PAUSED, progressed("2026-10-01"))) == (2, 0, 2, 1, 1)
    assert cells(going(PAUSED, progressed("2026-07-21"))) == (0, 0, 2, 1, 1)


def test_a_sample_without_180_days_of_follow_up_is_left_out() -> None:
    assert sum(cells(going(PAUSED, "TODAY=2026-03-01"))[:4]) == 0


def test_no_denominator_gives_no_share() -> None:
    assert sample_level([going(CONTINUED)]).sensitivity is None
    assert sample_level([]).npv is None


def test_where_a_bootstrap_says_too_little_each_subject_counts_as_one_sample() -> None:
    one = sample_level([going(CONTINUED)]).npv
    assert one is not None
    assert one.n > 1
    # n of n by Clopper and Pearson: 0.025 to the power of 1/n, here of subjects
    assert (one.value, one.lower, one.upper) == (1.0, pytest.approx(0.025), 1.0)
    many = sample_level([going(CONTINUED)] * 20).npv
    assert many is not None
    assert (many.lower, many.upper) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    mixed = sample_level([going(CONTINUED), going(PAUSED)]).specificity
    assert mixed is not None
    assert 0 < mixed.lower < mixed.value < mixed.upper < 1


def test_the_interval_is_that_of_subjects_and_the_same_each_time() -> None:
    members = crowd(50).cohort.members
    one, other = sample_level(members), sample_level(members)
    assert one == other
    assert one.npv is not None
    assert one.npv.lower <= one.npv.value <= one.npv.upper
