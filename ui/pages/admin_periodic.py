"""The periodic review: which days, what each section holds, and the document to print."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.insight.reports.periodic import Pack, Section, compile_pack, pack_report
from mrd_desktop.insight.reports.periodic_parts import Made
from mrd_desktop.insight.reports.periodic_read import Period, PeriodRefused, packs, period
from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.texts import Text
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER
from ui.page import Page
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

NAME = Text("Periodic review", "定期审查")
WHAT_IT_IS = Text(
    "What an inspector asks of the system, in one document: print it, judge it, sign it, file it. "
    "Nothing in it is about a patient.",
    "将系统在一段时间内的情况汇总为一份文件：打印、评估、签名、归档。其中不含受试者信息。",
)
SECTION, ENTRIES = Text("Section", "章节"), Text("Entries", "条目")
FIRST, LAST = Text("From", "自"), Text("To", "至")
DAY = Text("like 20260701, or t for today", "如 20260701；t 今天")
SHOW = Text("Show the document", "显示文件")
LATEST = Text("Last pack: {first} to {last}", "上次审查期间：{first} 至 {last}")
NEVER = Text("No pack was printed yet", "尚未打印过审查文件")
READING = Text("Reading the records…", "正在读取记录…")
KEYS = Text("Enter shows the document · T the first day", "Enter 显示文件 · T 填写起日")
_LABEL = 48


class PeriodicPart(Page):
    """The sections with what they hold, two days, one button."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.pack: Pack | None = None
        self._asked: Period | None = None
        self._wanted = False
        self._wrong: Asked | None = None
        columns: tuple[Column[tuple[Section, Made]], ...] = (
            Column(SECTION, lambda x: Cell(x[0].text, strong=True)),
            Column(ENTRIES, lambda x: Cell(str(x[1].entries)), width=104, right=True),
        )
        self.list: Listing[tuple[Section, Made]] = Listing(context, columns, NAME)
        self.list.opened.connect(lambda _: self.show_document())
        self.first = Asked(context, FIRST, hint=DAY, width=160, limit=20, label_width=_LABEL)
        self.last = Asked(context, LAST, hint=DAY, width=160, limit=20, label_width=_LABEL)
        for field in (self.first, self.last):
            field.line.editingFinished.connect(self.read)
        self.button = Button(context, SHOW, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.button.clicked.connect(self.show_document)
        self.state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        asked = QHBoxLayout()
        asked.setSpacing(Size.PAD)
        asked.addWidget(self.first)
        asked.addWidget(self.last)
        asked.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        below = QHBoxLayout()
        below.addWidget(Note(context, KEYS, size=Type.NOTE, ink=Ink.SECONDARY))
        below.addStretch(1)
        below.addWidget(self.state)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, WHAT_IT_IS, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(ground, 1)
        column.addLayout(asked)
        column.addLayout(below)

    def enter(self) -> None:
        """The days since the last pack, read anew; the caret is in the list."""
        session = self.desk.session
        if session.locked:
            return
        span = period(session, None, None)
        self.first.line.setText(str(span.first))
        self.last.line.setText(str(span.last))
        made = packs(session)
        said = LATEST.filled(first=made[-1].first, last=made[-1].last) if made else NEVER
        self.state.show_text(said)
        self._asked, self._wanted = None, False
        self.read()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def read(self) -> bool:
        """Make the sections of the days that are typed; False where these are no period."""
        session = self.desk.session
        span = None if session.locked else self._period()
        if span is None or span == self._asked:
            return span is not None
        self._asked, self.pack = span, None
        self.list.show_empty(READING)
        self.list.show_rows((), lambda x: x[0].oid)

        def work(_: Progress) -> object:
            return compile_pack(session, span)

        job = self.desk.run(work)
        job.finished.connect(self._take)
        job.refused.connect(self.say_refused)
        return True

    def _take(self, pack: Pack) -> None:
        if self.desk.session.locked or pack.period != self._asked:
            return  # signed out, or other days were typed meanwhile
        self.pack = pack
        self.list.show_rows(pack.made, lambda x: x[0].oid)
        if self._wanted:
            self.show_document()

    def show_document(self) -> None:
        """The document as it will be printed, as soon as it is read."""
        if not self.read():
            self._mend()
            return
        self._wanted = self.pack is None
        if self.pack is not None:
            session, report = self.desk.session, pack_report(self.pack)
            self.desk.shell.open(PreviewPage(self.context, session, report))

    def _period(self) -> Period | None:
        """The days that are typed; what is wrong stands below them."""
        first, last = self._day(self.first), self._day(self.last)
        self._wrong = self.first if first is None else self.last if last is None else None
        if first is None or last is None:
            return None
        try:
            return period(self.desk.session, first, last)
        except PeriodRefused as refused:
            self._wrong = self.last
            self.last.refuse(refused.text)
            return None

    def _mend(self) -> None:
        """The caret goes to the day that is wrong."""
        if self._wrong is not None:
            self._wrong.go_on()

    def _day(self, field: Asked) -> date | None:
        try:
            day = parse_date(field.text, today=self.desk.session.today()).earliest
        except ValueRefused as refused:
            field.refuse(refused.reason)
            return None
        field.approve()
        field.line.setText(str(day))
        return day

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows the document, from the first day it goes to the last; T goes to the days.

        Where a day is wrong the caret stands there, and what was typed stays.
        """
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in ENTER and (held or self.last.line.hasFocus()):
            self.show_document()
        elif event.key() in ENTER and self.first.line.hasFocus():
            self.read()
            if self._wrong is self.first:
                self._mend()
            else:
                self.last.line.setFocus()
                self.last.line.selectAll()
        elif event.key() == Qt.Key.Key_Escape and not self.list.hasFocus():
            self.list.setFocus()
        elif event.key() == Qt.Key.Key_T and self.list.hasFocus():
            self.first.line.setFocus()
            self.first.line.selectAll()
        else:
            super().keyPressEvent(event)
