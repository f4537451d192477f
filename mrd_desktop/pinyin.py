"""Chinese found by its pinyin: initials (``gxy`` for 高血压), whole syllables, or both mixed.

The table ``resources/pinyin.txt`` has a line for every syllable, without tones, and the characters
that are read so; a character with several readings stands in several lines. Any reading is taken:
重度 is found by ``zd`` and by ``cd``, so nothing is missed where a reading depends on the word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from mrd_desktop.resources import resource


def spells(typed: str, text: str) -> bool:
    """Some stretch of a text is spelt by what was typed; the last syllable may be unfinished.

    Characters may be mixed with letters (``高xy``), and Latin letters and digits stand for
    themselves (``her2yx`` for HER2阳性).

    Args:
        typed: without blanks.
    """
    if not typed or text.isascii():
        return False
    typed, signs = typed.casefold(), _signs(text.casefold())
    first = typed[0]
    return any(first in sign.letters and _from(typed, signs, at) for at, sign in enumerate(signs))


def begins(typed: str, text: str) -> bool:
    """The same for the beginning of a text."""
    return bool(typed) and not text.isascii() and _from(typed.casefold(), _signs(text.casefold()))


def initials(typed: str, text: str, *, whole: bool = False) -> bool:
    """A text begins with characters of these initials, or with ``whole`` has no other ones."""
    signs = [sign for sign in _signs(text.casefold()) if not sign.silent]
    typed = typed.casefold()
    if text.isascii() or not typed or len(typed) > len(signs):
        return False
    if whole and len(typed) != len(signs):
        return False
    return all(letter in sign.letters for letter, sign in zip(typed, signs, strict=False))


def readings(character: str) -> tuple[str, ...]:
    """How a character may be read, without tones; ü as ``v`` and as ``u``."""
    return _table().get(character, ())


def syllables() -> frozenset[str]:
    """Every syllable, as it is typed."""
    return frozenset(way for ways in _table().values() for way in ways)


@dataclass(frozen=True, slots=True)
class _Sign:
    """A character of a text: what may be typed for it while more is to come, and its readings.

    Attributes:
        letters: the first letters of all that may be typed.
        silent: it may be left out (a blank, a bracket).
    """

    parts: tuple[str, ...]
    whole: tuple[str, ...]
    letters: str
    silent: bool


def _from(typed: str, signs: tuple[_Sign, ...], at: int = 0) -> bool:
    """What was typed spells the text from a place on."""
    if not typed:
        return True
    if at == len(signs):
        return False
    sign = signs[at]
    if typed[0] in sign.letters:
        if any(whole.startswith(typed) for whole in sign.whole):
            return True
        for part in sign.parts:
            if typed.startswith(part) and _from(typed[len(part) :], signs, at + 1):
                return True
    return sign.silent and _from(typed, signs, at + 1)


@lru_cache(maxsize=4096)
def _signs(text: str) -> tuple[_Sign, ...]:
    return tuple(_sign(c) for c in text)


@cache
def _sign(character: str) -> _Sign:
    parts = {character}
    for syllable in readings(character):
        parts |= {syllable, syllable[0]}
        if syllable[:2] in ("zh", "ch", "sh"):
            parts.add(syllable[:2])
    return _Sign(
        tuple(sorted(parts)),
        readings(character),
        "".join(sorted({p[0] for p in parts})),
        not character.isalnum(),
    )


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in resource("pinyin.txt").read_text(encoding="utf-8").splitlines():
        syllable, characters = line.split()
        ways = (syllable, syllable.replace("v", "u")) if "v" in syllable else (syllable,)
        for character in characters:
            found[character] = found.get(character, ()) + ways
    return found
