"""What is derived at T0, and the conversion of the marker, counted by hand."""

from __future__ import annotations

from datetime import date

import pytest

from mrd_desktop.insight.baseline import baseline, marker_conversion
from tests.insight.cases import CONTINUED, PAUSED, going


def at_t0(subject: str, *edits: str) -> tuple[int | None, int | None, str | None, str | None]:
    scene, course = going(subject, *edits)
    found = baseline(scene, course.t0)
    return found.lines, found.anti_her2_days, found.hormone_receptor, found.oligo


def test_lines_days_receptor_and_spread() -> None:
    # 2021-11-22 to the day before 2025-10-20; the 20 days between the two lines belong to it
    days = (date(2025, 10, 19) - date(2021, 11, 22)).days + 1
    assert at_t0(PAUSED) == (1, days, "NEGATIVE", "N")
    days = (date(2025, 12, 2) - date(2022, 8, 2)).days + 1
    assert at_t0(CONTINUED) == (1, days, "POSITIVE", "Y")


@pytest.mark.parametrize(
    ("end", "left_out"), [("2022-04-01", 0), ("2022-03-31", 0), ("2022-03-30", 61)]
)
def test_a_gap_of_more_than_60_days_is_left_out(end: str, left_out: int) -> None:
    # the next line begins on 2022-05-31: gaps of 59, 60 and 61 days
    whole = (date(2025, 10, 19) - date(2021, 11, 22)).days + 1
    assert at_t0(PAUSED, f"PRT@SCR.ENDAT={end}")[1] == whole - left_out


def test_a_line_begun_after_t0_and_one_without_the_drugs_do_not_count() -> None:
    assert at_t0(PAUSED, "+PRT@SCR SETTING=ADV; LINENO=4; STDAT=2026-01-01; ONGO=Y")[0] == 1
    assert (
        at_t0(PAUSED, "+PRT@SCR SETTING=ADV; LINENO=3; STDAT=2022; ONGO=N; ENDAT=2022-06")[0] == 3
    )


def test_the_latest_metastasis_decides_on_the_receptor() -> None:
    metastasis = ("PATH#2.SPECDAT=2023-01-05", "PATH#2.SPECLOC=LIVER")
    rows = [f"BCH@SCR/{x}" for x in metastasis]
    assert at_t0(CONTINUED, *rows, "BCH@SCR/PATH#2.ERPCT=0", "BCH@SCR/PATH#2.PRPCT=0")[2] == (
        "NEGATIVE"
    )
    assert at_t0(CONTINUED, *rows)[2] == "POSITIVE"
    assert at_t0(PAUSED, *rows, "BCH@SCR/PATH#2.PRPCT=1")[2] == "POSITIVE"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((), None),
        (("TM@M12.CA153VAL=30",), (date(2026, 12, 2), False)),
        (("TM@M06.CA153VAL=30", "TM@UNS.CA153VAL=31"), (date(2026, 6, 4), True)),
        (("TM@M06.CA153VAL=30", "TM@M09.CA153VAL=31"), (date(2026, 6, 4), False)),
        (("TM@SCR.CA153VAL=30", "TM@W06.CA153VAL=30"), None),
    ],
)
def test_the_marker_converts_from_normal_to_high_after_t0(
    edits: tuple[str, ...], expected: tuple[date, bool] | None
) -> None:
    scene, course = going(CONTINUED, *edits)
    found = marker_conversion(scene, course.t0)
    assert (found and (found.day, found.confirmed)) == expected
