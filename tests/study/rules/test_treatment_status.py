"""Treatment status on a day."""

from __future__ import annotations

from datetime import date

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules.treatment_status import periods, status_on
from tests.study.edits import edited

SECOND = "+GS@LOG GSDAT=2027-01-10; FROM=CONTINUE; TO=INTERMISSION"


def status(subject: str, day: str, *edits: str) -> str | None:
    return status_on(edited(load_study(), subject, edits), date.fromisoformat(day))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-10-19", None),
        ("2025-10-20", "INTERMISSION"),
        ("2026-08-19", "INTERMISSION"),
        ("2026-08-20", "RESUMED"),
        ("2027-06-30", "RESUMED"),
    ],
)
def test_an_intermission_ends_with_the_resumption(day: str, expected: str | None) -> None:
    assert status("01-002", day) == expected


@pytest.mark.parametrize(
    ("day", "expected"), [("2027-03-09", "CONTINUE"), ("2027-03-10", "INTERMISSION")]
)
def test_a_group_change_counts_from_its_day(day: str, expected: str) -> None:
    assert status("01-004", day) == expected


def test_a_second_intermission_lasts_until_the_second_resumption() -> None:
    again = "+RES@LOG RESDAT=2027-03-01"
    assert status("01-002", "2027-01-09", SECOND, again) == "RESUMED"
    assert status("01-002", "2027-01-10", SECOND, again) == "INTERMISSION"
    assert status("01-002", "2027-03-01", SECOND, again) == "RESUMED"


def test_a_resumption_of_the_continued_group_changes_nothing() -> None:
    assert status("01-004", "2026-12-31", "+RES@LOG RESDAT=2026-05-01") == "CONTINUE"


def test_periods_follow_each_other_without_a_gap() -> None:
    found = periods(edited(load_study(), "01-002", (SECOND,)))
    assert [p.status for p in found] == ["INTERMISSION", "RESUMED", "INTERMISSION"]
    assert [p.end for p in found] == [*(p.start for p in found[1:]), None]


def test_a_subject_without_a_choice_has_no_status() -> None:
    assert periods(edited(load_study(), "01-001", ())) == ()
