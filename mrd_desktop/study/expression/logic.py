"""Logic and arithmetic with *unknown* (None): Kleene's three values, partial dates, Decimal."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import Any, TypeAlias

from mrd_desktop.study.partial_date import PartialDate

Truth: TypeAlias = bool | None


def negate(a: Truth) -> Truth:
    """Not; unknown stays unknown."""
    return None if a is None else not a


def every(truths: Iterable[Truth]) -> Truth:
    """And: false if any is false, else unknown if any is unknown."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            result = None
    return result


def some(truths: Iterable[Truth]) -> Truth:
    """Or: true if any is true, else unknown if any is unknown."""
    result: Truth = False
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            result = None
    return result


def date_equal(a: PartialDate, b: PartialDate) -> Truth:
    """Whether two dates are the same day, as far as they are known."""
    if a.earliest > b.latest or b.earliest > a.latest:
        return False
    return True if a.full and b.full else None


def date_unequal(a: PartialDate, b: PartialDate) -> Truth:
    """Whether two dates are different days."""
    return negate(date_equal(a, b))


def date_before(a: PartialDate, b: PartialDate) -> Truth:
    """Whether a lies before b."""
    if a.latest < b.earliest:
        return True
    return False if a.earliest >= b.latest else None


def date_until(a: PartialDate, b: PartialDate) -> Truth:
    """Whether a lies before b or on the same day."""
    if a.latest <= b.earliest:
        return True
    return False if a.earliest > b.latest else None


def date_after(a: PartialDate, b: PartialDate) -> Truth:
    """Whether a lies after b."""
    return date_before(b, a)


def date_since(a: PartialDate, b: PartialDate) -> Truth:
    """Whether a lies after b or on the same day."""
    return date_until(b, a)


DATES: Mapping[str, Callable[[PartialDate, PartialDate], Truth]] = {
    "=": date_equal,
    "!=": date_unequal,
    "<": date_before,
    "<=": date_until,
    ">": date_after,
    ">=": date_since,
}
"""Comparisons of dates by sign."""

VALUES: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""Comparisons of numbers, times, texts and codes by sign."""


def divide(a: Decimal, b: Decimal) -> Decimal | None:
    """The quotient; unknown when divided by zero."""
    return a / b if b else None


def rounded(a: Decimal, places: int) -> Decimal | None:
    """A number rounded half up; unknown where it is too large to be held."""
    try:
        return a.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except DecimalException:
        return None


def root(a: Decimal) -> Decimal | None:
    """The square root; unknown for a negative number."""
    return None if a < 0 else a.sqrt()


def days_between(a: PartialDate, b: PartialDate) -> Decimal | None:
    """Whole days from b to a; unknown unless both are full dates."""
    return Decimal((a.earliest - b.earliest).days) if a.full and b.full else None


def shift(a: PartialDate, days: Decimal) -> PartialDate | None:
    """A full date some whole days later; unknown for partial dates, part days, far years."""
    if not a.full or days != days.to_integral_value() or abs(days) > 100_000:
        return None
    moved = a.earliest + timedelta(int(days))
    return PartialDate.of(moved) if 1800 <= moved.year <= 2199 else None


def completed_months(a: PartialDate, b: PartialDate) -> Decimal | None:
    """Completed calendar months from a to b; negative if b lies before a."""
    if not (a.full and b.full):
        return None
    return Decimal(_months(a.earliest, b.earliest))


def completed_years(a: PartialDate, b: PartialDate) -> Decimal | None:
    """Completed years from a to b (an age); negative if b lies before a."""
    months = completed_months(a, b)
    return None if months is None else Decimal(int(months / 12))


def _months(a: date, b: date) -> int:
    if b < a:
        return -_months(b, a)
    return (b.year - a.year) * 12 + b.month - a.month - (b.day < a.day)
