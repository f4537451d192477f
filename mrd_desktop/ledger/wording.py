"""Which texts every format of the study's data can carry: what XML 1.0 calls a character.

Source: Extensible Markup Language (XML) 1.0, section 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from mrd_desktop.ledger.canonical import JSON

_NO_CHARACTER: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def fits(value: JSON) -> bool:
    """Whether every text in a value can be carried."""
    if isinstance(value, str):
        return _NO_CHARACTER.search(value) is None
    if isinstance(value, Mapping):
        return all(map(fits, value.values()))
    return not isinstance(value, Sequence) or all(map(fits, value))


def carried(text: str) -> str:
    """A text with the sign of what is lost (U+FFFD) where a character cannot be carried."""
    return _NO_CHARACTER.sub("\ufffd", text)
