"""How wide words are, without a device: an upper bound for the fonts that figures are set in.

The advance widths are those of the widest of Noto Sans, Segoe UI, Noto Sans CJK and Arial, in
hundredths of the size; a Han character is as wide as it is tall. A layout that holds with them
holds with each of these fonts, so that the same sheet can be drawn anywhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mrd_desktop.texts import Language

_STRONG: Final = 1.09
_WIDE: Final = 100
_WIDTHS: Final = {
    **dict.fromkeys("ijl|.,:;'!", 30),
    **dict.fromkeys('ft()[] -·/\\"`r', 42),
    **dict.fromkeys("sczIJ°", 56),
    **dict.fromkeys("abdeghknopquvxyvLFETPBSKXYZ0123456789#$?*_=+<>~–±≥≤", 64),
    **dict.fromkeys("ACDRVGHNUOQ&", 79),
    **dict.fromkeys("wmMW%@", 96),
    **dict.fromkeys("—…“”‘’·", 100),  # as wide as a Han character in a Chinese font
}
_OTHER: Final = 64
_FIRST_WIDE: Final = 0x2E80
_NEVER_FIRST: Final = frozenset("，。；：、！？）》”’%)]}.,;:!?")


@lru_cache(maxsize=16_384)
def width(text: str, size: float, *, strong: bool = False) -> float:
    """The most that a text takes, in the unit of its size."""
    total = sum(_WIDE if ord(c) >= _FIRST_WIDE else _WIDTHS.get(c, _OTHER) for c in text)
    return total / 100 * size * (_STRONG if strong else 1)


def wrapped(text: str, size: float, room: float, language: Language) -> list[str]:
    """The text in lines that fit; Chinese breaks between any characters, but not before a stop."""
    lines: list[str] = []
    line = ""
    for word in _parts(text, language):
        if line and width((line + word).rstrip(), size) > room:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    if line.strip():
        lines.append(line.rstrip())
    return lines


def _parts(text: str, language: Language) -> list[str]:
    """What may not be broken: words with the blank after them, Han characters with their stop."""
    if language is Language.EN:
        return [f"{word} " for word in text.split()]
    parts: list[str] = []
    for c in text:
        joins = parts and (
            c in _NEVER_FIRST
            or (ord(c) < _FIRST_WIDE and ord(parts[-1][-1]) < _FIRST_WIDE and c != " ")
        )
        if joins:
            parts[-1] += c
        else:
            parts.append(c)
    return parts


def fitted(text: str, size: float, room: float) -> str:
    """The text, or as much of it as fits with an ellipsis behind; empty without any room."""
    if width(text, size) <= room:
        return text
    kept = text
    while kept and width(kept + "…", size) > room:
        kept = kept[:-1]
    return kept + "…" if kept else ""
