"""Canonical JSON: one byte string for one value, and nothing else is read.

Objects, arrays, strings, booleans, null and integers of magnitude below 2^53; no floats. Keys are
ASCII and sorted; no spaces; UTF-8; only ``"``, ``\\`` and U+0000-001F are escaped, these in the
short form where JSON has one (``\\n``), else as ``\\u00xx`` in lower case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
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
        return _encode(_plain(value, 0)).encode()
    except UnicodeEncodeError:
        raise CanonicalError("text with half a character") from None


def writable(text: str) -> bool:
    """Whether a text can be written at all: it holds no half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def loads(data: bytes) -> JSON:
    """The value of canonical bytes.

    Raises:
        CanonicalError: the bytes are not exactly what :func:`dumps` writes for their value.
    """
    try:
        text = data.decode()
        # The scanner alone: what may stand around a value is judged by the re-encoding.
        value = cast(JSON, _SCAN(text, 0)[0])
        # Small ASCII bytes can hold neither a foreign key nor too many levels: the re-encoding
        # alone decides, which keeps a walk of the whole ledger fast.
        if not text.isascii() or text.count("[") + text.count("{") > DEPTH_LIMIT:
            value = _plain(value, 0)
        same = _encode(value) == text
    except CanonicalError:
        raise
    except (ValueError, RecursionError, StopIteration):
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


def _no_default(value: object) -> NoReturn:
    raise CanonicalError(f"a value of type {type(value).__name__}")


def _encode(value: JSON) -> str:
    return "".join(_ENCODER(value, 0))


# One encoder for all calls: json.JSONEncoder makes a new one each time, half of its price.
_ENCODER: Final = c_make_encoder(
    None, _no_default, encode_basestring, None, ":", ",", True, False, False
)
_SCAN: Final = json.JSONDecoder(  # type: ignore[attr-defined]
    parse_int=_integer, parse_float=_refuse, parse_constant=_refuse
).scan_once
