"""Taking a subject over by force, where its computer or its file is lost: why, and two people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout
from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.record.handing import SHORTEST_REASON, NoReasonGiven, claim
from mrd_desktop.record.owning import Segment, standing_of
from mrd_desktop.texts import Text
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER, presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.note import Note
from ui.widgets.two_people import TwoPeople

if TYPE_CHECKING:
    from ui.work import Desk

TAKE_OVER = Text("Take over by force", "强制接管")
BEFORE = Text(
    "Only where the other computer is broken or lost, or its file never arrived. Ask there first: "
    "if somebody still enters data of {subject}, let it be handed over instead.",
    "仅在另一台电脑损坏、遗失，或其文件始终未到时使用。请先向对方核实："
    "如对方仍在录入 {subject}，请改用交接文件。",
)
FROM = Text(
    "From now on this computer writes about {subject}, beginning where the records of computer "
    "{chain} end here: {at}. What was recorded there after that is kept apart when it comes, and "
    "never merged. If it was handed over there and another computer has received it, that one "
    "stays the owner, and what is entered here is kept apart: telephone first.",
    "此后由本机录入 {subject}，从本机已有的电脑 {chain} 的最后一条记录（{at}）开始。"
    "对方此后写入的记录日后到达时单独保存，不会合并。"
    "如该受试者已从那里交接并由另一台电脑接收，则仍归接收方，本机录入的内容单独保存，请先电话核实。",
)
BACK = Text(
    "From now on this computer writes about {subject} again, from where it handed it over: {at}. "
    "If computer {chain} has taken the file already, it stays the owner, and what is entered here "
    "from now on is kept apart and never merged: telephone first. If it takes the file later, what "
    "it records is kept apart.",
    "此后仍由本机录入 {subject}，从移交时（{at}）继续。"
    "如电脑 {chain} 已接收该文件，则仍归该电脑，此后在本机录入的内容单独保存，"
    "不会合并，请先电话核实。"
    "如对方之后才接收，则对方写入的记录单独保存。",
)
REASON = Text("Reason", "原因")
REASON_HINT = Text(
    "At least {n} characters. It stays at the site: no package carries it.",
    "至少 {n} 个字符。仅保存在本中心，不随数据包导出。",
).filled(n=SHORTEST_REASON)
DONE = Text(
    "This computer writes about {subject} now. Send the other computers a file.",
    "{subject} 现由本机录入。请向其他电脑发送一次交接文件。",
)
OWNED = Text("Subject {subject} belongs to this computer.", "受试者 {subject} 归本机管理。")
BUSY = Text("Working…", "正在处理…")
STOPPED = Text("Cancelled; nothing was changed.", "已取消，未作任何更改。")
_LABEL = 160
_WIDE = 560


class TakeOverPage(Page):
    """What will happen to one subject, the reason, and the two people.

    Attributes:
        reason: in the words of who takes over.
    """

    def __init__(self, context: Context, desk: Desk, subject: str) -> None:
        super().__init__(context)
        self.desk, self.subject = desk, subject
        self.begins = Note(context, wrap=True)
        self.reason = Asked(
            context, REASON, hint=REASON_HINT, limit=400, width=_WIDE, label_width=_LABEL
        )
        self.people = TwoPeople(context, desk.session.user, {}, TAKE_OVER, busy=BUSY, stops=True)
        self.people.wanted.connect(self.submit)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, self.title(), size=Type.TITLE, strong=True))
        column.addWidget(Note(context, BEFORE.filled(subject=subject), wrap=True))
        column.addWidget(self.begins)
        column.addWidget(self.reason)
        column.addWidget(self.people)
        column.addStretch(1)

    def title(self) -> Text:
        """The act and the number."""
        return Text(f"{TAKE_OVER.en} · {self.subject}", f"{TAKE_OVER.zh} · {self.subject}")

    def enter(self) -> None:
        """Where it would begin; the caret goes to the reason."""
        session = self.desk.session
        if session.locked:
            return
        with session.reading() as conn:
            now = standing_of(conn, self.subject)
            last = now.segments[-1] if now.segments else None
            at = "" if last is None else _end(conn, last)
        chain = session.folder.chain
        own = last is None or now.owner == chain
        for widget in (self.reason, self.people):
            widget.setVisible(not own)
        if own or last is None:
            self.begins.show_text(OWNED.filled(subject=self.subject), Ink.GOOD)
            self.setFocus()
            return
        back = last.chain == chain
        other = (last.to or "") if back else last.chain
        told = {"chain": other[:8], "at": self.context.hours.moment(at)}
        text = (BACK if back else FROM).filled(subject=self.subject, **told)
        self.begins.show_text(text, Ink.SOFT)
        self.reason.line.setFocus()

    def submit(self) -> None:
        """Both sign, and it is done."""
        if len(self.reason.text) < SHORTEST_REASON:
            self.reason.refuse(NoReasonGiven().text)
            self.reason.line.setFocus()
            return
        self.reason.approve()
        session, subject, people = self.desk.session, self.subject, self.people
        why, own = self.reason.text, people.own.text
        second, other = people.second.text, people.other.text

        def work(progress: Progress) -> object:
            return claim(
                session, subject, why, own, second=second, second_password=other, told=progress
            )

        job = self.desk.run(work)
        people.follow(job)
        job.finished.connect(lambda _: self._done())
        job.stopped.connect(lambda: self.desk.say(STOPPED))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on; Ctrl+Enter acts; Esc leaves."""
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape:
            if not self.people.cancel():
                self.back.emit()
        elif event.key() in ENTER and not held and self.reason.line.hasFocus():
            self.people.own.line.setFocus()
        elif not (self.people.takes(event) or presses(self, event)):
            super().keyPressEvent(event)

    def _done(self) -> None:
        self.reason.line.clear()
        self.desk.census.touch(self.subject)
        self.desk.say(DONE.filled(subject=self.subject))
        self.back.emit()


def _end(conn: Connection, last: Segment) -> str:
    """When the last record that counts was written."""
    if last.until is None:
        return store.head(conn, last.chain).at
    return store.record(conn, last.chain, last.until).header.at
