"""A subject whole: who and where in the study, the story in a picture, the grid of forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.chronicle import Told
from mrd_desktop.insight.figures.files import report_of
from mrd_desktop.insight.figures.story import NAME as FIGURE
from mrd_desktop.insight.figures.story import story_figure
from mrd_desktop.insight.plan import LOG, Due, Plan, Spot, next_visit, plan
from mrd_desktop.insight.status import Standing, standing
from mrd_desktop.insight.story import story
from mrd_desktop.record.casebook import Chart, FormLine
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.second.standing import STATE_WORDS, Act, SecondPlace, State
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.schedule import day_zero, study_day
from mrd_desktop.texts import Text
from ui.ask_line import ReasonLine, WordsLine
from ui.context import Context
from ui.erasing import erasing_on_subject
from ui.figure_files import SAVED, ask_path, save
from ui.flags import SIGNS
from ui.form.words import STATES
from ui.grid import CLOSED, NOT_PLANNED, SECOND, Grid
from ui.icons import Glyph, draw
from ui.keys import presses
from ui.page import Page
from ui.pages.queries import QueriesPage
from ui.pages.sign import SignPage
from ui.pages.story_page import StoryPage
from ui.story_picture import StoryPicture
from ui.theme import Ink, Size, Type
from ui.tips import tip
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList
from ui.work import Desk

NEXT = Text("Next: {visit}  {opens} – {closes}", "下次访视 {visit}  窗口 {opens} – {closes}")
NO_NEXT = Text("No visit is due", "暂无到期访视")
ADD = Text("Add", "添加")
ADD_KEY = Text("Add a visit or a form", "添加访视或表单")
SIGN = Text("Sign", "签名")
ANOTHER = Text("{form}: one more at {visit}", "{form}：{visit} 再添一条")
NEW_ONE = Text("New record", "新增一条")
LOGS = Text("Log forms", "随时记录表")
KEYS = (
    ("", Text("Enter open", "Enter 打开")),
    ("form.edit", Text("N add", "N 添加")),
    ("form.sign", Text("S sign", "S 签名")),
    ("query.open", Text("Q ask a question", "Q 提出质疑")),
    ("", Text("P picture", "P 病程图")),
    ("", Text("V table", "V 病程表")),
    ("", Text("L legend", "L 图例")),
    ("", Text("Esc back", "Esc 返回")),
)
SAVED_BY = Text("saved {at} by {user}", "{user} 保存于 {at}")
ASK = Text("Question about {place}", "对“{place}”的质疑")
ASKED = Text("The question is open.", "质疑已发出。")
REMOVE = Text("Remove {form}? Why?", "移除“{form}”，原因：")
REMOVED = Text("{form} is removed; its history stays.", "“{form}”已移除，历史记录保留。")
NO_FURTHER = Text("No further subject in this direction.", "没有更多受试者。")
OPEN_QUERIES = Text("Queries {n}", "质疑 {n}")
NOTHING_TO_SIGN = Text(
    "Nothing to sign: only complete forms are signed.", "没有可签名的表单：表单完整后才能签名。"
)


class Flag(QWidget):
    """A short word in a frame: MRD converted, screening overdue."""

    def __init__(self, context: Context, text: Text, ink: Ink) -> None:
        super().__init__()
        self._context = context
        self._text = text
        self._ink = ink
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(context.say(text))
        context.speech.changed.connect(self._say)

    def sizeHint(self) -> QSize:
        """The word with padding."""
        metrics = QFontMetrics(self._context.font(Type.NOTE, strong=True))
        wide = metrics.horizontalAdvance(self._context.say(self._text))
        return QSize(wide + 2 * Size.GAP, Size.ICON + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame and word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._context.ink(self._ink)
        painter.setPen(colour)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        painter.setFont(self._context.font(Type.NOTE, strong=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._context.say(self._text))
        painter.end()

    def _say(self) -> None:
        self.setAccessibleName(self._context.say(self._text))
        self.updateGeometry()


class Legend(QWidget):
    """The signs of the grid and what they mean."""

    def __init__(self, context: Context, *, second: bool = False) -> None:
        super().__init__()
        self._context = context
        self._second = second
        self.setFixedHeight(Size.FIELD)
        context.speech.changed.connect(self.update)
        context.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw sign and word, one after the other."""
        context = self._context
        painter = QPainter(self)
        font = context.font(Type.NOTE)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        left = float(Size.PAD)
        marks = [*STATES.values(), (Glyph.QUERY, Text("Open queries", "待回复质疑"), Ink.SOFT)]
        marks.append((Glyph.NOT_PLANNED, NOT_PLANNED, Ink.SECONDARY))
        for glyph, text, ink in marks:
            sign = QRectF(left, 0, Size.MARK, self.height())
            draw(painter, glyph, sign, context.tokens[ink])
            left += Size.MARK + Size.GRID
            words = context.say(text)
            painter.setPen(context.tokens.secondary)
            room = QRectF(left, 0, self.width(), self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
            left += metrics.horizontalAdvance(words) + Size.MARGIN
        for state, (sign_text, ink) in SECOND.items() if self._second else ():
            words = f"{sign_text} {context.say(STATE_WORDS[state])}"
            painter.setPen(context.tokens[ink])
            room = QRectF(left, 0, self.width(), self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
            left += metrics.horizontalAdvance(words) + Size.MARGIN
        painter.end()


class SubjectPage(Page):
    """The page of one subject."""

    section = "subjects"

    def __init__(self, context: Context, desk: Desk, subject: str) -> None:
        super().__init__(context)
        self.desk = desk
        self.subject = subject
        self._chart: Chart | None = None
        self._plan: Plan | None = None
        self._flags: list[Flag] = []
        self._acts: dict[str, Callable[[], None]] = {}
        self._wants_words: Callable[[str], None] | None = None
        self._removing: FormKey | None = None
        self._build()
        self._read()
        erasing_on_subject(self, desk, subject)

    # --- a page -----------------------------------------------------------------------

    def title(self) -> Text:
        """The subject number."""
        return Text(self.subject, self.subject)

    def place(self) -> str:
        """The subject."""
        return self.subject

    def enter(self) -> None:
        """Read anew: a form may have been saved."""
        self._read()
        QTimer.singleShot(0, self.grid, self.grid.setFocus)

    def retranslate(self) -> None:
        """Say the standing anew."""
        if self._chart is not None:
            self._show_logs()

    # --- building ---------------------------------------------------------------------

    def _build(self) -> None:
        context = self.context
        self._build_head()
        self.picture = StoryPicture(context)
        self.picture.told.connect(self._tell_mark)
        ground = self._ground()
        self._logs = QHBoxLayout()
        self._logs.setSpacing(Size.GRID)
        self._here = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self._here.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        allows = self.desk.session.allows
        told = [text for operation, text in KEYS if not operation or allows(operation)]
        keys = Text(" · ".join(t.en for t in told), " · ".join(t.zh for t in told))
        foot = QHBoxLayout()
        foot.addWidget(self._here, 1)
        foot.addWidget(Note(context, keys, size=Type.NOTE, ink=Ink.SECONDARY))
        body = QVBoxLayout()
        body.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.GAP)
        body.setSpacing(Size.GAP)
        body.addLayout(self._head)
        body.addWidget(self.picture)
        body.addWidget(ground, 1)
        body.addLayout(self._logs)
        body.addLayout(foot)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body, 1)
        for line in self._lines():
            line.hide()
            whole.addWidget(line)

    def _lines(self) -> tuple[QWidget, ...]:
        """The lines in which something is asked."""
        self.words_line = WordsLine(self.context)
        self.words_line.answered.connect(self._words_given)
        self.words_line.left.connect(self._stop_asking)
        self.reason_line = ReasonLine(self.context, self.desk.study.reasons)
        self.reason_line.answered.connect(self._remove)
        self.reason_line.left.connect(self._stop_asking)
        return self.words_line, self.reason_line

    def _ground(self) -> Card:
        """The grid on its card, with the legend below."""
        context = self.context
        self.grid = Grid(context)
        self.grid.opened.connect(self._open)
        self.grid.moved.connect(lambda _: self._tell())
        marked = any(f.second_entry for f in self.desk.study.forms)
        self.legend = Legend(context, second=marked)
        self.legend.hide()
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.setSpacing(0)
        inside.addWidget(self.grid, 1)
        inside.addWidget(self.legend)
        return ground

    def _build_head(self) -> None:
        context = self.context
        self._number = Note(context, self.subject, size=Type.SUBJECT, strong=True)
        self._status = Note(context, size=Type.TITLE)
        self._zero = Note(context, ink=Ink.SECONDARY)
        self._due = Note(context, ink=Ink.SECONDARY)
        self._head = QHBoxLayout()
        self._head.setSpacing(Size.PAD)
        self._head.addWidget(self._number)
        self._head.addWidget(self._status)
        self._head.addWidget(self._zero)
        self._head.addStretch(1)
        self._head.addWidget(self._due)
        self.add = Button(context, ADD, glyph=Glyph.ADD, key="N", name=ADD_KEY)
        if not self.desk.session.allows("form.edit"):
            self.add.hide()
        self.add.clicked.connect(self.ask_what)
        self.sign = Button(context, SIGN, glyph=Glyph.SIGNED, key="S")
        if not self.desk.session.allows("form.sign"):
            self.sign.hide()
        self.sign.clicked.connect(self.open_signing)
        self.queries = Button(context, OPEN_QUERIES, rank=Rank.QUIET, key="J", ink=Ink.SOFT)
        self.queries.clicked.connect(self._open_queries)
        self.queries.hide()
        self._head.addWidget(self.queries)
        self._head.addWidget(self.sign)
        self._head.addWidget(self.add)

    # --- showing ----------------------------------------------------------------------

    def _read(self) -> None:
        chart = self.desk.book.chart(self.subject)
        self._chart = chart
        self._plan = plan(self.desk.study, chart)
        due = next_visit(chart)
        self._show_standing(standing(chart.scene), day_zero(chart.scene), due)
        self.picture.show_story(story(chart.scene))
        now = EventKey(self.subject, due.event.oid) if due else None
        open_now = due is not None and due.window.opens <= chart.data.today
        self.grid.show_plan(self._plan, now if open_now else None)
        asked = sum(query.state == "open" for query in chart.queries)
        self.queries.show_text(OPEN_QUERIES.filled(n=asked))
        self.queries.setVisible(bool(asked))
        self._show_logs()
        self._tell()

    def _show_standing(self, found: Standing, t0: date | None, due: Due | None) -> None:
        status = found.status.text
        if found.group is not None and found.group is not found.status:
            group = found.group.text
            status = Text(f"{group.en} → {status.en}", f"{group.zh} → {status.zh}")
        self._status.show_text(status)
        for flag in self._flags:
            self._head.removeWidget(flag)
            flag.deleteLater()
        self._flags = [Flag(self.context, f.text, SIGNS[f][0]) for f in found.flags]
        for place, flag in enumerate(self._flags):
            self._head.insertWidget(2 + place, flag)
        assert self._chart is not None
        if t0 is not None:
            n = study_day(t0, self._chart.data.today)
            self._zero.show_text(Text(f"T0 {t0} · day {n}", f"T0 {t0} · 第 {n} 天"))
        else:
            self._zero.show_text("")
        if due is None:
            self._due.show_text(NO_NEXT)
        else:
            w, name = due.window, due.event.text
            day = {"opens": w.opens, "closes": w.closes}
            self._due.show_text(
                Text(NEXT.en.format(visit=name.en, **day), NEXT.zh.format(visit=name.zh, **day))
            )

    def _show_logs(self) -> None:
        """A button for each log form that holds something; the rest comes with N."""
        while self._logs.count():
            item = self._logs.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        assert self._plan is not None
        self._logs.addWidget(Note(self.context, LOGS, size=Type.NOTE, ink=Ink.SECONDARY))
        for oid, spot in self._plan.logs.items():
            form = self.desk.study.by_form[oid]
            count = len(spot.lines)
            queries = f" ▲{spot.queries}" if spot.queries else ""
            number = f" {count}{queries}" if count else ""
            short = Text(f"{oid}{number}", f"{oid}{number}")
            waits = spot.state is FormState.INCOMPLETE or spot.drafted
            ink = Ink.SOFT if queries or waits else Ink.TEXT if count else Ink.SECONDARY
            button = Button(self.context, short, rank=Rank.QUIET, name=form.text, ink=ink)
            button.setToolTip(tip(self.context.say(form.text)))
            button.setAccessibleName(f"{self.context.say(form.text)} {count}")
            button.clicked.connect(lambda _=False, s=spot, b=button: self._open(s, b))
            self._logs.addWidget(button)
        self._logs.addStretch(1)

    def _tell_mark(self, told: Told | None) -> None:
        """The mark of the picture that is read, in words below."""
        if told is None:
            self._tell()
        else:
            self._here.show_text(told.words)

    def _tell(self) -> None:
        """What stands at the marked place, in words."""
        spot = self.grid.spot
        if spot is None:
            self._here.show_text("")
            return
        event = self.desk.study.by_event[spot.event.event].text
        form = self.desk.study.by_form[spot.form].text
        state = STATES[spot.state][1]
        en, zh = f"{event.en} · {form.en}: {state.en}", f"{event.zh} · {form.zh}：{state.zh}"
        if spot.closed:
            en, zh = f"{en} · {CLOSED.en}", f"{zh} · {CLOSED.zh}"
        if spot.second is not None:
            second = STATE_WORDS[spot.second]
            en, zh = f"{en} · {second.en}", f"{zh} · {second.zh}"
        last = max((x for x in spot.lines if x.saved_at), key=_saved_at, default=None)
        if last is not None and last.saved_at:
            said = SAVED_BY.filled(at=self.context.hours.moment(last.saved_at), user=last.saved_by)
            en, zh = f"{en} · {said.en}", f"{zh} · {said.zh}"
        self._here.show_text(Text(en, zh))

    # --- acts -------------------------------------------------------------------------

    def _open(self, spot: Spot, anchor: QWidget | None = None) -> None:
        """Open a place: its form, or a choice where there are several."""
        repeats = self.desk.study.by_form[spot.form].repeating
        if not repeats or not spot.lines:
            if spot.lines:
                self._enter(spot.lines[0])
            else:
                self.desk.open_form(self._fresh(spot))
            return
        form = self.desk.study.by_form[spot.form].text
        options = [self._record(n, line) for n, line in enumerate(spot.lines, 1)]
        if self.desk.session.allows("form.edit"):
            options.append(Option("0", NEW_ONE, "+"))
        anchor = anchor or self.grid
        pick = PickList(self.context, form, options, anchor)
        lines = {str(line.key): line for line in spot.lines}

        def choose(value: str) -> None:
            if value in lines:
                self._enter(lines[value])
            else:
                self.desk.open_form(self._fresh(spot))

        pick.chosen.connect(choose)
        pick.open_at(anchor if anchor is not self.grid else self.add)

    def _enter(self, line: FormLine) -> None:
        """Open a form; where this user is to key it again, the blind page, before it is seen."""
        due = line.second is not None and line.second.state is State.DUE
        if due and line.second_act is Act.KEY:
            self.desk.go(SecondPlace(line.key, Act.KEY))
        else:
            self.desk.open_form(line.key)

    def _record(self, n: int, line: FormLine) -> Option:
        state = STATES[line.state][1]
        at = self.context.hours.moment(line.saved_at) if line.saved_at else ""
        label = Text(f"{state.en}  {at}", f"{state.zh}  {at}")
        return Option(str(n), label, str(line.key))

    def _fresh(self, spot: Spot) -> FormKey:
        return self.desk.book.next_form(spot.event, spot.form)

    def ask_what(self) -> None:
        """N: what is added, a visit, a log form, another record."""
        if self._plan is None or not self.desk.session.allows("form.edit"):
            return
        study = self.desk.study
        options: list[Option] = []
        spot = self.grid.spot
        if spot is not None and spot.lines and study.by_form[spot.form].repeating:
            options.append(replace(self._another(spot), key="+"))
        options += [
            self._another(s) for s in self._plan.spots.values() if s is not spot and self._grows(s)
        ]
        repeating = [e for e in self._plan.optional_events if e.repeating or e.oid == "EOS"]
        options += [Option("", e.text, e.oid) for e in repeating]
        options += [Option("", study.by_form[o].text, o) for o in self._plan.logs]
        rest = [e for e in self._plan.optional_events if e not in repeating]
        options += [Option("", e.text, e.oid) for e in rest]
        pick = PickList(self.context, ADD_KEY, options, self.add)
        pick.chosen.connect(self._added)
        pick.open_at(self.add)

    def _grows(self, spot: Spot) -> bool:
        """A form that has a record here and may have more."""
        return bool(spot.lines) and self.desk.study.by_form[spot.form].repeating

    def _another(self, spot: Spot) -> Option:
        study = self.desk.study
        form, visit = study.by_form[spot.form].text, spot.event.event
        if study.by_event[visit].repeating:
            visit = f"{visit} {spot.event.repeat}"
        return Option("", ANOTHER.filled(form=form, visit=visit), f"+{spot.key}")

    def _added(self, value: str) -> None:
        book, study = self.desk.book, self.desk.study
        spots = self._plan.spots.values() if self._plan is not None else ()
        chosen = next((s for s in spots if f"+{s.key}" == value), None)
        if chosen is not None:
            self.desk.open_form(self._fresh(chosen))
        elif self._plan is not None and value in self._plan.logs:
            self.desk.open_form(book.next_form(EventKey(self.subject, LOG), value))
        else:
            event = book.next_event(self.subject, value)
            self.desk.open_form(FormKey(event, study.by_event[value].planned[0]))

    def open_signing(self) -> None:
        """S: sign the complete forms of this subject."""
        if not self.desk.session.allows("form.sign") or self._chart is None:
            return
        waiting = [
            line.key
            for line in self._chart.forms
            if line.state is FormState.COMPLETE
            and not (line.removed or line.drafted or self.desk.study.by_form[line.key.form].private)
        ]
        if waiting:
            self.desk.shell.open(SignPage(self.context, self.desk, self.subject, waiting))
        else:
            self.said.emit(NOTHING_TO_SIGN)

    def _ask_question(self) -> None:
        spot = self.grid.spot
        if spot is None or not self.desk.session.allows("query.open"):
            return
        address = str(spot.key) if spot.lines else str(spot.event)
        form = self.desk.study.by_form[spot.form].text
        event = spot.event.event
        place = Text(f"{event} · {form.en}", f"{event} · {form.zh}")
        prompt = Text(ASK.en.format(place=place.en), ASK.zh.format(place=place.zh))

        def ask(words: str) -> None:
            self.desk.queries.open(address, words)
            self.said.emit(ASKED)
            self.desk.census.touch(self.subject)
            self._read()

        self._wants_words = ask
        self.words_line.ask(prompt, "")

    def _words_given(self) -> None:
        act = self._wants_words
        if act is None:
            return
        try:
            act(self.words_line.words())
        except MrdError as refused:
            self.said.emit(refused.text)
            return
        self._stop_asking()

    def _ask_removal(self) -> None:
        spot = self.grid.spot
        if spot is None or len(spot.lines) != 1 or not self.desk.session.allows("form.edit"):
            return
        self._removing = spot.lines[0].key
        form = self.desk.study.by_form[spot.form].text
        prompt = Text(REMOVE.en.format(form=form.en), REMOVE.zh.format(form=form.zh))
        self.reason_line.ask(prompt)
        self.reason_line.show()
        self.reason_line.take_focus()

    def _remove(self) -> None:
        answer = self.reason_line.answer()
        if self._removing is None or answer is None:
            self.reason_line.take_focus()
            return
        form = self.desk.study.by_form[self._removing.form].text
        try:
            self.desk.book.remove(self._removing, ChangeReason(*answer))
        except MrdError as refused:
            self.said.emit(refused.text)
            return
        self.said.emit(Text(REMOVED.en.format(form=form.en), REMOVED.zh.format(form=form.zh)))
        self.desk.census.touch(self.subject)
        self._stop_asking()
        self._read()

    def _stop_asking(self) -> None:
        self._wants_words = None
        self._removing = None
        self.reason_line.clear()
        self.words_line.hide()
        self.reason_line.hide()
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_table(self) -> None:
        """V: the story as a table."""
        self.desk.shell.open(StoryPage(self.context, self.desk, self.subject))

    def ask_picture(self) -> None:
        """Ctrl+S: the story as a file."""
        assert self._chart is not None
        path = ask_path(self.context, self, f"story-{self.subject}-{self._chart.data.today}")
        if path is not None:
            self.save_picture(path)

    def save_picture(self, path: Path) -> None:
        """Record the print and write it, in the background."""
        assert self._chart is not None
        figure = story_figure(story(self._chart.scene))
        report = report_of(FIGURE, figure.heading.title, self.subject)
        session, language = self.desk.session, self.context.speech.language
        job = self.desk.run(lambda tell: save(session, report, figure, path, language, tell))
        job.finished.connect(lambda stamp: self.said.emit(SAVED.filled(n=stamp.copy, path=path)))
        job.refused.connect(self.say_refused)

    def _read_picture(self) -> None:
        """P: walk the marks of the picture by arrows; Esc returns to the grid."""
        if self.picture.hasFocus():
            self.grid.setFocus()
        else:
            self.picture.setFocus(Qt.FocusReason.TabFocusReason)

    def _step_back(self) -> None:
        """Esc closes what lies on top first: the picture, the legend, then the page."""
        if self.picture.hasFocus():
            self.grid.setFocus()
        elif self.legend.isVisible():
            self._turn_legend()
        else:
            self.back.emit()

    def turn(self, by: int) -> None:
        """The next or former subject, in place of this one."""
        subjects = [line.subject for line in self.desk.book.subjects()]
        at = subjects.index(self.subject) + by
        if 0 <= at < len(subjects):
            self.desk.shell.replace(self.desk.subject_page(subjects[at]))
        else:
            self.said.emit(NO_FURTHER)

    def _open_queries(self) -> None:
        """J: the queries of this subject."""
        page = self.desk.shell.go("queries")
        if isinstance(page, QueriesPage):
            page.show_subject(self.subject)

    def _turn_legend(self) -> None:
        self.legend.setVisible(self.legend.isHidden())
        grid = self.grid
        QTimer.singleShot(0, grid, lambda: grid.scrollTo(grid.currentIndex()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters act; Esc goes back."""
        acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_N: self.ask_what,
            Qt.Key.Key_S: self.open_signing,
            Qt.Key.Key_L: self._turn_legend,
            Qt.Key.Key_Q: self._ask_question,
            Qt.Key.Key_Delete: self._ask_removal,
            Qt.Key.Key_J: self._open_queries,
            Qt.Key.Key_V: self._open_table,
            Qt.Key.Key_P: self._read_picture,
            Qt.Key.Key_Escape: self._step_back,
        }
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        turns = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
        act = acts.get(event.key())
        if presses(self, event):
            return
        if held == Qt.KeyboardModifier.ControlModifier and event.key() == Qt.Key.Key_S:
            self.ask_picture()
            return
        if held & Qt.KeyboardModifier.ControlModifier and event.key() in turns:
            self.turn(turns[Qt.Key(event.key())])
            return
        if act is None or held:
            super().keyPressEvent(event)
        else:
            act()


def _saved_at(line: FormLine) -> str:
    return line.saved_at or ""
