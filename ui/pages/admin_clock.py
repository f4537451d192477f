"""The computer's clock: what it shows, and why nothing is written while it stands behind."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import clock_note
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.clock_note import STATEMENT
from mrd_desktop.vault.errors import ClockNotNoted
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER, presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.note import Note
from ui.widgets.notice import About
from ui.widgets.signing import Signing
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
_LABEL = 152
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
        self.words = Asked(
            context, WORDS_ASKED, hint=WORDS_HINT, width=640, limit=2000, label_width=_LABEL
        )
        self.signing = Signing(context, desk.session, SIGN, label_width=_LABEL)
        self.signing.wanted.connect(self.submit)
        self.answer = QWidget()
        signing = QVBoxLayout(self.answer)
        signing.setContentsMargins(0, 0, 0, 0)
        signing.setSpacing(Size.GAP)
        signing.addWidget(Note(context, STATEMENT, strong=True, wrap=True))
        signing.addWidget(self.words)
        signing.addWidget(self.signing)
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
            self.words.line.setFocus()

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

    def submit(self) -> None:
        """Sign for a clock that is right now."""
        words, password = self.words.text, self.signing.typed()
        if not password:
            return
        self.words.approve()
        session, language = self.desk.session, self.context.speech.language

        def work(_: Progress) -> object:
            clock_note.note_clock(session, words, password, language=language)
            return True

        job = self.desk.run(work)
        self.signing.follow(job, self._about)
        job.finished.connect(lambda _: self._signed())

    def _about(self, refused: MrdError) -> Asked | None:
        return self.words if isinstance(refused, ClockNotNoted) else None

    def _signed(self) -> None:
        self.words.line.clear()
        self.words.approve()
        self.setFocus()  # what has the caret goes
        self._show()
        self.desk.shell.set_notice(About.CLOCK, None)
        self.desk.say(SIGNED)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the password, and signs from there."""
        if self.signing.isVisible() and self.signing.wants(event):
            self.submit()
        elif event.key() in ENTER and self.words.line.hasFocus():
            self.signing.password.line.setFocus()
        elif not presses(self, event):
            super().keyPressEvent(event)
