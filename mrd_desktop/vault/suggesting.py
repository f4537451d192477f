"""A password for whoever does not want to think of one (C.7): syllables that can be said and read.

Syllables of pinyin are typed alike on every keyboard, need no input method, and are read off a
printed page without doubt between l, 1 and I; who reads no Chinese reads them as plain letters.
"""

from __future__ import annotations

import math
import secrets
from functools import cache
from typing import Final

from mrd_desktop import pinyin
from mrd_desktop.vault.errors import PasswordRefused
from mrd_desktop.vault.passwords import accepted

BITS: Final = 64.6
"""What five words of a list of 7,776 hold: the least that is suggested (C.7)."""


@cache
def syllables() -> tuple[str, ...]:
    """Syllables of two ASCII letters or more."""
    found = {s for s in pinyin.syllables() if s.isascii() and s.isalpha() and len(s) >= 2}
    return tuple(sorted(found))


def count() -> int:
    """How many syllables hold :data:`BITS`."""
    return math.ceil(BITS / math.log2(len(syllables())))


def suggested() -> str:
    """``mao-ling-que-dun-…``: chosen by the system's random source, and never easily guessed."""
    while True:
        text = "-".join(secrets.choice(syllables()) for _ in range(count()))
        try:
            return accepted(text, training=False)
        except PasswordRefused:  # a few repeat themselves; another one does not
            continue
