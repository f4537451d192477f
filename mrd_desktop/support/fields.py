"""What may stand in a file for support: numbers, yes and no, and texts of one shape each.

The file leaves the site without anybody's key, so that nothing gets in by being forgotten: a text
is let in by the shape of its field, and what has another shape stands as :data:`UNFIT`. A plain
``str`` is refused wherever it comes from.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import ClassVar, Final, Self

from mrd_desktop.ledger.canonical import JSON

UNFIT: Final = "?"
"""Stands for a text that is not of the shape of its field."""


class Shaped(str):
    """A text of a known shape; made by :meth:`of` alone."""

    __slots__ = ()
    shape: ClassVar[re.Pattern[str]] = re.compile("")

    @classmethod
    def of(cls, text: object) -> Self:
        """The text where it has the shape of this field, else :data:`UNFIT`."""
        fits = isinstance(text, str) and _fits(cls.shape, text)
        return cls(text if fits else UNFIT)


def _fits(shape: re.Pattern[str], text: str) -> bool:
    return shape.fullmatch(text) is not None


def _like(shape: str) -> re.Pattern[str]:
    return re.compile(shape, re.ASCII)


class Code(Shaped):
    """A word of the program's own: a stable code, a role, the name of a check or of a count."""

    __slots__ = ()
    shape = _like(r"[A-Za-z][A-Za-z0-9_+-]{0,39}(?:\.[a-z_-]{1,20})?")


class Version(Shaped):
    """``0.1.0``, ``6.11.1``, ``2.0b3``."""

    __slots__ = ()
    shape = _like(r"[0-9]{1,4}(?:\.[0-9]{1,5}){0,4}(?:\.?(?:a|b|rc|dev|post)[0-9]{1,4})?")


class Digest(Shaped):
    """A SHA-256, or how it begins."""

    __slots__ = ()
    shape = _like(r"[0-9a-f]{7,64}")


class Chain(Shaped):
    """How the id of a chain begins, which is a random number."""

    __slots__ = ()
    shape = _like(r"[a-z2-7]{8}")


class Moment(Shaped):
    """UTC, as records have it."""

    __slots__ = ()
    shape = _like(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


class Offset(Shaped):
    """``+08:00`` of UTC."""

    __slots__ = ()
    shape = _like(r"[+-][0-9]{2}:[0-9]{2}")


class Locale(Shaped):
    """Language and country of the computer."""

    __slots__ = ()
    shape = _like(r"C|POSIX|[a-z]{2,3}(?:_[A-Z]{2})?")


class SiteNumber(Shaped):
    """Of two digits; a store has none."""

    __slots__ = ()
    shape = _like(r"(?:[0-9]{2})?")


class FaultNumber(Shaped):
    """``261129-7K2QWM``: the day, and random letters."""

    __slots__ = ()
    shape = _like(r"[0-9]{6}-[2-9A-HJ-NP-TV-Z]{6}")


class FaultKind(Shaped):
    """The class of a fault."""

    __slots__ = ()
    shape = _like(r"[A-Z][A-Za-z_]{2,60}|error|timeout")


class Place(Shaped):
    """``app.py:418 lock``: file, line and function of a program."""

    __slots__ = ()
    shape = _like(
        r"(?:[A-Za-z_][A-Za-z0-9_]{0,60}\.py|<[a-z _.]{1,60}>):[0-9]{1,7}"
        r" (?:[A-Za-z_][A-Za-z0-9_]{0,79}|<[a-z]{1,20}>)"
    )


class Sentence(Shaped):
    """A sentence of the file's own, in which nothing is filled in."""

    __slots__ = ()
    shape = re.compile(r"[^\n]{1,400}")


class Words(Shaped):
    """Words of a user's report that were looked at and ticked for this file."""

    __slots__ = ()
    shape = re.compile(r".{1,2000}", re.DOTALL)


_LEAVES: Final = (Shaped, bool, int, NoneType)


def told(value: object) -> JSON:
    """A value of the file as JSON.

    Raises:
        TypeError: it is no number, truth value, shaped text, list or object of fields. A mistake
            of the program: nothing of the file is written.
    """
    if isinstance(value, _LEAVES):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, tuple):
        return [told(one) for one in value]
    if is_dataclass(value):
        return {f.name: told(getattr(value, f.name)) for f in fields(value)}
    raise TypeError(f"{type(value).__name__} has no place in a file for support")
