"""Derived items as they are now, for tables: computed where they are not recorded.

For one table only the forms are loaded that its derivations read, one subject at a time.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Connection

from mrd_desktop.study.address import EventKey, FormKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import FormData, RowData, SubjectData
from mrd_desktop.study.model import Form, Item, ItemGroup, Study
from mrd_desktop.study.scene import Line, Scene

_SELECT: Final = (
    "SELECT f.form_id, f.event, f.event_repeat, f.form, f.form_repeat, f.declared, f.entered"
    " FROM p_form f JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
    "  AND e.event_repeat = f.event_repeat AND e.removed = 0"
    " WHERE f.subject = ? AND f.removed = 0 AND f.saved_seq IS NOT NULL AND f.form IN ({marks})"
    " ORDER BY f.form_id"
)
_ROWS: Final = (
    "SELECT form_id, grp, row FROM p_row WHERE form_id IN ({marks}) AND removed = 0"
    " ORDER BY form_id, grp, row"
)
_ITEMS: Final = (
    "SELECT form_id, grp, row, item, value, many, missing FROM p_item WHERE form_id IN ({marks})"
)
_AT_ONCE: Final = 500
"""Forms asked for in one question; far below what a statement may name."""


_answer: Final = lru_cache(maxsize=16_384)(Answer)
"""The same few thousand contents stand in row after row."""

_ByForm: TypeAlias = Mapping[int, Sequence[Sequence[Any]]]
_KEPT: Final = 4_096


@dataclass(frozen=True, slots=True)
class _InHand:
    """A derived item that is told by what one row holds.

    Attributes:
        reads: group and name of each item that its computation reads, through others too.
        known: what it computed to, by what stood there: of laboratory values a few hundred differ.
    """

    group: str
    item: Item
    reads: tuple[tuple[str, str], ...]
    known: dict[Hashable, Answer | None] = field(default_factory=dict)

    def learn(self, stood: Hashable, answer: Answer | None) -> Answer | None:
        """Keep what it computes to, of so many contents at most."""
        if len(self.known) >= _KEPT:
            self.known.clear()
        self.known[stood] = answer
        return answer


class Derivations:
    """The derived items of some groups of one form.

    Args:
        today: the day that counts as today.
    """

    def __init__(
        self, conn: Connection, study: Study, form: Form, groups: tuple[ItemGroup, ...], today: date
    ) -> None:
        self._conn: Final = conn
        self._study: Final = study
        self._today: Final = today
        self._form: Final = form.oid
        self._groups: Final = {g.name: items for g in groups if (items := tuple(_wanted(study, g)))}
        wanted = [(name, item) for name, items in self._groups.items() for item in items]
        reads = _reads(study, (item.oid for _, item in wanted))
        self._needed: Final = _forms_read(study, form, reads)
        # Where nothing outside the row is read, the row in hand is enough.
        names = {g.name for g in groups if not g.repeating}
        local = self._needed == (form.oid,) and all(
            oid in form.group_of and form.group_of[oid].name in names for oid in reads
        )
        self._in_hand: Final = [
            _InHand(name, item, tuple(sorted(_places(study, _reads(study, (item.oid,))))))
            for name, item in wanted
            if local
        ]
        self._read: Final = {
            g.name: frozenset(i.name for i in g.items if i.oid in reads)
            for g in form.groups
            if not g.repeating
        }
        self.any: Final = bool(self._groups)
        self._subject = ""
        self._lines: Mapping[FormKey, Line] = {}

    def of(
        self, key: FormKey, row: int, told: Iterable[Sequence[Any]] | None = None
    ) -> Iterator[tuple[str, Item, Answer]]:
        """The computed answers on one row of every group: group name, item, answer.

        Args:
            told: what is recorded in the row: form, row, group, item, value, many, missing.
        """
        if self._in_hand and told is not None:
            yield from self._told(key, told)
            return
        for name in self._groups:
            for item, answer in self.on(key, name, row):
                yield name, item, answer

    def _told(
        self, key: FormKey, told: Iterable[Sequence[Any]]
    ) -> Iterator[tuple[str, Item, Answer]]:
        """The computed answers of a row that is in hand; the same contents are computed once."""
        told = tuple(told)
        stands = {(one[2], one[3]): one[4:] for one in told}
        line: Line | None = None
        for one in self._in_hand:
            stood = tuple(map(stands.get, one.reads))
            if stood in one.known:
                answer = one.known[stood]
            else:
                line = line or self._line(key, told)
                answer = one.learn(stood, line.scene.computed(line, one.item.oid))
            if answer is not None:
                yield one.group, one.item, answer

    def _line(self, key: FormKey, told: Iterable[Sequence[Any]]) -> Line:
        data = FormData(key, tuple(self._rows_of(key, told)))
        scene = Scene(self._study, SubjectData(key.subject, self._today, (data,)))
        return scene.forms(self._form)[0]

    def on(self, key: FormKey, group: str, row: int) -> Iterator[tuple[Item, Answer]]:
        """The computed answers on one row of one group."""
        items = self._groups.get(group)
        if items is None:
            return
        if key.subject != self._subject:
            self._subject = key.subject
            scene = Scene(self._study, self._load(key.subject))
            self._lines = {line.form.key: line for line in scene.forms(self._form)}
        line = self._lines[key]
        if self._study.by_form[self._form].by_group[group].repeating:
            found = (r for r in line.rows(group) if r.row and r.row.key.row == row)
            line = next(found, line)
        for item in items:
            answer = line.scene.computed(line, item.oid)
            if answer is not None:
                yield item, answer

    def _rows_of(self, key: FormKey, told: Iterable[Sequence[Any]]) -> Iterator[RowData]:
        """The rows in hand, with no more than what is read of them."""
        read = self._read
        rows: dict[str, dict[str, Answer]] = {group: {} for group in read}
        for _, _, group, item, value, many, missing in told:
            if item in read[group] and (value is not None or missing is not None):
                raw = tuple(json.loads(value)) if many and value is not None else value
                rows[group][item] = _answer(raw, missing)
        return (RowData(RowKey(key, group), answers) for group, answers in rows.items())

    def _load(self, subject: str) -> SubjectData:
        marks = ", ".join("?" * len(self._needed))
        sql = _SELECT.format(marks=marks)
        forms = self._found(sql, (subject, *self._needed))
        rows, items = self._of_forms([form[0] for form in forms])
        made = (self._one(subject, f, rows.get(f[0], ()), items.get(f[0], ())) for f in forms)
        return SubjectData(subject, self._today, tuple(made))

    def _of_forms(self, ids: Sequence[int]) -> tuple[_ByForm, _ByForm]:
        """Rows and items of many forms; asked form by form, the asking would cost the most."""
        rows: dict[int, list[Sequence[Any]]] = {}
        items: dict[int, list[Sequence[Any]]] = {}
        for first in range(0, len(ids), _AT_ONCE):
            some = tuple(ids[first : first + _AT_ONCE])
            marks = ", ".join("?" * len(some))
            for sql, held in ((_ROWS, rows), (_ITEMS, items)):
                for form_id, *rest in self._found(sql.format(marks=marks), some):
                    held.setdefault(form_id, []).append(rest)
        return rows, items

    def _found(self, sql: str, values: tuple[Any, ...]) -> list[Sequence[Any]]:
        """Asked of the driver itself: with a few rows each, the layer above costs the most."""
        cursor = self._conn.connection.cursor()
        try:
            cursor.execute(sql, values)
            return list(cast(Iterable[Sequence[Any]], cursor.fetchall()))
        finally:
            cursor.close()

    def _one(
        self,
        subject: str,
        found: Sequence[Any],
        found_rows: Iterable[Sequence[Any]],
        found_items: Iterable[Sequence[Any]],
    ) -> FormData:
        _, event, event_repeat, form, form_repeat, declared, entered = found
        key = FormKey(EventKey(subject, event, event_repeat), form, form_repeat)
        rows: dict[tuple[str, int], dict[str, Answer]] = {
            (g.name, 1): {} for g in self._study.by_form[form].groups if not g.repeating
        }
        for group, row in found_rows:
            rows[group, row] = {}
        for group, row, item, value, many, missing in found_items:
            if (group, row) in rows and (value is not None or missing is not None):
                raw = tuple(json.loads(value)) if many and value is not None else value
                rows[group, row][item] = _answer(raw, missing)
        data = tuple(RowData(RowKey(key, *place), answers) for place, answers in rows.items())
        day = date.fromisoformat(entered) if entered else None
        return FormData(key, data, bool(declared), day)


def _wanted(study: Study, group: ItemGroup) -> Iterator[Item]:
    for item in group.items:
        derivation = study.by_derived.get(item.oid)
        if item.derived and derivation is not None and not derivation.recorded:
            yield item


def _places(study: Study, oids: Iterable[str]) -> Iterator[tuple[str, str]]:
    for oid in oids:
        _, group, item = study.places[oid]
        yield group.name, item.name


def _reads(study: Study, wanted: Iterable[str]) -> frozenset[str]:
    """Everything that the computation of these items reads, through other derived items too."""
    seen: set[str] = set()
    waiting = list(wanted)
    while waiting:
        oid = waiting.pop()
        if oid in seen:
            continue
        seen.add(oid)
        item = study.by_item.get(oid)
        if item is not None:
            derivation = study.by_derived.get(oid)
            waiting += item.show_when.reads if item.show_when else ()
            waiting += derivation.value.reads if derivation else ()
    return frozenset(seen)


def _forms_read(study: Study, form: Form, reads: frozenset[str]) -> tuple[str, ...]:
    """The forms that these items, forms and groups stand in."""
    found = {form.oid}
    for oid in reads:
        if oid in study.by_item:
            found.add(study.form_of[oid].oid)
        elif oid in study.by_form:
            found.add(oid)
        else:
            found |= {f.oid for f in study.forms if oid in f.by_group}
    return tuple(sorted(found))
