"""The monitor's page: how far the comparison with the source is, and the visits to the site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports.follow_up import days, follow_up_letter
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locking import LOCK_WORDS
from mrd_desktop.record.review import Reviews, Visit
from mrd_desktop.record.sdv import Progress as Compared
from mrd_desktop.record.sdv import SourceChecks, progress, whole
from mrd_desktop.record.touched import subjects_touched
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.page import Page
from ui.pages.visit_note import VisitNotePage
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Monitoring", "监查")
TITLE = Text("Comparison with the source", "原始数据核对")
HOW = Text(
    "Everything of {percent} % of the subjects, critical items of all · Enter opens the form, "
    "F7 there marks a value",
    "{percent}% 的受试者核对全部数据，其余核对关键项 · Enter 打开表单，在表单中按 F7 标记",
)
VISITS = Text("Visits to the site", "监查访视")
NO_VISIT = Text("No visit is noted yet.", "尚无监查访视记录。")
NO_FORM = Text("No form is saved yet.", "尚无已保存的表单。")
READING = Text("Reading {done} of {n} subjects…", "正在整理受试者 {done}/{n}…")
FORM, WANTED = Text("Visit and form", "访视与表单"), Text("To compare", "应核对")
DONE, AGAIN = Text("Agree", "一致"), Text("Compare again", "需重新核对")
DIFFER, QUERIES = Text("Differ", "不一致"), Text("Queries", "质疑")
LOCK = Text("State", "状态")
EXTENT = {True: Text("all values", "全部数据"), False: Text("critical items", "关键项")}
LINE = Text(
    "{subject} · {extent} · {done}/{needed} compared",
    "{subject} · {extent} · 已核对 {done}/{needed}",
)
ALL = Text("{done} of {needed} values compared", "已核对 {done}/{needed} 项")
DATES, SEEN = Text("Dates", "日期"), Text("Subjects", "受试者")
BY, FOUND = Text("Monitor", "监查员"), Text("Findings", "监查发现")
NEW, LETTER = Text("Begin a visit", "开始访视"), Text("Follow-up letter", "跟进信")
GO_ON = Text("Go on with the visit of {begun}", "继续 {begun} 的访视")
_VISITS = 190


@dataclass(frozen=True, slots=True)
class FormProgress:
    """One form in the monitor's list."""

    key: FormKey
    compared: Compared
    queries: int
    lock: str


@dataclass(frozen=True, slots=True)
class SubjectProgress:
    """One subject in the monitor's list."""

    subject: str
    whole: bool
    compared: Compared
    forms: tuple[FormProgress, ...]


