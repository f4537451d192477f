"""How far a password is from those that are tried first.

A password is taken apart in the way that leaves least to be guessed: words that everybody here
knows cost nothing, passwords of a public list, years, days of birth and telephone numbers little,
a syllable of pinyin as much as a character, runs along the alphabet or the keyboard one character.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Final

from mrd_desktop import pinyin
from mrd_desktop.resources import resource

ENOUGH: Final = 6
"""What must be left to guess, in characters."""
_LISTED: Final = 1.5
_SHORTEST: Final = 4
_LONGEST: Final = 20
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm",
)  # fmt: skip
_HABITS: Final = (
    "5201314 1314520 520520 521521 1314 147258369 159357 110110 119119 woaini woaiwo aini "
    "nihao wodemima mimashi woshi wode shengri laopo laogong baobao baobei xiaoxiao tiantian "
    "zhongguo yisheng hushi daifu zhuren yanjiu linchuang zhongliu ruxian xiehe renmin weixin "
    "taobao zhifubao huawei qq123456 a123456 abc123456 qwe123 asd123 zxc123 admin123"
)
"""What is chosen in China besides, blanks between; each counts like one of the public list."""
_DATED: Final = re.compile(
    r"(?=((?:19|20)\d\d[-./年]?(?:1[0-2]|0?[1-9])[-./月]?(?:[12]\d|3[01]|0?[1-9])日?"  # 1990-01-23
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"  # 900123
    r"|(?:19|20)\d\d年?"  # 1990
    r"|(?:\+?86)?1[3-9]\d{9}))"  # a mobile telephone
)
_LOOKS_LIKE: Final = str.maketrans("@$013457!", "asoleasti")


@cache
def listed() -> frozenset[str]:
    """Common passwords in small letters: a public list and our own."""
    packed = resource("common_passwords.txt.gz").read_bytes()
    return frozenset((*_HABITS.split(), *gzip.decompress(packed).decode().split()))


def left_to_guess(text: str, known: Collection[str]) -> float:
    """What is left of a text, in characters, by the shortest way to build it.

    Args:
        text: folded, see :func:`mrd_desktop.vault.passwords.accepted`.
        known: words that everybody at the site knows, folded alike.
    """
    text = _unit(text)
    best = [float(n) for n in range(len(text) + 1)]
    steps: dict[int, list[tuple[int, float]]] = {}
    for start, end, cost in _pieces(text, known):
        steps.setdefault(end, []).append((start, cost))
    for end in range(1, len(text) + 1):
        best[end] = best[end - 1] + 1
        for start, cost in steps.get(end, ()):
            best[end] = min(best[end], best[start] + cost)
    return best[-1]


def _unit(text: str) -> str:
    """What a text repeats throughout; the text itself where it repeats nothing."""
    again = (text + text).find(text, 1)
    return text[:again]


def _pieces(text: str, known: Collection[str]) -> Iterator[tuple[int, int, float]]:
    """Every stretch that costs less than its characters: where from, where to, how much."""
    common, syllables, meant = listed(), _syllables(), text.translate(_LOOKS_LIKE)
    for start in range(len(text)):
        for end in range(start + 2, min(start + _LONGEST, len(text)) + 1):
            piece = text[start:end]
            if end - start >= _SHORTEST and not common.isdisjoint((piece, meant[start:end])):
                yield start, end, _LISTED
            if piece in syllables:
                yield start, end, 1
            if end - start >= _SHORTEST and _is_run(piece):
                yield start, end, 1
        for word in known:
            if text.startswith(word, start):
                yield start, start + len(word), 0
    for found in _DATED.finditer(text):
        yield found.start(), found.start() + len(found[1]), _LISTED


def _is_run(piece: str) -> bool:
    return len(set(piece)) == 1 or any(piece in run or piece in run[::-1] for run in _RUNS)


@cache
def _syllables() -> frozenset[str]:
    return frozenset(s for s in pinyin.syllables() if len(s) >= 2)
