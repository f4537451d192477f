"""Incidents: what happened, who has to be told until when, and what was done."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.insight.reports.incidents import (
    incident_blocks,
    incidents_report,
    persons_words,
    title_of,
)
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.record.incidents import (
    PROGRAM,
    Incident,
    Incidents,
    Part,
    may_write,
)
from mrd_desktop.record.redactable import Matters
from mrd_desktop.record.rights import rights
from mrd_desktop.texts import Text
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.trust import pins
from ui.context import Context
from ui.erasing import erasing_on_list
from ui.keys import walked
from ui.page import Page
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.card import Card
from ui.widgets.filling import Filling, chosen, numbered
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.reading import Reading
from ui.widgets.scroll import Scroller
from ui.work import Desk, keep_in

NAME = Text("Incidents", "事件")
WHAT_IT_IS = Text(
    "A computer is lost, data went to the wrong place: record it here; its clocks run from the "
    "discovery. A problem with the program is reported here, too. It goes to the sponsor with the "
    "next package; to tell in time, telephone.",
    "电脑遗失、数据误发等请在此记录，时限自发现时起算；程序问题也在此报告。"
    "记录随下一数据包传给申办方；及时告知请打电话。",
)
OF_SITES = Text(
    "What the sites recorded, as far as their packages came. A site goes on with its own.",
    "各中心记录的事件，以已接收的数据包为准；后续处理由各中心记录。",
)
KEYS = Text(
    "N new · Enter go on with one, or read what is closed · P print",
    "N 新增 · Enter 继续处理，已结案的可查阅 · P 打印",
)
READS = Text("Enter read one · P print", "Enter 查阅 · P 打印")
ERASES = Text(" · Ctrl+F8 take words out by two people", " · Ctrl+F8 两人遮蔽文字")
NONE = Text("No incident is recorded.", "没有事件记录。")
SITE = Text("Site", "中心")
WHAT, DISCOVERED = Text("What", "事件"), Text("Discovered", "发现时间")
PERSONS, NEXT = Text("Persons", "人数"), Text("Next", "下一步")
WORDS, MOMENT = Text("In words", "说明"), Text("Day and time", "日期和时间")
MOMENT_HINT = Text("like 2026-10-08 09:30; t 0930 today", "如 2026-10-08 09:30；今天可写 t 0930")
TOLD_HINT = Text(
    "like 2026-10-08 09:30; t 0930 today; empty where it is not needed",
    "如 2026-10-08 09:30；今天可写 t 0930；无须告知时留空",
)
PERSONS_HINT = Text(
    "persons affected; empty while not known, 0 for none", "受影响人数；不清楚时留空，无则填 0"
)
NO_NAMES = Text("No names or numbers of patients", "请勿填写患者姓名、证件号、电话")
NEW, KEEP = Text("New incident", "新事件"), Text("Record", "登记")
BEGUN = Text(
    "What is half typed here stays. Record it first, or empty its answers; then report the other.",
    "此处已填写的内容予以保留。请先登记或清空，再报告另一事件。",
)
STEP = Text("{what}, next: {step}", "{what}，下一步：{step}")
UNTIL = Text("{step} until {until}", "{step}，{until} 前")
LATE = Text("{step}, overdue since {until}", "{step}，{until} 已逾期")
TO_CLOSE, CLOSED = Text("close it", "待结案"), Text("closed", "已结案")
CLOSING = Text("what was found and done", "调查结果与措施")
KEPT = Text("Recorded.", "已登记。")
NUMBERED = Text("Recorded under number {n}.", "已登记，编号 {n}。")
NUMBER = Text("Number", "编号")


_LIST = 140
"""The least height of the list; a low window scrolls."""


class IncidentsPart(Page):
    """A list, and below it the questions of what is done, or one incident to read."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.incidents = Incidents(desk.session)
        self._may = may_write(desk.session)
        self._about: Incident | None = None
        self.list = self._listing()
        self.record = Reading(context)
        self.record.left.connect(self._back)
        self.record.hide()
        kinds = numbered(tuple(rights().incidents.values()))
        self.what = Asked(context, WHAT, hint=kinds, width=64, limit=2)
        self.discovered = Asked(context, DISCOVERED, hint=MOMENT_HINT, width=200)
        self.persons = Asked(context, PERSONS, hint=PERSONS_HINT, width=96, limit=7)
        self.words = Asked(context, WORDS, hint=NO_NAMES, width=640, limit=2000)
        fields = (self.what, self.discovered, self.persons, self.words)
        self.new = Filling(context, NEW, fields, KEEP)
        self.new.wanted.connect(self.submit)
        self.new.left.connect(self._back)
        self.told = Asked(context, MOMENT, hint=TOLD_HINT, width=200)
        self.why = Asked(context, WORDS, hint=NO_NAMES, width=640, limit=2000)
        self.step = Filling(context, NEXT, (self.told, self.why), KEEP)
        self.step.wanted.connect(self.keep_step)
        self.step.left.connect(self._back)
        self.step.hide()
        ground = Card(context)
        ground.setMinimumHeight(_LIST)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        inner = Page(context)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, Size.GAP, 0)
        column.setSpacing(Size.GAP)
        said = WHAT_IT_IS if desk.session.folder.kind is FolderKind.SITE else OF_SITES
        column.addWidget(Note(context, said, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(ground, 1)
        keys = KEYS if self._may else READS
        if erasing_on_list(self, desk, lambda: Matters() if self.list.current else None):
            keys = Text(keys.en + ERASES.en, keys.zh + ERASES.zh)
        column.addWidget(Note(context, keys, size=Type.NOTE, ink=Ink.SECONDARY))
        column.addWidget(self.record)
        column.addWidget(self.new)
        column.addWidget(self.step)
        self.new.setVisible(self._may)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.scroller = Scroller(context, inner)
        whole.addWidget(self.scroller)

    def _listing(self) -> Listing[Incident]:
        context, session = self.context, self.desk.session
        columns: tuple[Column[Incident], ...] = (
            Column(NUMBER, lambda i: Cell(str(i.number), Ink.SECONDARY), width=72, right=True),
            Column(WHAT, lambda i: Cell(i.name, strong=True), width=232),
            Column(DISCOVERED, lambda i: Cell(local_time(session, i.discovered)), width=136),
            Column(PERSONS, lambda i: Cell(persons_words(i), Ink.SECONDARY), width=112),
            Column(NEXT, self._next, width=328),
            Column(WORDS, lambda i: Cell(i.text, Ink.SECONDARY)),
        )
        if session.folder.kind is FolderKind.STORE:
            site = {pin.chain: pin.site for pin in pins(session)}
            at = Column[Incident](SITE, lambda i: Cell(site.get(i.by.chain, ""), strong=True), 64)
            columns = (at, *columns)
        made: Listing[Incident] = Listing(context, columns, NAME)
        made.opened.connect(self.go_on)
        made.clicked.connect(lambda _: self._clicked())
        made.moved.connect(self._marked)
        return made

    def enter(self) -> None:
        """Read anew; the caret goes to the list."""
        if self.desk.session.locked:
            return
        self._show()
        self.list.setFocus()

    def ask_new(self) -> None:
        """The caret goes to the first question of a new incident."""
        if self._may:
            self.step.hide()
            self.record.hide()
            self.new.show()
            self.new.begin()

    def report_program(self) -> None:
        """Ask for a problem with the program, met now; the caret goes to the words.

        What is half typed here stays, and is to be dealt with first.
        """
        if not self._may:
            return
        self.ask_new()
        if any(field.text for field in self.new.fields):
            self.new.refuse(BEGUN, self.what)  # the foot may be out of sight
            return
        session = self.desk.session
        kinds = tuple(rights().incidents)
        self.what.line.setText(str(kinds.index(PROGRAM) + 1))
        self.discovered.line.setText(local_time(session, session.now()))
        self.persons.line.setText("0")
        self.words.line.setFocus()

    def go_on(self, incident: Incident) -> None:
        """Ask for the next step of an incident: the clock that ends first, then its close.

        One that is closed, and any where this user records none, is opened to read.
        """
        if not self._asks(incident):
            self.read(incident)
            self.record.setFocus()
            return
        self._about = incident
        self.record.hide()
        self.new.hide()
        self.step.clear()
        owed = incident.owed
        self.told.setVisible(bool(owed))
        step = owed[0].clock.text if owed else CLOSING
        self.step.heading.show_text(STEP.filled(what=incident.name, step=step))
        self.step.show()
        (self.told if owed else self.why).line.setFocus()

    def read(self, incident: Incident) -> None:
        """Show what happened and what became of it; what is half typed below stays for later."""
        self.new.hide()
        self.step.hide()
        self.record.show_blocks(title_of(incident), incident_blocks(self.desk.session, incident))
        self.record.show()
        QTimer.singleShot(0, self.record, self._to_record)

    def _to_record(self) -> None:
        """The record has its place now: it comes into sight from its first line on."""
        if self.record.isVisible():
            self.scroller.ensureVisible(0, self.record.geometry().bottom())
            self.scroller.ensureVisible(0, self.record.y())

    def _asks(self, incident: Incident) -> bool:
        """A next step is asked of it here."""
        return self._may and incident.closed is None

    def _clicked(self) -> None:
        incident = self.list.current
        if incident is not None and not self._asks(incident):
            self.read(incident)

    def _marked(self, incident: Incident | None) -> None:
        """Where one is open to read, the record follows the mark."""
        if not self.record.isVisible() or self.desk.session.locked:
            return
        if incident is None:
            self._back()
        else:
            self.read(incident)

    def submit(self) -> None:
        """Record a new incident."""
        what = chosen(tuple(rights().incidents), self.what.text)
        at, persons, words = self.discovered.text, self.persons.text, self.words.text
        noted: list[int] = []
        keep_in(
            self.desk,
            self.new,
            lambda: noted.append(self.incidents.note(what, at, persons, words)),
            lambda: self._done(self.new, NUMBERED.filled(n=noted[0])),
            {
                Part.KIND: self.what,
                Part.MOMENT: self.discovered,
                Part.PERSONS: self.persons,
                Part.WORDS: self.words,
            },
        )

    def keep_step(self) -> None:
        """Record the next step of the incident."""
        incident = self._about
        if incident is None:
            return
        told, words, desk = self.told.text, self.why.text, self.incidents

        def keep() -> None:
            if incident.owed:
                desk.tell(incident, incident.owed[0].clock.oid, told, words)
            else:
                desk.close(incident, words)

        answers = {Part.MOMENT: self.told, Part.WORDS: self.why}
        keep_in(self.desk, self.step, keep, lambda: self._done(self.step), answers)

    def _done(self, filled: Filling, said: Text = KEPT) -> None:
        filled.clear()
        self._show()
        self._back()
        self.desk.census.refresh()
        self.desk.say(said)

    def _back(self) -> None:
        self.step.hide()
        self.record.hide()
        self.new.setVisible(self._may)
        self.list.setFocus()

    def _show(self) -> None:
        self.list.show_empty(NONE)
        self.list.show_rows(self.incidents.all(), lambda i: (i.by.chain, i.by.seq))

    def _next(self, incident: Incident) -> Cell:
        session = self.desk.session
        if incident.closed is not None:
            return Cell(CLOSED, Ink.SECONDARY)
        if not incident.owed:
            return Cell(TO_CLOSE)
        due = incident.owed[0]
        late = due.overdue(session.now())
        text = LATE if late else UNTIL
        until = local_time(session, due.until)
        return Cell(text.filled(step=due.clock.text, until=until), Ink.HARD if late else Ink.TEXT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """N records a new one, P prints the record; in what is read, the keys of lists scroll."""
        area = self.scroller.viewport()
        by = walked(event, area.height() // Size.ROW) if self.record.hasFocus() else 0
        if self.list.hasFocus() and event.key() == Qt.Key.Key_N:
            self.ask_new()
        elif self.list.hasFocus() and event.key() == Qt.Key.Key_P:
            session = self.desk.session
            self.desk.shell.open(PreviewPage(self.context, session, incidents_report(session)))
        elif by:
            bar = self.scroller.verticalScrollBar()
            bar.setValue(bar.value() + by * Size.ROW)
        elif event.key() == Qt.Key.Key_Escape and self.record.isVisible():
            self._back()
        else:
            super().keyPressEvent(event)
