"""A monitoring visit is put on record: dates, subjects, findings."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record.review import Reviews, UnderWay
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
GIVE_UP = Text("Discard", "放弃")
GIVEN_UP = Text("The visit that had begun is discarded.", "已放弃本次访视的草稿。")
STAYS = Text(
    "Esc leaves; what is typed stays for you until the visit is on record.",
    "Esc 离开，已填写的内容会保留，直至登记。",
)
_PAUSE = 800
"""Milliseconds without a key before what is typed is kept."""


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
        self.give_up = Button(context, GIVE_UP, rank=Rank.QUIET)
        self.give_up.clicked.connect(self.discard)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self.keep_typed)
        self._done = False
        self._take_up()
        self.below = Note(context, NO_NAMES, size=Type.NOTE, ink=Ink.SECONDARY)
        foot = QHBoxLayout()
        foot.addWidget(self.below)
        foot.addStretch(1)
        foot.addWidget(self.give_up)
        foot.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.GAP)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(Note(context, STAYS, size=Type.NOTE, ink=Ink.SECONDARY))
        head.addStretch(1)
        column.addLayout(head)
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

    def _take_up(self) -> None:
        """Go on with the visit that has begun, or begin one today."""
        standing = self.reviews.under_way()
        self._typed = standing or UnderWay(begun=self.desk.session.today().isoformat())
        self.begun.line.setText(self._typed.begun)
        self.ended.line.setText(self._typed.ended)
        self.subjects.line.setText(self._typed.subjects)
        self.found.setPlainText(self._typed.text)
        if standing is None:
            self.reviews.keep(self._typed)
        for asked in (self.begun, self.ended, self.subjects):
            asked.line.textChanged.connect(self._pause.start)
        self.found.textChanged.connect(self._pause.start)

    def keep_typed(self) -> None:
        """Keep what is typed so far, so that nothing of it is lost."""
        self._pause.stop()
        now = UnderWay(
            self.begun.line.text(),
            self.ended.line.text(),
            self.subjects.line.text(),
            self.found.toPlainText(),
        )
        if self._done or now == self._typed or self.desk.session.locked:
            return
        self.reviews.keep(now)
        self._typed = now

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving loses nothing."""
        self.keep_typed()
        super().hideEvent(event)

    def discard(self) -> None:
        """Forget the visit that has begun."""
        self._done = True
        self.reviews.give_up()
        self.desk.shell.back()
        self.desk.say(GIVEN_UP)

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
        self._done = True
        self.desk.shell.back()
        self.desk.say(KEPT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter keeps it, Esc leaves, Enter goes on."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.submit()
        elif enter and isinstance(focused := self.focusWidget(), Button):
            focused.click()
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
