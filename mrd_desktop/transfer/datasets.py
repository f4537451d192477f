"""Datasets of everything a database holds: one CSV table per form and per repeating group.

Rows are read in the order of the keys and written as they come, so memory does not grow with the
study. Values stand as stored codes; ``<ITEM>_MISS`` holds the reason where there is no value and
``<ITEM>_DECODE`` the words of a code. Files are exact: nothing is escaped for spreadsheets.

Source: sections 2.13 of the forms reference and 6 of the design.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.record.editions import edition, used
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.compare import in_numbers
from mrd_desktop.study.model import CodeList, Form, Item, ItemGroup, Phi, Study
from mrd_desktop.study.naming import file_of
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer.derived import Derivations

KEYS: Final = (
    "STUDYID",
    "SITEID",
    "USUBJID",
    "SUBJID",
    "EVENT",
    "EVENTREP",
    "FORM",
    "FORMREP",
    "ROWNO",
)
_Told: TypeAlias = Sequence[Any]
"""What is recorded in a row: form, row, group, item, value, many, missing."""
Decodes: TypeAlias = dict[tuple[str, str], Mapping[str, str]]
"""What the codes of an item mean, by group and item."""
MISS: Final = "_MISS"
DECODE: Final = "_DECODE"

_FLUSH: Final = 1 << 18
_SPECIAL: Final = frozenset(',"\r\n')
_ROWS: Final = (
    "SELECT f.form_id, {row}, f.subject, f.event, f.event_repeat, f.form_repeat, f.entered,"
    " f.definition"
    " FROM p_form f"
    " JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
    "  AND e.event_repeat = f.event_repeat AND e.removed = 0"
    " {join}"
    " WHERE f.form = ? AND f.removed = 0 AND f.saved_seq IS NOT NULL"
    " ORDER BY f.subject, f.event, f.event_repeat, f.form_repeat, {row}"
)
_REPEATING: Final = "JOIN p_row r ON r.form_id = f.form_id AND r.grp = ? AND r.removed = 0"
_ITEMS: Final = (
    "SELECT form_id, row, grp, item, value, many, missing FROM p_item"
    " WHERE form_id IN ({forms}) AND grp IN ({groups})"
)
_AT_ONCE: Final = 200
"""Rows whose items are asked for in one question: items are never sorted, so what is held is this
many rows and one line a form, however large the study."""


class Table:
    """One table: name of its file without ending, and its columns; ``rows`` counts what was read.

    Attributes:
        derived: columns that the program computes or recorded by itself.
    """

    def __init__(self, source: Source, form: Form, groups: tuple[ItemGroup, ...]) -> None:
        self._source = source
        self._form = form
        self._groups = groups
        self._layout = _Layout(groups, source.language)
        self._decodes = {
            digest: _decodes(study.by_form[form.oid].groups, source.language)
            for digest, study in source.former.items()
            if form.oid in study.by_form
        }
        self.name = f"{form.oid}_{groups[0].name}" if groups[0].repeating else file_of(form.oid)
        self.columns = (*KEYS, *self._layout.columns)
        self.derived = tuple(column_of(i) for g in groups for i in g.items if i.derived)
        self.rows = 0

    @property
    def text(self) -> Text:
        """What it is called."""
        return self._groups[0].text if self.group else self._form.text

    @property
    def group(self) -> str:
        """The repeating group whose rows it holds; empty for the form itself."""
        return self._groups[0].name if self._groups[0].repeating else ""

    def places(self) -> Iterator[tuple[ItemGroup, Item, int]]:
        """Each item with the column of its value; the next column is its reason."""
        places = self._layout.places
        for group in self._groups:
            for item in group.items:
                at = places.get((group.name, item.name))
                if at is not None:
                    yield group, item, at

    def lines(self) -> Iterator[bytes]:
        """The heading and the rows, read from the database while they are consumed."""
        return lines(self.columns, self.cells())

    def cells(self) -> Iterator[Sequence[str]]:
        """The rows alone."""
        return (cells for _, cells in self.dated())

    def dated(self) -> Iterator[tuple[str, Sequence[str]]]:
        """The rows, each with the month (``2027-06``) in which its form was entered first."""
        form = self._form.oid
        if self.group:
            sql = _ROWS.format(row="r.row", join=_REPEATING)
            wanted: tuple[str, ...] = (self.group, form)
        else:
            sql, wanted = _ROWS.format(row="1", join=""), (form,)
        source = self._source
        derivations = Derivations(source.conn, source.study, self._form, self._groups, source.today)
        # The driver's own cursor: with millions of cells the layer above it would cost the most.
        cursor = source.conn.connection.cursor()
        try:
            cursor.execute(sql, wanted)
            self.rows = 0
            while rows := cast(list[Sequence[Any]], cursor.fetchmany(_AT_ONCE)):
                for row in self._assembled(rows, derivations):
                    self.rows += 1
                    yield row
        finally:
            cursor.close()

    def _items(self, rows: Sequence[Sequence[Any]]) -> Mapping[tuple[int, int], list[_Told]]:
        """What is recorded on some rows, by form and row."""
        forms = sorted({row[0] for row in rows})
        names = [g.name for g in self._groups]
        marks = {"forms": ", ".join("?" * len(forms)), "groups": ", ".join("?" * len(names))}
        found: defaultdict[tuple[int, int], list[_Told]] = defaultdict(list)
        cursor = self._source.conn.connection.cursor()
        try:
            cursor.execute(_ITEMS.format(**marks), (*forms, *names))
            for told in cast(Iterable[_Told], cursor):
                found[told[0], told[1]].append(told)
        finally:
            cursor.close()
        return found

    def _assembled(
        self, rows: Sequence[Sequence[Any]], derivations: Derivations
    ) -> Iterator[tuple[str, list[str]]]:
        source, form = self._source, self._form
        items = self._items(rows)
        for form_id, row, subject, event, event_rep, form_rep, entered, definition in rows:
            cells = source.keys(subject, event, event_rep, form.oid, form_rep, row)
            cells += self._layout.blank
            words = self._decodes.get(definition, self._layout.decodes)
            told = items.get((form_id, row), ())
            if derivations.any:
                key = FormKey(EventKey(subject, event, event_rep), form.oid, form_rep)
                for name, computed, answer in derivations.of(key, row, told):
                    place = name, computed.name
                    self._layout.put(cells, place, answer.codes, answer.missing, words)
            self._layout.fill(cells, told, words)
            yield (entered or "")[:7], cells


@dataclass(frozen=True)
class Source:
    """Where tables are read from.

    Attributes:
        today: the day that counts as today for what is derived.
        former: versions of the definition that forms stand saved under besides, by digest, oldest
            first.
    """

    conn: Connection
    study: Study
    language: Language
    today: date
    former: Mapping[str, Study] = field(default_factory=dict)

    @classmethod
    def of(cls, conn: Connection, study: Study, language: Language, today: date) -> Source:
        """With every version that data stand under."""
        held = [edition(conn, digest, study) for digest in used(conn)]
        former = {s.digest: s for s in held if s is not study}
        in_order = sorted(former.values(), key=lambda s: in_numbers(s.version))
        return cls(conn, study, language, today, {s.digest: s for s in in_order})

    def words(self, digest: str | None) -> Study:
        """The version that a form was saved under; the one in force where it is not kept."""
        return self.former.get(digest or "", self.study)

    def keys(
        self, subject: str, event: str, event_rep: int, form: str, form_rep: int, row: int
    ) -> list[str]:
        """The key cells of a row."""
        return [
            self.study.oid,
            subject.partition("-")[0],
            f"{self.study.oid}-{subject}",
            subject,
            event,
            str(event_rep),
            form,
            str(form_rep),
            str(row),
        ]

    def tables(self) -> Iterator[Table]:
        """Every table of the study; form ID and identifying items are never among them."""
        for form in self.study.forms:
            if form.private:
                continue
            plain = tuple(g for g in form.groups if not g.repeating)
            if plain:
                yield Table(self, form, plain)
            for group in form.groups:
                if group.repeating:
                    yield Table(self, form, (group,))


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a dataset: its path below the folder, rows without the heading, digest, size."""

    name: str
    rows: int
    size: int
    sha256: str

    def json(self) -> JSON:
        """As it stands in ``datasets.json``."""
        return {"name": self.name, "rows": self.rows, "sha256": self.sha256, "size": self.size}


