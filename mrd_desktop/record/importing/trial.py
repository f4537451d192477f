"""The dry run: what each row of a report would do, in words, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ReportRow
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.importing.by_test import TESTS
from mrd_desktop.record.importing.cells import Read, read_cell, read_day
from mrd_desktop.record.importing.mapping import (
    NUMBERS,
    ColumnUse,
    ReportMapping,
    check_mapping,
    day_item,
    in_lists,
)
from mrd_desktop.record.importing.places import Sample, find_form
from mrd_desktop.record.importing.table import ReportTable, TableRow
from mrd_desktop.record.saving import Intent, refusal
from mrd_desktop.record.views import FieldView
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import SAMPLE_ITEM
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.headings import plain_heading
from mrd_desktop.study.model import Form, Item
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.units import alike
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

_SUBJECT: Final = re.compile(r"[0-9]{2}-[0-9]{3,4}")
Tell = Callable[[int, int], None]


class Verdict(StrEnum):
    """What a row would do."""

    NEW = "new"
    SAME = "same"
    DIFFERENT = "different"
    REFUSED = "refused"


VERDICTS: Final = {
    Verdict.NEW: Text("New", "新增"),
    Verdict.SAME: Text("Same", "相同"),
    Verdict.DIFFERENT: Text("Different", "不同"),
    Verdict.REFUSED: Text("Refused", "拒绝"),
}


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row of the report.

    Attributes:
        row: as a spreadsheet counts.
        subject: the subject number; ``""`` where the cell holds none, whatever it holds.
        reason: why it is refused, or which items are new or differ.
        remarks: findings that the form would have.
        intent: what would be saved; None where nothing would.
    """

    row: int
    subject: str
    key: FormKey | None
    verdict: Verdict
    reason: Text
    remarks: int = 0
    intent: Intent | None = None


@dataclass(frozen=True)
class Trial:
    """A report tried dry."""

    rows: tuple[RowResult, ...]

    def count(self, verdict: Verdict) -> int:
        """Rows of a verdict."""
        return sum(r.verdict is verdict for r in self.rows)


def try_report(
    session: Session, table: ReportTable, mapping: ReportMapping, tell: Tell | None = None
) -> Trial:
    """Try every row; nothing is written.

    Args:
        tell: called with rows done and all rows.

    Raises:
        MappingRefused: the mapping does not fit study or file.
        SaveRefused: the role may not enter data.
    """
    if not session.allows("form.edit"):
        session.note_denial("form.edit")
        raise SaveRefused(Cause.PERMISSION)
    check_mapping(session.study, mapping, table)
    reader = _Reader(session, table, mapping)
    results: dict[int, RowResult] = {}
    for sample in reader.samples():
        results |= {r.row: r for r in reader.read(sample)}
        if tell:
            tell(len(results), len(table.rows))
    return Trial(tuple(results[row.number] for row in table.rows))


@dataclass(frozen=True, slots=True)
class _Placed:
    """The rows of one form, the first of which fills what stands once; or a row without a place."""

    rows: tuple[TableRow, ...]
    key: FormKey | None
    refused: Text | None = None


