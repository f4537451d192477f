"""Static types of expressions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mrd_desktop.study.model import Kind


class Type(StrEnum):
    """What an expression yields, beside *unknown*, which every type holds.

    ``LABEL`` (a :class:`~mrd_desktop.texts.Text`) serves messages only; ``LINE`` and ``ITEM`` are
    arguments of registered rules: a quantifier's alias and the name of an item.
    """

    BOOL = "bool"
    TEXT = "text"
    CODE = "code"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    CODES = "codes"
    LABEL = "label"
    LINE = "line"
    ITEM = "item"


BY_KIND: Mapping[Kind, Type] = {
    Kind.TEXT: Type.TEXT,
    Kind.INTEGER: Type.NUMBER,
    Kind.DECIMAL: Type.NUMBER,
    Kind.DATE: Type.DATE,
    Kind.PARTIAL_DATE: Type.DATE,
    Kind.TIME: Type.TIME,
    Kind.CODE: Type.CODE,
    Kind.CODES: Type.CODES,
}
"""The type an item of each kind reads as."""
