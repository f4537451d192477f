"""Curves and tests against figures of R's survival package; small cases by hand."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.insight.comparison import (
    chi_square_tail,
    compare,
    hazard_ratio,
    log_rank,
)
from mrd_desktop.insight.competing import Ended, cumulative_incidence
from mrd_desktop.insight.kaplan_meier import Z95, Curve, Observation, kaplan_meier
from mrd_desktop.insight.outcome import State

FOLDER = Path(__file__).parents[1] / "vectors" / "survival"
EXPECTED: Mapping[str, Any] = json.loads((FOLDER / "expected_R.json").read_text("utf-8"))["results"]
CLOSE = 1e-6


def observations(case: Mapping[str, Any]) -> dict[str, list[Observation]]:
    """The groups of a case, in R's order of strata."""
    with (FOLDER / f"{case['dataset']}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by = case["group"] or None
    found: dict[str, list[Observation]] = {}
    for row in sorted(rows, key=lambda r: r[by] if by else ""):
        name = f"{by}={row[by]}" if by else "all"
        one = Observation(int(row[case["time"]]), row[case["status"]] == "1")
        found.setdefault(name, []).append(one)
    return found


def by_stratum(case: Mapping[str, Any]) -> dict[str, Curve]:
    return {name: kaplan_meier(found) for name, found in observations(case).items()}


@pytest.mark.parametrize("name", EXPECTED)
def test_curves_agree_with_r(name: str) -> None:
    case = EXPECTED[name]
    curves = by_stratum(case)
    for row in case["km_log-log"]["table"]:
        curve = curves[row["stratum"]]
        assert (curve.n, curve.events) == (row["records"], row["events"])
        told = (curve.median, curve.median_lower, curve.median_upper)
        assert told == tuple(row[k] for k in ("median", "lcl", "ucl"))
    for row in case["km_log-log"]["at_times"]:
        curve = curves[row["stratum"]]
        step = next(s for s in reversed(curve.steps) if s.time <= row["time"])
        assert curve.at_risk(row["time"]) == row["n_risk"]
        assert float(curve.at(row["time"])) == pytest.approx(row["surv"], abs=CLOSE)
        mine, theirs = (step.error, step.lower, step.upper), (row["se"], row["lower"], row["upper"])
        if step.survival:
            assert mine == pytest.approx(theirs, abs=CLOSE)
        else:
            assert mine == theirs == (None, None, None)


@pytest.mark.parametrize("name", [n for n in EXPECTED if "logrank" in EXPECTED[n]])
def test_the_log_rank_test_agrees_with_r(name: str) -> None:
    case = EXPECTED[name]
    test, theirs = log_rank(observations(case)), case["logrank"]
    assert test is not None
    assert test.chi2 == pytest.approx(theirs["chisq"], rel=CLOSE)
    assert test.df == theirs["df"]
    assert test.p == pytest.approx(theirs["p"], rel=CLOSE)
    assert list(test.observed.values()) == theirs["observed"]
    assert list(test.expected.values()) == pytest.approx(theirs["expected"], rel=CLOSE)


def ratios() -> list[tuple[str, Any]]:
    found = []
    for name, case in EXPECTED.items():
        one = case.get("cox_efron", {}).get("coefficients", [])
        if len(one) == 1 and len(observations(case)) == 2:
            found.append((name, one[0]))
    return found


@pytest.mark.parametrize(("name", "theirs"), ratios())
def test_hazard_ratios_agree_with_r(name: str, theirs: Mapping[str, Any]) -> None:
    mine = hazard_ratio(observations(EXPECTED[name]))
    assert mine is not None
    assert mine.ratio == pytest.approx(theirs["hr"], rel=CLOSE)
    assert math.log(mine.ratio) == pytest.approx(theirs["coef"], abs=CLOSE)
    assert mine.lower == pytest.approx(theirs["lower"], rel=CLOSE)
    assert mine.upper == pytest.approx(theirs["upper"], rel=CLOSE)
    error = math.log(mine.upper / mine.lower) / (2 * Z95)
    assert error == pytest.approx(theirs["se"], abs=CLOSE)


def curve(*times: int, censored: Sequence[int] = ()) -> Curve:
    known = [Observation(t, True) for t in times] + [Observation(t, False) for t in censored]
    return kaplan_meier(known)


def test_one_censored_at_an_event_time_counts_as_at_risk() -> None:
    found = curve(5, censored=[5, 5, 9])
    assert [(s.at_risk, s.events, s.censored, s.survival) for s in found.steps] == [
        (4, 1, 2, Fraction(3, 4)),
        (1, 0, 1, Fraction(3, 4)),
    ]


def test_the_median_is_the_smallest_time_with_half_or_less() -> None:
    assert curve(1, 2, 3, 4).median == 2
    assert curve(1, censored=[2, 3]).median is None
    assert curve().median is None


def test_a_median_of_a_curve_that_falls_at_once_has_no_limits() -> None:
    """R gives NA for both: at S = 0 there is no limit to cross one half."""
    for found in (curve(10), curve(*[10] * 10)):
        assert (found.median, found.median_lower, found.median_upper) == (10, None, None)


def test_a_curve_without_variance_has_no_interval() -> None:
    found = curve(2, censored=[1])
    assert [(s.lower, s.upper) for s in found.steps] == [(None, None), (None, None)]


def test_the_curve_says_from_when_fewer_than_five_are_at_risk() -> None:
    assert curve(1, 2, 3, 4, 5, 6).thin_from == 3
    assert curve(1, 1, 1, 1, 1).thin_from is None


def test_negative_times_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        curve(-1)
    with pytest.raises(ValueError, match="negative"):
        cumulative_incidence([Ended(-1, State.EVENT)])


@pytest.mark.parametrize(("events", "shown"), [(9, False), (10, True)])
def test_nothing_is_compared_below_ten_events(events: int, shown: bool) -> None:
    first = [Observation(t, True) for t in range(1, events)]
    second = [Observation(4, True), Observation(41, False)]
    found = compare({"a": first, "b": second})
    assert (found.events, found.too_few) == (events, not shown)
    assert (found.log_rank is not None, found.hazard_ratio is not None) == (shown, shown)


@pytest.mark.parametrize(
    "groups",
    [
        # The one of group a has left on day 1, before the first event: never at risk together.
        {
            "a": [Observation(1, False)],
            "b": [Observation(t, True) for t in range(50, 170, 10)],
        },
        # Everybody at risk has the event on the same day: nobody is left to differ.
        {"a": [Observation(5, True)] * 6, "b": [Observation(5, True)] * 6},
    ],
)
def test_groups_that_no_event_tells_apart_are_not_compared(
    groups: Mapping[str, Sequence[Observation]],
) -> None:
    found = compare(groups)
    assert (found.events, found.too_few) == (12, False)
    assert found.log_rank is found.hazard_ratio is None
    assert log_rank(groups) is None


def test_a_hazard_ratio_that_runs_away_is_not_shown() -> None:
    early = [Observation(t, True) for t in range(1, 9)]
    late = [Observation(t, True) for t in range(20, 29)]
    assert hazard_ratio({"a": early, "b": late}) is None
    assert hazard_ratio({"a": early, "b": [Observation(9, False)]}) is None


def test_a_finite_hazard_ratio_is_found_where_undamped_steps_run_away() -> None:
    many = [Observation(t, True) for t in range(10, 121, 10)] + [Observation(800, False)] * 288
    few = [Observation(105, True), Observation(800, False)]
    found, turned = hazard_ratio({"a": many, "b": few}), hazard_ratio({"a": few, "b": many})
    assert found is not None
    assert turned is not None
    assert found.lower < found.ratio < found.upper
    assert found.ratio * turned.ratio == pytest.approx(1)
    assert found.ratio == pytest.approx(13.33, abs=0.01)


def test_one_group_is_not_compared() -> None:
    many = [Observation(t, True) for t in range(20)]
    assert compare({"a": many, "b": []}).too_few


@pytest.mark.parametrize(
    ("value", "df", "p"),
    [(3.841458820694124, 1, 0.05), (5.991464547107979, 2, 0.05), (7.814727903251179, 3, 0.05)],
)
def test_the_tail_of_chi_square(value: float, df: int, p: float) -> None:
    assert chi_square_tail(value, df) == pytest.approx(p, abs=1e-12)


def test_cumulative_incidence_by_hand() -> None:
    ended = [
        Ended(1, State.EVENT),
        Ended(2, State.COMPETING),
        Ended(3, State.CENSORED),
        Ended(4, State.EVENT),
    ]
    steps = cumulative_incidence(ended)
    assert [(s.incidence, s.competing_incidence) for s in steps] == [
        (Fraction(1, 4), Fraction(0)),
        (Fraction(1, 4), Fraction(1, 4)),
        (Fraction(1, 4), Fraction(1, 4)),
        (Fraction(3, 4), Fraction(1, 4)),
    ]


TIMES = st.lists(st.tuples(st.integers(0, 60), st.sampled_from(list(State))), max_size=40)


@given(TIMES)
def test_survival_never_rises_and_stays_between_0_and_1(found: list[tuple[int, State]]) -> None:
    steps = kaplan_meier(Observation(t, s is State.EVENT) for t, s in found).steps
    values = [Fraction(1), *(s.survival for s in steps)]
    assert all(0 <= b <= a <= 1 for a, b in pairwise(values))
    assert sum(s.events + s.censored for s in steps) == len(found)
    for s in steps:
        if s.lower is not None and s.upper is not None:
            assert s.lower <= s.survival <= s.upper


@given(TIMES)
def test_incidences_and_survival_add_up_to_one(found: list[tuple[int, State]]) -> None:
    steps = cumulative_incidence(Ended(t, s) for t, s in found)
    free = kaplan_meier(Observation(t, s is not State.CENSORED) for t, s in found)
    for step in steps:
        assert step.incidence + step.competing_incidence + free.at(step.time) == 1


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=40))
def test_without_competing_events_the_errors_are_greenwoods(found: list[tuple[int, bool]]) -> None:
    steps = cumulative_incidence(Ended(t, State.EVENT if e else State.CENSORED) for t, e in found)
    free = kaplan_meier(Observation(t, e) for t, e in found)
    for mine, greenwood in zip(steps, free.steps, strict=True):
        if greenwood.survival:
            assert mine.error == pytest.approx(greenwood.error, abs=1e-9)
