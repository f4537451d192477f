"""Two keyings of one form side by side: each difference is settled with the paper, by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.second.settling import Line, Settling
from mrd_desktop.record.second.standing import Choice, State
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Kind
from mrd_desktop.texts import Text
from ui.ask_line import ReasonLine, WordsLine
from ui.context import Context
from ui.form import words
from ui.form.bars import FormFoot
from ui.icons import Glyph
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList

HEADING = Text("Two entries compared", "两次录入比对")
COUNTED = Text(
    "{compared} compared · {differ} differ · {left} to settle",
    "比对 {compared} 项 · 差异 {differ} 项 · 待处理 {left} 项",
)
KEYED = Text("second entry by {user}, {at}", "第二次录入：{user}，{at}")
HOW = Text(
    "With the paper at hand:  1 the first is right · 2 the second is right · 3 type what the "
    "paper says · F2 why missing · 0 take back · A what agrees too",
    "请对照纸质记录：1 首次正确 · 2 第二次正确 · 3 按纸质记录输入 · F2 缺失原因 · 0 撤回 · "
    "A 同时显示一致项",
)
ITEM, FIRST = Text("Item", "项目"), Text("1 Recorded (first)", "1 现有记录（首次）")
SECOND, CHOICE = Text("2 Second entry", "2 第二次录入"), Text("Choice", "选择")
ROW = Text("{section} · row {n}", "{section} · 第 {n} 行")
ONLY_FIRST = Text("row only in the first entry", "仅首次录入有此行")
ONLY_SECOND = Text("row only in the second entry", "仅第二次录入有此行")
WAITS = Text("to settle", "待处理")
CHOICES = {
    Choice.FIRST: Text("1 first", "1 首次"),
    Choice.SECOND: Text("2 second", "2 第二次"),
    Choice.OTHER: Text("3 other", "3 其他"),
}
NOTHING = Text("empty", "空")
SETTLED = Text("settled: {choice} · {user}", "已处理：{choice} · {user}")
MATCHED = Text("first entry was corrected", "首次录入已更正")
EQUAL = Text("equal", "一致")
ALL_EQUAL = Text("Both entries are equal in every item.", "两次录入完全一致。")
PAPER = Text("{label}: what does the paper say?", "{label}：纸质记录为")
WHY = Text("{n} recorded values change. Why?", "{n} 项已保存数据将更改，原因：")
WHOLE = Text(
    "This row stands in one entry only: choose 1 or 2 for the whole row.",
    "此行仅一次录入有，请用 1 或 2 对整行作选择。",
)
ALL_CHOSEN = Text(
    "Everything is chosen. Ctrl+Enter records it.", "已全部选择，按 Ctrl+Enter 保存。"
)
KEEP = Text("Record the choices", "保存选择")
DONE = Text("{n} differences settled, {left} left.", "已处理 {n} 项差异，剩余 {left} 项。")
AGREED = Text(
    "{n} differences settled; both entries agree now.", "已处理 {n} 项差异，两次录入现已一致。"
)
CHANGED = Text("Values have changed since the second entry.", "第二次录入之后有数据修改。")
_VALUE = 236
_CHOSEN = 236


class ComparePage(Page):
    """The differences of one form.

    Signals:
        saved: choices were recorded.
    """

    saved = Signal()

    def __init__(self, context: Context, settling: Settling) -> None:
        super().__init__(context)
        self.settling = settling
        self._everything = False
        self._asked: ItemKey | None = None
        key, study = settling.key, settling.session.study
        event = study.by_event[key.event.event]
        visit = f"{key.event.event} {key.event.repeat}" if event.repeating else key.event.event
        form = settling.form.text
        self._where = Text(
            f"{key.subject} · {visit} · {form.en}", f"{key.subject} · {visit} · {form.zh}"
        )
        self.count = Note(context, ink=Ink.SECONDARY)
        self._keyed = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        columns: tuple[Column[Line], ...] = (
            Column(ITEM, self._item),
            Column(FIRST, lambda x: self._value(x, x.first, Choice.FIRST), width=_VALUE),
            Column(SECOND, lambda x: self._value(x, x.second, Choice.SECOND), width=_VALUE),
            Column(CHOICE, self._choice, width=_CHOSEN),
        )
        self.list: Listing[Line] = Listing(context, columns, HEADING)
        self.list.show_empty(ALL_EQUAL)
        self.list.opened.connect(lambda _: self._type())
        self.words_line = WordsLine(context)
        self.words_line.answered.connect(self._typed)
        self.words_line.left.connect(self._stop)
        self.reason_line = ReasonLine(context, study.offered_reasons)
        self.reason_line.answered.connect(self.save)
        self.reason_line.left.connect(self._stop)
        self.foot = FormFoot(context)
        self.foot.save.hide()
        self.foot.finish.show_text(KEEP)
        self.foot.finish_wanted.connect(self.save)
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
        context = self.context
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(Note(context, self._where, size=Type.TITLE, ink=Ink.SECONDARY))
        head.addStretch(1)
        head.addWidget(self._keyed)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        body = QVBoxLayout()
        body.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        body.setSpacing(Size.GAP)
        body.addLayout(head)
        body.addWidget(self.count)
        body.addWidget(Note(context, HOW, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        body.addWidget(ground, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        for line in (self.words_line, self.reason_line):
            line.hide()
            column.addWidget(line)
        column.addWidget(self.foot)

    # --- a page -----------------------------------------------------------------------

    def title(self) -> Text:
        """What is compared."""
        return Text(f"{HEADING.en} {self._where.en}", f"{HEADING.zh} {self._where.zh}")

    def enter(self) -> None:
        """The caret is in the list."""
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """Say the lines anew."""
        self._show()

    # --- showing ----------------------------------------------------------------------

    def _show(self) -> None:
        settling = self.settling
        entry = settling.entry
        self._keyed.show_text(KEYED.filled(user=entry.user, at=self.context.hours.moment(entry.at)))
        self.count.show_text(
            COUNTED.filled(
                compared=entry.compared, differ=len(entry.differences), left=settling.left
            )
        )
        self.list.show_rows(list(self._rows()), lambda x: x.key)
        refusal = settling.refusal
        open_now = bool(entry.open) and refusal is None
        self.foot.finish.setVisible(open_now)
        if entry.open and refusal is not None:
            self.foot.say(refusal, Ink.SECONDARY)
        elif entry.state is State.CHANGED:
            self.foot.say(CHANGED, Ink.SOFT)
        changes = sum(x.changes for x in settling.chosen)
        if settling.asks_reason:
            self.reason_line.ask(WHY.filled(n=changes))
            self.reason_line.show()
        else:
            self.reason_line.hide()

    def _rows(self) -> Iterator[Line | Heading]:
        lines = self.settling.lines(everything=self._everything)
        place: object = None
        for line in lines:
            row = line.key.row
            if row != place:
                place = row
                if len(self.settling.form.groups) > 1:
                    yield Heading(self._section(line))
            yield line

    def _section(self, line: Line) -> Text:
        group = self.settling.form.by_group[line.key.row.group]
        name = group.text
        if group.repeating:
            n = line.key.row.row
            name = Text(ROW.en.format(section=name.en, n=n), ROW.zh.format(section=name.zh, n=n))
        if line.difference is not None and line.difference.whole_row:
            more = ONLY_FIRST if line.second is None else ONLY_SECOND
            name = Text(f"{name.en} · {more.en}", f"{name.zh} · {more.zh}")
        return name

    def _item(self, line: Line) -> Cell:
        return Cell(line.item.text, strong=line.waits)

    def _value(self, line: Line, answer: Answer | None, side: Choice) -> Cell:
        chosen = line.choice is side
        if answer is None:
            return Cell(NOTHING, Ink.GOOD if chosen else Ink.DISABLED, strong=chosen)
        said = meaning(self.settling.session.study, line.item, answer)
        ink = Ink.GOOD if chosen else Ink.TEXT if line.waits else Ink.SECONDARY
        return Cell(said, ink, Glyph.CHECK if chosen else None, strong=chosen)

    def _choice(self, line: Line) -> Cell:
        if line.error is not None:
            return Cell(f"3 “{line.text}”", Ink.HARD, Glyph.WARNING)
        if line.choice is Choice.OTHER:
            value = meaning(self.settling.session.study, line.item, line.answer)
            shown = value if line.answer is not None else NOTHING
            return Cell(
                Text(f"3 {shown.en}", f"3 {shown.zh}"),
                Ink.GOOD,
                Glyph.CHECK,
                strong=True,
            )
        if line.choice is not None:
            return Cell(CHOICES[line.choice], Ink.GOOD, strong=True)
        found = line.difference
        if found is None:
            return Cell(EQUAL, Ink.SECONDARY, Glyph.CHECK)
        if found.chosen is not None:
            name = CHOICES[found.chosen]
            told = {"user": found.chosen_by}
            return Cell(
                Text(
                    SETTLED.en.format(choice=name.en, **told),
                    SETTLED.zh.format(choice=name.zh, **told),
                ),
                Ink.SECONDARY,
            )
        return Cell(MATCHED, Ink.SECONDARY) if found.settled else Cell(WAITS, Ink.SOFT)

    # --- acts -------------------------------------------------------------------------

    def choose(self, choice: Choice | None) -> None:
        """1, 2 or 0 on the marked line; then the next one that waits is marked."""
        line = self.list.current
        if line is None or self._refused():
            return
        self.settling.choose(line.key, choice)
        self.foot.say("")
        self._show()
        if choice is not None:
            self._next(line.key)

    def _type(self) -> None:
        """3: what the paper says, typed or picked from the item's list."""
        line = self.list.current
        if line is None or not line.waits or self._refused():
            return
        if line.difference is not None and line.difference.whole_row:
            self.foot.say(WHOLE, Ink.SOFT)
            return
        self._asked = line.key
        item = line.item
        if item.codelist is not None:
            codes = item.codelist.codes
            options = [
                Option(str(n) if n < 10 else "", c.text, c.code) for n, c in enumerate(codes, 1)
            ]
            many = item.type.kind is Kind.CODES
            pick = PickList(self.context, item.text, options, self.list, many=many)
            pick.chosen.connect(self._take)
            pick.open_at(self.list)
            return
        label = item.text
        prompt = Text(PAPER.en.format(label=label.en), PAPER.zh.format(label=label.zh))
        self.words_line.ask(prompt, line.text)

    def _typed(self) -> None:
        self._take(self.words_line.words())

    def _take(self, text: str) -> None:
        key = self._asked
        if key is None:
            return
        self.settling.type(key, text)
        self._stop()
        error = self.settling.line(key).error
        if error is None:
            self._next(key)
        else:
            self.foot.say(error, Ink.HARD)

    def _missing(self) -> None:
        """F2: the paper says why there is no value."""
        line = self.list.current
        codelist = self.settling.session.study.codelists.get("MISS")
        if line is None or not line.waits or codelist is None or self._refused():
            return
        self._asked = line.key
        options = [Option(str(n), c.text, c.code) for n, c in enumerate(codelist.codes, 1)]
        pick = PickList(self.context, words.MISSING, options, self.list)
        pick.chosen.connect(self._missing_chosen)
        pick.open_at(self.list)

    def _missing_chosen(self, code: str) -> None:
        if self._asked is not None:
            self.settling.mark_missing(self._asked, code)
            key = self._asked
            self._stop()
            self._next(key)

    def _stop(self) -> None:
        self._asked = None
        self.words_line.hide()
        self.foot.say("")
        self._show()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _next(self, key: ItemKey) -> None:
        """Mark the next line that waits for a choice. After the last the caret stays: a digit too
        many must not become a reason."""
        rows = self.list.rows.rows
        numbers = [n for n, r in enumerate(rows) if isinstance(r, Line)]
        here = next((n for n in numbers if rows[n].key == key), 0)  # type: ignore[union-attr]
        waiting = [
            n
            for n in (*[x for x in numbers if x > here], *numbers)
            if isinstance(r := rows[n], Line) and r.waits and r.choice is None
        ]
        if waiting:
            self.list.selectRow(waiting[0])
        else:
            self.foot.say(ALL_CHOSEN, Ink.SECONDARY)

    def save(self) -> None:
        """Ctrl+Enter: record what was chosen."""
        reason = None
        if self.settling.asks_reason:
            answer = self.reason_line.answer()
            if answer is None:
                self.foot.say(SaveRefused(Cause.NO_REASON).text, Ink.SOFT)
                self.reason_line.take_focus()
                return
            reason = ChangeReason(*answer)
        try:
            settled = self.settling.save(reason)
        except MrdError as refused:
            self.foot.say(refused.text, Ink.HARD)
            return
        self.reason_line.clear()
        self._stop()
        left = len(self.settling.entry.open)
        said = DONE.filled(n=settled, left=left) if left else AGREED.filled(n=settled)
        self.foot.say(said, Ink.SECONDARY if left else Ink.GOOD)
        self.said.emit(said)
        self.saved.emit()

    def _refused(self) -> bool:
        refusal = self.settling.refusal
        if refusal is not None:
            self.foot.say(refusal, Ink.SOFT)
        return refusal is not None

    def _turn(self) -> None:
        self._everything = not self._everything
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits choose; letters and F-keys act."""
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        acts: dict[int, Callable[[], None]] = {
            Qt.Key.Key_1: lambda: self.choose(Choice.FIRST),
            Qt.Key.Key_2: lambda: self.choose(Choice.SECOND),
            Qt.Key.Key_3: self._type,
            Qt.Key.Key_0: lambda: self.choose(None),
            Qt.Key.Key_F2: self._missing,
            Qt.Key.Key_A: self._turn,
            Qt.Key.Key_Escape: self.back.emit,
        }
        ends = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if held == Qt.KeyboardModifier.ControlModifier and ends:
            self.save()
        elif not held and event.key() in acts:
            acts[event.key()]()
        else:
            super().keyPressEvent(event)
