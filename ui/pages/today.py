"""The worklist: what is to be done today, most pressing first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.insight.care import Care
from mrd_desktop.insight.worklist import Task, Urgency
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Today", "今日工作")
ALL = Text("All", "全部")
KINDS = {
    "visit": Text("Visits", "访视"),
    "report": Text("MRD reports", "MRD报告"),
    "conversion": Text("Conversions", "MRD转阳"),
    "screening": Text("Screening", "筛选"),
    "choice": Text("Choices", "治疗选择"),
    "draft": Text("Drafts", "草稿"),
    "incomplete": Text("Incomplete", "未完整"),
    "query": Text("Queries", "质疑"),
}
FILTER = Text("Kinds of work", "工作类型")
URGENCIES = {
    Urgency.OVERDUE: Text("Overdue", "已逾期"),
    Urgency.DUE: Text("To be done now", "现在处理"),
    Urgency.SOON: Text("Within a week", "一周内"),
    Urgency.OPEN: Text("Open", "待完成"),
}
INKS = {
    Urgency.OVERDUE: Ink.HARD,
    Urgency.DUE: Ink.ACCENT,
    Urgency.SOON: Ink.SECONDARY,
    Urgency.OPEN: Ink.SECONDARY,
}
GLYPHS = {
    "visit": Glyph.TODAY,
    "report": Glyph.NO_RESULT,
    "conversion": Glyph.POSITIVE,
    "screening": Glyph.WARNING,
    "choice": Glyph.FORM,
    "draft": Glyph.DRAFT,
    "incomplete": Glyph.DRAFT,
    "query": Glyph.QUERY,
}
SUBJECT = Text("Subject", "受试者")
WHAT = Text("What", "事项")
UNTIL = Text("Until", "截止")
DAYS = Text("Days", "天数")
LATE = Text("{n} late", "超 {n} 天")
LEFT = Text("{n} left", "余 {n} 天")
LAST_DAY = Text("today", "今天")
DONE = Text("Nothing is waiting.", "没有待办事项。")
COUNTING = Text("Working out the list…", "正在整理…")
COUNTED = Text("Working out the list: {done} of {total}", "正在整理 {done}/{total}")
PACKAGE = Text("Package", "上次导出")
BACKUP = Text("Backup", "上次备份")
NEVER = Text("never", "从未")
AGO = Text("{n} days ago", "{n} 天前")
TODAY_ = Text("today", "今天")
_WEEKDAYS = Text("Mon Tue Wed Thu Fri Sat Sun", "周一 周二 周三 周四 周五 周六 周日")


class TodayPage(Page):
    """The list of the day."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._day = Note(context, ink=Ink.SECONDARY)
        self._state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self._package = Note(context)
        self._backup = Note(context)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(self._day)
        head.addWidget(self._state)
        head.addStretch(1)
        for name, fact in ((PACKAGE, self._package), (BACKUP, self._backup)):
            head.addWidget(Note(context, name, ink=Ink.SECONDARY))
            head.addWidget(fact)
        self.chips = Chips(context, FILTER)
        self.chips.chosen.connect(lambda _: self._show())
        self.list: Listing[Task] = Listing(context, self._columns(), HEADING)
        self.list.from_top = True
        self.list.opened.connect(lambda task: desk.go(task.place))
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addLayout(head)
        column.addWidget(self.chips)
        column.addWidget(ground, 1)
        desk.census.changed.connect(self._show)
        desk.census.progressed.connect(self._progressed)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Count anew; the caret is in the list."""
        self.desk.census.refresh()
        self._show()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """Say the day anew."""
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right change the filter."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.list.hasFocus():
            self.chips.step(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        if self.desk.session.locked:
            return
        census = self.desk.census
        tasks = census.tasks
        counts = Counter(t.kind for t in tasks)
        choices = [Choice("", ALL, len(tasks))]
        choices += [Choice(k, text, counts[k]) for k, text in KINDS.items() if counts[k]]
        self.chips.show_choices(choices)
        kind = self.chips.key
        self.list.show_empty(COUNTING if census.counting and not tasks else DONE)
        rows = grouped([t for t in tasks if not kind or t.kind == kind])
        self.list.show_rows(rows, lambda t: (t.subject, t.kind, t.place, t.text))
        if not census.counting:
            self._state.show_text("")
        today = self.desk.session.today()
        self._day.show_text(day_words(today))
        if census.care is not None:
            self._show_care(census.care)

    def _show_care(self, care: Care) -> None:
        for note, days, late in (
            (self._package, care.package_days, care.package_late),
            (self._backup, care.backup_days, care.backup_late),
        ):
            words = NEVER if days is None else AGO.filled(n=days) if days else TODAY_
            note.show_text(words, Ink.HARD if late else Ink.TEXT)

    def _progressed(self, done: int, total: int) -> None:
        self._state.show_text(COUNTED.filled(done=done, total=total))

    def _columns(self) -> tuple[Column[Task], ...]:
        return (
            Column(SUBJECT, lambda t: Cell(t.subject, strong=True), width=104),
            Column(WHAT, lambda t: Cell(t.text, _ink(t), GLYPHS.get(t.kind))),
            Column(UNTIL, lambda t: Cell(str(t.until or ""), Ink.SECONDARY), width=112, right=True),
            Column(DAYS, self._days, width=96, right=True),
        )

    def _days(self, task: Task) -> Cell:
        if task.until is None:
            return Cell()
        left = (task.until - self.desk.session.today()).days
        if left == 0:
            return Cell(LAST_DAY, Ink.SOFT)
        if left < 0:
            return Cell(LATE.filled(n=-left), Ink.HARD)
        return Cell(LEFT.filled(n=left), Ink.SECONDARY)


def _ink(task: Task) -> Ink:
    return Ink.HARD if task.urgency is Urgency.OVERDUE else Ink.TEXT


def grouped(tasks: Sequence[Task]) -> list[Task | Heading]:
    """Tasks under headings of their urgency, most pressing first."""
    rows: list[Task | Heading] = []
    for urgency in Urgency:
        of_it = [t for t in tasks if t.urgency is urgency]
        if of_it:
            name = URGENCIES[urgency]
            n = len(of_it)
            rows.append(Heading(Text(f"{name.en} · {n}", f"{name.zh} · {n}"), INKS[urgency]))
            rows += of_it
    return rows


def day_words(day: date) -> Text:
    """``2026-10-22 周四``."""
    en, zh = _WEEKDAYS.en.split()[day.weekday()], _WEEKDAYS.zh.split()[day.weekday()]
    return Text(f"{day} {en}", f"{day} {zh}")
