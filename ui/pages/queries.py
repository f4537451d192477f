"""Queries: read, answered in place, closed by who may, one key from the value they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.care import local_day
from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.plan import event_of
from mrd_desktop.record.casebook import form_of
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.places import Place
from mrd_desktop.record.queries import STATE_WORDS, QueryLine
from mrd_desktop.study.address import EventKey, ItemKey, parse_address
from mrd_desktop.texts import Text
from ui.ask_line import WordsLine
from ui.context import Context
from ui.finder import fits
from ui.form.jumping import Places
from ui.icons import Glyph
from ui.keys import presses
from ui.page import Page
from ui.pages.query_thread import ThreadView
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.work import Desk

_CTRL = Qt.KeyboardModifier.ControlModifier
HEADING = Text("Queries", "质疑")
STATES = Text("States", "状态")
SOURCES = Text("Asked by", "来源")
AGES = Text("Age", "时长")
ALL = Text("All", "全部")
REOPENED_ONES = Text("asked again", "重新打开")
FROM_ALL = Text("by anybody", "全部来源")
FROM = {
    "check": Text("edit checks", "系统核查"),
    "monitor": Text("monitor", "监查员"),
    "sponsor": Text("sponsor", "申办方"),
}
ANY_AGE = Text("of any age", "不限时长")
OLDER = Text("over {n} days", "超过 {n} 天")
ORDERS = {
    "": Text("Latest first", "按时间"),
    "subject": Text("By subject", "按受试者"),
    "visit": Text("By visit", "按访视"),
    "form": Text("By form", "按表单"),
    "item": Text("By item", "按项目"),
    "source": Text("By source", "按来源"),
}
SEARCH = Text("Subject, form, words…", "受试者、表单、内容…")
NONE = Text("No query here.", "没有质疑。")
ELSEWHERE = Text("Whole subject", "受试者整体")
STATE = Text("State", "状态")
SUBJECT = Text("Subject", "受试者")
PLACE = Text("Place", "位置")
QUESTION = Text("Question", "内容")
ASKED_BY = Text("Source", "来源")
DAYS = Text("Days", "天数")
ANSWER = Text("Answer", "回复")
CLOSE = Text("Close", "关闭质疑")
REOPEN = Text("Reopen", "重新打开")
GO = Text("Go to the value", "转到数据")
NOWHERE = Text("Nothing but this value was read for this query.", "此质疑不涉及其他数据。")
NO_LONGER = Text("This check does not fire any more.", "该核查目前不再提示。")
OF_VISIT = Text(
    "This query is about the visit itself; Enter goes there.",
    "此质疑针对该访视本身，按 Enter 前往。",
)
ASK_ANSWER = Text("Answer", "回复内容")
ASK_REOPEN = Text("Reopen, because", "重新打开的理由")
ANSWERED = Text("The query is answered.", "质疑已回复。")
CLOSED = Text("The query is closed.", "质疑已关闭。")
REOPENED = Text("The query is open again.", "质疑已重新打开。")
KEYS = Text(
    "← → state · S source · D age · O group · / search · Ctrl+G the other value",
    "← → 状态 · S 来源 · D 时长 · O 分组 · / 搜索 · Ctrl+G 涉及的另一项",
)
GLYPHS = {
    "open": (Glyph.QUERY, Ink.SOFT),
    "answered": (Glyph.QUERIES, Ink.ACCENT),
    "closed": (Glyph.CHECK, Ink.GOOD),
}
_AGES = (7, 30, 90)
_OLD = 30
_REOPENED = "reopened"


class QueriesPage(Page):
    """All queries of the site."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._lines: tuple[QueryLine, ...] = ()
        self._editions = Editions(desk.session)
        self._act: Callable[[str], None] | None = None
        self._order = ""
        self.places = Places(context, self)
        self.places.place_wanted.connect(desk.go)
        self.chips = Chips(context, STATES)
        self.chips.chosen.connect(lambda _: self._show())
        self.search = Line(context)
        self.search.setFixedWidth(Size.POPUP - 2 * Size.MARGIN)
        self.search.textEdited.connect(self._show)
        filters = self._filters()
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(self.chips, 1)
        head.addWidget(self.search)
        self.list = self._listing()
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
        body.setSpacing(Size.GAP)
        body.addLayout(head)
        body.addLayout(filters)
        body.addWidget(ground, 1)
        body.addWidget(self._detail)
        body.addWidget(Note(context, KEYS, size=Type.NOTE, ink=Ink.SECONDARY))
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
        self._editions = Editions(self.desk.session)
        self._show()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """Say the prompt anew."""
        self.search.setPlaceholderText(self.context.say(SEARCH))
        self.search.setAccessibleName(self.context.say(SEARCH))

    # --- acts -------------------------------------------------------------------------

    def show_subject(self, subject: str) -> None:
        """The queries of one subject, whatever their state."""
        self.search.setText(subject)
        self.chips.choose("")
        self._show()

    def turn_order(self) -> None:
        """Group by another level; headings count each group."""
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self.order.show_text(ORDERS[self._order])
        self._show()

    def jump(self, line: QueryLine | None = None) -> None:
        """Go to the value the marked query is about."""
        line = line or self.list.current
        if line is not None:
            self.desk.go(parse_address(line.address))

    def _jump_here(self) -> None:
        self.jump()

    def jump_beyond(self) -> None:
        """Go to the other value that the check behind the marked query read."""
        line = self.list.current
        if line is None:
            return
        found: tuple[Place, ...] | None = ()
        if line.check:
            try:
                found = self.desk.book.read_for(line.subject, line.check, line.address)
            except MrdError as refused:
                self.said.emit(refused.text)
                return
        if found:
            self.places.go(found, self.list)
        elif found is None:
            self.said.emit(NO_LONGER)
        else:
            visit = isinstance(parse_address(line.address), EventKey)
            self.said.emit(OF_VISIT if visit else NOWHERE)

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
            Qt.Key.Key_S: lambda: self.sources.step(1),
            Qt.Key.Key_D: lambda: self.ages.step(1),
            Qt.Key.Key_O: self.turn_order,
            Qt.Key.Key_Right: lambda: self.chips.step(1),
            Qt.Key.Key_Left: lambda: self.chips.step(-1),
        }
        if event.key() == Qt.Key.Key_G and event.modifiers() == _CTRL:
            self.jump_beyond()
            return
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

    # --- building ---------------------------------------------------------------------

    def _filters(self) -> QHBoxLayout:
        """Who asked, how long ago, in which groups."""
        context = self.context
        self.sources = Chips(context, SOURCES)
        self.sources.chosen.connect(lambda _: self._show())
        self.ages = Chips(context, AGES)
        self.ages.chosen.connect(lambda _: self._show())
        self.order = Button(context, ORDERS[""], rank=Rank.QUIET, key="O")
        self.order.clicked.connect(self.turn_order)
        filters = QHBoxLayout()
        filters.setSpacing(Size.MARGIN)
        filters.addWidget(self.sources, 3)
        filters.addWidget(self.ages, 2)
        filters.addWidget(self.order)
        return filters

    def _listing(self) -> Listing[QueryLine]:
        columns: tuple[Column[QueryLine], ...] = (
            Column(STATE, _state, width=104),
            Column(SUBJECT, lambda q: Cell(q.subject, strong=True), width=88),
            Column(PLACE, lambda q: Cell(self._place(q)), width=280),
            Column(QUESTION, lambda q: Cell(q.text)),
            Column(ASKED_BY, lambda q: Cell(FROM[q.source], Ink.SECONDARY), width=96),
            Column(DAYS, self._days, width=64, right=True),
        )
        made: Listing[QueryLine] = Listing(self.context, columns, HEADING)
        made.show_empty(NONE)
        made.opened.connect(self.jump)
        made.moved.connect(lambda _: self._tell())
        return made

    # --- showing ----------------------------------------------------------------------

    def _details(self) -> QWidget:
        """The marked query whole, with what may be done about it."""
        context, session = self.context, self.desk.session
        card = Card(context)
        self._question = Note(context, wrap=True)
        self._where = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.turns = ThreadView(context, self.desk)
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
        column.addWidget(self.turns)
        acts = QHBoxLayout()
        acts.setSpacing(Size.GAP)
        for button in (self.go_to, self.answer, self.shut, self.reopen):
            acts.addWidget(button)
        acts.addStretch(1)
        column.addLayout(acts)
        return card

    def _show(self) -> None:
        typed = self.search.text().strip()
        fitting = [
            q for q in self._lines if fits(typed, q.subject, q.text, self._place(q), q.check or "")
        ]
        source, age = self.sources.key, int(self.ages.key or -1)
        self._offer(fitting)
        kept = [
            q
            for q in fitting
            if (not source or q.source == source) and (age < 0 or self._age(q) > age)
        ]
        states = Counter(q.state for q in kept)
        choices = [Choice(s, STATE_WORDS[s], states[s]) for s in ("open", "answered", "closed")]
        again = sum(q.reopened for q in kept)
        choices.insert(1, Choice(_REOPENED, REOPENED_ONES, again))
        self.chips.show_choices([*choices, Choice("", ALL, len(kept))])
        state = self.chips.key
        shown = [
            q for q in kept if not state or q.state == state or (state == _REOPENED and q.reopened)
        ]
        self.list.show_rows(self._grouped(shown), lambda q: q.query)
        self._tell()

    def _offer(self, fitting: Sequence[QueryLine]) -> None:
        """Sources and ages with their numbers, of what waits."""
        waiting = [q for q in fitting if q.state != "closed"]
        by = Counter(q.source for q in waiting)
        self.sources.show_choices(
            [Choice("", FROM_ALL, len(waiting)), *(Choice(k, t, by[k]) for k, t in FROM.items())]
        )
        old = [Choice(str(n), OLDER.filled(n=n), self._over(waiting, n)) for n in _AGES]
        self.ages.show_choices([Choice("", ANY_AGE), *old])

    def _over(self, waiting: Iterable[QueryLine], days: int) -> int:
        return sum(self._age(q) > days for q in waiting)

    def _age(self, line: QueryLine) -> int:
        """Days since it was asked, of a closed one until it was closed."""
        session = self.desk.session
        end = session.today()
        if line.state == "closed":
            end = local_day(session, line.changed_at)
        return (end - local_day(session, line.opened_at)).days

    def _days(self, line: QueryLine) -> Cell:
        age = self._age(line)
        late = age > _OLD and line.state == "open"
        return Cell(str(age), Ink.HARD if late else Ink.SECONDARY)

    def _grouped(self, shown: Sequence[QueryLine]) -> list[QueryLine | Heading]:
        if not self._order:
            return list(shown)
        names = {q.query: self._group(q) for q in shown}
        groups: dict[Text, list[QueryLine]] = {}
        for line in sorted(shown, key=lambda q: names[q.query][0]):
            groups.setdefault(names[line.query][1], []).append(line)
        rows: list[QueryLine | Heading] = []
        for name, lines in groups.items():
            n = len(lines)
            rows += [Heading(Text(f"{name.en} · {n}", f"{name.zh} · {n}")), *lines]
        return rows

    def _group(self, line: QueryLine) -> tuple[tuple[int, str], Text]:
        """The place of a query's group among groups, and its name."""
        study, key = self.desk.study, parse_address(line.address)
        if self._order == "subject":
            return (len(line.subject), line.subject), Text(line.subject, line.subject)
        if self._order == "source":
            return (list(FROM).index(line.source), ""), FROM[line.source]
        event, form = event_of(key), form_of(key)
        if self._order == "visit" and event is not None:
            found = study.by_event.get(event.event)
            name = found.text if found else Text(event.event, event.event)
            return ([e.oid for e in study.events].index(event.event) if found else -1, ""), name
        if self._order == "form" and form is not None and form.form in study.by_form:
            place = [f.oid for f in study.forms].index(form.form)
            return (place, ""), study.by_form[form.form].text
        if self._order == "item" and isinstance(key, ItemKey):
            words = place_words(study, key._replace(row=key.row._replace(row=1)))
            name = Text(words.en.split(" · ", 1)[-1], words.zh.split(" · ", 1)[-1])
            return (0, f"{key.form.form} {key.item}"), name
        return (len(study.events) + len(study.forms), ""), ELSEWHERE

    def _place(self, line: QueryLine) -> Text:
        key = parse_address(line.address)
        return place_words(self._editions.of(key), key)

    def _tell(self) -> None:
        line = self.list.current
        self._detail.setVisible(line is not None)
        if line is None:
            return
        place = self._place(line)
        who = FROM["check"] if line.check else Text(line.opened_by, line.opened_by)
        check = f" {line.check}" if line.check else ""
        self._where.show_text(
            Text(
                f"{line.subject} · {place.en} · {who.en}{check}",
                f"{line.subject} · {place.zh} · {who.zh}{check}",
            )
        )
        self._question.show_text(line.text)
        self.turns.show_query(line)
        self.answer.setEnabled(line.state == "open")
        self.shut.setEnabled(line.state != "closed")
        self.reopen.setEnabled(line.state != "open")


def _state(line: QueryLine) -> Cell:
    glyph, ink = GLYPHS[line.state]
    return Cell(REOPENED_ONES if line.reopened else STATE_WORDS[line.state], ink, glyph)
