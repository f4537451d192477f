"""The computer's clock: what it shows, and why nothing is written while it stands behind."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import clock_note
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.clock_note import STATEMENT
from mrd_desktop.vault.errors import ClockNotNoted
from ui.context import Context
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.note import Note
from ui.widgets.notice import About
from ui.widgets.signing import Sign, SignedWords
from ui.work import Desk

NAME = Text("Clock", "时钟")
NOW = Text("This computer shows {at}.", "此电脑显示 {at}。")
LAST = Text(
    "The last record, or what the sponsor confirmed, is of {at}.",
    "末条记录或申办方已确认的时间为 {at}。",
)
BEHIND = Text(
    "The clock stands behind the records: nothing is recorded.", "时钟落后于记录，暂时无法记录。"
)
FINE = Text("The clock is not behind the records.", "时钟未落后于记录。")
HOW = Text(
    "Compare with a telephone or another computer. Where the date or time is wrong, set it right "
    "in the computer's settings: this page then clears by itself. Where it is right, the clock was "
    "ahead before: say why and sign. Until the clock has passed the last record, new records bear "
    "that one's time, and the trail is marked.",
    "请与手机或其他电脑核对。若日期或时间有误，请在电脑设置中校正，本页随即自动恢复正常。"
    "若显示无误，说明此前时钟偏快：请说明原因并签名。在时钟越过末条记录之前，新记录沿用末条记录的"
    "时间，并在稽查轨迹中标记。",
)
WORDS_ASKED = Text("Why it was wrong", "出错原因")
WORDS_HINT = Text(
    "For example: the month was set wrong after a new battery.", "例如：更换电池后月份设置有误。"
)
SIGN = Text("Sign and go on", "签署并继续工作")
SIGNED = Text("It is signed and recorded. Work goes on.", "已签署并登记，可继续工作。")
_EACH = 2_000


class ClockPart(Page):
    """What the clock shows, and the signature that lets work go on."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.state = Note(context, strong=True, wrap=True)
        self.now = Note(context)
        self.last = Note(context)
        self.how = Note(context, HOW, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.answer = SignedWords(
            context, desk.session, desk.run, STATEMENT, (WORDS_ASKED, WORDS_HINT), SIGN,
            signs=self._signs, signed=self._signed, about=self._about,
        )  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        for part in (self.state, self.now, self.last, self.how, self.answer):
            column.addWidget(part)
        column.addStretch(1)
        self._again = QTimer(self)
        self._again.timeout.connect(self._look)
        self._again.start(_EACH)
        self._show()

    def enter(self) -> None:
        """Look again."""
        if self.desk.session.locked:
            return
        self._show()
        if self.answer.isVisibleTo(self):
            self.answer.words.line.setFocus()

    def _look(self) -> None:
        if self.isVisible() and not self.desk.session.locked:
            self._show()

    def _show(self) -> None:
        session, hours = self.desk.session, self.context.hours
        behind = clock_note.behind(session)
        self.state.show_text(BEHIND if behind else FINE, Ink.HARD if behind else Ink.GOOD)
        self.now.show_text(NOW.filled(at=hours.proof(stamp(session.clock.wall()))))
        bound = session.clock.bound
        self.last.show_text(LAST.filled(at=hours.proof(bound)) if bound else Text("", ""))
        self.how.setVisible(behind is not None)
        self.answer.setVisible(behind is not None)

    def _signs(self) -> Sign:
        """A clock that is right now."""
        session = self.desk.session
        return lambda words, password, language: clock_note.note_clock(
            session, words, password, language=language
        )

    def _about(self, refused: MrdError) -> Asked | None:
        return self.answer.words if isinstance(refused, ClockNotNoted) else None

    def _signed(self, _: object) -> None:
        self.setFocus()  # what has the caret goes
        self._show()
        self.desk.shell.set_notice(About.CLOCK, None)
        self.desk.say(SIGNED)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the password, and signs from there."""
        if not self.answer.takes(self, event):
            super().keyPressEvent(event)
