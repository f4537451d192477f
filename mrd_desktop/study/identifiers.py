"""Forms of numbers and addresses by which a person can be told: data (``identifiers.yaml``).

A name is no form; names are compared with the identity forms where they can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ruamel.yaml import YAML

from mrd_desktop.resources import resource

_GOODS: Final = (
    r"批号|批次|批准文号|准字|条码|条形码|样本号?|标本号?|货号|试剂盒?|编号"
    r"|(?<![a-z])(?:lot|batch|barcode|sample|specimen|cat|ref|pmid|doi|nct)"
)
"""Words before numbers of things: lots, samples, medicines, articles."""
_BETWEEN: Final = r"(?:码|是|为|:|：|=|#|\(|\.|no\.?|号| )*"
_NEAR: Final = 24
"""Characters before a number in which the word that belongs to it stands."""
_ANYWHERE: Final = "(?<![0-9])(?:{})(?![0-9])"
_ALONE: Final = "(?<![0-9a-z.])(?:{})(?![0-9a-z])"
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


@dataclass(frozen=True, slots=True)
class Identifier:
    """One form.

    Attributes:
        after: what has to stand before it, with the words between; None where nothing has to.
        not_after: what may not.
        length: fewest and most characters, separators apart; None where the pattern says it.
        luhn: the digits end in a check digit of ISO/IEC 7812-1.
        everywhere: also looked for where all spaces are gone, and in sample numbers.
    """

    id: str
    pattern: re.Pattern[str]
    after: re.Pattern[str] | None = None
    not_after: re.Pattern[str] | None = None
    length: tuple[int, int] | None = None
    luhn: bool = False
    everywhere: bool = False

    def stands_in(self, plain: str) -> bool:
        """Whether a text holds it; ``plain`` is in compatibility form and in lower case."""
        return any(self._counts(plain, found) for found in self.pattern.finditer(plain))

    def _counts(self, plain: str, found: re.Match[str]) -> bool:
        bare = re.sub("[ -]", "", found[0])
        if self.length is not None and not self.length[0] <= len(bare) <= self.length[1]:
            return False
        if self.luhn and not luhn(bare):
            return False
        before = plain[max(found.start() - _NEAR, 0) : found.start()]
        if self.after is not None and not self.after.search(before):
            return False
        return self.not_after is None or not self.not_after.search(before)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1."""
    backwards = [int(d) for d in reversed(digits)]
    return (sum(backwards[::2]) + sum(_DOUBLED[d] for d in backwards[1::2])) % 10 == 0


def identifier_in(plain: str, closed: str = "", *, sure: bool = False) -> str | None:
    """Which form stands in a text, if any.

    Args:
        plain: the text in compatibility form (NFKC) and in lower case.
        closed: the same with all spaces gone.
        sure: only forms that no number of a thing is likely to have.
    """
    forms = identifiers()
    for form in forms.everywhere:
        if form.stands_in(plain) or (closed and form.stands_in(closed)):
            return form.id
    if sure:
        return None
    # Two looks tell of nearly every text that it holds none; they cost a key stroke less than all.
    told = forms.labelled if forms.label.search(plain) else ()
    bare = forms.bare if forms.any_bare.search(plain) else ()
    return next((form.id for form in (*told, *bare) if form.stands_in(plain)), None)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """All forms.

    Attributes:
        labelled: the forms that count only behind a word; ``label`` finds any of these words.
        bare: the others; ``any_bare`` finds whatever looks like one of them.
    """

    everywhere: tuple[Identifier, ...]
    labelled: tuple[Identifier, ...]
    bare: tuple[Identifier, ...]
    label: re.Pattern[str]
    any_bare: re.Pattern[str]


@cache
def identifiers() -> Identifiers:
    """The forms that the program ships."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(resource("identifiers.yaml").read_text(encoding="utf-8"))
    forms = tuple(_read(content))
    rest = [f for f in forms if not f.everywhere]
    bare = tuple(f for f in rest if f.after is None)
    return Identifiers(
        tuple(f for f in forms if f.everywhere),
        tuple(f for f in rest if f.after is not None),
        bare,
        re.compile("|".join(one["after"] for one in content if "after" in one)),
        re.compile("|".join(f.pattern.pattern for f in bare)),
    )


def _read(content: list[Mapping[str, Any]]) -> Iterator[Identifier]:
    for one in content:
        length = one.get("length")
        after, not_after = one.get("after"), one.get("not_after")
        pattern, everywhere = one["pattern"], one.get("everywhere", False)
        if not_after not in (None, "goods") or one.get("check") not in (None, "luhn"):
            raise ValueError(one["id"])
        yield Identifier(
            id=one["id"],
            pattern=re.compile(_ANYWHERE.format(pattern) if everywhere else _ALONE.format(pattern)),
            after=re.compile(rf"(?:{after}){_BETWEEN}$") if after else None,
            not_after=re.compile(rf"(?:{_GOODS}){_BETWEEN}$") if not_after else None,
            length=(length[0], length[1]) if length else None,
            luhn=one.get("check") == "luhn",
            everywhere=everywhere,
        )
