"""A monitoring visit is put on record: dates, subjects, findings."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record.review import Reviews
from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.texts import Text
from ui.context import Context
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.scroll import narrow_bars
from ui.work import Desk

HEADING = Text("Note a monitoring visit", "登记监查访视")
BEGUN, ENDED = Text("First day", "开始日期"), Text("Last day", "结束日期")
DAYS = Text("t is today; 0316 is 16 March", "t 为今天，0316 为 3 月 16 日")
SUBJECTS = Text("Subjects seen", "查看的受试者")
NUMBERS = Text("Numbers with blanks between", "受试者编号，以空格分隔")
FOUND = Text("Findings", "监查发现")
NO_NAMES = Text(
    "Name subjects by number only. This stays at the site; the letter is printed from it.",
    "请仅填写受试者编号，勿写姓名。内容仅保存在本中心，并用于打印跟进信。",
)
KEEP = Text("Put on record", "登记")
KEPT = Text("The visit is on record.", "访视已登记。")


class VisitNotePage(Page):
    """The questions and one button."""

    def __init__(self, context: Context, desk: Desk, reviews: Reviews) -> None:
        super().__init__(context)
        self.desk = desk
        self.reviews = reviews
        self.begun = Asked(context, BEGUN, hint=DAYS, width=160)
        self.ended = Asked(context, ENDED, hint=DAYS, width=160)
        self.subjects = Asked(context, SUBJECTS, hint=NUMBERS, width=480, limit=2000)
        self.found = QPlainTextEdit()
        self.found.setFont(context.font())
        self.found.setTabChangesFocus(True)
        palette = self.found.palette()
        palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
        self.found.setPalette(palette)
        narrow_bars(context, self.found)
        self.keep = Button(context, KEEP, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.keep.clicked.connect(self.submit)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(Size.GAP, Size.GAP, Size.GRID, Size.GAP)
        inside.addWidget(self.found)
        self.below = Note(context, NO_NAMES, size=Type.NOTE, ink=Ink.SECONDARY)
        foot = QHBoxLayout()
        foot.addWidget(self.below)
        foot.addStretch(1)
        foot.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        for asked in (self.begun, self.ended, self.subjects):
            column.addWidget(asked)
        column.addWidget(Note(context, FOUND))
        column.addWidget(ground, 1)
        column.addLayout(foot)
        self.retranslate()

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def retranslate(self) -> None:
        """Name the paragraph anew."""
        self.found.setAccessibleName(self.context.say(FOUND))

    def enter(self) -> None:
        """The caret goes to the first day."""
        QTimer.singleShot(0, self.begun.line, self.begun.line.setFocus)

    def submit(self) -> None:
        """Put the visit on record."""
        begun, ended = self._day(self.begun), self._day(self.ended)
        if begun is None or ended is None:
            return
        try:
            self.reviews.note(begun, ended, self.subjects.text.split(), self.found.toPlainText())
        except MrdError as refused:
            self.below.show_text(refused.text, Ink.HARD)
            return
        self.desk.shell.back()
        self.desk.say(KEPT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter keeps it, Esc leaves, Enter goes on."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submit()
        elif enter:
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def _day(self, asked: Asked) -> date | None:
        try:
            found = parse_date(asked.text, today=self.desk.session.today())
        except ValueRefused as refused:
            asked.refuse(refused.reason)
            asked.line.setFocus()
            return None
        asked.approve()
        asked.line.setText(found.text)
        return found.earliest
