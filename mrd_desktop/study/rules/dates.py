"""Dates known in part, as expressions need them (CRF reference 2.2)."""

from __future__ import annotations

from decimal import Decimal

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.reading import full
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line
from mrd_desktop.study.schedule import add_months


@rule("first_day", gives=Type.DATE, reads=(), takes=(Type.DATE,))
def first_day(_line: Line, value: PartialDate | None) -> PartialDate | None:
    """The first day a partial date may mean."""
    return full(value.earliest) if value else None


@rule("last_day", gives=Type.DATE, reads=(), takes=(Type.DATE,))
def last_day(_line: Line, value: PartialDate | None) -> PartialDate | None:
    """The last day a partial date may mean."""
    return full(value.latest) if value else None


@rule("months_after", gives=Type.DATE, reads=(), takes=(Type.DATE, Type.NUMBER))
def months_after(
    _line: Line, value: PartialDate | None, months: Decimal | None
) -> PartialDate | None:
    """A date some calendar months later; a date known in part stays an interval."""
    if value is None or months is None:
        return None
    shift = int(months)
    return PartialDate(
        value.text, add_months(value.earliest, shift), add_months(value.latest, shift)
    )
