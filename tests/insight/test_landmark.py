"""What a negative sample at a landmark says of the time after it."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.landmark import after_negative
from tests.insight.cases import CONTINUED, PAUSED, going, progressed


def test_progression_after_a_negative_sample_lowers_the_value() -> None:
    late = going(PAUSED, progressed("2027-04-22"))
    curve = after_negative([late, going(CONTINUED)], "M06")
    assert [(s.time, s.events, s.at_risk) for s in curve.steps] == [(366, 1, 1)]
    curve = after_negative([late, going(CONTINUED)], "M12")
    assert [(s.time, s.events, s.at_risk) for s in curve.steps] == [(182, 1, 2), (183, 0, 1)]
    assert curve.at(181) == 1
    assert float(curve.at(182)) == 0.5


@pytest.mark.parametrize(
    "edit",
    ["MRD@M12.RESULT=FAILED", "MRD@M12.SAMPDAT=", "-MRD@M12", progressed("2026-10-22")],
)
def test_only_a_negative_sample_before_progression_opens_a_landmark(edit: str) -> None:
    assert after_negative([going(PAUSED, edit)], "M12").n == 0


@pytest.mark.parametrize(("second", "n"), [("NEGATIVE", 1), ("POSITIVE", 0)])
def test_a_repeated_sample_counts_for_its_visit(second: str, n: int) -> None:
    again = f"+MRD@M12 PERF=Y; SAMPDAT=2026-10-28; RESULT={second}"
    found = after_negative([going(PAUSED, "MRD@M12.RESULT=FAILED", again)], "M12")
    assert found.n == n
    assert [s.time for s in found.steps] == [176] * n
