"""What laboratories write at the head of a column: names and units in one form, to be compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from mrd_desktop.study.values import ascii_forms

LONGEST: Final = 200
_LOOSE: Final = re.compile(r"[\s\-_‐-―]+")
_BRACKETS: Final = re.compile(r"(.+?)[(\[]([^()\[\]]+)[)\]]")
_AFTER: Final = re.compile(r"(.+?)[,\s]+((?:[x×*]?10\S*|[munpk]?[gGLUK]|[munp]?mol|mEq|IU)/\S+)")


def plain_heading(text: str) -> str:
    """A name without what nobody reads: capitals, blanks, hyphens, full-width letters."""
    return _LOOSE.sub("", ascii_forms(unicodedata.normalize("NFKC", text))).casefold()


def readings(heading: str) -> Iterator[tuple[str, str]]:
    """Name and what stands in brackets or after it, most literal first (``""``: nothing does)."""
    plain = ascii_forms(heading).strip()
    yield plain, ""
    if len(plain) > LONGEST:
        return  # no name of a test: the patterns below take long over it
    for shape in (_BRACKETS, _AFTER):
        found = shape.fullmatch(plain)
        if found:
            yield found[1].strip(), found[2].strip()
