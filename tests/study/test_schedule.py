"""Visit windows: the expected ones of the study, and the rules around their edges."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.study.address import EventKey
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.study.schedule import (
    add_months,
    follow_up_windows,
    planned_forms,
    study_day,
    window,
    windows,
)
from tests.study.stories import records, scene

# Section 5.7 of the CRF reference: target, opens, closes, done, in window.
EXPECTED = {
    "01-002": """
        W06 2025-12-01 2025-11-24 2025-12-08 2025-12-02 Y
        M03 2026-01-20 2026-01-06 2026-02-03 2026-01-20 Y
        M06 2026-04-20 2026-04-06 2026-05-04 2026-04-21 Y
        M09 2026-07-20 2026-07-06 2026-08-03 2026-07-21 Y
        M12 2026-10-20 2026-10-06 2026-11-03 2026-10-22 Y
        M15 2027-01-20 2027-01-06 2027-02-03 2027-02-08 N
        M18 2027-04-20 2027-04-06 2027-05-04 2027-04-22 Y""",
    "01-004": """
        W06 2026-01-14 2026-01-07 2026-01-21 2026-01-14 Y
        M03 2026-03-03 2026-02-17 2026-03-17 2026-03-04 Y
        M06 2026-06-03 2026-05-20 2026-06-17 2026-06-04 Y
        M09 2026-09-03 2026-08-20 2026-09-17 2026-09-02 Y
        M12 2026-12-03 2026-11-19 2026-12-17 2026-12-02 Y
        M15 2027-03-03 2027-02-17 2027-03-17 2027-03-04 Y
        M18 2027-06-03 2027-05-20 2027-06-17 2027-06-03 Y""",
}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(cached=False)


def log(form: str, **items: str) -> dict[str, Any]:
    return {"form": form, "visit": "EOS" if form == "EOS" else "LOG", "items": items}


@pytest.mark.parametrize("subject", EXPECTED)
def test_windows_are_the_expected_ones(study: Study, subject: str) -> None:
    counted = [v for v in windows(scene(study, subject)) if v.expected]
    found = [
        f"{v.event.oid} {v.window.target} {v.window.opens} {v.window.closes} {v.done} "
        + ("Y" if v.in_window else "N")
        for v in counted
    ]
    assert found == [line.strip() for line in EXPECTED[subject].strip().splitlines()]
    assert not any(v.missed for v in counted)


def test_nobody_has_windows_before_the_choice(study: Study) -> None:
    assert windows(scene(study, "01-001")) == ()


def test_screening_lasts_as_long_as_its_parameter(study: Study) -> None:
    due = window(study.by_event["SCR"], date(2026, 3, 31))
    assert due is not None
    assert (due.closes - due.opens).days == study.parameters["SCRWIN"]
    assert due.closes == date(2026, 3, 31)


def test_events_without_target_have_no_window(study: Study) -> None:
    for oid in ("UNS", "SFU", "LOG", "EOS"):
        assert window(study.by_event[oid], date(2026, 3, 31)) is None


def test_months_keep_the_day_or_take_the_last_one() -> None:
    assert add_months(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert add_months(date(2027, 11, 30), 3) == date(2028, 2, 29)
    assert add_months(date(2025, 12, 31), 6) == date(2026, 6, 30)
    assert add_months(date(2025, 10, 20), 15) == date(2027, 1, 20)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(-60, 240))
def test_months_move_the_month_and_never_the_day_forward(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year - day.year) * 12 + moved.month - day.month == months
    assert moved.day <= day.day
    assert moved.day == day.day or add_months(moved.replace(day=1), 1).toordinal() == (
        moved.toordinal() + 1
    )


def test_a_missed_visit_counts_and_one_still_open_does_not(study: Study) -> None:
    without = [r for r in records("01-002") if r["visit"] != "M12"]
    visits = {v.event.oid: v for v in windows(scene(study, "01-002", without))}
    assert visits["M12"].missed
    assert not visits["M21"].expected and not visits["M21"].missed


@pytest.mark.parametrize(
    ("ended", "last"),
    [
        (log("PD", PDDAT="2026-11-03"), "M12"),
        (log("PD", PDDAT="2026-10-21"), "M09"),  # a day before M12, whose window was still open
        (log("PD", PDDAT="2026-10-22"), "M12"),  # M12 was done that day
        (log("DTH", DTHDAT="2027-02-02"), "M12"),
        (log("DTH", DTHDAT="2027-02-03"), "M15"),
        (log("EOS", DSSTDAT="2027-05-04"), "M18"),
        (log("EOS", DSSTDAT="2027-04-21"), "M15"),
    ],
)
def test_what_ends_the_schedule(study: Study, ended: dict[str, Any], last: str) -> None:
    visits = windows(scene(study, "01-002", [*records("01-002"), ended]))
    assert [v.event.oid for v in visits if v.expected][-1] == last


def test_a_death_known_to_the_month_is_taken_on_its_15th_but_after_the_last_visit(
    study: Study,
) -> None:
    def counted(died: str) -> list[str]:
        given = [*records("01-002"), log("DTH", DTHDAT=died)]
        return [v.event.oid for v in windows(scene(study, "01-002", given)) if v.expected]

    assert counted("2027-02")[-1] == "M18"  # seen on 2027-04-22: the 15th of February is over
    assert counted("2027-06")[-1] == "M18"
    early = [r for r in records("01-002") if r["visit"] not in ("M15", "M18")]
    given = [*early, log("DTH", DTHDAT="2027-02")]
    assert [v.event.oid for v in windows(scene(study, "01-002", given)) if v.missed] == ["M15"]


def test_survival_follow_up_starts_after_progression(study: Study) -> None:
    assert follow_up_windows(scene(study, "01-002")) == ()
    given = [*records("01-002"), log("PD", PDDAT="2026-08-31")]
    due = follow_up_windows(scene(study, "01-002", given))
    assert [w.target for w in due] == [date(2027, 2, 28), date(2027, 8, 31)]
    assert (due[0].opens, due[0].closes) == (date(2027, 1, 29), date(2027, 3, 30))


def test_survival_follow_up_ends_with_death(study: Study) -> None:
    given = [
        *records("01-002"),
        log("PD", PDDAT="2026-08-31"),
        log("DTH", DTHDAT="2027-01-15"),
    ]
    assert follow_up_windows(scene(study, "01-002", given)) == ()


def test_lvef_is_planned_every_three_months_only_on_treatment(study: Study) -> None:
    off, on = scene(study, "01-002"), scene(study, "01-004")
    assert "CV" not in planned_forms(off, EventKey("01-002", "M03"))
    assert "CV" in planned_forms(off, EventKey("01-002", "M06"))
    assert "CV" in planned_forms(on, EventKey("01-004", "M03"))
    resumed = EventKey("01-002", "M15")  # treatment was resumed before month 15
    assert "CV" in planned_forms(off, resumed)


def test_days_outside_a_window(study: Study) -> None:
    due = window(study.by_event["M15"], date(2025, 10, 20))
    assert due is not None
    assert due.days_outside(date(2027, 2, 8)) == 5
    assert due.days_outside(date(2027, 2, 3)) == 0
    assert due.days_outside(date(2027, 1, 5)) == 1


@pytest.mark.parametrize(
    ("day", "counted"),
    [
        (date(2025, 10, 19), -1),
        (date(2025, 10, 20), 1),
        (date(2025, 10, 21), 2),
        (date(2026, 10, 22), 368),
    ],
)
def test_the_first_day_of_the_study_is_t0_and_none_is_day_zero(day: date, counted: int) -> None:
    assert study_day(date(2025, 10, 20), day) == counted
