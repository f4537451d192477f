"""A first mapping of a file nobody mapped before: by the names of its columns, to be looked over.

Only names that say the same as the form's, or that the definition lists for an item, are taken; the
user sees every choice before anything is tried. A unit is the one that the heading says or that a
column beside it says row by row; where nothing says one, the form's own is proposed, and shown.
Of several columns the one that says a unit of the item goes before one with a name alone. A name
that stands above percentages, too, is taken only with a unit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mrd_desktop.record.importing.cells import read_day
from mrd_desktop.record.importing.mapping import (
    NUMBERS,
    ColumnUse,
    ReportMapping,
    day_item,
    fillable,
    importable,
    in_lists,
)
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.headings import plain_heading, readings
from mrd_desktop.study.model import Form, Item, Study
from mrd_desktop.study.units import converts, plain_unit
from mrd_desktop.study.values import ascii_forms

_SUBJECT: Final = re.compile(r"[0-9]{2}-[0-9]{3,4}")
_VISIT: Final = frozenset(plain_heading(n) for n in ("visit", "访视", "event"))
UNIT_NAMES: Final = frozenset({"单位", "unit", "units"})
"""Headings of a column that says units."""
_AGAIN: Final = re.compile(r" \([0-9]+\)$")
_UNIT_SIGNS: Final = re.compile(r"[/%^]")
_GATE: Final = re.compile(r"([A-Z0-9]+\.[A-Z0-9]+) = '([^']+)'")
_PERCENT: Final = "%"


class _Fit(IntEnum):
    """How well a column fits an item, the best first."""

    UNIT = 0
    NAME = 1
    OTHER_UNIT = 2


@dataclass(frozen=True, slots=True)
class _Said:
    """What the head of a column says of an item.

    Attributes:
        unit: the unit; ``""`` if none.
        wary: its name may mean something else unless a unit is said.
    """

    unit: str
    wary: bool = False


def guess_mapping(study: Study, form: Form, table: ReportTable, name: str = "-") -> ReportMapping:
    """What the columns of a file most likely fill in a form."""
    subject = next((c for c in table.columns if _all(table, c, _is_subject)), "")
    days = [c for c in table.columns if _all(table, c, _is_day)]
    own = day_item(form)
    own_days = (c for c in days if own and _said(study, own, c) is not None)
    date = next(own_days, days[0] if days else "")
    event = next((c for c in table.columns if plain_heading(c) in _VISIT), None)
    taken = {subject, date, event}
    uses: list[ColumnUse] = []
    for item in (*fillable(form), *_listed(study, form, table)):
        if item is own:
            continue
        free = (c for c in table.columns if c not in taken)
        use = _best(study, form, item, table, free)
        if use is not None:
            taken.add(use.column)
            uses.append(use)
    return ReportMapping(
        name=name, form=form.oid, subject=subject, date=date, event=event, columns=tuple(uses),
        constants=_gate(own) if uses else {},
    )  # fmt: skip


def likely_form(study: Study, table: ReportTable) -> Form | None:
    """The form of which a file names the most items; None where no heading is known."""
    forms = reversed(importable(study))
    named = [(len(guess_mapping(study, f, table).columns), f) for f in forms]
    most, form = max(named, key=lambda pair: pair[0])
    return form if most else None


def _gate(own: Item | None) -> dict[str, str]:
    """The answer without which the form has no sampling date; a row with a date gives it."""
    found = _GATE.fullmatch(own.show_when.source) if own and own.show_when else None
    return {found[1]: found[2]} if found else {}


def _listed(study: Study, form: Form, table: ReportTable) -> Iterator[Item]:
    """The items of a repeating section, if the file names what begins its rows."""
    groups = {form.group_of[i.oid].oid: form.group_of[i.oid] for i in in_lists(form)}
    for group in groups.values():
        if any(_said(study, group.items[0], c) is not None for c in table.columns):
            yield from (i for i in group.items if not i.derived)
            return


def _best(
    study: Study, form: Form, item: Item, table: ReportTable, columns: Iterable[str]
) -> ColumnUse | None:
    """The column that fits an item best, the first of equals."""
    found: list[tuple[_Fit, ColumnUse]] = []
    for column in columns:
        said = _said(study, item, column)
        if said is None:
            continue
        use = _with_unit(table, use_of(form, column, item, said.unit or None), said.unit)
        fit = _fit(study, item, table, use, said)
        if fit is not None:
            found.append((fit, use))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _fit(study: Study, item: Item, table: ReportTable, use: ColumnUse, said: _Said) -> _Fit | None:
    """How well a column fits; None where it holds something else, such as percentages.

    Any other unit that cannot be converted is refused later, and never dropped.
    """
    if item.unit is None or item.type.kind not in NUMBERS:
        return _Fit.NAME
    units = {said.unit} - {""}
    if use.unit_column is not None:
        cells = (table.cell(r, use.unit_column) for r in table.rows if table.cell(r, use.column))
        units |= {c for c in cells if c}
    if any(converts(study, item, u) for u in units):
        return _Fit.UNIT
    if not units:
        return None if said.wary else _Fit.NAME
    other = all(plain_unit(u) == _PERCENT for u in units)
    return None if other or said.wary else _Fit.OTHER_UNIT


def means(study: Study, item: Item, name: str) -> bool:
    """Whether a laboratory's name of a test may mean an item."""
    return _said(study, item, name) is not None


