"""Charts: what the data say, as pictures, as tables and as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.figures import catalogue, files
from mrd_desktop.insight.figures.board import Size as Room
from mrd_desktop.insight.figures.catalogue import Choice, Kind, People
from mrd_desktop.insight.figures.model import LOOKS, Table
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION
from mrd_desktop.study.values import ascii_forms
from mrd_desktop.texts import Text
from ui.chart_work import ChartWork, Shown, Wish
from ui.context import Context
from ui.figure_files import SAVE, SAVED, ask_path
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.page import Page
from ui.print.figure import page_layout
from ui.print.printing import NoPrinter, Printed
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.widgets.picture import PAGE, Picture
from ui.work import Desk

HEADING = Text("Charts", "图表")
WHAT = Text("Figure", "图表")
TABLE = Text("Table", "数据表")
PICTURE = Text("Picture", "图形")
PRINT = Text("Print", "打印")
AS_OF = Text("As of", "截至")
BOTH = Text("Both groups", "两组")
ALL = Text("All enrolled", "全部入组")
EVALUABLE = Text("MRD evaluable", "MRD 可评价")
READING = Text("Reading: {done} of {total}", "正在读取 {done}/{total}")
DRAWING = Text("Being drawn", "正在绘制")
PRINTING = Text("Printing: page {done} of {total}", "正在打印 {done}/{total} 页")
WRITING = Text("Writing: {done} of {total}", "正在写入 {done}/{total}")
HINT = Text(
    "↑ ↓ figure   G group   P population   D day   T table   PgUp PgDn page",
    "↑ ↓ 选图   G 组别   P 人群   D 截至日期   T 数据表   PgUp PgDn 翻页",
)
RECORDED = Text("Each file and print is recorded.", "每次保存或打印均有记录。")
PRINTED = Text("Printed: copy {n}, {pages} pages.", "已打印：第 {n} 份，共 {pages} 页。")
LATER = Text(
    "The day lies ahead. Give today or an earlier day.", "日期晚于今天。请填写今天或更早的日期。"
)
NO_ROWS = Text("The figure has no data yet.", "暂无数据。")
_GROUPS = (None, INTERMISSION, CONTINUE)
_PEOPLE = {People.ENROLLED: ALL, People.EVALUABLE: EVALUABLE}
_LIST = 236
_DAY = 112
_PATIENCE = 250
"""Milliseconds after the last change of size until a figure is laid out anew."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of a figure."""

    number: int
    cells: tuple[Text | str, ...]


