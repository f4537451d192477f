"""OIDs of our shape from anybody's: short, upper case, each given once.

What the program itself gives a meaning to (forms, sections, events and lists of the definition it
comes with, columns of every data set) is not given to a foreign study: a foreign ``AE`` is not the
form whose ``AE.SER`` the safety report reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import takewhile
from typing import Final

COLUMNS: Final = frozenset(
    {"STUDYID", "SITEID", "USUBJID", "SUBJID", "EVENT", "EVENTREP", "FORM", "FORMREP", "ROWNO"}
)
"""Keys of every data set."""
WORDS: Final = frozenset(
    {"P", "TODAY", "VALUE", "ITEM", "SUBJECT", "SITE", "REPEAT", "ROW", "EVENT", "EVENTS", "ALL",
     "ITEMS", "REQUIRED"}
)  # fmt: skip
"""What means something in an expression or as the place of a check."""

FORM, GROUP, ITEM, LIST, EVENT = 8, 8, 24, 20, 8
"""Longest name of each kind."""

_PREFIX: Final = re.compile(
    r"^(?:ODM[._])?(?:StudyEventDefs?|StudyEvent|Event|FormDefs?|Form|ItemGroupDefs?|ItemDefs?"
    r"|CodeLists?|SE|FO|F|IG|IT|I|CL)[._](?:OID[._])?(?=.)",
    re.IGNORECASE,
)


def stem(oid: str) -> str:
    """An OID without the prefix that only says what it is of."""
    return _PREFIX.sub("", oid.strip())


def shared(oids: Iterable[str]) -> str:
    """What all stems of a kind begin with, up to a separator."""
    stems = [stem(o) for o in oids]
    if len(stems) < 2:
        return ""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False))
    common = "".join(letters[0] for letters in alike)
    cut = max(common.rfind("."), common.rfind("_"))
    return common[: cut + 1]


class Names:
    """Gives out names of one kind; what is taken gets a number."""

    def __init__(self, longest: int, letter: str, taken: Collection[str] = ()) -> None:
        self._longest = longest
        self._letter = letter
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def give(self, *wishes: str) -> str:
        """A free name, as near as can be to the first wish that has letters or digits."""
        made = next(filter(None, (_shaped(w, self._letter) for w in wishes)), self._letter)
        name = made[: self._longest]
        number = self._numbers.get(name, 1)
        first = name
        while name in self._taken:
            number += 1
            tail = str(number)
            name = f"{made[: self._longest - len(tail)]}{tail}"
        self._numbers[first] = number
        self._taken.add(name)
        return name


def _shaped(wish: str, letter: str) -> str:
    plain = re.sub(r"[^A-Z0-9]", "", wish.upper())
    plain = plain.encode("ascii", "ignore").decode()
    return f"{letter}{plain}" if plain[:1].isdigit() else plain
