"""Compiled pieces of an expression: a static type and a closure each.

Every closure takes one *frame*: a list whose slot 0 is the current line, slot 1 the bound VALUE,
slot 2 the OID of its item, and the slots after it the lines of the quantifiers around it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import Any, TypeAlias

from mrd_desktop.study.errors import ExpressionError
from mrd_desktop.study.expression.tokens import refused
from mrd_desktop.study.expression.tree import Literal, Node
from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate

Frame: TypeAlias = list[Any]
Run: TypeAlias = Callable[[Frame], Any]

LINE, VALUE, ITEM, FREE = 0, 1, 2, 3
"""Slots of a frame; quantifiers use slots from FREE on."""

WORDS = frozenset({Type.TEXT, Type.CODE})
ORDERED = frozenset({Type.NUMBER, Type.DATE, Type.TIME})


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled piece.

    Attributes:
        type: its static type.
        run: its closure.
        constants: the texts it can yield, where they are written in the expression itself.
        codes: the codes it can hold, where known.
        codelist: OID of their list.
        literal: its value, where the piece is one literal.
    """

    type: Type
    run: Run
    constants: frozenset[str] | None = None
    codes: frozenset[str] | None = None
    codelist: str | None = None
    literal: Decimal | str | bool | None = None


def literal(node: Literal) -> Part:
    """A literal's part."""
    value = node.value
    if isinstance(value, bool):
        return Part(Type.BOOL, lambda frame: value, literal=value)
    if isinstance(value, str):
        return Part(Type.TEXT, lambda frame: value, constants=frozenset({value}), literal=value)
    return Part(Type.NUMBER, lambda frame: value, literal=value)


def fit_codes(column: int, constants: Collection[str], codes: Collection[str]) -> None:
    """Refuse texts of an expression that are no codes of the list they are compared with.

    Raises:
        ExpressionError: one of them is not a code.
    """
    for text in sorted(constants):
        if text not in codes:
            raise refused(
                column, f"{text!r} is not one of the codes {', '.join(sorted(codes)[:12])}"
            )


def fitted(node: Node, part: Part, other: Part) -> Part:
    """A part of literal texts, read as the type that it meets."""
    if part.constants is None:
        return part
    if other.type is Type.DATE:
        return as_date(node, part)
    if other.type is Type.TIME:
        return _as_time(node, part)
    if other.codes is not None:
        fit_codes(node.column, part.constants, other.codes)
    return part


def as_date(node: Node, part: Part) -> Part:
    """A literal text read as a date.

    Raises:
        ExpressionError: it is none.
    """
    if not isinstance(part.literal, str):
        raise refused(node.column, "a date is expected")
    try:
        value = PartialDate.parse(part.literal)
    except ValueError as mistake:
        raise refused(node.column, f"{part.literal!r}: {mistake}") from mistake
    return Part(Type.DATE, lambda frame: value, literal=part.literal)


def _as_time(node: Node, part: Part) -> Part:
    try:
        value = time.fromisoformat(str(part.literal))
    except ValueError:
        raise refused(node.column, f"{part.literal!r} is not a time like '08:30'") from None
    return Part(Type.TIME, lambda frame: value, literal=part.literal)


def mismatch(node: Node, part: Part, types: Collection[Type]) -> ExpressionError:
    """The refusal of a part whose type is none of these."""
    return refused(node.column, f"{' or '.join(sorted(types))} is expected, not {part.type}")


def joined(values: Sequence[Part], run: Run) -> Part:
    """A part that yields one of several."""
    constants: frozenset[str] | None = frozenset()
    codelist: str | None = None
    for part in values:
        if part.constants is None:
            constants = None
            codelist = codelist or part.codelist
        elif constants is not None:
            constants |= part.constants
    types = {p.type for p in values}
    kind = Type.CODE if types == WORDS else values[0].type
    return Part(kind, run, constants=constants if kind is Type.TEXT else None, codelist=codelist)
