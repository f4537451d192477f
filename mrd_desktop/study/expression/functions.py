"""Functions of plain values that every expression may call.

An argument that is unknown makes the result unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any

from mrd_desktop.study.expression.logic import completed_months, completed_years, root
from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.reading import decimal


@dataclass(frozen=True, slots=True)
class Function:
    """A function: static types of arguments (a set each) and of the result."""

    takes: tuple[frozenset[Type], ...]
    gives: Type
    run: Callable[..., Any]


def plain(value: object) -> str | None:
    """A text, code, number, date or time as text; numbers without an exponent."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, PartialDate):
        return value.text
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value if isinstance(value, str) else None


def _hours(day: PartialDate, at: time, later_day: PartialDate, later: time) -> Decimal | None:
    if not (day.full and later_day.full):
        return None
    days = (later_day.earliest - day.earliest).days
    minutes = days * 1440 + (later.hour - at.hour) * 60 + later.minute - at.minute
    return Decimal(minutes) / 60


def _numbered(prefix: str, number: Decimal) -> str:
    return f"{prefix}{int(number):02}"


_NUMBER = frozenset({Type.NUMBER})
_DATE = frozenset({Type.DATE})
_TIME = frozenset({Type.TIME})
_WORDS = frozenset({Type.TEXT, Type.CODE})
_ONE = _WORDS | _NUMBER | _DATE | _TIME

FUNCTIONS: Mapping[str, Function] = {
    "abs": Function((_NUMBER,), Type.NUMBER, abs),
    "sqrt": Function((_NUMBER,), Type.NUMBER, root),
    "size": Function((frozenset({Type.CODES}),), Type.NUMBER, lambda codes: Decimal(len(codes))),
    "length": Function((_WORDS,), Type.NUMBER, lambda text: Decimal(len(text))),
    "number": Function((_WORDS,), Type.NUMBER, decimal),
    "text": Function((_ONE,), Type.TEXT, plain),
    "months": Function((_DATE, _DATE), Type.NUMBER, completed_months),
    "years": Function((_DATE, _DATE), Type.NUMBER, completed_years),
    "hours": Function((_DATE, _TIME, _DATE, _TIME), Type.NUMBER, _hours),
    "numbered": Function((_WORDS, _NUMBER), Type.TEXT, _numbered),
    "year": Function((_DATE,), Type.NUMBER, lambda day: Decimal(day.earliest.year)),
}
"""Functions by name."""
