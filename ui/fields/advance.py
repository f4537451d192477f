"""When a field can be left by itself: no further character could be legal."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from decimal import Decimal

from mrd_desktop.study.model import DataType, Kind
from ui.fields.choices import narrow

_ISO_DAY = re.compile(r"[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}")
_OFFSET = re.compile(r"[+-][0-9]{1,4}[dwmy]")
_CLOCK = re.compile(r"[0-9]{4}|[0-9]{2}:[0-9]{2}")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?")
_FIRST_YEAR, _LAST_YEAR = 1800, 2199


@dataclass(frozen=True, slots=True)
class Advance:
    """The user's setting: which fields are left as soon as they are full.

    Attributes:
        fixed: codes, dates and times.
        numbers: numbers whose legal range is known.
    """

    fixed: bool = True
    numbers: bool = False


def date_is_full(typed: str) -> bool:
    """A whole date, or a short form that nothing can follow."""
    text = narrow(typed).lower()
    if text in ("t", "="):
        return True
    if _ISO_DAY.fullmatch(text) or _OFFSET.fullmatch(text):
        return True
    if not text.isdigit():
        return False
    return len(text) == 8 or (len(text) == 6 and not _begins_a_date(text))


def time_is_full(typed: str) -> bool:
    """Four digits of a clock."""
    return bool(_CLOCK.fullmatch(narrow(typed)))


def number_is_full(kind: DataType, highest: Decimal | None, typed: str) -> bool:
    """No digit can follow: decimals are filled, or one more digit passes the highest value.

    Args:
        highest: the highest legal value, None where none is known.
    """
    text = narrow(typed)
    if not _NUMBER.fullmatch(text):
        return False
    whole, point, part = text.partition(".")
    if point:
        return len(part) >= kind.decimals > 0
    if kind.kind is Kind.DECIMAL:
        return False  # a point and decimals may follow
    if len(whole) >= kind.length > 0:
        return True
    return highest is not None and Decimal(whole) * 10 > highest and Decimal(whole) <= highest


def _begins_a_date(six: str) -> bool:
    """Six digits are the beginning of an eight-digit date of a possible year."""
    year, month = int(six[:4]), int(six[4:])
    return _FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= len(calendar.month_name) - 1