class _Reader:
    def __init__(self, session: Session, table: ReportTable, mapping: ReportMapping) -> None:
        self.session = session
        self.table = table
        self.mapping = mapping
        self.book = Casebook(session)
        self.form: Form = session.study.by_form[mapping.form]
        self.groups = self.form.group_of
        self.known = {line.subject for line in self.book.subjects()}
        self.scenes: dict[str, Scene] = {}
        listed = {i.oid for i in in_lists(self.form)}
        self.once = tuple(u for u in mapping.columns if u.item not in listed)
        self.rowwise = tuple(u for u in mapping.columns if u.item in listed)
        self._by_test = any(plain_heading(c) in TESTS for c in table.columns)

    def samples(self) -> tuple[_Placed, ...]:
        """The rows by the form they fill, in the order of the report."""
        refused: list[_Placed] = []
        rows: dict[FormKey, list[TableRow]] = {}
        for row in self.table.rows:
            try:
                key = self._place(row, self._subject(row))
            except ValueRefused as wrong:
                refused.append(_Placed((row,), None, wrong.reason))
                continue
            if key in rows and not self.rowwise:
                words = _LONG if self._by_test else _AGAIN
                again = words.filled(row=rows[key][0].number)
                refused.append(_Placed((row,), None, again))
            else:
                rows.setdefault(key, []).append(row)
        placed = [*refused, *(_Placed(tuple(r), k) for k, r in rows.items())]
        return tuple(sorted(placed, key=lambda p: p.rows[0].number))

    def read(self, sample: _Placed) -> Iterator[RowResult]:
        """What each row of a sample does; they stand or fall together."""
        first, *others = sample.rows
        subject, key = self._subject(first), sample.key
        if key is None:
            words = sample.refused or _NO_NUMBER
            yield RowResult(first.number, subject, None, Verdict.REFUSED, words)
            return
        try:
            found = self._fill(sample.rows, key)
        except ValueRefused as wrong:
            found = RowResult(first.number, subject, key, Verdict.REFUSED, wrong.reason)
        except SaveRefused as wrong:
            found = RowResult(first.number, subject, key, Verdict.REFUSED, wrong.text)
        yield found
        for row in others:
            yield replace(found, row=row.number, remarks=0, intent=None)

    def _subject(self, row: TableRow) -> str:
        written = self.table.cell(row, self.mapping.subject)
        return written if _SUBJECT.fullmatch(written) else ""

    def _place(self, row: TableRow, subject: str) -> FormKey:
        if subject not in self.known:
            raise ValueRefused(_NO_SUBJECT if subject else _NO_NUMBER)
        written = self.table.cell(row, self.mapping.date)
        if not written:
            raise ValueRefused(_NO_DAY)
        sample = Sample(read_day(written), self._sample_number(row))
        event = ""
        if self.mapping.event:
            event = self.table.cell(row, self.mapping.event)
            if not event:
                raise ValueRefused(_NO_EVENT)
        if subject not in self.scenes:
            data = self.book.data(subject)
            self.scenes[subject] = Scene(self.session.study, data, vault=self.session.has_vault)
        return find_form(self.book, self.scenes[subject], self.form, sample, event)

    def _sample_number(self, row: TableRow) -> str:
        use = next((u for u in self.mapping.columns if u.item == SAMPLE_ITEM), None)
        return self.table.cell(row, use.column) if use else ""

    def _fill(self, rows: tuple[TableRow, ...], key: FormKey) -> RowResult:
        entry = self.book.open(key)
        if entry.draft_at:
            raise ValueRefused(_DRAFT)
        first, *others = rows
        said = list(self._said(first))
        for row in others:
            other = next((a for a, b in zip(self._said(row), said, strict=False) if a != b), None)
            if other or len(list(self._said(row))) != len(said):
                raise ValueRefused(_UNLIKE.filled(row=row.number))
        typed = self._type_all(entry, said)
        sources = self._list_all(entry, rows)
        typed += [f for r in sources for f in _fields(entry, r) if f.text]
        entry.take_offers()
        wrong = [f for v in typed if (f := entry.field(v.key)).error or not f.shown]
        if wrong:
            raise ValueRefused(_of(wrong[0].item, wrong[0].error or _HIDDEN))
        found = self._judge(entry, first)
        return replace(found, intent=found.intent and replace(found.intent, rows_from=sources))

    def _type_all(self, entry: FormEntry, said: list[tuple[Item, str]]) -> list[FieldView]:
        """Type what the row says and give the fields it fills."""
        keys: dict[ItemKey, None] = {}
        for item, text in said:
            key = ItemKey(RowKey(entry.key, self.groups[item.oid].name), item.name)
            keys[key] = None
            if not _same(item, entry.field(key).recorded, text):
                entry.type(key, text)
        return [entry.field(k) for k in keys]

    def _list_all(self, entry: FormEntry, rows: tuple[TableRow, ...]) -> dict[RowKey, ReportRow]:
        """Put the rows of the section down; the new ones and where they come from.

        A list that is recorded is never added to by a report: what it says must stand there.
        """
        told = [(row, values) for row in rows if (values := list(self._listed(row)))]
        if not told:
            return {}
        group = self.groups[self.rowwise[0].item].name
        standing = [
            r.key
            for g in entry.groups()
            if g.group.name == group
            for r in g.rows
            if not r.removed and any(f.recorded for f in r.fields)
        ]
        if standing:
            left = list(standing)
            for _, values in told:
                match = next((k for k in left if _stands(entry, k, values)), None)
                if match is None:
                    raise ValueRefused(_OTHER_LIST)
                left.remove(match)
            return {}
        sources: dict[RowKey, ReportRow] = {}
        for row, values in told:
            entry.add_row(group)
            key = next(g for g in entry.groups() if g.group.name == group).rows[-1].key
            sources[key] = ReportRow(self.table.sha256, row.number)
            for item, text in values:
                entry.type(ItemKey(key, item.name), text)
        return sources

    def _listed(self, row: TableRow) -> Iterator[tuple[Item, str]]:
        for use in self.rowwise:
            read = self._use(row, use)
            if read:
                yield self.session.study.by_item[use.item], read.text

    def _said(self, row: TableRow) -> Iterator[tuple[Item, str]]:
        """The texts to type, by item, in the order of the mapping."""
        study, mapping = self.session.study, self.mapping
        day = day_item(self.form)
        assert day is not None
        yield day, read_day(self.table.cell(row, mapping.date)).isoformat()
        for oid, text in mapping.constants.items():
            item = study.by_item[oid]
            read = self._read(item, ColumnUse(column="", item=oid), text, item.unit or "")
            if read:
                yield item, read.text
        for use in self.once:
            read = self._use(row, use)
            if read:
                yield study.by_item[use.item], read.text
            if read and use.qualifier and read.qualifier:
                yield study.by_item[use.qualifier], read.qualifier

    def _use(self, row: TableRow, use: ColumnUse) -> Read | None:
        """What a column of the row says."""
        said = self.table.cell(row, use.unit_column) if use.unit_column else ""
        item = self.session.study.by_item[use.item]
        cell = self.table.cell(row, use.column)
        if cell and use.unit and said and not alike(self.session.study, item, use.unit, said):
            words = _TWO_UNITS.filled(column=use.column, unit=use.unit, other=use.unit_column)
            raise ValueRefused(_of(item, words))
        return self._read(item, use, cell, use.unit or said)

    def _read(self, item: Item, use: ColumnUse, cell: str, unit: str) -> Read | None:
        try:
            return read_cell(self.session.study, item, use, cell, unit)
        except ValueRefused as refused:
            raise ValueRefused(_of(item, refused.reason)) from None

    def _judge(self, entry: FormEntry, row: TableRow) -> RowResult:
        views = [v for g in entry.groups() for r in g.rows for v in r.fields if not v.derived]
        changing = set(entry.needs_reason())
        lost = [v for v in views if v.recorded and not v.shown]
        differ = [v for v in views if v.key in changing or v in lost]
        fresh = [v for v in views if v.changed and v.shown and v.key not in changing]
        remarks = sum(f.check.on != "REQUIRED" for f in entry.findings())
        declared = bool(entry.recorded and entry.recorded.declared)
        report = ReportRow(self.table.sha256, row.number)
        intent = entry.intent(complete=declared, report=report)
        refused = refusal(self.session, intent)
        if refused and refused.cause is not Cause.NO_REASON:
            raise refused
        subject, number = entry.key.subject, row.number
        if differ:
            words = _names(_DIFFERS, differ)
            return RowResult(number, subject, entry.key, Verdict.DIFFERENT, words, remarks, intent)
        if fresh:
            words = _names(_FILLS, fresh)
            return RowResult(number, subject, entry.key, Verdict.NEW, words, remarks, intent)
        return RowResult(number, subject, entry.key, Verdict.SAME, _ALIKE, remarks)


