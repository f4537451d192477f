"""What the columns of a report fill, as rows of a list; every choice gives a new mapping."""

from __future__ import annotations

from dataclasses import dataclass

from mrd_desktop.record.importing.guess import use_of
from mrd_desktop.record.importing.mapping import (
    NUMBERS,
    ColumnUse,
    ReportMapping,
    day_item,
    fillable,
    in_lists,
)
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.study.model import Form, Item, Study
from mrd_desktop.study.unit_words import unit_in_print
from mrd_desktop.study.units import plain_unit
from mrd_desktop.texts import Text
from ui.icons import Glyph
from ui.theme import Ink
from ui.widgets.listing import Cell
from ui.widgets.picklist import Option

SUBJECT = Text("Subject number", "受试者编号")
DATE = Text("Sampling date", "采样日期")
EVENT = Text("Visit", "访视")
NOTHING = Text("not read", "不导入")
EVERY_ROW = Text("every row", "每一行")
UNIT_FROM = Text("column {column}", "见“{column}”列")
UNIT_BOTH = Text("{unit}, compared with column {column}", "{unit}（与“{column}”列比对）")
UNIT_OF = Text("unit of {column}", "“{column}”的单位")

IGNORE, TO_SUBJECT, TO_DATE, TO_EVENT = "–", "SUBJECT", "DATE", "VISIT"


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of the file, or a value that every row has (``column`` empty).

    Attributes:
        target: what it fills: an item's OID, or a mark, which has no point.
    """

    column: str
    example: str
    target: str
    fills: Text
    unit: Text | str = ""

    @property
    def cell(self) -> Cell:
        """What it fills, quiet where it fills nothing."""
        if self.target == IGNORE:
            return Cell(self.fills, Ink.SECONDARY)
        return Cell(self.fills, Ink.TEXT, Glyph.CHECK)


def column_rows(study: Study, table: ReportTable, mapping: ReportMapping) -> list[ColumnRow]:
    """The columns in the file's order, then what every row has."""
    uses = {u.column: u for u in mapping.columns}
    units = {u.unit_column: u.column for u in mapping.columns if u.unit_column}
    heads = {mapping.subject: (TO_SUBJECT, SUBJECT), mapping.date: (TO_DATE, DATE)}
    if mapping.event:
        heads[mapping.event] = (TO_EVENT, EVENT)
    rows = []
    for column in table.columns:
        example = next((c for r in table.rows if (c := table.cell(r, column))), "")
        if column in heads:
            target, words = heads[column]
            rows.append(ColumnRow(column, example, target, words))
        elif column in uses:
            use = uses[column]
            item = study.by_item[use.item]
            form = study.by_form[mapping.form]
            listed = item in in_lists(form)
            words = _in_list(form, item) if listed else item.text
            rows.append(ColumnRow(column, example, use.item, words, _unit(item, use)))
        elif column in units:
            rows.append(ColumnRow(column, example, IGNORE, UNIT_OF.filled(column=units[column])))
        else:
            rows.append(ColumnRow(column, example, IGNORE, NOTHING))
    for oid, text in mapping.constants.items():
        rows.append(ColumnRow("", text, oid, study.by_item[oid].text))
    return rows


def _unit(item: Item, use: ColumnUse) -> Text | str:
    if item.unit is None or item.type.kind not in NUMBERS:
        return ""
    said, own = unit_in_print(use.unit or ""), unit_in_print(item.unit)
    if use.unit_column and use.unit:
        return UNIT_BOTH.filled(unit=said, column=use.unit_column)
    if use.unit_column:
        return UNIT_FROM.filled(column=use.unit_column)
    return said if plain_unit(said) == plain_unit(own) else f"{said} → {own}"


def targets(form: Form) -> list[Option]:
    """What a column may fill."""
    own = day_item(form)
    options = [
        Option("", NOTHING, IGNORE),
        Option("", SUBJECT, TO_SUBJECT),
        Option("", own.text if own else DATE, TO_DATE),
        Option("", EVENT, TO_EVENT),
    ]
    listed = [Option("", _in_list(form, i), i.oid) for i in in_lists(form)]
    return options + items(form) + listed


def _in_list(form: Form, item: Item) -> Text:
    """An item of a repeating section, with the section's name: each row of the file is one row."""
    section = form.group_of[item.oid].text
    return Text(f"{section.en}: {item.text.en}", f"{section.zh}：{item.text.zh}")


def items(form: Form) -> list[Option]:
    """The items of the form, its sampling date left out."""
    own = day_item(form)
    return [Option("", i.text, i.oid) for i in fillable(form) if i is not own]


def units(study: Study, item: Item, table: ReportTable) -> list[Option]:
    """The units a column may have: the form's own, those that are converted, or a column's."""
    known = [item.unit or "", *(c.unit for c in study.conversions if c.item == item.oid)]
    found = [Option("", Text(u, u), u) for u in known]
    return found + [Option("", UNIT_FROM.filled(column=c), f"@{c}") for c in table.columns]


def assigned(form: Form, mapping: ReportMapping, column: str, target: str) -> ReportMapping:
    """The mapping with a column filling something else; what filled that before is not read."""
    change: dict[str, object] = {
        "columns": tuple(u for u in mapping.columns if column != u.column and target != u.item),
        "constants": {k: v for k, v in mapping.constants.items() if k != target},
    }
    for field, mark in (("subject", TO_SUBJECT), ("date", TO_DATE), ("event", TO_EVENT)):
        if getattr(mapping, field) == column:
            change[field] = None if field == "event" else ""
        if target == mark:
            change[field] = column
    if "." in target:
        item = next(i for i in (*fillable(form), *in_lists(form)) if i.oid == target)
        change["columns"] = (*_uses(change), use_of(form, column, item))
    return mapping.model_copy(update=change)


def _uses(change: dict[str, object]) -> tuple[ColumnUse, ...]:
    uses = change["columns"]
    assert isinstance(uses, tuple)
    return uses


def with_unit(mapping: ReportMapping, column: str, unit: str) -> ReportMapping:
    """The mapping with another unit of a column; ``@name`` takes it from a column."""
    by_row = unit[1:] if unit.startswith("@") else None
    change = {"unit": None if by_row else unit, "unit_column": by_row}
    uses = tuple(u.model_copy(update=change) if u.column == column else u for u in mapping.columns)
    return mapping.model_copy(update={"columns": uses})


def with_constant(mapping: ReportMapping, oid: str, text: str) -> ReportMapping:
    """The mapping with a value for every row; an empty text takes it away."""
    constants = {k: v for k, v in mapping.constants.items() if k != oid}
    if text:
        constants[oid] = text
    uses = tuple(u for u in mapping.columns if u.item != oid)
    return mapping.model_copy(update={"constants": constants, "columns": uses})