def column_of(item: Item) -> str:
    """An item's column: its name, with the form in front where a key column has that name."""
    return item.oid.replace(".", "_") if item.name in KEYS else item.name


class _Layout:
    """Which column an item of a group has; D items have none."""

    def __init__(self, groups: tuple[ItemGroup, ...], language: Language) -> None:
        self.columns: list[str] = []
        self.places: dict[tuple[str, str], int] = {}
        self.decodes: Decodes = {}
        for group in groups:
            for item in group.items:
                if item.phi is not Phi.DIRECT:
                    self._add(group, item, language)
        self.blank = [""] * len(self.columns)

    def _add(self, group: ItemGroup, item: Item, language: Language) -> None:
        key = (group.name, item.name)
        self.places[key] = len(KEYS) + len(self.columns)
        name = column_of(item)
        self.columns += [name, name + MISS]
        if item.codelist is not None:
            self.columns.append(name + DECODE)
            self.decodes[key] = _decode(item.codelist, language)

    def fill(self, cells: list[str], told: Iterable[_Told], decodes: Decodes) -> None:
        """Fill the cells of what is recorded on a row."""
        for _, _, group, item, value, many, missing in told:
            key = group, item
            if many and value is not None:
                self.put(cells, key, json.loads(value), missing, decodes)
            elif (at := self.places.get(key)) is not None and (value or missing) is not None:
                cells[at], cells[at + 1] = value or "", missing or ""
                if key in self.decodes:
                    words = decodes.get(key) or self.decodes[key]
                    cells[at + 2] = words.get(value, "")

    def put(
        self,
        cells: list[str],
        key: tuple[str, str],
        codes: Sequence[str],
        missing: str | None,
        decodes: Decodes,
    ) -> None:
        """Fill the cells of one item, its codes in the words of the version it was saved under."""
        at = self.places.get(key)
        if at is None:
            return
        cells[at] = codes[0] if len(codes) == 1 else ";".join(codes)
        cells[at + 1] = missing or ""
        if key in self.decodes:
            words = decodes.get(key) or self.decodes[key]
            cells[at + 2] = ";".join(words.get(code, "") for code in codes)


def _decodes(groups: Iterable[ItemGroup], language: Language) -> Decodes:
    """What the codes of a form mean in a version of its own."""
    return {
        (group.name, item.name): _decode(item.codelist, language)
        for group in groups
        for item in group.items
        if item.codelist is not None
    }


def _decode(codelist: CodeList, language: Language) -> Mapping[str, str]:
    return {c.code: c.text.say(language) for c in codelist.codes}


def lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A heading and rows as CSV, in pieces: UTF-8, LF, quoted only where it must be."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        if "\r" in "".join(row):
            buffer.write(f"{','.join(map(_quoted, row))}\n")
        else:
            writer.writerow(row)
        if buffer.tell() > _FLUSH:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _quoted(cell: str) -> str:
    """A cell of a row with a carriage return, which Python's writer quotes from 3.13 on alone."""
    if _SPECIAL.isdisjoint(cell):
        return cell
    return '"{}"'.format(cell.replace('"', '""'))
