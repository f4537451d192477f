"""The day-end slip: taken, printed, and later compared with what the folder says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.transfer import checkpoint, loss
from mrd_desktop.transfer.checkpoint import Finding, Slip, Verdict
from mrd_desktop.vault.errors import RecordsMissing
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.page import Page
from ui.print.slip import ask_and_print, printed
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.notice import About
from ui.widgets.slip import SlipPicture
from ui.work import Desk

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

HEADING = Text("Day-end slip", "日终核对单")
WHY = Text(
    "The slip says where the records end today. File it outside the computer: later it shows "
    "whether records were cut off, rewritten, or an older copy was put back. It names no patient "
    "and may be read out to the sponsor.",
    "核对单记录今日的末条记录，请存放在电脑之外。日后可凭它查出记录是否被截去、改写或换回旧副本。"
    "单上没有患者信息，可向申办方口头报送。",
)
TAKE = Text("Make today's slip", "生成今日核对单")
PRINT = Text("Print…", "打印…")
COMPARE = Text("Compare a slip", "核对旧单")
TYPED = Text("Record and code", "记录编号和核对码")
TYPED_HINT = Text(
    "As 1204 a2b3 c4d5 e6f7 g2h3 j4k5; a QR scanner types it by itself.",
    "如 1204 a2b3 c4d5 e6f7 g2h3 j4k5；也可用扫码枪读取二维码。",
)
COMPARE_ACT = Text("Compare", "核对")


class SlipPart(Page):
    """One card to take a slip, one to compare an older one."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._before: Finding | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.PAD)
        column.addWidget(self._taking())
        column.addWidget(self._comparing())
        column.addStretch(1)

    def _taking(self) -> Card:
        context = self.context
        card = Card(context)
        self.take = Button(context, TAKE, glyph=Glyph.FORM, rank=Rank.PRIMARY)
        self.take.clicked.connect(self.take_slip)
        self.print = Button(context, PRINT, glyph=Glyph.PRINT)
        self.print.clicked.connect(self.print_slip)
        self.print.hide()
        self.picture = SlipPicture(context)
        self.picture.hide()
        column = _column(card)
        column.addWidget(Note(context, HEADING, strong=True))
        column.addWidget(Note(context, WHY, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        row = QHBoxLayout()
        row.setSpacing(Size.GAP)
        row.addWidget(self.take)
        row.addWidget(self.print)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.picture)
        return card

    def _comparing(self) -> Card:
        context = self.context
        card = Card(context)
        self.typed = Asked(context, TYPED, hint=TYPED_HINT, width=420, label_width=152, limit=120)
        self.compare = Button(context, COMPARE_ACT)
        self.compare.clicked.connect(self.compare_slip)
        self.verdict = Note(context, wrap=True)
        self.verdict.hide()
        column = _column(card)
        column.addWidget(Note(context, COMPARE, strong=True))
        row = QHBoxLayout()
        row.addWidget(self.typed, 1)
        row.addWidget(self.compare, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        column.addWidget(self.verdict)
        return card

    def enter(self) -> None:
        """The caret goes to the first act."""
        self.take.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter compares what is typed, or presses the button in focus."""
        focused = self.focusWidget()
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif isinstance(focused, Button):
            focused.click()
        else:
            self.compare_slip()

    def take_slip(self) -> None:
        """Take the slip of now; that is a record."""
        session = self.desk.session
        self.take.setEnabled(False)

        def work(_: Progress) -> object:
            return checkpoint.take_slip(session)

        job = self.desk.run(work)
        job.finished.connect(self._taken)
        job.refused.connect(self.say_refused)
        job.ended.connect(lambda: self.take.setEnabled(True))

    def _taken(self, slip: Slip) -> None:
        self.picture.show_slip(slip)
        self.picture.show()
        self.print.show()
        self.print.setFocus()

    def print_slip(self) -> None:
        """The system's print dialog; the slip stands at the top of the page."""
        ask_and_print(self.picture, self, self.said.emit)

    def print_on(self, printer: QPrinter) -> None:
        """Give the slip to a printer; one that does not take it is told."""
        self.said.emit(printed(self.picture, printer))

    def compare_slip(self) -> None:
        """Hold what is typed against the folder; what it knows more of, typed twice, holds work."""
        try:
            found = checkpoint.read_slip(self.desk.session, self.typed.text)
        except MrdError as refused:
            self.typed.refuse(refused.text)
            self.verdict.hide()
            return
        self.typed.approve()
        said = loss.compared(self.desk.session, found, self._before)
        self._before = found
        if self.desk.session.hold is not None:
            self.desk.shell.set_notice(About.RECORDS, RecordsMissing().text, Ink.HARD)
        self.verdict.show_text(said, ink_of(found))
        self.verdict.show()


def ink_of(found: Finding) -> Ink:
    """Green where it agrees, amber for a slip mistyped or of another folder, red for a loss."""
    soft = {Verdict.OTHER: Ink.SOFT, Verdict.TYPO: Ink.SOFT}
    return {Verdict.SAME: Ink.GOOD, **soft}.get(found.verdict, Ink.HARD)


def _column(card: Card) -> QVBoxLayout:
    column = QVBoxLayout(card)
    column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
    column.setSpacing(Size.GAP)
    return column
