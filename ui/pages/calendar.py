"""The calendar of a month: visit windows and what is due, by day; printable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.calendar import Day, Month, Occasion, Sign, month, next_month, occasions
from mrd_desktop.insight.reports.calendar_file import write_calendar
from mrd_desktop.insight.reports.html import WEEKDAYS
from mrd_desktop.insight.reports.month import month_report, month_title, short
from mrd_desktop.record.casebook import SubjectLine
from mrd_desktop.record.editions import Editions
from mrd_desktop.study.address import Key
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.page import Page
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList
from ui.work import Desk

HEADING = Text("Calendar", "日历")
READING = Text("Reading: {done} of {total}", "正在读取 {done}/{total}")
PRINT = Text("Print", "打印")
EXPORT = Text("As iCalendar", "导出日历文件")
KIND = "iCalendar (*.ics)"
EXPORTED = Text(
    "{n} open entries are in {path}, by subject number only.",
    "{n} 项待办已写入 {path}，仅含受试者编号。",
)
NOT_WRITTEN = Text(
    "The file could not be written there. Choose another folder.",
    "文件无法写入该位置，请选择其他文件夹。",
)
STILL_READING = Text(
    "The calendar is still being read. Try again in a moment.", "日历仍在读取，请稍候再试。"
)
NOW = Text("This month", "本月")
HINT = Text(
    "← → ↑ ↓ day   PgUp PgDn month   Enter what is on the day   T today",
    "← → ↑ ↓ 选日   PgUp PgDn 翻月   Enter 当日事项   T 今天",
)
MORE = Text("{n} more", "另有 {n} 项")
NOTHING = Text("Nothing on {day}.", "{day} 无事项。")
Asked = tuple[SubjectLine, date]
"""A subject as its line in the list stood, and the day: what its occasions depend on."""

_WEEK = 7
_HEAD = 24
_LINE = 17


class Sheet(QWidget):
    """The days; one of them is marked.

    Signals:
        opened: Enter or a double click on a day.
        left: the marked day lies in another month now.
    """

    opened = Signal(object)
    left = Signal(object)

    def __init__(self, context: Context, today: date) -> None:
        super().__init__()
        self._context = context
        self.today = today
        self.at = today
        self.month: Month = month(today, ())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        context.theme.changed.connect(self.update)

    def show_month(self, shown: Month) -> None:
        """Show these weeks; the marked day is kept inside them."""
        self.month = shown
        self._say()
        self.update()

    def mark(self, day: date) -> None:
        """Mark a day; another month is asked for where it lies outside."""
        self.at = day
        if (day.year, day.month) != (self.month.first.year, self.month.first.month):
            self.left.emit(day)
        self._say()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, Enter opens."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -_WEEK,
            Qt.Key.Key_Down: _WEEK,
        }
        key = Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        elif key in steps:
            self.mark(self.at + timedelta(days=steps[key]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.month.day(self.at))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press marks a day."""
        day = self._day_at(event.position().x(), event.position().y())
        if day is not None:
            self.mark(day.day)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two presses open it."""
        self.opened.emit(self.month.day(self.at))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw weekdays and days."""
        context, tokens = self._context, self._context.tokens
        painter = QPainter(self)
        wide = self.width() / _WEEK
        painter.setFont(context.font(Type.NOTE))
        painter.setPen(tokens.secondary)
        for n, name in enumerate(WEEKDAYS):
            room = QRectF(n * wide + Size.GAP, 0, wide - Size.GAP, _HEAD)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, context.say(name))
        high = (self.height() - _HEAD) / len(self.month.weeks)
        for row, week in enumerate(self.month.weeks):
            for column, day in enumerate(week):
                box = QRectF(column * wide, _HEAD + row * high, wide, high)
                self._draw(painter, day, box)
        painter.end()

    def _draw(self, painter: QPainter, day: Day, box: QRectF) -> None:
        context, tokens = self._context, self._context.tokens
        marked = day.day == self.at
        painter.setPen(QPen(tokens.line, Size.HAIR))
        painter.setBrush(tokens.tint if marked else tokens.surface if day.inside else tokens.canvas)
        painter.drawRect(box)
        if marked and self.hasFocus():
            painter.setPen(QPen(tokens.accent, Size.FOCUS))
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        today = day.day == self.today
        painter.setFont(context.font(strong=day.inside))
        painter.setPen(tokens.accent if today else tokens.text if day.inside else tokens.secondary)
        head = box.adjusted(Size.GAP, Size.GRID - 1, -Size.GRID, 0)
        number = f"{day.day.day} ●" if today else str(day.day.day)
        painter.drawText(head, Qt.AlignmentFlag.AlignTop, number)
        y = box.top() + _LINE + Size.GRID
        left = len(day.marks)
        for mark in day.marks:
            room = QRectF(box.left() + Size.GAP, y, box.width() - Size.GAP - Size.GRID, _LINE)
            if y + _LINE * (2 if left > 1 else 1) > box.bottom():
                painter.setFont(context.font(Type.NOTE))
                painter.setPen(tokens.secondary)
                more = context.say(MORE.filled(n=left))
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, more)
                break
            font = context.font(Type.NOTE, strong=mark.sign in (Sign.TARGET, Sign.CLOSES))
            said = f"{mark.sign.value} {mark.occasion.subject} {context.say(short(mark))}"
            said = QFontMetrics(font).elidedText(
                said, Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.setFont(font)
            painter.setPen(tokens[_ink(mark.sign, mark.occasion, self.today, inside=day.inside)])
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, said)
            y += _LINE
            left -= 1

    def _day_at(self, x: float, y: float) -> Day | None:
        row = int((y - _HEAD) / ((self.height() - _HEAD) / len(self.month.weeks)))
        column = int(x / (self.width() / _WEEK))
        inside = y >= _HEAD and row < len(self.month.weeks) and 0 <= column < _WEEK
        return self.month.weeks[row][column] if inside else None

    def _say(self) -> None:
        day = self.month.day(self.at)
        said = self._occasions(day) if day else ""
        self.setAccessibleName(f"{self.at} {said}".strip())
        days = (d for week in self.month.weeks for d in week if d.inside and d.marks)
        self.setAccessibleDescription("; ".join(f"{d.day} {self._occasions(d)}" for d in days))

    def _occasions(self, day: Day) -> str:
        say = self._context.say
        return ", ".join(f"{m.occasion.subject} {say(m.occasion.text)}" for m in day.marks)


