"""Canonical JSON: one byte string for one value, and nothing else is read.

Objects, arrays, strings, booleans, null and integers of magnitude below 2^53; no floats. Keys are
ASCII and sorted; no spaces; UTF-8; only ``"``, ``\\`` and U+0000-001F are escaped, these in the
short form where JSON has one (``\\n``), else as ``\\u00xx`` in lower case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, TypeAlias, cast

from mrd_desktop.ledger.errors import CanonicalError

JSON: TypeAlias = "bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None"

#: No integer of this magnitude or more is written or read.
INTEGER_LIMIT: Final = 2**53
#: Nesting that a writer never reaches and a reader refuses.
DEPTH_LIMIT: Final = 64

_INTEGER_DIGITS = 17


def dumps(value: JSON) -> bytes:
    """The canonical bytes of a value.

    Raises:
        CanonicalError: it holds a float, a key that is not ASCII, an integer out of range, text
            that is not valid Unicode, or more than 64 levels.
    """
    try:
        return _ENCODER.encode(_plain(value, 0)).encode()
    except UnicodeEncodeError:
        raise CanonicalError("text with half a character") from None


def loads(data: bytes) -> JSON:
    """The value of canonical bytes.

    Raises:
        CanonicalError: the bytes are not exactly what :func:`dumps` writes for their value.
    """
    try:
        text = data.decode()
        value = cast(JSON, _DECODER.decode(text))
        # Small ASCII bytes can hold neither a foreign key nor too many levels: the re-encoding
        # alone decides, which keeps a walk of the whole ledger fast.
        if not text.isascii() or text.count("[") + text.count("{") > DEPTH_LIMIT:
            value = _plain(value, 0)
        same = _ENCODER.encode(value) == text
    except CanonicalError:
        raise
    except (ValueError, RecursionError):
        raise CanonicalError("no JSON") from None
    if not same:
        raise CanonicalError("the same value is written otherwise")
    return value


def _plain(value: object, depth: int) -> JSON:
    """The value in lists and dicts, every rule checked but the one of half characters."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if abs(value) >= INTEGER_LIMIT:
            raise CanonicalError("an integer beyond 2^53")
        return value
    if depth >= DEPTH_LIMIT:
        raise CanonicalError("too many levels")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or not key.isascii():
                raise CanonicalError("a key that is not ASCII")
        return {str(k): _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_plain(v, depth + 1) for v in value]
    raise CanonicalError(f"a value of type {type(value).__name__}")


def _integer(digits: str) -> int:
    if len(digits) > _INTEGER_DIGITS or abs(number := int(digits)) >= INTEGER_LIMIT:
        raise CanonicalError("an integer beyond 2^53")
    return number


def _refuse(literal: str) -> NoReturn:
    raise CanonicalError("a number that is no integer")


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)
_DECODER: Final = json.JSONDecoder(parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
