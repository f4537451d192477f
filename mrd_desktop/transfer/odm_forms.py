"""The saved forms of a store, cell by cell, as a snapshot in any version of ODM-XML has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.model import Form, ItemGroup, Phi, Study
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.derived import Derivations

_FORMS: Final = (
    "SELECT f.form_id, f.subject, f.event, f.event_repeat, f.form, f.form_repeat"
    " FROM p_form f JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
    "  AND e.event_repeat = f.event_repeat AND e.removed = 0"
    " WHERE f.removed = 0 AND f.saved_seq IS NOT NULL AND {which}"
    " ORDER BY f.subject, f.event, f.event_repeat, f.form, f.form_repeat"
)
_ITEMS: Final = "SELECT grp, row, item, value, many, missing FROM p_item WHERE form_id = ?"
_ROWS: Final = "SELECT grp, row FROM p_row WHERE form_id = ? AND removed = 0"


class Cell(NamedTuple):
    """What stands in one data point.

    Attributes:
        codes: the value; several codes are several, and none are a reason's.
        recorded: a record says it; else the program computes it.
    """

    codes: tuple[str, ...]
    missing: str | None
    recorded: bool


Cells: TypeAlias = dict[str, Cell]
"""By item name."""


class Filed(NamedTuple):
    """A saved form and its number in the database."""

    form_id: int
    key: FormKey


def filed(source: Source, words: Study) -> Iterator[Filed]:
    """The forms saved under a version, in the order of their keys.

    What is saved under none that is kept counts as in force.
    """
    for form_id, subject, event, repeat, form, form_repeat in source.conn.exec_driver_sql(
        *_chosen(source, words)
    ):
        place = EventKey(str(subject), str(event), int(repeat))
        yield Filed(int(form_id), FormKey(place, str(form), int(form_repeat)))


def _chosen(source: Source, words: Study) -> tuple[str, tuple[str, ...]]:
    if words is not source.study:
        return _FORMS.format(which="f.definition = ?"), (words.digest,)
    former = tuple(source.former)
    if not former:
        return _FORMS.format(which="1"), ()
    marks = ", ".join("?" * len(former))
    which = f"(f.definition IS NULL OR f.definition NOT IN ({marks}))"
    return _FORMS.format(which=which), former


class FormReader:
    """Reads forms that stand under a version, derived items included."""

    def __init__(self, source: Source, words: Study) -> None:
        self._words: Final = words
        self._source: Final = source
        self._derivations: Final[dict[str, Derivations]] = {}

    def form(self, one: Filed) -> Form | None:
        """The definition of a form that a dataset may hold."""
        form = self._words.by_form.get(one.key.form)
        return None if form is None or form.private else form

    def groups(self, one: Filed, form: Form) -> Iterator[tuple[ItemGroup, int, Cells]]:
        """Each row of each section in order, also such as holds nothing; identities never."""
        rows = self._rows(one.form_id, form)
        for group in form.groups:
            for number in sorted(n for name, n in rows if name == group.name):
                cells = rows[group.name, number]
                self._derive(form, group, one.key, number, cells)
                yield (
                    group,
                    number,
                    {
                        item.name: cells[item.name]
                        for item in group.items
                        if item.name in cells and item.phi is not Phi.DIRECT
                    },
                )

    def _rows(self, form_id: int, form: Form) -> dict[tuple[str, int], Cells]:
        conn = self._source.conn
        rows: dict[tuple[str, int], Cells] = {
            (g.name, 1): {} for g in form.groups if not g.repeating
        }
        rows |= {(str(g), int(n)): {} for g, n in conn.exec_driver_sql(_ROWS, (form_id,))}
        for group, row, item, value, many, missing in conn.exec_driver_sql(_ITEMS, (form_id,)):
            if (group, row) in rows and (value is not None or missing is not None):
                codes = () if value is None else tuple(json.loads(value)) if many else (value,)
                rows[group, row][item] = Cell(codes, missing if value is None else None, True)
        return rows

    def _derive(
        self, form: Form, group: ItemGroup, key: FormKey, number: int, cells: Cells
    ) -> None:
        source = self._source
        if form.oid not in self._derivations:
            self._derivations[form.oid] = Derivations(
                source.conn, source.study, form, form.groups, source.today
            )
        for item, answer in self._derivations[form.oid].on(key, group.name, number):
            if item.name not in cells:
                codes = answer.codes if answer.value is not None else ()
                cells[item.name] = Cell(tuple(codes), answer.missing, False)
