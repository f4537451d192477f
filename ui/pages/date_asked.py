"""Is today's date right? Asked where the computer's clock may stand ahead."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import clock_note
from mrd_desktop.vault.clock import AHEAD
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER
from ui.pages.cover import CoverPage
from ui.theme import Ink, Type
from ui.widgets.button import Button, Rank
from ui.work import Desk

HEADING = Text("Is this right?", "日期是否正确？")
TODAY = Text("Today is {day}, {time} (UTC{zone}).", "今天是 {day}，{time}（UTC{zone}）。")
JUMPED = Text(
    "The computer's clock was put forward during work.", "工作期间，电脑时钟曾被向前调整。"
)
LONG_AGO = Text(
    "The last record is of {last}, {n} days before.", "末条记录为 {last}，距今 {n} 天。"
)
WHY = Text(
    "Compare with a telephone or a calendar. All that is entered bears this date, and cannot be "
    "dated back afterwards.",
    "请与手机或日历核对。录入的全部内容都将带有此日期，之后无法更正。",
)
YES = Text("Yes, the date is right", "是，日期正确")
NO = Text("No, I set the clock first", "否，先校正时钟")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_TAGE = "一二三四五六日"


def in_words(moment: datetime) -> Text:
    """A day in words, which a wrong month or year does not slip through."""
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return Text(
        f"{day}, {moment.day} {month} {moment.year}",
        f"{moment.year}年{moment.month}月{moment.day}日 星期{_TAGE[moment.weekday()]}",
    )


class DatePage(CoverPage):
    """The date in words, and two answers.

    Signals:
        right: it is, and that is recorded.
        wrong: the session is to end.
    """

    right = Signal()
    wrong = Signal()

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context, HEADING)
        self.desk = desk
        clock = desk.session.clock
        now = clock.wall().astimezone(clock.zone.tz)
        day = in_words(now)
        said = TODAY.filled(day=day, time=f"{now:%H:%M}", zone=clock.zone.offset)
        self.today = self.paragraph(said, Ink.TEXT, size=Type.TITLE)
        if clock.doubt() == AHEAD:
            self.paragraph(JUMPED, Ink.TEXT)
        last = clock.zone.local(clock.bound) if clock.bound else now
        then, gone = in_words(last), (now.date() - last.date()).days
        if gone > 1:
            self.paragraph(LONG_AGO.filled(last=then, n=gone), Ink.TEXT)
        self.paragraph(WHY, size=Type.NOTE)
        self.yes = Button(context, YES, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.yes.clicked.connect(self.submit)
        self.no = Button(context, NO, key="Esc")
        self.no.clicked.connect(self.wrong)
        self.buttons(self.yes, self.no)

    def enter(self) -> None:
        """Neither answer is given by an Enter too many."""
        QTimer.singleShot(0, self, self.setFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter says yes, Esc no."""
        if event.key() in ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.yes.click()
        elif event.key() == Qt.Key.Key_Escape:
            self.no.click()
        else:
            super().keyPressEvent(event)

    def submit(self) -> None:
        """Record that the date is right."""
        session = self.desk.session

        def work(_: Progress) -> object:
            clock_note.affirm(session)
            return True

        self.yes.setEnabled(False)
        job = self.desk.run(work)
        job.refused.connect(self._refused)
        job.finished.connect(lambda _: self.right.emit())

    def _refused(self, refused: MrdError) -> None:
        self.yes.setEnabled(True)
        self.desk.say(refused.text)
