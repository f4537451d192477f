"""Units of reported values: what is listed is converted, everything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Item, Kind, Study
from mrd_desktop.study.values import ascii_forms
from mrd_desktop.texts import Text

_MICRO: Final = {ord("µ"): "u", ord("μ"): "u"}


def plain_unit(unit: str) -> str:
    """A unit with micro signs, blanks and full-width letters in their plain forms."""
    return "".join(ascii_forms(unit).translate(_MICRO).split())


def factor(study: Study, item: Item, unit: str) -> Decimal:
    """By what a value reported in a unit is multiplied to stand in the item's unit.

    Raises:
        ValueRefused: the definition lists no conversion from that unit for this item.
    """
    plain = plain_unit(unit)
    if item.unit is not None and plain == plain_unit(item.unit):
        return Decimal(1)
    found = _factors(study).get((item.oid, plain))
    if found is None:
        own = item.unit or "–"
        raise ValueRefused(
            Text(
                f"The unit {unit} cannot be converted to {own} here. Choose the right unit if "
                "it is another; else convert by hand.",
                f"单位 {unit} 无法换算为 {own}。若单位有误请改选，否则请人工换算后录入。",
            )
        )
    return found


def converts(study: Study, item: Item, unit: str) -> bool:
    """Whether a value in a unit can stand in the item."""
    try:
        factor(study, item, unit)
    except ValueRefused:
        return False
    return True


def alike(study: Study, item: Item, one: str, other: str) -> bool:
    """Whether a value means the same in two units."""
    if plain_unit(one) == plain_unit(other):
        return True
    if not (converts(study, item, one) and converts(study, item, other)):
        return False
    return factor(study, item, one) == factor(study, item, other)


def converted(study: Study, item: Item, text: str, unit: str) -> str:
    """A reported number in the item's own unit, with the decimals the item has at most.

    A number that needs no conversion stays as it is written, trailing zeros included.

    Raises:
        ValueRefused: no conversion is listed, or the text is no number.
    """
    by = factor(study, item, unit)
    if by == 1:
        return text
    try:
        value = Decimal(ascii_forms(text).strip()) * by
    except InvalidOperation:
        raise ValueRefused(_NO_NUMBER) from None
    if not value.is_finite():
        raise ValueRefused(_NO_NUMBER)
    decimals = item.type.decimals if item.type.kind is Kind.DECIMAL else 0
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP).normalize()
    return f"{rounded:f}"


_NO_NUMBER: Final = Text("A number is expected.", "应为数值。")


@lru_cache(maxsize=8)
def _factors(study: Study) -> Mapping[tuple[str, str], Decimal]:
    return {(c.item, c.unit): c.factor for c in study.conversions}
