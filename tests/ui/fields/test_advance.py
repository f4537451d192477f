from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import DataType, Kind
from ui.fields.advance import date_is_full, number_is_full, time_is_full

TODAY = date(2027, 6, 30)
INTEGER = DataType(Kind.INTEGER, 3)
DECIMAL = DataType(Kind.DECIMAL, 5, 1)


@pytest.mark.parametrize(
    "typed", ["t", "=", "T", "20270316", "2027-03-16", "270316", "+13w", "-2d", "２７０３１６"]
)
def test_whole_dates_are_full(typed: str) -> None:
    assert date_is_full(typed)


@pytest.mark.parametrize(
    "typed", ["", "1", "16", "031", "0316", "2027", "201706", "2027-03-1", "200112", "+13", "x"]
)
def test_what_may_go_on_is_not_full(typed: str) -> None:
    assert not date_is_full(typed)


def test_no_date_can_grow_out_of_a_full_one() -> None:
    """Whatever six digits count as full, two more digits never make a date."""
    for month in range(1, 13):
        for year in range(0, 100, 7):
            typed = f"{year:02}{month:02}15"
            if date_is_full(typed):
                for tail in range(100):
                    with pytest.raises(ValueRefused):
                        parse_date(f"{typed}{tail:02}", today=TODAY)


@pytest.mark.parametrize(("typed", "full"), [("0930", True), ("09:30", True), ("093", False)])
def test_times(typed: str, full: bool) -> None:
    assert time_is_full(typed) is full


@pytest.mark.parametrize(
    ("typed", "full"),
    [("76", True), ("30", False), ("31", True), ("7", False), ("128", True), ("400", True)],
)
def test_integers_with_a_highest_value(typed: str, full: bool) -> None:
    assert number_is_full(INTEGER, Decimal(300), typed) is full


def test_a_number_already_too_high_waits_for_its_typist() -> None:
    assert not number_is_full(INTEGER, Decimal(40), "41")


def test_without_a_range_only_length_counts() -> None:
    assert not number_is_full(INTEGER, None, "76")
    assert number_is_full(INTEGER, None, "760")


@pytest.mark.parametrize(("typed", "full"), [("72", False), ("72.", False), ("72.5", True)])
def test_decimals_are_full_when_their_decimals_are(typed: str, full: bool) -> None:
    assert number_is_full(DECIMAL, Decimal(300), typed) is full
