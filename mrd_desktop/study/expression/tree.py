"""The syntax tree of an expression. ``column`` counts from 1."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text in quotes, true or false."""

    column: int
    value: Decimal | str | bool


@dataclass(frozen=True, slots=True)
class Name:
    """``MRD.RESULT``, ``m.RESULT``, ``P.SCRWIN``, ``TODAY``, an alias."""

    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function or registered rule with its arguments."""

    column: int
    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Quantifier:
    """``any(m in MRD: body)``, ``latest(m in MRD: body by key if condition)``."""

    column: int
    kind: str
    alias: str
    source: Name
    body: Node
    key: Node | None
    condition: Node | None


@dataclass(frozen=True, slots=True)
class Unary:
    """``not x`` or ``- x``."""

    column: int
    sign: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic or a comparison, or ``overlaps``."""

    column: int
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In:
    """``x in ('A', 'B')`` or ``'A' in CODES``."""

    column: int
    item: Node
    members: Node
    negated: bool


@dataclass(frozen=True, slots=True)
class Members:
    """A list in parentheses: only on the right of ``in`` and ``overlaps``."""

    column: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """``a and b and c`` or ``a or b or c``."""

    column: int
    sign: str
    operands: tuple[Node, ...]


Node: TypeAlias = Literal | Name | Call | Quantifier | Unary | Binary | In | Members | Logic
