"""Single samples and progression within 180 days."""

from __future__ import annotations

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


def test_no_denominator_gives_no_share_and_one_subject_no_interval() -> None:
    found = sample_level([going(CONTINUED)])
    assert found.sensitivity is None
    assert found.specificity is not None
    assert (found.specificity.lower, found.specificity.upper) == (None, None)
    assert sample_level([]).npv is None


def test_the_interval_is_that_of_subjects_and_the_same_each_time() -> None:
    members = crowd(50).cohort.members
    one, other = sample_level(members), sample_level(members)
    assert one == other
    assert one.npv is not None
    assert one.npv.lower is not None
    assert one.npv.upper is not None
    assert one.npv.lower <= one.npv.value <= one.npv.upper
