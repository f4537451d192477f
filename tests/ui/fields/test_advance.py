from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.limits import ANY, Range
from mrd_desktop.study.model import DataType, Kind
from ui.fields.advance import date_is_full, number_is_full, time_is_full

TODAY = date(2027, 6, 30)
INTEGER = DataType(Kind.INTEGER, 3)
DECIMAL = DataType(Kind.DECIMAL, 5, 1)


@pytest.mark.parametrize(
    "typed",
    [
        *("t", "=", "T", "20270316", "2027-03-16", "2027-3-16", "270316", "+13w", "-2d"),
        *("２７０３１６", "2027年3月16日", "3月16日", "16日", "今天", "＋３周", "2017年UN月UN日"),
    ],
)
def test_whole_dates_are_full(typed: str) -> None:
    assert date_is_full(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("", "1", "16", "031", "0316", "2027", "201706", "2027-03-1", "200112", "+13", "x"),
        *("UN", "2027年", "2027年3月", "日", "2027-3-"),
    ],
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


@pytest.mark.parametrize(
    ("typed", "full"),
    [("0930", True), ("09:30", True), ("9:30", True), ("093", False), ("9:3", False)],
)
def test_times(typed: str, full: bool) -> None:
    assert time_is_full(typed) is full


def test_the_range_says_when_an_integer_is_full() -> None:
    legal = Range(Decimal(60), Decimal(300))
    expected = {
        "76": True,
        "30": False,  # 300
        "31": True,  # 310 and more are too high
        "7": False,
        "128": True,
        "400": True,
        "5": True,  # 50 to 59 are too low, 500 and more too high
    }
    assert {t: number_is_full(INTEGER, legal, t) for t in expected} == expected


def test_without_a_range_only_length_counts() -> None:
    assert not number_is_full(INTEGER, ANY, "76")
    assert number_is_full(INTEGER, ANY, "760")
    assert not number_is_full(DECIMAL, ANY, "7600")


@pytest.mark.parametrize(("typed", "full"), [("72", False), ("72.", False), ("72.5", True)])
def test_decimals_are_full_when_their_decimals_are(typed: str, full: bool) -> None:
    assert number_is_full(DECIMAL, Range(high=Decimal(300)), typed) is full


def test_a_number_below_zero_is_judged_by_the_other_end() -> None:
    strain = Range(Decimal(-35), Decimal(0))
    assert not number_is_full(DECIMAL, strain, "-3")
    assert number_is_full(DECIMAL, strain, "-36")
    assert number_is_full(DECIMAL, strain, "3")
    assert not number_is_full(DECIMAL, strain, "-")


# -- nothing is left too early, nothing too late: every range of integers from 0 to 9999

LENGTH = 4
TYPED = [f"{n:0{width}}" for width in range(1, LENGTH + 1) for n in range(10**width)]
"""Everything that can be typed into a field of four digits."""


def longer(typed: str) -> Iterator[range]:
    """The numbers of all longer texts, by their number of digits, found by counting."""
    for more in range(1, LENGTH - len(typed) + 1):
        yield range(int(typed + "0" * more), int(typed + "9" * more) + 1)


def test_longer_texts_are_those_that_begin_alike() -> None:
    """The counting below rests on this: a longer text is a number of one of these stretches."""
    for typed in ("0", "7", "07", "30", "099", "999"):
        found = {int(t) for t in TYPED if t.startswith(typed) and t != typed}
        assert found == {n for stretch in longer(typed) for n in stretch}


