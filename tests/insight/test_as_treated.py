"""Person-time by status, counted by hand, and exact intervals of rates."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.as_treated import poisson_interval, rates
from mrd_desktop.insight.pfs import progression_free_survival
from tests.insight.cases import CONTINUED, PAUSED, going, progressed


def counted(*members: object) -> dict[str, tuple[int, int]]:
    return {r.status: (r.days, r.events) for r in rates(members)}  # type: ignore[arg-type]


def test_days_are_split_where_the_status_changes() -> None:
    # 2025-10-20 to 2026-08-20: 304 days off; from there to the last scan on 2027-04-22: 246
    assert counted(going(PAUSED)) == {
        "INTERMISSION": (304, 0),
        "CONTINUE": (0, 0),
        "RESUMED": (246, 0),
    }


def test_all_days_are_those_of_pfs() -> None:
    members = [going(PAUSED), going(CONTINUED)]
    times = [progression_free_survival(*m) for m in members]
    assert sum(r.days for r in rates(members)) == sum(t.days for t in times if t)


def test_a_dose_without_a_resumption_form_ends_the_days_of_the_intermission() -> None:
    """304 days from T0 to the first dose of 2026-08-20, 246 to the last scan of 2027-04-22."""
    found = {r.status: r.days for r in rates([going(PAUSED, "-*RES", "-*CONV")])}
    assert (found["INTERMISSION"], found["RESUMED"]) == (304, 246)


def test_an_event_counts_for_the_status_of_the_day_before() -> None:
    same_day = going(PAUSED, progressed("2026-08-20"))
    assert counted(same_day)["INTERMISSION"] == (304, 1)
    assert counted(same_day)["RESUMED"] == (1, 0)
    later = going(PAUSED, progressed("2026-08-21"))
    assert counted(later)["RESUMED"][1] == 1


def test_without_a_day_there_is_no_rate() -> None:
    for rate in rates([]):
        assert (rate.days, rate.per_100_years, rate.lower) == (0, None, None)
    (off, *_) = rates([going(PAUSED)])
    assert off.per_100_years == 0
    assert off.upper == pytest.approx(3.688879454 * 36525 / 304)


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [
        (0, 0, 3.688879),
        (1, 0.025318, 5.571643),
        (10, 4.795389, 18.390356),
        (100, 81.36399, 121.62679),
    ],
)
def test_exact_intervals_of_counts(events: int, low: float, high: float) -> None:
    assert poisson_interval(events) == pytest.approx((low, high), abs=1e-4)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        poisson_interval(-1)