def _same(item: Item, recorded: Answer | None, text: str) -> bool:
    """A number that is recorded with other decimals is the same: workbooks drop zeros."""
    if recorded is None or recorded.value is None or item.type.kind not in NUMBERS:
        return False
    try:
        return Decimal(recorded.text) == Decimal(text)
    except InvalidOperation:
        return False


def _fields(entry: FormEntry, row: RowKey) -> Iterator[FieldView]:
    yield from (f for g in entry.groups() for r in g.rows if r.key == row for f in r.fields)


def _stands(entry: FormEntry, row: RowKey, values: list[tuple[Item, str]]) -> bool:
    """Whether a recorded row says all of it."""
    for item, text in values:
        recorded = entry.field(ItemKey(row, item.name)).recorded
        alike = recorded is not None and ";".join(recorded.codes) == text
        if not alike and not _same(item, recorded, text):
            return False
    return True


def _of(item: Item, words: Text) -> Text:
    return Text(f"{item.text.en}: {words.en}", f"{item.text.zh}：{words.zh}")


def _names(words: Text, views: list[FieldView]) -> Text:
    """The words with the items, three of them at most."""
    en = ", ".join(v.item.text.en for v in views[:_FEW])
    zh = "、".join(v.item.text.zh for v in views[:_FEW])
    more = len(views) - _FEW
    if more > 0:
        en, zh = f"{en} and {more} more", f"{zh}等 {len(views)} 项"
    return Text(words.en.format(items=en), words.zh.format(items=zh))