def _ink(sign: Sign, occasion: Occasion, today: date, *, inside: bool) -> Ink:
    if sign is Sign.DONE:
        return Ink.GOOD
    if occasion.closes < today:
        return Ink.HARD
    return Ink.TEXT if inside else Ink.SECONDARY


class CalendarPage(Page):
    """A month at a time."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._found: tuple[Occasion, ...] = ()
        self._known: Mapping[Asked, tuple[Occasion, ...]] = {}
        self._places: dict[str, Key] = {}
        self._reading = self._stale = False
        self.sheet = Sheet(context, desk.session.today())
        self.sheet.opened.connect(self.open_day)
        self.sheet.left.connect(lambda _: self._show())
        self._name = Note(context, size=Type.TITLE, strong=True)
        self._state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.now = Button(context, NOW, rank=Rank.QUIET, key="T")
        self.print = Button(context, PRINT, glyph=Glyph.PRINT, key="Ctrl+P")
        self.export = Button(context, EXPORT, glyph=Glyph.CALENDAR, key="Ctrl+E")
        self.export.clicked.connect(self.ask_path)
        self.now.clicked.connect(self.go_today)
        self.print.clicked.connect(self.open_print)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(self._name)
        head.addWidget(self._state)
        head.addStretch(1)
        for button in (self.now, self.export, self.print):
            head.addWidget(button)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.sheet)
        foot = QHBoxLayout()
        self._signs = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        foot.addWidget(self._signs)
        foot.addStretch(1)
        foot.addWidget(Note(context, HINT, size=Type.NOTE, ink=Ink.SECONDARY))
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addLayout(head)
        column.addWidget(ground, 1)
        column.addLayout(foot)
        desk.census.changed.connect(self._touched)
        self._show()

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Read anew; the caret is on a day."""
        self.sheet.today = self.desk.session.today()
        self._read()
        QTimer.singleShot(0, self.sheet, self.sheet.setFocus)

    def retranslate(self) -> None:
        """Say the month anew."""
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Months by PgUp and PgDn; T for today; Ctrl+P prints, Ctrl+E exports."""
        key = Qt.Key(event.key())
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.turn(1 if key == Qt.Key.Key_PageDown else -1)
        elif key == Qt.Key.Key_T and not held:
            self.go_today()
        elif key == Qt.Key.Key_P and held:
            self.open_print()
        elif key == Qt.Key.Key_E and held:
            self.ask_path()
        else:
            super().keyPressEvent(event)

    def turn(self, by: int) -> None:
        """Another month; its first day is marked."""
        self.sheet.mark(next_month(self.sheet.month.first, by))

    def go_today(self) -> None:
        """Back to this month."""
        self.sheet.mark(self.sheet.today)
        self.sheet.setFocus()

    def open_day(self, day: Day | None) -> None:
        """What is on a day, to be chosen from; Enter there opens the place."""
        if day is None or not day.marks:
            self.said.emit(NOTHING.filled(day=self.sheet.at))
            return
        self._places = {str(n): m.occasion.place for n, m in enumerate(day.marks, 1)}
        options = [
            Option(str(n), _option(m.sign, m.occasion), str(n)) for n, m in enumerate(day.marks, 1)
        ]
        name = Text(str(day.day), str(day.day))
        picking = PickList(self.context, name, options, self)
        picking.chosen.connect(self._chosen)
        picking.open_at(self._name)

    def _chosen(self, value: str) -> None:
        QTimer.singleShot(0, self, lambda: self.desk.go(self._places[value]))

    def open_print(self) -> None:
        """The month on paper."""
        report = month_report(self.sheet.month, self.sheet.today)
        self.desk.shell.open(PreviewPage(self.context, self.desk.session, report))

    def ask_path(self) -> None:
        """Ask where the calendar file goes, and write it there."""
        if self._reading and not self._found:
            self.said.emit(STILL_READING)
            return
        start = str(Path.home() / f"{self.desk.session.folder.site}-calendar.ics")
        title = self.context.say(EXPORT)
        chosen, _ = QFileDialog.getSaveFileName(self, title, start, KIND)
        if chosen:
            self.export_to(Path(chosen))

    def export_to(self, path: Path) -> None:
        """Write what is open as iCalendar, without names; the export is recorded as a print."""
        session = self.desk.session
        try:
            n = write_calendar(session, self._found, path, self.context.speech.language)
        except MrdError as refused:
            self.said.emit(refused.text)
        except OSError:
            self.said.emit(NOT_WRITTEN)
        else:
            self.said.emit(EXPORTED.filled(n=n, path=path))

    # --- reading ----------------------------------------------------------------------

    def _touched(self) -> None:
        if self.isVisible():
            self._read()

    def _read(self) -> None:
        if self.desk.session.locked:
            return
        if self._reading:
            self._stale = True
            return
        self._reading, self._stale = True, False
        book, today, known = self.desk.book, self.desk.session.today(), self._known

        def work(progress: Progress) -> object:
            lines, words = book.subjects(), Editions(book.session).of
            found: dict[Asked, tuple[Occasion, ...]] = {}
            for done, line in enumerate(lines, 1):
                # What was read of a subject that has not changed since stays as it is.
                held = known.get((line, today))
                if held is None:
                    held = occasions(book.study, book.chart(line.subject), words)
                found[line, today] = held
                progress(done, len(lines))
            return found

        job = Job(work)
        job.progressed.connect(self._progressed)
        job.finished.connect(self._take)
        job.ended.connect(self._ended)
        self.desk.jobs.start(job)

    def _take(self, found: Mapping[Asked, tuple[Occasion, ...]]) -> None:
        self._known = found
        self._found = tuple(o for of_one in found.values() for o in of_one)
        self._show()

    def _ended(self) -> None:
        self._reading = False
        self._state.show_text("")
        if self._stale:
            self._read()

    def _progressed(self, done: int, total: int) -> None:
        if not self._found:
            self._state.show_text(READING.filled(done=done, total=total))

    def _show(self) -> None:
        shown = month(self.sheet.at, self._found)
        self.sheet.show_month(shown)
        self._name.show_text(month_title(shown.first))
        en = "   ".join(f"{s.value} {s.text.en}" for s in Sign)
        zh = "   ".join(f"{s.value} {s.text.zh}" for s in Sign)
        self._signs.show_text(Text(en, zh))


def _option(sign: Sign, occasion: Occasion) -> Text:
    s, text, said = occasion.subject, occasion.text, sign.text
    return Text(f"{s} {text.en}: {said.en}", f"{s} {text.zh}：{said.zh}")
