"""Words that stand on screens of either language: keys, codes, units, and names that were typed."""

from __future__ import annotations

import re

_KEYS = "Ctrl Alt Enter Esc Del Home End PgUp PgDn Tab Shift"
_NAMES = "MRD Desktop English Signatera crc pi cra admin cr ad"
_UNITS = "mg mL kg cm mm mmHg"
_TERMS = "log ctDNA cfDNA proBNP Mosteller Streck"
_PARTS = "Python Qt Linux Apache SQLCipher ZeroDivisionError"
_HELP = "gxy mrd desktop sponsor recovery ssh keygen verify"
"""Pinyin as an example; the names of commands."""
_KNOWN = frozenset(f"{_KEYS} {_NAMES} {_UNITS} {_TERMS} {_PARTS} {_HELP}".split())
_TYPED = ("示例医院", "中文", "高血压")
"""The name of the synthetic site, the switch to the other language, an example in help."""
_FINGERPRINT = re.compile(r"(?:[a-z2-7]{4} ){6}[a-z2-7]{2}|[a-z2-7]{26}")
"""A key in groups of four, as it is read out, or in one; one in two hundred has no figure."""
_BEGINNING = re.compile(r"(?=.*[a-z][A-Z])[A-Za-z0-9+/]{12}")
"""How a key begins, as lists show it; one in twelve has no figure."""
_PATH = re.compile(r"[/\\.@]\w|\w[/\\@]")


def known(words: str) -> bool:
    """Whether a word may stand among Chinese, or a text with Han characters among English."""
    if words in _KNOWN or any(typed in words for typed in _TYPED):
        return True
    if _FINGERPRINT.fullmatch(words) or _BEGINNING.fullmatch(words):
        return True
    return bool(_PATH.search(words)) and " " not in words
