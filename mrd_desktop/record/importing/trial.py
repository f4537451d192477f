"""The dry run: what each row of a report would do, in words, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ReportRow
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.importing.cells import Read, read_cell, read_day
from mrd_desktop.record.importing.mapping import (
    NUMBERS,
    ColumnUse,
    ReportMapping,
    check_mapping,
    day_item,
)
from mrd_desktop.record.importing.places import Sample, find_form
from mrd_desktop.record.importing.table import ReportTable, TableRow
from mrd_desktop.record.saving import Intent, refusal
from mrd_desktop.record.views import FieldView
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import SAMPLE_ITEM
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Form, Item
from mrd_desktop.study.scene import Scene
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
        raise SaveRefused(Cause.PERMISSION)
    check_mapping(session.study, mapping, table.columns)
    reader = _Reader(session, table, mapping)
    results: list[RowResult] = []
    for number, row in enumerate(table.rows, 1):
        results.append(reader.read(row))
        if tell:
            tell(number, len(table.rows))
    return Trial(tuple(results))


class _Reader:
    def __init__(self, session: Session, table: ReportTable, mapping: ReportMapping) -> None:
        self.session = session
        self.table = table
        self.mapping = mapping
        self.book = Casebook(session)
        self.form: Form = session.study.by_form[mapping.form]
        self.groups = self.form.group_of
        self.known = {line.subject for line in self.book.subjects()}
        self.taken: dict[FormKey, int] = {}
        self.scenes: dict[str, Scene] = {}

    def read(self, row: TableRow) -> RowResult:
        written = self.table.cell(row, self.mapping.subject)
        subject = written if _SUBJECT.fullmatch(written) else ""
        try:
            key = self._place(row, subject)
        except ValueRefused as refused:
            return RowResult(row.number, subject, None, Verdict.REFUSED, refused.reason)
        try:
            return self._fill(row, key)
        except ValueRefused as refused:
            return RowResult(row.number, subject, key, Verdict.REFUSED, refused.reason)
        except SaveRefused as refused:
            return RowResult(row.number, subject, key, Verdict.REFUSED, refused.text)

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
        key = find_form(self.book, self.scenes[subject], self.form, sample, event)
        first = self.taken.setdefault(key, row.number)
        if first != row.number:
            raise ValueRefused(_AGAIN.filled(row=first))
        return key

    def _sample_number(self, row: TableRow) -> str:
        use = next((u for u in self.mapping.columns if u.item == SAMPLE_ITEM), None)
        return self.table.cell(row, use.column) if use else ""

    def _fill(self, row: TableRow, key: FormKey) -> RowResult:
        entry = self.book.open(key)
        if entry.draft_at:
            raise ValueRefused(_DRAFT)
        typed = self._type_all(entry, row)
        entry.take_offers()
        wrong = [v for v in typed if v.error or not v.shown]
        if wrong:
            first = wrong[0]
            raise ValueRefused(_of(first.item, first.error or _HIDDEN))
        return self._judge(entry, row)

    def _type_all(self, entry: FormEntry, row: TableRow) -> list[FieldView]:
        """Type what the row says and give the fields it fills."""
        keys: dict[ItemKey, None] = {}
        for item, text in self._said(row):
            key = ItemKey(RowKey(entry.key, self.groups[item.oid].name), item.name)
            keys[key] = None
            if not _same(item, entry.field(key).recorded, text):
                entry.type(key, text)
        return [entry.field(k) for k in keys]

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
        for use in mapping.columns:
            item = study.by_item[use.item]
            unit = use.unit or (self.table.cell(row, use.unit_column) if use.unit_column else "")
            read = self._read(item, use, self.table.cell(row, use.column), unit)
            if read:
                yield item, read.text
            if read and use.qualifier and read.qualifier:
                yield study.by_item[use.qualifier], read.qualifier

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
        cause = refusal(self.session, intent)
        if cause and cause is not Cause.NO_REASON:
            raise SaveRefused(cause)
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
_DRAFT: Final = Text(
    "You have unsaved typing in this form. Save or discard it first.",
    "此表单有您未保存的草稿，请先保存或放弃。",
)
_HIDDEN: Final = Text(
    "this question does not apply as the form stands. Check what it depends on.",
    "按当前表单内容该项不适用，请核对其前提条目。",
)
