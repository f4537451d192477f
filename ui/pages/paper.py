"""Paper: what can be printed. Choose, answer what it is about, look, print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports import catalogue
from mrd_desktop.insight.reports.catalogue import Needs, Printable, Wish, printables
from mrd_desktop.insight.reports.delegation import spans
from mrd_desktop.insight.reports.follow_up import days
from mrd_desktop.insight.reports.keyboard import TITLE as KEYS_TITLE
from mrd_desktop.insight.reports.keyboard import keyboard_map
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.insight.reports.sae import serious
from mrd_desktop.insight.reports.trail_file import TITLE as TRAIL_TITLE
from mrd_desktop.insight.reports.trail_file import TrailForm
from mrd_desktop.record.review import Reviews
from mrd_desktop.texts import Text
from ui.context import Context
from ui.jobs import Job, Progress
from ui.keymap import tables
from ui.page import Page
from ui.pages import trail_export
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList
from ui.work import Desk

HEADING = Text("Paper", "打印")
WHAT = Text("What", "内容")
ABOUT = Text("About it", "说明")
KEYS_HINT = Text("all keys, to lie beside the computer", "全部按键，可放在电脑旁")
HINT = Text("Enter: look at it before it is printed", "Enter：打印前预览")
WHICH_SUBJECT = Text("Which subject", "选择受试者")
WHICH_VISIT = Text("Which visit", "选择访视")
WHICH_FORM = Text("Which form", "选择表单")
WHICH_EVENT = Text("Which serious event", "选择严重不良事件")
WHICH_REVIEW = Text("Which monitoring visit", "选择监查访视")
NO_REVIEW = Text("No monitoring visit is noted yet.", "尚无监查访视记录。")
WHICH_DAY = Text("Which day", "选择日期")
WHOLE_TIME = Text("from the beginning until today", "自开始至今")
EVERYBODY = Text("everybody and everything", "全部记录")
NOBODY = Text("for no one in particular", "不指定受试者")
NO_VISIT = Text("for no visit in particular", "不指定访视")
NO_EVENT = Text(
    "No serious adverse event is recorded for {subject}.", "{subject} 没有严重不良事件记录。"
)
READING = Text("Reading: {done} of {total}", "正在读取 {done}/{total}")
_EMPTY = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """A row: what it is and what Enter does."""

    text: Text
    hint: Text
    begin: Callable[[], None]


class PaperPage(Page):
    """The list of what can be printed."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.picking: PickList | None = None
        self._then: Callable[[str], None] | None = None
        self._job: Job[object] | None = None
        self._state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        columns: tuple[Column[Line], ...] = (
            Column(WHAT, lambda x: Cell(x.text, strong=True), width=280),
            Column(ABOUT, lambda x: Cell(x.hint, Ink.SECONDARY)),
        )
        self.list: Listing[Line] = Listing(context, columns, HEADING)
        self.list.opened.connect(lambda line: line.begin())
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(self._state)
        head.addStretch(1)
        head.addWidget(Note(context, HINT, size=Type.NOTE, ink=Ink.SECONDARY))
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addLayout(head)
        column.addWidget(ground, 1)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """The caret is in the list."""
        if self.desk.session.locked:
            return
        session = self.desk.session
        found = [Line(p.text, p.hint, partial(self.begin, p)) for p in printables(session)]
        if session.allows("audit.see"):
            found.append(Line(TRAIL_TITLE, trail_export.HINT, self.begin_trail))
        found.append(Line(KEYS_TITLE, KEYS_HINT, self.show_keys))
        self.list.show_rows(found, lambda x: x.text)
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Close what hangs at a place that moves."""
        super().resizeEvent(event)
        if self.picking is not None:
            self.picking.close()

    def begin(self, printable: Printable) -> None:
        """Ask what a report is about, then show it."""
        self._ask(printable, Wish(), printable.needs)

    def show_keys(self) -> None:
        """Show the keyboard map."""
        shown = tables(self.desk.session.allows)
        self.show_report(keyboard_map([(t.heading, t.keys) for t in shown]))

    def begin_trail(self) -> None:
        """Ask about whom the trail is to be and as which kind of file, then save it."""
        numbers = [line.subject for line in self.desk.book.subjects()]
        options = [Option("", EVERYBODY, _EMPTY), *(Option("", Text(n, n), n) for n in numbers)]
        self._pick(WHICH_SUBJECT, options, self._trail_form)

    def _trail_form(self, subject: str) -> None:
        options = [Option("", text, form.value) for form, text in trail_export.FORMS.items()]

        def go_on(form: str) -> None:
            path = trail_export.ask_trail_path(self.desk, _kept(subject), TrailForm(form))
            if path is not None:
                self.save_trail(path, _kept(subject), TrailForm(form))

        self._pick(trail_export.WHICH_FORM, options, go_on)

    def save_trail(self, path: Path, subject: str, form: TrailForm) -> None:
        """Save the trail there."""
        job = trail_export.start_saving(self.desk, path, subject, form, self.said.emit)
        self._job = job
        job.progressed.connect(self._progressed)
        job.ended.connect(self._ended)

    def show_report(self, report: Report) -> None:
        """Open a report for looking and printing."""
        page = PreviewPage(self.context, self.desk.session, report)
        self.desk.shell.open(page)

    # --- asking -----------------------------------------------------------------------

    def _ask(self, printable: Printable, wish: Wish, needs: Needs) -> None:
        """Ask the first of what is still to be chosen; make the report once nothing is."""
        if Needs.EVENT_NUMBER in printable.needs:
            needs &= ~Needs.MAYBE_EVENT
        if Needs.FORM not in printable.needs:
            needs &= ~Needs.MAYBE_EVENT
        may_see = self.desk.session.allows("subject.see")
        if not may_see:
            needs &= ~Needs.MAYBE_SUBJECT
        for need, ask in (
            (Needs.FORM, self._forms),
            (Needs.EVENT, self._visits),
            (Needs.MAYBE_EVENT, self._visits),
            (Needs.SUBJECT, self._subjects),
            (Needs.MAYBE_SUBJECT, self._subjects),
            (Needs.EVENT_NUMBER, self._events),
            (Needs.REVIEW, self._reviews),
            (Needs.MAYBE_DAY, self._days),
        ):
            if need in needs:
                ask(printable, wish, needs, need)
                return
        self._make(printable, wish)

    def _subjects(self, p: Printable, wish: Wish, needs: Needs, need: Needs) -> None:
        numbers = [line.subject for line in self.desk.book.subjects()]
        options = [Option("", Text(n, n), n) for n in numbers]
        if need is Needs.MAYBE_SUBJECT:
            options.insert(0, Option("", NOBODY, _EMPTY))
        self._pick(
            WHICH_SUBJECT,
            options,
            lambda v: self._ask(p, replace(wish, subject=_kept(v)), needs & ~need),
        )

    def _visits(self, p: Printable, wish: Wish, needs: Needs, need: Needs) -> None:
        events = [
            e
            for e in self.desk.study.events
            if (wish.form in (*e.planned, *e.optional) if wish.form else e.planned)
        ]
        if need is Needs.MAYBE_EVENT and len(events) <= 1:  # nothing to choose from
            only = events[0].oid if events else ""
            self._ask(p, replace(wish, event=only), needs & ~need)
            return
        options = [Option("", _with_oid(e.oid, e.text), e.oid) for e in events]
        if need is Needs.MAYBE_EVENT:
            options.insert(0, Option("", NO_VISIT, _EMPTY))
        self._pick(
            WHICH_VISIT,
            options,
            lambda v: self._ask(p, replace(wish, event=_kept(v)), needs & ~need),
        )

    def _forms(self, p: Printable, wish: Wish, needs: Needs, need: Needs) -> None:
        options = [Option("", f.text, f.oid) for f in self.desk.study.forms]
        self._pick(
            WHICH_FORM, options, lambda v: self._ask(p, replace(wish, form=v), needs & ~need)
        )

    def _events(self, p: Printable, wish: Wish, needs: Needs, need: Needs) -> None:
        scene = self.desk.book.chart(wish.subject).scene
        options = []
        for line in serious(scene):
            term, start = line.text("AE.TERM") or "", line.date("AE.STDAT")
            said = f"{start.text if start else ''} {term}".strip()
            number = str(line.form.key.repeat)
            options.append(Option(number, Text(said, said), number))
        if not options:
            self.said.emit(NO_EVENT.filled(subject=wish.subject))
            return
        self._pick(
            WHICH_EVENT,
            options,
            lambda v: self._ask(p, replace(wish, number=int(v)), needs & ~need),
        )

    def _reviews(self, p: Printable, wish: Wish, needs: Needs, need: Needs) -> None:
        options = []
        for visit in Reviews(self.desk.session).all():
            said = f"{days(visit)} {visit.user}"
            options.append(Option("", Text(said, said), str(visit.seq)))
        if not options:
            self.said.emit(NO_REVIEW)
            return
        self._pick(
            WHICH_REVIEW,
            options,
            lambda v: self._ask(p, replace(wish, number=int(v)), needs & ~need),
        )

    def _days(self, p: Printable, wish: Wish, needs: Needs, need: Needs) -> None:
        options = [Option("", WHOLE_TIME, _EMPTY)]
        for first, last in spans(self.desk.session):
            said = f"{first}" if first == last else f"{first} – {last}"
            options.append(Option("", Text(said, said), first.isoformat()))

        def go_on(value: str) -> None:
            day = date.fromisoformat(value) if _kept(value) else None
            self._ask(p, replace(wish, day=day), needs & ~need)

        self._pick(WHICH_DAY, options, go_on)

    def _pick(self, title: Text, options: list[Option], then: Callable[[str], None]) -> None:
        self._then = then
        self.picking = PickList(self.context, title, options, self)
        self.picking.chosen.connect(self._chosen)
        self.picking.closed.connect(self._picked)
        self.picking.open_at(self._state)

    def _chosen(self, value: str) -> None:
        # The next list opens once this one has gone.
        QTimer.singleShot(0, self, lambda: self._go_on(value))

    def _go_on(self, value: str) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(value)

    def _picked(self) -> None:
        self.picking = None
        QTimer.singleShot(0, self.list, self.list.setFocus)

    # --- making -----------------------------------------------------------------------

    def _make(self, printable: Printable, wish: Wish) -> None:
        book, what = self.desk.book, printable.what

        def work(progress: Progress) -> object:
            return catalogue.make(book, what, wish, progress)

        job = self.desk.run(work)
        self._job = job
        job.progressed.connect(self._progressed)
        job.finished.connect(self._made)
        job.refused.connect(self._refused)
        job.ended.connect(self._ended)

    def _made(self, report: Report) -> None:
        if not self.desk.session.locked:
            self.show_report(report)

    def _refused(self, refused: MrdError) -> None:
        self.said.emit(refused.text)

    def _progressed(self, done: int, total: int) -> None:
        self._state.show_text(READING.filled(done=done, total=total))

    def _ended(self) -> None:
        self._job = None
        self._state.show_text("")


def _kept(value: str) -> str:
    return "" if value == _EMPTY else value


def _with_oid(oid: str, text: Text) -> Text:
    return Text(f"{oid} {text.en}", f"{oid} {text.zh}")
