"""Visits, tests and delays."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mrd_desktop.insight.compliance import compliance, delays, waiting
from tests.insight.cases import CONTINUED, PAUSED, progressed, seen


@pytest.mark.parametrize(
    ("kind", "counts"),
    [("SV", (7, 7, 6)), ("MRD", (7, 7, 6)), ("TM", (7, 7, 6)), ("TA", (6, 6, 5))],
)
def test_each_kind_counts_by_its_own_date(kind: str, counts: tuple[int, int, int]) -> None:
    found = compliance([seen(PAUSED)], kind)
    assert (found.expected, found.done, found.in_window) == counts


def test_a_sample_in_window_although_the_visit_was_not() -> None:
    scenes = [seen(PAUSED, "MRD@M15.SAMPDAT=2027-02-03")]
    assert compliance(scenes, "MRD").in_window == 7
    assert compliance(scenes, "SV").in_window == 6


def test_a_telephone_visit_counts_for_the_visit_not_for_the_tests() -> None:
    edits = ("SV@M12.STAT=PARTIAL", "SV@M12.MODE=TELEPHONE CALL", "-MRD@M12", "-TM@M12", "-TA@M12")
    scenes = [seen(PAUSED, *edits)]
    assert compliance(scenes, "SV").done == 7
    assert compliance(scenes, "MRD").missed == 1
    assert compliance(scenes, "TA").missed == 1


def test_nothing_is_expected_after_progression() -> None:
    found = compliance([seen(PAUSED, progressed("2026-12-01")), seen(CONTINUED)], "SV")
    assert found.expected == 5 + 7
    assert found.share_in_window is not None
    assert found.share_in_window.n == 12


def test_without_an_expected_visit_there_is_no_share() -> None:
    found = compliance([], "SV")
    assert found.share_done is None


def test_delays_of_a_conversion() -> None:
    found = delays(seen(PAUSED))
    assert len(found.report) == 10
    assert (found.report[0], found.decision, found.restart) == (18, (19,), (1,))
    assert found.problems == ()


def test_a_delay_that_runs_backwards_is_told_not_counted() -> None:
    found = delays(seen(PAUSED, "MRD@M03.RPTDAT=2026-01-10"))
    assert len(found.report) == 9
    assert [p.item for p in found.problems] == ["MRD.RPTDAT"]


def test_median_and_ninetieth_percentile() -> None:
    found = waiting([10, 20, 30, 40])
    assert found.median is not None
    assert found.ninetieth is not None
    assert (found.n, found.median.value, found.ninetieth.value) == (4, Fraction(25), Fraction(37))
    assert waiting([]).median is None
    assert found.median.lower is None
