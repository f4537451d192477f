"""When a field can be left by itself: no further character could be legal."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from mrd_desktop.study.limits import Range
from mrd_desktop.study.model import DataType
from ui.fields.choices import narrow

_ISO_DAY = re.compile(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{2}")
_DAY_IN_WORDS = re.compile(r".*[0-9un]日|今天")
_OFFSET = re.compile(r"[+-][0-9]{1,4}[dwmy天周月年]")
_CLOCK = re.compile(r"[0-9]{4}|[0-9]{1,2}:[0-9]{2}")
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:(\.)([0-9]*))?")
_FIRST_YEAR, _LAST_YEAR = 1800, 2199


@dataclass(frozen=True, slots=True)
class Advance:
    """The user's setting: which fields are left as soon as they are full.

    Attributes:
        fixed: codes, dates and times.
        numbers: numbers, as far as their legal range is known.
    """

    fixed: bool = True
    numbers: bool = False


def date_is_full(typed: str) -> bool:
    """A whole date, or a short form that nothing can follow.

    Month and day (``0316``) always wait for Enter: on days after the 12th nothing could follow,
    but a form that is left on some days and not on others breaks the rhythm of typing.
    """
    text = narrow(typed).lower()
    if text in ("t", "="):
        return True
    if any(shape.fullmatch(text) for shape in (_ISO_DAY, _OFFSET, _DAY_IN_WORDS)):
        return True
    if not text.isdigit():
        return False
    return len(text) == 8 or (len(text) == 6 and not _begins_a_date(text))


def time_is_full(typed: str) -> bool:
    """Four digits of a clock."""
    return bool(_CLOCK.fullmatch(narrow(typed)))


def number_is_full(kind: DataType, legal: Range, typed: str) -> bool:
    """Whatever was typed after this, the number would be too long or outside its range.

    A text with more digits than the item has is no longer text of it; leading zeros count.

    Args:
        legal: what the item's hard range lets pass.
    """
    found = _NUMBER.fullmatch(narrow(typed))
    if found is None or not (found[2] or found[4]):
        return False
    sign, whole, point, part = found.groups()
    reach = _after_point(kind, whole, part or "") if point else _before_point(kind, whole)
    legal = legal.mirrored() if sign == "-" else legal
    return not any(legal.meets(low, high) for low, high in reach)


def _before_point(kind: DataType, whole: str) -> Iterator[tuple[Decimal, Decimal]]:
    """Lowest and highest number that more digits can make of a text without a point."""
    value, last = Decimal(whole), Decimal(1).scaleb(-kind.decimals)
    room = kind.length - kind.decimals - len(whole)
    for more in range(0 if kind.decimals else 1, room + 1):
        yield value.scaleb(more), (value + 1).scaleb(more) - last


def _after_point(kind: DataType, whole: str, part: str) -> Iterator[tuple[Decimal, Decimal]]:
    """Lowest and highest number that more decimals can make of a text with a point."""
    if len(part) < kind.decimals:
        value = Decimal(f"{whole or 0}.{part}")
        step, last = Decimal(1).scaleb(-len(part)), Decimal(1).scaleb(-kind.decimals)
        yield value, value + step - last


def _begins_a_date(six: str) -> bool:
    """Six digits are the beginning of an eight-digit date of a possible year."""
    year, month = int(six[:4]), int(six[4:])
    return _FIRST_YEAR <= year <= _LAST_YEAR and 1 <= month <= len(calendar.month_name) - 1
