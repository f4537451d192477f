"""From canonical text to typed values and back.

Reading is cached: the same few thousand texts are read again and again while a form is typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TypeAlias

from mrd_desktop.study.answer import Raw
from mrd_desktop.study.model import DataType, Kind
from mrd_desktop.study.partial_date import PartialDate

Typed: TypeAlias = str | Decimal | PartialDate | time | frozenset[str]
"""A value in its type: code or text, number, date, time, several codes."""

Reader: TypeAlias = Callable[[Raw], Typed | None]


def typed(type: DataType, raw: Raw) -> Typed:
    """The typed value of a canonical text.

    Raises:
        ValueError: the text is not canonical for the type.
    """
    value = READERS[type.kind](raw)
    if value is None:
        raise ValueError(f"not a canonical {type.kind}")
    return value


def written(type: DataType, value: Typed) -> Raw | None:  # noqa: PLR0911  (one per kind)
    """The canonical text of a typed value; numbers rounded half up to the type's decimals.

    None if the value does not fit the type: a longer text, more digits, another type.
    """
    match type.kind, value:
        case ((Kind.INTEGER | Kind.DECIMAL), Decimal()):
            return _number(type, value)
        case (Kind.DATE, PartialDate()) if value.full:
            return value.text
        case Kind.PARTIAL_DATE, PartialDate():
            return value.text
        case Kind.TIME, time():
            return value.strftime("%H:%M")
        case Kind.CODES, frozenset():
            return tuple(sorted(value)) or None
        case Kind.CODE, str():
            return value or None
        case (Kind.TEXT, str()) if 0 < len(value) <= type.length:
            return value
    return None


def _number(type: DataType, value: Decimal) -> str | None:
    if not value.is_finite() or value.adjusted() > 20:
        return None
    rounded = value.quantize(Decimal(1).scaleb(-type.decimals), ROUND_HALF_UP)
    text = f"{abs(rounded):f}"
    whole, _, decimals = text.partition(".")
    if not digits_fit(type, whole, decimals):
        return None
    return f"-{text}" if rounded < 0 else text


def digits_fit(type: DataType, whole: str, decimals: str) -> bool:
    """Whether the digits before and after the point fit ``I(n)`` or ``F(t.d)``."""
    return len(decimals) <= type.decimals and len(whole.lstrip("0")) <= type.length - type.decimals


_PLAIN = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")


@lru_cache(maxsize=16_384)
def decimal(raw: Raw) -> Decimal | None:
    """The number of a text of plain digits; None for any other text."""
    return Decimal(raw) if isinstance(raw, str) and _PLAIN.fullmatch(raw) else None


@lru_cache(maxsize=16_384)
def _date(raw: Raw) -> PartialDate | None:
    try:
        return PartialDate.parse(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


@lru_cache(maxsize=2_048)
def _time(raw: Raw) -> time | None:
    try:
        return time.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


@lru_cache(maxsize=2_048)
def _codes(raw: Raw) -> frozenset[str] | None:
    return frozenset((raw,) if isinstance(raw, str) else raw) or None


def _text(raw: Raw) -> str | None:
    return raw if isinstance(raw, str) else None


READERS: dict[Kind, Reader] = {
    Kind.TEXT: _text,
    Kind.INTEGER: decimal,
    Kind.DECIMAL: decimal,
    Kind.DATE: _date,
    Kind.PARTIAL_DATE: _date,
    Kind.TIME: _time,
    Kind.CODE: _text,
    Kind.CODES: _codes,
}
"""How each kind is read; a text that does not fit the kind reads as None."""
