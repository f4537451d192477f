"""From the text of a report's cell to the text one would type, without guessing.

Shorthand of the keyboard does not count here: ``2`` is no second choice of a list and ``16`` no day
of this month. A date is written in full, a code as itself or in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from mrd_desktop.record.importing.mapping import NUMBERS, ColumnUse
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Code, Item, Kind, Study
from mrd_desktop.study.units import converted
from mrd_desktop.study.values import ascii_forms
from mrd_desktop.texts import Text

_DATE: Final = re.compile(
    r"([12][0-9]{3})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})"
    r"|\.([0-9]{1,2})\.([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))"
    r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_CLOCK: Final = re.compile(r"(?:\S+[T ]+)?([0-9]{1,2}):([0-9]{2})(?::[0-9]{2}(?:\.[0-9]+)?)?")
_LONGEST_TIME: Final = 60
_FLAGS: Final = re.compile(r"(?<![\s↑↓])[\s↑↓]+$")
_SIGNS: Final = {"<": "LT", ">": "GT", "": "EQ"}


@dataclass(frozen=True, slots=True)
class Read:
    """What a cell says: the text to type, and the code of the sign before a number."""

    text: str
    qualifier: str | None = None


def read_cell(study: Study, item: Item, use: ColumnUse, cell: str, unit: str) -> Read | None:
    """What to type for a cell; None where it says nothing.

    Args:
        unit: the unit of the number, ``""`` where the item has none.

    Raises:
        ValueRefused: the cell is no value of the item; the sentence never holds it.
    """
    said = use.read_as.get(cell, cell).strip()
    if not said:
        return None
    if item.type.kind in NUMBERS:
        return _number(study, item, use, said, unit)
    return Read(_plain(item, said))


def _plain(item: Item, said: str) -> str:
    match item.type.kind:
        case Kind.DATE | Kind.PARTIAL_DATE:
            return read_day(said).isoformat()
        case Kind.TIME:
            return _time(said)
        case Kind.CODE:
            return _code(item, said).code
        case Kind.CODES:
            parts = (p.strip() for p in re.split("[;、]", ascii_forms(said)))
            return ";".join(_code(item, p).code for p in parts if p)
        case _:
            return said


def read_day(text: str) -> date:
    """A date written in full, year first; a time after it is passed over.

    Raises:
        ValueRefused: it is none, or its order of day and month can only be guessed.
    """
    found = _DATE.fullmatch(ascii_forms(text).strip())
    if found:
        year, month, day = (int(g) for g in found.groups() if g)
        try:
            return date(year, month, day)
        except ValueError:
            pass
    raise ValueRefused(_NO_DATE)


def _time(text: str) -> str:
    plain = ascii_forms(text).strip()
    found = _CLOCK.fullmatch(plain) if len(plain) <= _LONGEST_TIME else None
    if not found:
        raise ValueRefused(_NO_TIME)
    return f"{int(found[1]):02}:{found[2]}"


def _number(study: Study, item: Item, use: ColumnUse, text: str, unit: str) -> Read:
    plain = _FLAGS.sub("", ascii_forms(text).strip())
    sign = plain[:1] if plain[:1] in ("<", ">") else ""
    plain = plain[len(sign) :].strip()
    if sign and not use.qualifier:
        raise ValueRefused(_NO_SIGN)
    if plain.endswith("%"):
        if item.unit != "%":
            raise ValueRefused(_NO_PERCENT)
        plain, unit = plain[:-1].strip(), "%"
    if item.unit is not None:
        if not unit:
            raise ValueRefused(_NO_UNIT)
        plain = converted(study, item, plain, unit)
    return Read(plain, _SIGNS[sign] if use.qualifier else None)


def _code(item: Item, text: str) -> Code:
    """The one code whose name the text is; words before a bracket are enough."""
    wanted = _folded(text)
    codes = item.codelist.codes if item.codelist else ()
    for names in (_whole, _short):
        found = [c for c in codes if wanted in {_folded(n) for n in names(c)}]
        if len(found) == 1:
            return found[0]
    raise ValueRefused(_NO_CODE)


def _whole(code: Code) -> Iterator[str]:
    yield from (code.code, code.text.en, code.text.zh)


def _short(code: Code) -> Iterator[str]:
    for words in (code.text.en, code.text.zh):
        yield ascii_forms(words).partition("(")[0]


def _folded(text: str) -> str:
    return " ".join(ascii_forms(text).split()).casefold()


_NO_DATE: Final = Text(
    "No full date with the year first, like 2027-06-30.", "应为完整日期，年份在前，如 2027-06-30。"
)
_NO_TIME: Final = Text("No time like 08:30.", "应为时间，如 08:30。")
_NO_SIGN: Final = Text(
    "A sign stands before the number, and no field takes it. Map one for it.",
    "数值前有“<”或“>”，但未设置限定符条目。",
)
_NO_PERCENT: Final = Text(
    "A per cent value for an item that is none.", "数值带百分号，但该条目不是百分数。"
)
_NO_UNIT: Final = Text("The row does not say its unit.", "该行未注明单位。")
_NO_CODE: Final = Text(
    "Not one of the choices of this item, in code or words.", "不是该条目的选项（代码或文字）。"
)
