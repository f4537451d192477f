"""A first mapping of a file nobody mapped before: by the names of its columns, to be looked over.

Only names that say the same as the form's are taken; the user sees every choice before anything
is tried. A unit is proposed in the form's own, and shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from mrd_desktop.record.importing.cells import read_day
from mrd_desktop.record.importing.mapping import (
    NUMBERS,
    ColumnUse,
    ReportMapping,
    day_item,
    fillable,
    in_lists,
)
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Form, Item
from mrd_desktop.study.values import ascii_forms

_SUBJECT: Final = re.compile(r"[0-9]{2}-[0-9]{3,4}")
_VISIT: Final = frozenset({"visit", "访视", "event"})


def guess_mapping(form: Form, table: ReportTable, name: str = "-") -> ReportMapping:
    """What the columns of a file most likely fill in a form."""
    subject = next((c for c in table.columns if _all(table, c, _is_subject)), "")
    days = [c for c in table.columns if _all(table, c, _is_day)]
    own = day_item(form)
    names = set(_names(own)) if own else set()
    date = next((c for c in days if _plain(c) in names), days[0] if days else "")
    event = next((c for c in table.columns if _plain(c) in _VISIT), None)
    taken = {subject, date, event}
    uses: list[ColumnUse] = []
    for item in (*fillable(form), *_listed(form, table)):
        known = set(_names(item))
        column = next((c for c in table.columns if c not in taken and _plain(c) in known), None)
        if column is not None and item is not own:
            taken.add(column)
            uses.append(use_of(form, column, item))
    return ReportMapping(
        name=name, form=form.oid, subject=subject, date=date, event=event, columns=tuple(uses)
    )


def _listed(form: Form, table: ReportTable) -> Iterator[Item]:
    """The items of a repeating section, if the file names what begins its rows."""
    names = {_plain(c) for c in table.columns}
    groups = {form.group_of[i.oid].oid: form.group_of[i.oid] for i in in_lists(form)}
    for group in groups.values():
        if names & set(_names(group.items[0])):
            yield from (i for i in group.items if not i.derived)
            return


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


def _names(item: Item) -> Iterator[str]:
    yield _plain(item.oid)
    yield _plain(item.name)
    if item.name.endswith("VAL"):
        yield _plain(item.name.removesuffix("VAL"))
    for words in (item.text.en, item.text.zh):
        yield _plain(words)
        if item.name.endswith("VAL"):
            head = ascii_forms(words).partition(":")[0]
            yield _plain(head)
            yield _plain(head.partition("(")[0])


def _plain(text: str) -> str:
    return "".join(ascii_forms(text).split()).casefold()


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