def _said(study: Study, item: Item, heading: str) -> _Said | None:
    """What a heading says of an item; None where it means something else."""
    sure = {plain_heading(n) for n in _names(study, item)}
    wary = {plain_heading(n) for n in study.headings_with_unit.get(item.oid, ())}
    sure -= wary
    known = sure | wary
    for name, rest in readings(_AGAIN.sub("", heading)):
        plain, beside = plain_heading(name), plain_heading(rest)
        if rest and plain + beside in sure:
            return _Said("")
        if plain not in known:
            continue
        if not rest or beside in known:
            return _Said("", wary=not {plain, beside} & sure)
        if item.unit is not None and _is_unit(study, item, rest):
            return _Said(rest, wary=plain in wary)
    return None


def _is_unit(study: Study, item: Item, text: str) -> bool:
    """Whether a text is a unit, of this item or another."""
    return _UNIT_SIGNS.search(text) is not None or converts(study, item, text)


def _with_unit(table: ReportTable, use: ColumnUse, said: str) -> ColumnUse:
    """With the column that says the unit of each row, in place of a unit that nothing says.

    Where the heading says one, too, both stand, and a row in which they differ is refused.
    """
    if use.unit is None:
        return use
    following = table.place[use.column] + 1
    names = {plain_heading(n) for n, _ in readings(_AGAIN.sub("", use.column))}
    for column in table.columns:
        beside = table.place[column] == following
        plain = plain_heading(_AGAIN.sub("", column))
        if (beside and plain in UNIT_NAMES) or plain in {
            f"{n}{u}" for n in names for u in UNIT_NAMES
        }:
            return use.model_copy(update={"unit": said or None, "unit_column": column})
    return use


def use_of(form: Form, column: str, item: Item, unit: str | None = None) -> ColumnUse:
    """A column that fills an item: in the item's own unit if no other is said.

    A sign before the number goes to the item's qualifier where the form has one.
    """
    if item.type.kind not in NUMBERS:
        return ColumnUse(column=column, item=item.oid)
    sign = f"{item.oid.removesuffix('VAL')}QUAL"
    has_sign = item.oid.endswith("VAL") and any(i.oid == sign for i in fillable(form))
    return ColumnUse(
        column=column,
        item=item.oid,
        unit=unit or item.unit,
        qualifier=sign if has_sign else None,
    )


def _names(study: Study, item: Item) -> Iterator[str]:
    yield from (item.oid, item.name, *study.headings.get(item.oid, ()))
    if item.name.endswith("VAL"):
        yield item.name.removesuffix("VAL")
    for words in (item.text.en, item.text.zh):
        yield words
        if item.name.endswith("VAL"):
            head = ascii_forms(words).partition(":")[0]
            yield head
            yield head.partition("(")[0]


def _is_subject(text: str) -> bool:
    return _SUBJECT.fullmatch(text) is not None


def _is_day(text: str) -> bool:
    try:
        read_day(text)
    except ValueRefused:
        return False
    return True


def _all(table: ReportTable, column: str, test: Callable[[str], bool]) -> bool:
    cells = [c for r in table.rows[:20] if (c := table.cell(r, column))]
    return bool(cells) and all(test(c) for c in cells)
