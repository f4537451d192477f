"""Queries: read, answered in place, closed by who may, one key from the value they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.places import place_words
from mrd_desktop.record.queries import STATE_WORDS, QueryLine
from mrd_desktop.study.address import parse_address
from mrd_desktop.texts import Text
from ui.ask_line import WordsLine
from ui.context import Context
from ui.finder import fits
from ui.icons import Glyph
from ui.keys import presses
from ui.moments import moment
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Queries", "质疑")
STATES = Text("States", "状态")
ALL = Text("All", "全部")
SEARCH = Text("Subject, form, words…", "受试者、表单、内容…")
NONE = Text("No query here.", "没有质疑。")
STATE = Text("State", "状态")
SUBJECT = Text("Subject", "受试者")
PLACE = Text("Place", "位置")
QUESTION = Text("Question", "内容")
OPENED = Text("Asked", "提出时间")
SYSTEM = Text("edit check", "系统核查")
ANSWER = Text("Answer", "回复")
CLOSE = Text("Close", "关闭质疑")
REOPEN = Text("Reopen", "重新打开")
GO = Text("Go to the value", "转到数据")
ASK_ANSWER = Text("Answer", "回复内容")
ASK_REOPEN = Text("Reopen, because", "重新打开的理由")
ANSWERED = Text("The query is answered.", "质疑已回复。")
CLOSED = Text("The query is closed.", "质疑已关闭。")
REOPENED = Text("The query is open again.", "质疑已重新打开。")
GLYPHS = {
    "open": (Glyph.QUERY, Ink.SOFT),
    "answered": (Glyph.QUERIES, Ink.ACCENT),
    "closed": (Glyph.CHECK, Ink.GOOD),
}


class QueriesPage(Page):
    """All queries of the site."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._lines: tuple[QueryLine, ...] = ()
        self._act: Callable[[str], None] | None = None
        self.chips = Chips(context, STATES)
        self.chips.chosen.connect(lambda _: self._show())
        self.search = Line(context)
        self.search.setFixedWidth(Size.POPUP - 2 * Size.MARGIN)
        self.search.textEdited.connect(self._show)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(self.chips, 1)
        head.addWidget(self.search)
        columns: tuple[Column[QueryLine], ...] = (
            Column(STATE, _state, width=96),
            Column(SUBJECT, lambda q: Cell(q.subject, strong=True), width=88),
            Column(
                PLACE, lambda q: Cell(place_words(desk.study, parse_address(q.address))), width=300
            ),
            Column(QUESTION, lambda q: Cell(q.text)),
            Column(OPENED, lambda q: Cell(moment(q.opened_at), Ink.SECONDARY), width=136),
        )
        self.list: Listing[QueryLine] = Listing(context, columns, HEADING)
        self.list.show_empty(NONE)
        self.list.opened.connect(self.jump)
        self.list.moved.connect(lambda _: self._tell())
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self._detail = self._details()
        self.words_line = WordsLine(context)
        self.words_line.hide()
        self.words_line.answered.connect(self._words_given)
        self.words_line.left.connect(self._stop_asking)
        body = QVBoxLayout()
        body.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        body.setSpacing(Size.PAD)
        body.addLayout(head)
        body.addWidget(ground, 1)
        body.addWidget(self._detail)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body, 1)
        whole.addWidget(self.words_line)
        self.retranslate()

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        self._lines = self.desk.queries.all()
        self._show()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """Say the prompt anew."""
        self.search.setPlaceholderText(self.context.say(SEARCH))
        self.search.setAccessibleName(self.context.say(SEARCH))

    # --- acts -------------------------------------------------------------------------

    def jump(self, line: QueryLine | None = None) -> None:
        """Go to the value the marked query is about."""
        line = line or self.list.current
        if line is not None:
            self.desk.go(parse_address(line.address))

    def _jump_here(self) -> None:
        self.jump()

    def ask_answer(self) -> None:
        """Answer the marked query, in the line below."""
        line = self.list.current
        if line is None or line.state != "open" or not self.answer.isVisible():
            return
        query = line.query
        self._ask(ASK_ANSWER, lambda w: self.desk.queries.answer(query, w), ANSWERED)

    def close_query(self) -> None:
        """Close the marked query."""
        line = self.list.current
        if line is not None and line.state != "closed" and self.shut.isVisible():
            self._try(lambda: self.desk.queries.close(line.query), CLOSED)

    def ask_reopen(self) -> None:
        """Open the marked query again, with a reason."""
        line = self.list.current
        if line is None or line.state == "open" or not self.reopen.isVisible():
            return
        query = line.query
        self._ask(ASK_REOPEN, lambda w: self.desk.queries.reopen(query, w), REOPENED)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters act on the marked query."""
        if presses(self, event):
            return
        acts: dict[int, Callable[[], None]] = {
            Qt.Key.Key_A: self.ask_answer,
            Qt.Key.Key_C: self.close_query,
            Qt.Key.Key_R: self.ask_reopen,
            Qt.Key.Key_Right: lambda: self.chips.step(1),
            Qt.Key.Key_Left: lambda: self.chips.step(-1),
        }
        act = acts.get(event.key())
        in_list = self.list.hasFocus()
        if act is not None and in_list and not event.modifiers():
            act()
        elif event.key() == Qt.Key.Key_Slash and in_list:
            self.search.setFocus()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Escape) and self.search.hasFocus():
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    def _ask(self, prompt: Text, act: Callable[[str], None], done: Text) -> None:
        def go_on(words: str) -> None:
            self._try(lambda: act(words), done)

        self._act = go_on
        self.words_line.ask(prompt, "")

    def _words_given(self) -> None:
        if self._act is not None:
            self._act(self.words_line.words())

    def _try(self, act: Callable[[], None], done: Text) -> None:
        line = self.list.current
        try:
            act()
        except MrdError as refused:
            self.said.emit(refused.text)
            return
        self._stop_asking()
        self.said.emit(done)
        if line is not None:
            self.desk.census.touch(line.subject)
        self._lines = self.desk.queries.all()
        self._show()

    def _stop_asking(self) -> None:
        self._act = None
        self.words_line.hide()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- showing ----------------------------------------------------------------------

    def _details(self) -> QWidget:
        """The marked query whole, with what may be done about it."""
        context, session = self.context, self.desk.session
        card = Card(context)
        self._question = Note(context, wrap=True)
        self._where = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self._given = Note(context, ink=Ink.ACCENT, wrap=True)
        self.go_to = Button(context, GO, key="Enter")
        self.answer = Button(context, ANSWER, key="A")
        self.shut = Button(context, CLOSE, key="C")
        self.reopen = Button(context, REOPEN, key="R")
        if not session.allows("query.answer"):
            self.answer.hide()
        if not session.allows("query.close"):
            self.shut.hide()
        if not session.allows("query.close"):
            self.reopen.hide()
        self.go_to.clicked.connect(self._jump_here)
        self.answer.clicked.connect(self.ask_answer)
        self.shut.clicked.connect(self.close_query)
        self.reopen.clicked.connect(self.ask_reopen)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.PAD, Size.GAP, Size.PAD, Size.PAD)
        column.setSpacing(Size.GRID)
        column.addWidget(self._where)
        column.addWidget(self._question)
        column.addWidget(self._given)
        acts = QHBoxLayout()
        acts.setSpacing(Size.GAP)
        for button in (self.go_to, self.answer, self.shut, self.reopen):
            acts.addWidget(button)
        acts.addStretch(1)
        column.addLayout(acts)
        return card

    def _show(self) -> None:
        counts = Counter(q.state for q in self._lines)
        choices = [Choice(s, STATE_WORDS[s], counts[s]) for s in ("open", "answered", "closed")]
        self.chips.show_choices([*choices, Choice("", ALL, len(self._lines))])
        state, typed = self.chips.key, self.search.text().strip()
        shown = [
            q
            for q in self._lines
            if (not state or q.state == state) and fits(typed, q.subject, q.text, self._place(q))
        ]
        self.list.show_rows(shown, lambda q: q.query)
        self._tell()

    def _place(self, line: QueryLine) -> Text:
        return place_words(self.desk.study, parse_address(line.address))

    def _tell(self) -> None:
        line = self.list.current
        self._detail.setVisible(line is not None)
        if line is None:
            return
        place = self._place(line)
        who = SYSTEM if line.check else Text(line.opened_by, line.opened_by)
        check = f" {line.check}" if line.check else ""
        self._where.show_text(
            Text(
                f"{line.subject} · {place.en} · {who.en}{check}",
                f"{line.subject} · {place.zh} · {who.zh}{check}",
            )
        )
        self._question.show_text(line.text)
        self._given.show_text(f"{line.answer} ({line.changed_by})" if line.answer else "")
        self._given.setVisible(bool(line.answer))
        self.answer.setEnabled(line.state == "open")
        self.shut.setEnabled(line.state != "closed")
        self.reopen.setEnabled(line.state != "open")


def _state(line: QueryLine) -> Cell:
    glyph, ink = GLYPHS[line.state]
    return Cell(STATE_WORDS[line.state], ink, glyph)