class ChartsPage(Page):
    """The list of figures, and the one in front."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.people = People.ENROLLED
        self.group: str | None = None
        self.day = desk.session.today()
        self._follows = True
        self.shown: Shown | None = None
        self._work = ChartWork(desk.session, desk.book)
        self._job: Job[object] | None = None
        self._again = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self.draw_figure)
        columns: tuple[Column[Kind], ...] = (Column(WHAT, lambda k: Cell(k.text)),)
        self.list: Listing[Kind] = Listing(context, columns, HEADING)
        self.list.setFixedWidth(_LIST)
        self.list.moved.connect(self._chosen)
        self.list.opened.connect(self._to_picture)
        self.picture: Picture = Picture(context)
        self.picture.turned.connect(self._count)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.picture)
        self.table: Listing[Row] | None = None
        self._state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self._number = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.by_people = Button(context, ALL, key="P")
        self.by_group = Button(context, BOTH, key="G")
        self.by_table = Button(context, TABLE, key="T")
        self.save = Button(context, SAVE, glyph=Glyph.SAVE, key="Ctrl+S")
        self.print = Button(context, PRINT, glyph=Glyph.PRINT, key="Ctrl+P", rank=Rank.PLAIN)
        self.by_people.clicked.connect(self.turn_people)
        self.by_group.clicked.connect(self.turn_group)
        self.by_table.clicked.connect(self.turn_table)
        self.save.clicked.connect(self.ask_path)
        self.print.clicked.connect(self.ask_printer)
        self.as_of = Line(context)
        self.as_of.setFixedWidth(_DAY)
        self.as_of.setText(self.day.isoformat())
        self.as_of.editingFinished.connect(self._day_typed)
        name = Note(context, AS_OF, ink=Ink.SECONDARY)
        name.setBuddy(self.as_of)
        self._lay(name)
        self.retranslate()
        self._offer()
        desk.census.changed.connect(self._touched)

    def _lay(self, as_of: Note) -> None:
        context = self.context
        head = QHBoxLayout()
        head.setSpacing(Size.GAP)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(self._state)
        head.addStretch(1)
        for button in (self.by_table, self.save, self.print):
            head.addWidget(button)
        of_whom = QHBoxLayout()
        of_whom.setSpacing(Size.GAP)
        for widget in (self.by_people, self.by_group, as_of, self.as_of):
            of_whom.addWidget(widget)
        of_whom.addStretch(1)
        left, right = Card(context), Card(context)
        for ground, content in ((left, self.list), (right, self.stack)):
            inside = QVBoxLayout(ground)
            inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
            inside.addWidget(content)
        figure = QVBoxLayout()
        figure.setSpacing(Size.GAP)
        figure.addLayout(of_whom)
        figure.addWidget(right, 1)
        middle = QHBoxLayout()
        middle.setSpacing(Size.PAD)
        middle.addWidget(left)
        middle.addLayout(figure, 1)
        foot = QHBoxLayout()
        foot.setSpacing(Size.MARGIN)
        foot.addWidget(Note(context, HINT, size=Type.NOTE, ink=Ink.SECONDARY))
        foot.addStretch(1)
        foot.addWidget(self._number)
        foot.addWidget(Note(context, RECORDED, size=Type.NOTE, ink=Ink.SECONDARY))
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addLayout(head)
        column.addLayout(middle, 1)
        column.addLayout(foot)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    @property
    def working(self) -> bool:
        """A figure is being made."""
        return self._job is not None

    @property
    def wish(self) -> Wish | None:
        """What is chosen now."""
        kind = self.list.current
        if kind is None:
            return None
        return Wish(kind.name, Choice(self.people, self.group), self.day)

    @property
    def ready(self) -> Shown | None:
        """The figure in front, None while another one is wished for."""
        return self.shown if self.shown is not None and self.shown.wish == self.wish else None

    def enter(self) -> None:
        """Read anew; the caret is in the list of figures."""
        if self.desk.session.locked:
            return
        self.list.show_rows(catalogue.KINDS, lambda kind: kind.name)
        self._follow()
        self.draw_figure()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def leave(self) -> None:
        """Nobody waits for the figure any more."""
        if self._job is not None:
            self._again = False
            self._job.cancel()

    def retranslate(self) -> None:
        """Lay the figure out in the other language."""
        self.as_of.setAccessibleName(self.context.say(AS_OF))
        if self.shown is not None:
            self.draw_figure()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the figure out for the new room, once it stays."""
        super().resizeEvent(event)
        if self.shown is not None:
            self._patience.start(_PATIENCE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys named at the foot."""
        key = Qt.Key(event.key())
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
            return
        plain: Mapping[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_G: self.turn_group,
            Qt.Key.Key_P: self.turn_people,
            Qt.Key.Key_T: self.turn_table,
            Qt.Key.Key_D: self._to_day,
            Qt.Key.Key_Escape: self._to_list,
            Qt.Key.Key_PageDown: partial(self.picture.turn, 1),
            Qt.Key.Key_PageUp: partial(self.picture.turn, -1),
        }
        with_control: Mapping[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_S: self.ask_path,
            Qt.Key.Key_P: self.ask_printer,
        }
        if act := (with_control if held else plain).get(key):
            act()
        else:
            super().keyPressEvent(event)

    # --- what is shown ----------------------------------------------------------------

    def turn_group(self) -> None:
        """Both groups, one, the other."""
        self.group = _GROUPS[(_GROUPS.index(self.group) + 1) % len(_GROUPS)]
        self.by_group.show_text(LOOKS[self.group].text if self.group else BOTH)
        self.draw_figure()

    def turn_people(self) -> None:
        """All enrolled, or those whose MRD can be evaluated."""
        order = list(_PEOPLE)
        self.people = order[(order.index(self.people) + 1) % len(order)]
        self.by_people.show_text(_PEOPLE[self.people])
        self.draw_figure()

    def turn_table(self) -> None:
        """The figure as a table, or as a picture again."""
        in_front = self.stack.currentWidget() is self.picture
        if in_front and self.table is not None:
            self.stack.setCurrentWidget(self.table)
            self.table.setFocus()
        else:
            self.stack.setCurrentWidget(self.picture)
            self.picture.setFocus()
        self.by_table.show_text(TABLE if self.stack.currentWidget() is self.picture else PICTURE)
        self._count()

    def show_day(self, day: date) -> None:
        """Another day of the analysis; today goes on with the days."""
        self.day = day
        self._follows = day == self.desk.session.today()
        self.as_of.setText(day.isoformat())
        self.as_of.set_tone(None)
        self.draw_figure()

    def draw_figure(self) -> None:
        """Make the marked figure in the background; a later wish takes the place of an earlier."""
        wish = self.wish
        if wish is None or self.desk.session.locked:
            return
        self._offer()
        if self._job is not None:
            self._again = True
            self._job.cancel()
            return
        room = Room(self.picture.width(), self.picture.height(), self.context.speech.language)
        work = self._work

        def make(progress: Progress) -> object:
            return work.show(wish, room, progress)

        if self.shown is None or self.shown.wish != wish:
            self._state.show_text(DRAWING)
        self._job = job = Job(make)
        job.progressed.connect(self._progressed)
        job.finished.connect(self._take)
        job.refused.connect(self._refused)
        job.ended.connect(self._ended)
        QTimer.singleShot(0, self.desk.jobs, lambda: self.desk.jobs.start(job))

    def _chosen(self, kind: Kind | None) -> None:
        if kind is None:
            return
        if self.shown is None or self.shown.wish.name != kind.name:
            self.picture.at = 0
        # Back at the figure in front while another one is drawn: that one must not come after all.
        if self.working or self.ready is None:
            self.draw_figure()

    def _take(self, shown: Shown) -> None:
        if self._again or self.desk.session.locked:
            return
        anew = self.shown is None or _listed(self.shown) != _listed(shown)
        self.shown = shown
        self.picture.show_sheets(shown.sheets)
        if anew or self.table is None:
            self._fill(shown)
        self._count()
        self._offer()

    def _offer(self) -> None:
        """Only what is chosen now is saved and printed."""
        for button in (self.save, self.print):
            button.setEnabled(self.ready is not None)

    def _fill(self, shown: Shown) -> None:
        """The table of the figure takes the place of the former one."""
        front = self.table is not None and self.stack.currentWidget() is self.table
        had_focus = self.table is not None and self.table.hasFocus()
        self._drop_table()
        data = shown.table
        self.table = Listing(self.context, _columns(data), shown.figure.heading.title)
        self.table.show_empty(NO_ROWS)
        rows: list[Row | Heading] = [Row(n, cells) for n, cells in enumerate(data.rows)]
        if shown.problems:
            rows.append(Heading(files.PROBLEMS, Ink.HARD))
            wide = len(data.columns)
            for n, p in enumerate(shown.problems, len(rows)):
                told: list[Text | str] = [p.subject, p.item, p.text, p.address, *[""] * wide]
                rows.append(Row(n, tuple(told[:wide])))
        self.table.show_rows(rows, lambda row: row.number)
        self.stack.addWidget(self.table)
        if front:
            self.stack.setCurrentWidget(self.table)
            if had_focus:
                self.table.setFocus()

    def _drop_table(self) -> None:
        if self.table is not None:
            self.stack.removeWidget(self.table)
            self.table.deleteLater()
            self.table = None

    def _ended(self) -> None:
        self._job = None
        self._state.show_text(Text("", ""))
        if self._again:
            self._again = False
            self.draw_figure()

    def _refused(self, refused: MrdError) -> None:
        """No former figure stays under the new choice."""
        self.shown = None
        self.picture.show_empty(refused.text)
        self._drop_table()
        self.by_table.show_text(TABLE)
        self._count()
        self._offer()
        self.said.emit(refused.text)

    def _progressed(self, done: int, total: int) -> None:
        self._state.show_text(READING.filled(done=done, total=total))

    def _touched(self) -> None:
        if self.isVisible() and self.shown is not None:
            self._follow()
            self.draw_figure()

    def _follow(self) -> None:
        """A new day has begun: the analysis is as of that day, unless another one was asked for."""
        today = self.desk.session.today()
        if self._follows and today != self.day and not self.as_of.hasFocus():
            self.day = today
            self.as_of.setText(today.isoformat())

    def _count(self) -> None:
        many = self.stack.currentWidget() is self.picture and len(self.picture.sheets) > 1
        words = PAGE.filled(n=self.picture.at + 1, of=len(self.picture.sheets))
        self._number.show_text(words if many else Text("", ""))

    def _to_picture(self, _kind: Kind) -> None:
        self.picture.setFocus()

    def _to_day(self) -> None:
        self.as_of.setFocus()
        self.as_of.selectAll()

    def _to_list(self) -> None:
        if self.list.hasFocus():
            self.back.emit()
        else:
            self.list.setFocus()

    def _day_typed(self) -> None:
        today = self.desk.session.today()
        try:
            typed = ascii_forms(self.as_of.text()).strip()
            found = parse_date(typed, today=today)
        except ValueRefused as refused:
            self.as_of.set_tone(Ink.HARD)
            self.said.emit(refused.text)
            return
        if found.earliest > today:
            self.as_of.set_tone(Ink.HARD)
            self.said.emit(LATER)
        elif found.earliest != self.day:
            self.show_day(found.earliest)
        else:
            self.as_of.setText(self.day.isoformat())
            self.as_of.set_tone(None)

    # --- files and paper --------------------------------------------------------------

    def ask_path(self) -> None:
        """Ask where to save, and as what."""
        shown = self.ready
        if shown is None:
            return
        path = ask_path(self.context, self, f"{shown.wish.name}-{shown.wish.day}")
        if path is not None:
            self.save_to(shown, path)

    def save_to(self, shown: Shown, path: Path) -> None:
        """Record the print and write it, in the background."""
        work, language = self._work, self.context.speech.language
        job = self.desk.run(lambda progress: work.save(shown, path, language, progress))
        job.progressed.connect(self._writing)
        job.finished.connect(lambda stamp: self._saved(stamp, path))
        job.refused.connect(self.say_refused)
        job.ended.connect(lambda: self._state.show_text(Text("", "")))

    def _writing(self, done: int, total: int) -> None:
        self._state.show_text(WRITING.filled(done=done, total=total))

    def _saved(self, stamp: Stamp, path: Path) -> None:
        self.said.emit(SAVED.filled(n=stamp.copy, path=path))

    def ask_printer(self) -> None:
        """Ask for a printer and print."""
        shown = self.ready
        if shown is None:
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setPageLayout(page_layout())
        if not printer.isValid():
            self.said.emit(NoPrinter().text)
            return
        if QPrintDialog(printer, self).exec():
            self.print_on(shown, printer)

    def print_on(self, shown: Shown, printer: QPrinter) -> None:
        """Record the print and give it to a printer, in the background."""
        work, language = self._work, self.context.speech.language
        job = self.desk.run(lambda progress: work.print(shown, printer, language, progress))
        job.progressed.connect(self._printing)
        job.finished.connect(self._printed)
        job.refused.connect(self.say_refused)
        job.ended.connect(lambda: self._state.show_text(Text("", "")))

    def _printing(self, done: int, total: int) -> None:
        self._state.show_text(PRINTING.filled(done=done, total=total))

    def _printed(self, printed: Printed) -> None:
        self.said.emit(PRINTED.filled(n=printed.copy, pages=printed.pages))


def _listed(shown: Shown) -> tuple[object, ...]:
    """All that stands in the table of a figure."""
    return shown.figure.heading.title, shown.table, shown.problems


def _columns(data: Table) -> tuple[Column[Row], ...]:
    """As wide as what stands in them, the last one takes the rest."""

    def cell(at: int) -> Column[Row]:
        last = at == len(data.columns) - 1
        width = 0 if last else 124
        return Column(data.columns[at], lambda row: Cell(row.cells[at]), width=width)

    return tuple(cell(n) for n in range(len(data.columns)))