_FEW: Final = 3
_FILLS: Final = Text("Fills {items}.", "填入：{items}。")
_DIFFERS: Final = Text("Recorded otherwise: {items}.", "与已保存数据不同：{items}。")
_ALIKE: Final = Text("All of it is recorded already.", "已有相同记录。")
_NO_NUMBER: Final = Text(
    "The subject column holds no subject number like 01-001.", "受试者列不是 01-001 这样的编号。"
)
_NO_SUBJECT: Final = Text(
    "No such subject here. Create it first, or correct the number.",
    "本中心没有此受试者，请先建立或更正编号。",
)
_NO_DAY: Final = Text("The row has no date.", "该行没有日期。")
_NO_EVENT: Final = Text("The row names no visit.", "该行未注明访视。")
_AGAIN: Final = Text(
    "Row {row} fills the same form already. Keep one of them.",
    "第 {row} 行已填入同一表单，请保留一行。",
)
_LONG: Final = Text(
    "Row {row} is of the same sample: each test has a row, but which column holds tests and which "
    "results cannot be told. Delete nothing: head those columns “test” and “result”, or save one "
    "row for each sample.",
    "第 {row} 行为同一样本：每个检验项目占一行，但无法识别其项目或结果列。请勿删行，"
    "请将两列标题改为“项目”和“结果”，或改用每个样本一行的报告。",
)
_UNLIKE: Final = Text(
    "Row {row} is of the same sample and says something else about it. Correct one of them.",
    "第 {row} 行为同一样本，但样本内容不一致，请更正。",
)
_OTHER_LIST: Final = Text(
    "The list of this sample is recorded already with other rows. Compare it and correct by hand.",
    "该样本的列表已有记录且内容不同，请核对后手工更正。",
)
_TWO_UNITS: Final = Text(
    "the column “{column}” is read in {unit}, and “{other}” says another unit in this row. Compare "
    "it with the report; then choose the right unit of that column, or correct the file.",
    "“{column}”列按 {unit} 读取，但该行的“{other}”列为另一单位。请核对报告，再为该列改选正确的"
    "单位，或更正文件。",
)
_DRAFT: Final = Text(
    "You have unsaved typing in this form. Save or discard it first.",
    "此表单有您未保存的草稿，请先保存或放弃。",
)
_HIDDEN: Final = Text(
    "this question does not apply as the form stands. Answer what it depends on in the form, or "
    "give that one value for every row.",
    "按当前表单内容该项不适用。请先在表单中填写其前提条目，或为前提条目设置每行固定值。",
)
