"""Splitting an expression into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from mrd_desktop.study.errors import ExpressionError

LONGEST = 2_000
"""Characters an expression may have."""

KEYWORDS = frozenset({"and", "or", "not", "in", "overlaps", "true", "false", "if", "by"})


class Sort(Enum):
    """What a token is."""

    NUMBER = auto()
    STRING = auto()
    NAME = auto()
    WORD = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``column`` counts from 1."""

    sort: Sort
    text: str
    column: int


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<NUMBER>[0-9]+(?:\.[0-9]+)?(?![A-Za-z0-9_.]))
      | (?P<STRING>'[^']*'|"[^"]*")
      | (?P<NAME>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)?)
      | (?P<SIGN>==|!=|<=|>=|[-+*/()=<>,:])
      | (?P<END>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)


def refused(column: int, message: str) -> ExpressionError:
    """The refusal of an expression, naming the column."""
    return ExpressionError(f"column {column}: {message}")


def tokens(source: str) -> tuple[Token, ...]:
    """The tokens of an expression, an END last.

    Raises:
        ExpressionError: it is too long or holds a character that means nothing.
    """
    if len(source) > LONGEST:
        raise refused(LONGEST + 1, f"an expression has at most {LONGEST:,} characters")
    found: list[Token] = []
    at = 0
    while not found or found[-1].sort is not Sort.END:
        match = _TOKEN.match(source, at)
        if match is None:
            start = at + len(source[at:]) - len(source[at:].lstrip())
            raise refused(start + 1, f"{source[start : start + 10]!r} means nothing here")
        kind = match.lastgroup or ""
        text = match[kind]
        sort = Sort[kind]
        if sort is Sort.NAME and text in KEYWORDS:
            sort = Sort.WORD
        found.append(Token(sort, text, match.start(kind) + 1))
        at = match.end()
    return tuple(found)
