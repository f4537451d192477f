"""What participants asked for: the open requests, a new one, and how one is answered."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.insight.reports.requests import answer_words, requests_report
from mrd_desktop.record.redactable import Matters
from mrd_desktop.record.requests import OUTCOMES, Outcome, Part, Request, Requests, last_day
from mrd_desktop.record.rights import rights
from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.texts import Text
from ui.context import Context
from ui.erasing import erasing_on_list
from ui.page import Page
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.card import Card
from ui.widgets.filling import Filling, chosen, numbered
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.work import Desk, keep_in

NAME = Text("Requests", "受试者请求")
WHAT_IT_IS = Text(
    "A participant asks for a copy, a correction, deletion, or that samples are tested no more. It "
    "stays here and is shown under Today until it is answered.",
    "受试者要求查阅复制、更正或删除个人信息，或停止检测样本时在此登记，仅留存于本中心；"
    "答复前显示在今日工作中。",
)
KEYS = Text("N new · Enter answer · P print", "N 新增 · Enter 答复 · P 打印")
READS = Text("P print", "P 打印")
ERASES = Text(" · Ctrl+F8 take words out by two people", " · Ctrl+F8 两人遮蔽文字")
NONE = Text("No request is recorded.", "没有请求记录。")
SUBJECT, WANT = Text("Subject", "受试者"), Text("Asked for", "请求内容")
RECEIVED, UNTIL = Text("Received", "收到日期"), Text("Answer until", "期限")
ANSWER, WORDS = Text("Answer", "答复"), Text("In words", "说明")
NEW, KEEP = Text("New request", "新请求"), Text("Record", "登记")
TO_ANSWER = Text("Answer {subject}: {what}", "答复 {subject}：{what}")
NO_NAMES = Text("No names or numbers of the patient", "请勿填写患者姓名、证件号、电话")
DAY = Text(
    "the day it was asked: t today, or like 1008; the answer is due from this day on",
    "提出请求的日期：t 今天，或如 1008；期限自该日起算",
)
KEPT = Text("Recorded; the answer is due on {due}.", "已登记，答复期限 {due}。")
KEPT_LATE = Text(
    "Recorded; the answer was due on {due} and is overdue.",
    "已登记；答复期限 {due} 已过，请尽快答复。",
)
ANSWERED = Text("The answer is recorded.", "答复已记录。")


_LIST = 140
"""The least height of the list; a low window scrolls."""


class RequestsPart(Page):
    """A list, and below it the questions of what is done."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.requests = Requests(desk.session)
        self._may = desk.session.allows("form.edit")
        self._about: Request | None = None
        today = desk.session.today()

        def stand(request: Request) -> Cell:
            ink = Ink.HARD if request.overdue(today) else Ink.TEXT
            return Cell(answer_words(desk.session, request), ink)

        columns: tuple[Column[Request], ...] = (
            Column(SUBJECT, lambda r: Cell(r.subject, strong=True), width=88),
            Column(WANT, lambda r: Cell(r.name), width=184),
            Column(RECEIVED, lambda r: Cell(str(r.received), Ink.SECONDARY), width=104),
            Column(UNTIL, lambda r: Cell(str(r.due)), width=104),
            Column(ANSWER, stand, width=264),
            Column(WORDS, lambda r: Cell(r.text, Ink.SECONDARY)),
        )
        self.list: Listing[Request] = Listing(context, columns, NAME)
        self.list.opened.connect(self.ask_answer)
        self.subject = Asked(context, SUBJECT, width=160)
        kinds = numbered(tuple(rights().requests.values()))
        self.want = Asked(context, WANT, hint=kinds, width=64, limit=2)
        self.received = Asked(context, RECEIVED, hint=DAY, width=160)
        self.words = Asked(context, WORDS, hint=NO_NAMES, width=560, limit=500)
        self.new = Filling(context, NEW, (self.subject, self.want, self.received, self.words), KEEP)
        self.new.wanted.connect(self.submit)
        self.new.left.connect(self._back)
        outcomes = numbered(tuple(OUTCOMES.values()))
        self.outcome = Asked(context, ANSWER, hint=outcomes, width=64, limit=2)
        self.why = Asked(context, WORDS, hint=NO_NAMES, width=560, limit=500)
        self.reply = Filling(context, ANSWER, (self.outcome, self.why), KEEP)
        self.reply.wanted.connect(self.answer)
        self.reply.left.connect(self._back)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        ground.setMinimumHeight(_LIST)
        inner = Page(context)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, Size.GAP, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, WHAT_IT_IS, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(ground, 1)
        column.addWidget(self.new)
        column.addWidget(self.reply)
        keys = KEYS if self._may else READS
        if erasing_on_list(self, desk, self._place):
            keys = Text(keys.en + ERASES.en, keys.zh + ERASES.zh)
        column.addWidget(Note(context, keys, size=Type.NOTE, ink=Ink.SECONDARY))
        self.reply.hide()
        self.new.setVisible(self._may)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroller(context, inner))

    def enter(self) -> None:
        """Read anew; the caret goes to the list."""
        if self.desk.session.locked:
            return
        self._show()
        self.list.setFocus()

    def ask_new(self) -> None:
        """The caret goes to the first question of a new request."""
        if self._may:
            self.reply.hide()
            self.new.show()
            self.new.begin()

    def ask_answer(self, request: Request) -> None:
        """Ask how a request is answered."""
        if not self._may or request.answer is not None:
            return
        self._about = request
        self.new.hide()
        self.reply.clear()
        name = request.name
        self.reply.heading.show_text(TO_ANSWER.filled(subject=request.subject, what=name))
        self.reply.show()
        self.reply.begin()

    def submit(self) -> None:
        """Record a new request."""
        try:
            day = parse_date(self.received.text, today=self.desk.session.today())
        except ValueRefused as refused:
            self.new.approve()
            self.new.refuse(refused.reason, self.received)
            return
        want = chosen(tuple(rights().requests), self.want.text)
        subject, words, asked = self.subject.text, self.words.text, day.earliest
        due = last_day(asked)
        late = due < self.desk.session.today()
        said = (KEPT_LATE if late else KEPT).filled(due=due)
        keep_in(
            self.desk,
            self.new,
            lambda: self.requests.receive(subject, want, asked, words),
            lambda: self._done(self.new, said),
            {
                Part.SUBJECT: self.subject,
                Part.KIND: self.want,
                Part.DAY: self.received,
                Part.WORDS: self.words,
            },
        )

    def answer(self) -> None:
        """Record how the request is answered."""
        code = chosen(tuple(OUTCOMES), self.outcome.text)
        if not code or self._about is None:
            self.reply.approve()
            self.reply.refuse(numbered(tuple(OUTCOMES.values())), self.outcome)
            return
        request, outcome, words = self._about, Outcome(code), self.why.text
        keep_in(
            self.desk,
            self.reply,
            lambda: self.requests.answer(request, outcome, words),
            lambda: self._done(self.reply, ANSWERED),
            {Part.OUTCOME: self.outcome, Part.WORDS: self.why},
        )

    def _place(self) -> Matters | None:
        request = self.list.current
        return None if request is None else Matters(request.subject)

    def _done(self, filled: Filling, said: Text) -> None:
        filled.clear()
        self._show()
        self._back()
        self.desk.census.refresh()
        self.desk.say(said)

    def _back(self) -> None:
        self.reply.hide()
        self.new.setVisible(self._may)
        self.list.setFocus()

    def _show(self) -> None:
        self.list.show_empty(NONE)
        self.list.show_rows(self.requests.all(), lambda r: (r.by.chain, r.by.seq))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """N records a new one, P prints the register."""
        if self.list.hasFocus() and event.key() == Qt.Key.Key_N:
            self.ask_new()
        elif self.list.hasFocus() and event.key() == Qt.Key.Key_P:
            session = self.desk.session
            self.desk.shell.open(PreviewPage(self.context, session, requests_report(session)))
        else:
            super().keyPressEvent(event)