def test_no_integer_range_is_left_too_early_or_too_late() -> None:
    """Every text of four digits against every range from 0 to 9999, by its corners.

    For one text the longer texts are at most three stretches of numbers. Whether a range holds one
    of them can only change where its lower end passes the end of a stretch or its upper end passes
    the beginning of one. So the ranges whose ends lie on these places and one beside them stand
    for all fifty million; that the field judges by nothing else is shown by the next test.
    """
    kind = DataType(Kind.INTEGER, LENGTH)
    for typed in TYPED:
        stretches = list(longer(typed))
        lows = {0, *(s.stop - 1 for s in stretches), *(s.stop for s in stretches)}
        highs = {9999, *(s.start for s in stretches), *(s.start - 1 for s in stretches)}
        for low in lows:
            for high in (h for h in highs if low <= h <= 9999):
                legal = any(max(low, s.start) <= min(high, s.stop - 1) for s in stretches)
                found = number_is_full(kind, Range(Decimal(low), Decimal(high)), typed)
                assert found is not legal, (low, high, typed)


@pytest.mark.soak
def test_ranges_of_two_digits_one_by_one(fraction: Callable[[int, int], int]) -> None:
    """No corner cut: every range from 0 to 99, every text, every longer text."""
    kind = DataType(Kind.INTEGER, 2)
    texts = [t for t in TYPED if len(t) <= 2]
    after = {t: [int(x) for x in texts if x.startswith(t) and x != t] for t in texts}
    for low in range(0, 100, 100 // fraction(100, 12)):
        for high in range(low, 100):
            legal = Range(Decimal(low), Decimal(high))
            for typed in texts:
                expected = not any(low <= n <= high for n in after[typed])
                assert number_is_full(kind, legal, typed) is expected, (low, high, typed)


@pytest.mark.soak
def test_drawn_ranges_up_to_9999(seed: int, fraction: Callable[[int, int], int]) -> None:
    """Ranges and texts drawn at random, judged by looking at every longer text."""
    draw = random.Random(seed)
    kind = DataType(Kind.INTEGER, LENGTH)
    for _ in range(fraction(2_000_000, 5_000)):
        low, high = sorted((draw.randrange(10_000), draw.randrange(10_000)))
        typed = draw.choice(TYPED)
        expected = not any(low <= n <= high for s in longer(typed) for n in s)
        assert number_is_full(kind, Range(Decimal(low), Decimal(high)), typed) is expected


def test_no_range_of_decimals_is_left_too_early_or_too_late() -> None:
    """The same with one decimal, where a point may follow: all texts, all ranges of 0.0 to 9.9."""
    kind = DataType(Kind.DECIMAL, 3, 1)
    whole = [t for t in TYPED if len(t) <= 2]
    texts = [*whole, *(f"{t}." for t in whole), *(f"{t}.{n}" for t in whole for n in range(10))]
    after = {
        t: {Decimal(x) for x in texts if x.startswith(t) and x not in (t, f"{t}.")}
        | ({Decimal(t)} if t in whole else set())  # 7. and 7.0 are 7
        for t in texts
    }
    ends = [Decimal(n).scaleb(-1) for n in range(0, 1000, 13)]
    for low, high in itertools.combinations_with_replacement(ends, 2):
        legal = Range(low, high)
        for typed in draw_some(texts, low, high):
            expected = not any(low <= n <= high for n in after[typed])
            assert number_is_full(kind, legal, typed) is expected, (low, high, typed)


def draw_some(texts: list[str], low: Decimal, high: Decimal) -> list[str]:
    """A few texts, others for every range, so that all are met."""
    start = int(low * 70 + high * 10) % 61
    return texts[start::61]


# -- every date


def test_no_date_is_left_too_early() -> None:
    """Every month of four centuries, as eight and as six digits: full at its end, never before."""
    months = [date(y, m, 1) for y in range(1800, 2200) for m in range(1, 13)]
    days = [m + timedelta(n) for m in months for n in (0, 8, 9, 11, 12, 27)]
    whole = {f"{day:%Y%m%d}" for day in days} | {day.isoformat() for day in days}
    short = {f"{day:%y%m%d}" for day in days}
    assert all(date_is_full(typed) for typed in whole)
    begun = {typed[:n] for typed in whole | short for n in range(1, len(typed))}
    assert not [typed for typed in begun if date_is_full(typed)]