class MonitoringPage(Page):
    """Subjects with their forms above, visits below."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.reviews = Reviews(desk.session)
        self._reading = False
        self._known: tuple[int, date] | None = None
        self._found: tuple[SubjectProgress, ...] = ()
        columns: tuple[Column[FormProgress], ...] = (
            Column(FORM, self._form),
            Column(WANTED, lambda f: _number(f.compared.needed), width=112, right=True),
            Column(DONE, lambda f: _number(f.compared.verified, Ink.GOOD), width=96, right=True),
            Column(DIFFER, lambda f: _number(f.compared.differs, Ink.HARD), width=96, right=True),
            Column(AGAIN, lambda f: _number(f.compared.void, Ink.SOFT), width=128, right=True),
            Column(QUERIES, lambda f: _number(f.queries, Ink.SOFT), width=96, right=True),
            Column(LOCK, _lock, width=144),
        )
        self.list: Listing[FormProgress] = Listing(context, columns, TITLE)
        self.list.show_empty(NO_FORM)
        self.list.opened.connect(lambda f: desk.open_form(f.key))
        visits: tuple[Column[Visit], ...] = (
            Column(DATES, lambda v: Cell(days(v), strong=True), width=200),
            Column(BY, lambda v: Cell(v.user), width=112),
            Column(SEEN, lambda v: Cell(" ".join(v.subjects)), width=220),
            Column(FOUND, lambda v: Cell(" ".join(v.text.split()))),
        )
        self.visits: Listing[Visit] = Listing(context, visits, VISITS)
        self.visits.show_empty(NO_VISIT)
        self.visits.opened.connect(self.open_letter)
        self.visits.setFixedHeight(_VISITS)
        self.total = Note(context, ink=Ink.SECONDARY)
        self.new = Button(context, NEW, glyph=Glyph.ADD, key="N")
        self.new.clicked.connect(self.note_visit)
        self.letter = Button(context, LETTER, key="L")
        self.letter.clicked.connect(self._letter_here)
        self._lay_out()

    def _lay_out(self) -> None:
        context, plan = self.context, self.desk.study.sdv
        how = HOW.filled(percent=plan.percent)
        head = _bar(
            Note(context, HEADING, size=Type.TITLE, strong=True),
            Note(context, how, size=Type.NOTE, ink=Ink.SECONDARY),
            None,
            self.total,
        )
        middle = _bar(Note(context, VISITS, strong=True), None, self.letter, self.new)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.PAD)
        column.addLayout(head)
        column.addWidget(_grounded(context, self.list), 1)
        column.addLayout(middle)
        column.addWidget(_grounded(context, self.visits))

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        self.read()
        visits = self.reviews.all()
        self.visits.show_rows(visits, lambda v: v.seq)
        self.letter.setVisible(bool(visits))
        begun = self.reviews.under_way()
        self.new.show_text(GO_ON.filled(begun=begun.begun) if begun else NEW)
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def read(self) -> None:
        """Count what is compared, in the background."""
        if self._reading:
            return
        self._reading = True
        session, before, known = self.desk.session, self._found, self._known
        now = (session.head().seq, session.today())

        def work(told: Progress) -> object:
            fresh = known is not None and known[1] == now[1]
            stale = subjects_touched(session, known[0]) if known and fresh else frozenset()
            kept = {p.subject: p for p in before if fresh and p.subject not in stale}
            return now, subjects_progress(session, kept, told)

        job = self.desk.run(work)
        job.progressed.connect(self._told)
        job.finished.connect(self._take)
        job.ended.connect(self._over)

    def _told(self, done: int, total: int) -> None:
        if self._known is None:
            self.list.show_empty(READING.filled(done=done, n=total))

    def _over(self) -> None:
        self._reading = False

    def _take(self, told: tuple[tuple[int, date], tuple[SubjectProgress, ...]]) -> None:
        if self.desk.session.locked:  # signed out while reading
            return
        self._known, found = told
        self._found = found
        self.list.show_empty(NO_FORM)
        rows: list[FormProgress | Heading] = []
        total = Compared()
        for line in found:
            total = total.plus(line.compared)
            extent, done = EXTENT[line.whole], line.compared.needed - line.compared.left
            words = {"subject": line.subject, "done": done, "needed": line.compared.needed}
            rows.append(
                Heading(
                    Text(
                        LINE.en.format(extent=extent.en, **words),
                        LINE.zh.format(extent=extent.zh, **words),
                    ),
                    Ink.SECONDARY if line.compared.left else Ink.GOOD,
                )
            )
            rows += line.forms
        self.list.show_rows(rows, lambda f: f.key)
        self.total.show_text(ALL.filled(done=total.needed - total.left, needed=total.needed))

    # --- acts -------------------------------------------------------------------------

    def note_visit(self) -> None:
        """N: put a visit on record."""
        self.desk.shell.open(VisitNotePage(self.context, self.desk, self.reviews))

    def open_letter(self, visit: Visit) -> None:
        """The follow-up letter of a visit."""
        try:
            letter = follow_up_letter(self.desk.session, self.reviews.work(visit))
        except MrdError as refused:
            self.said.emit(refused.text)
            return
        self.desk.shell.open(PreviewPage(self.context, self.desk.session, letter))

    def _letter_here(self) -> None:
        if self.visits.current is not None:
            self.open_letter(self.visits.current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """N notes a visit, L opens the letter of the marked one."""
        if event.modifiers():
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_N:
            self.note_visit()
        elif event.key() == Qt.Key.Key_L:
            self._letter_here()
        else:
            super().keyPressEvent(event)

    def _form(self, line: FormProgress) -> Cell:
        study, key = self.desk.study, line.key
        event, form = study.by_event[key.event.event], study.by_form[key.form]
        visit = f"{event.oid} {key.event.repeat}" if event.repeating else event.oid
        number = f" {key.repeat}" if form.repeating and key.repeat > 1 else ""
        return Cell(Text(f"{visit} · {form.text.en}{number}", f"{visit} · {form.text.zh}{number}"))


def subjects_progress(
    session: Session, kept: Mapping[str, SubjectProgress], told: Progress
) -> tuple[SubjectProgress, ...]:
    """How far each subject and each of its forms is; forms without anything to compare, too.

    Args:
        kept: subjects that are known and have not changed.
    """
    book, checks = Casebook(session), SourceChecks(session)
    lines = book.subjects()
    found = []
    for done, line in enumerate(lines):
        if line.subject in kept:
            found.append(kept[line.subject])
            continue
        told(done, len(lines))
        values = checks.values(line.subject)
        counts: Mapping[FormKey, Compared] = {k: progress(v) for k, v in values.items()}
        chart = book.chart(line.subject)
        forms = tuple(
            FormProgress(
                f.key, counts.get(f.key, Compared()), f.queries, chart.recorded[f.key].lock
            )
            for f in chart.forms
            if not f.removed
            and f.key in chart.recorded
            and not session.study.by_form[f.key.form].private
        )
        total = Compared()
        for count in counts.values():
            total = total.plus(count)
        extent = whole(session.study.sdv, line.subject)
        found.append(SubjectProgress(line.subject, extent, total, forms))
    return tuple(found)


def _number(count: int, ink: Ink = Ink.TEXT) -> Cell:
    return Cell(str(count), ink) if count else Cell("–", Ink.SECONDARY)


def _lock(line: FormProgress) -> Cell:
    if not line.lock:
        return Cell("")
    return Cell(LOCK_WORDS[line.lock], Ink.SECONDARY, Glyph.LOCKED)


def _bar(*parts: QWidget | None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(Size.PAD)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part)
    return row


def _grounded(context: Context, listing: QWidget) -> Card:
    ground = Card(context)
    inside = QVBoxLayout(ground)
    inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
    inside.addWidget(listing)
    return ground
