"""What the columns of a report mean: remembered by name in the site's own folder, never sent.

A mapping fills items of one form, and of one repeating section of it: there each row of the report
is a row of the section, and all rows of a sample belong to its form.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Column, Connection, MetaData, Table, inspect, text
from sqlalchemy import Text as Characters

from mrd_desktop.foreign import first_bytes
from mrd_desktop.record.importing.errors import MappingRefused
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Form, Item, Kind, Study
from mrd_desktop.study.units import factor
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

_table: Final = Table(
    "import_mapping",
    MetaData(),
    Column("name", Characters, primary_key=True),
    Column("at", Characters, nullable=False),
    Column("user", Characters, nullable=False),
    Column("content", Characters, nullable=False),
)
NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL})


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnUse(_Part):
    """What one column fills.

    Attributes:
        column: its name in the heading.
        item: OID of the item it fills.
        unit: the unit all its numbers have; or
        unit_column: the column in which each row says its unit. With both, a row that says another
            one is refused.
        qualifier: OID of the item that takes a sign before the number (``<``, ``>``, or none).
        read_as: what a text of the report means (``"+"``: ``"POSITIVE"``); ``""``: nothing.
    """

    column: str
    item: str
    unit: str | None = None
    unit_column: str | None = None
    qualifier: str | None = None
    read_as: dict[str, str] = {}


class ReportMapping(_Part):
    """How the reports of one laboratory are read.

    Attributes:
        name: by which the site remembers it.
        form: OID of the form that each row fills.
        subject: the column with the subject number.
        date: the column with the sampling date.
        event: the column with the visit (``M03``, ``UNS#2`` or its name); without it the visit is
            the one in whose window the date lies.
        constants: texts that every row has, by item OID.
    """

    name: str = Field(min_length=1, max_length=60)
    form: str
    subject: str
    date: str
    event: str | None = None
    columns: tuple[ColumnUse, ...] = ()
    constants: dict[str, str] = {}


def importable(study: Study) -> tuple[Form, ...]:
    """The forms that reports can fill: those that name a laboratory and a sampling day."""
    return tuple(
        f
        for f in study.forms
        if not f.private and day_item(f) and any(i.name == "LABNAM" for i in f.items)
    )


def day_item(form: Form) -> Item | None:
    """The item that holds the sampling date: the first date of the form."""
    return next((i for i in fillable(form) if i.type.kind is Kind.DATE), None)


def fillable(form: Form) -> tuple[Item, ...]:
    """The items that a row of a report can fill."""
    return tuple(i for g in form.groups if not g.repeating for i in g.items if not i.derived)


def in_lists(form: Form) -> tuple[Item, ...]:
    """The items of repeating sections that a row of a report can fill."""
    return tuple(i for g in form.groups if g.repeating for i in g.items if not i.derived)


def check_mapping(study: Study, mapping: ReportMapping, table: ReportTable | None) -> None:
    """Go on only with a mapping that fits.

    Args:
        table: the file, None where there is none yet. Of a report by test one test at least must be
            there; the others are empty.

    Raises:
        MappingRefused: the sentence names the column or item.
    """
    form = next((f for f in importable(study) if f.oid == mapping.form), None)
    if form is None:
        raise MappingRefused(_NO_FORM.filled(form=mapping.form))
    day = day_item(form)
    items = {i.oid: i for i in fillable(form)}
    listed = {i.oid: i for i in in_lists(form)}
    if table is not None:
        _check_columns(mapping, table)
    filled = [u.item for u in mapping.columns] + list(mapping.constants)
    filled += [u.qualifier for u in mapping.columns if u.qualifier]
    rowwise = [u.item for u in mapping.columns if u.item in listed and not u.qualifier]
    if len({form.group_of[oid].oid for oid in rowwise}) > 1:
        raise MappingRefused(_TWO_LISTS)
    for oid in filled:
        if oid not in items and oid not in rowwise:
            raise MappingRefused(_NO_ITEM.filled(item=oid, form=form.oid))
        if filled.count(oid) > 1 or (day and oid == day.oid):
            raise MappingRefused(_TWICE.filled(item=oid))
    for use in mapping.columns:
        _check_unit(study, study.by_item[use.item], use)


def _check_columns(mapping: ReportMapping, table: ReportTable) -> None:
    needed = [mapping.subject, mapping.date, *([mapping.event] if mapping.event else [])]
    if not any(u.column in table.tests for u in mapping.columns):
        needed += [u.column for u in mapping.columns]
        needed += [u.unit_column for u in mapping.columns if u.unit_column]
    for column in needed:
        if column not in table.place:
            raise MappingRefused(_NO_COLUMN.filled(column=column))


def _check_unit(study: Study, item: Item, use: ColumnUse) -> None:
    if item.unit is None or item.type.kind not in NUMBERS:
        return
    if not use.unit and not use.unit_column:
        raise MappingRefused(_NO_UNIT.filled(column=use.column))
    if use.unit:
        try:
            factor(study, item, use.unit)
        except ValueRefused as refused:
            words = refused.reason
            raise MappingRefused(
                Text(f"{use.column}: {words.en}", f"{use.column}：{words.zh}")
            ) from None


def read_mapping(path: Path) -> ReportMapping:
    """A mapping written as JSON.

    Raises:
        MappingRefused: the file holds none.
        OSError: it cannot be read.
    """
    try:
        return ReportMapping.model_validate_json(first_bytes(path))
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(p) for p in first["loc"]) or "-"
        raise MappingRefused(_NO_MAPPING.filled(place=place)) from None


def unmapped_tests(mapping: ReportMapping, table: ReportTable) -> Text | None:
    """The tests of a report by test that a mapping does not read, in words; None if it reads all.

    A laboratory that renames a test would else lose it without a word: tests may be missing there.
    """
    left = [c for c in table.columns if c in table.tests - {u.column for u in mapping.columns}]
    if not left:
        return None
    return Text(
        _UNMAPPED.en.format(tests=", ".join(left)), _UNMAPPED.zh.format(tests="、".join(left))
    )


class Mappings:
    """The mappings that an open site remembers."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self) -> tuple[ReportMapping, ...]:
        """Every mapping, by name."""
        self.session.require("form.edit")
        with self.session.reading() as conn:
            if not inspect(conn).has_table(_table.name):
                return ()
            rows = conn.execute(text("SELECT content FROM import_mapping ORDER BY name")).all()
        return tuple(ReportMapping.model_validate_json(r.content) for r in rows)

    def find(self, name: str) -> ReportMapping:
        """The mapping of a name.

        Raises:
            MappingRefused: there is none.
        """
        found = next((m for m in self.all() if m.name == name), None)
        if found is None:
            raise MappingRefused(_UNKNOWN.filled(name=name))
        return found

    def keep(self, mapping: ReportMapping) -> None:
        """Remember a mapping, in place of one of the same name.

        Raises:
            MappingRefused: it does not fit the study.
        """
        self.session.require("form.edit")
        check_mapping(self.session.study, mapping, None)
        with self.session.writing() as conn:
            _table.create(conn, checkfirst=True)
            _drop(conn, mapping.name)
            conn.execute(
                _table.insert(),
                {
                    "name": mapping.name,
                    "at": self.session.now(),
                    "user": self.session.user,
                    "content": mapping.model_dump_json(exclude_defaults=True),
                },
            )

    def forget(self, name: str) -> None:
        """Forget a mapping."""
        self.session.require("form.edit")
        with self.session.writing() as conn:
            _table.create(conn, checkfirst=True)
            _drop(conn, name)


def _drop(conn: Connection, name: str) -> None:
    conn.execute(text("DELETE FROM import_mapping WHERE name = :name"), {"name": name})


_NO_FORM: Final = Text("Reports cannot fill a form {form}.", "报告无法填入表单 {form}。")
_NO_COLUMN: Final = Text(
    "The file has no column “{column}”. Choose another file, or map its columns.",
    "文件中没有“{column}”列，请更换文件或重新设置列对应。",
)
_NO_ITEM: Final = Text(
    "{item} is no item of the form {form} that a report can fill.",
    "{item} 不是表单 {form} 中可导入的条目。",
)
_TWO_LISTS: Final = Text(
    "The columns fill two repeating sections. Keep one of them here.",
    "所选列对应两个重复列表，请只保留一个。",
)
_TWICE: Final = Text("{item} is filled twice. Keep one.", "{item} 被重复对应，请保留一个。")
_NO_UNIT: Final = Text("Say the unit of the column “{column}”.", "请注明“{column}”列的单位。")
_NO_MAPPING: Final = Text(
    "The file is no mapping: look at {place}.", "文件不是列对应设置，请检查 {place}。"
)
_UNMAPPED: Final = Text("Tests that fill nothing: {tests}.", "未对应条目的检验项目：{tests}。")
_UNKNOWN: Final = Text(
    "No mapping “{name}” is remembered here.", "本中心没有名为“{name}”的列对应设置。"
)
