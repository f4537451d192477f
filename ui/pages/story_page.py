"""The story of a subject as a table, for who does not see the picture or wants the values."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.insight.chronicle import Strand, Told, by_day, chronicle
from mrd_desktop.insight.reports.story_table import (
    DAY,
    SINCE,
    STRAND,
    TOLD,
    UNTIL,
    story_report,
)
from mrd_desktop.insight.story import story
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.keys import presses
from ui.page import Page
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Story of {subject}", "{subject} 的病程")
STRANDS = Text("Kinds", "类别")
ALL = Text("All", "全部")
NOTHING = Text("No dated result yet.", "尚无带日期的结果。")
PRINT = Text("Print", "打印")
KEYS = Text("← → kind · Ctrl+P print · Esc back", "← → 类别 · Ctrl+P 打印 · Esc 返回")


class StoryPage(Page):
    """The table."""

    def __init__(self, context: Context, desk: Desk, subject: str) -> None:
        super().__init__(context)
        self.desk = desk
        self.subject = subject
        self._told: tuple[Told, ...] = ()
        self._heading = HEADING.filled(subject=subject)
        self.chips = Chips(context, STRANDS)
        self.chips.chosen.connect(lambda _: self._show())
        self.print = Button(context, PRINT, glyph=Glyph.PRINT, key="Ctrl+P")
        self.print.clicked.connect(self.open_print)
        columns: tuple[Column[Told], ...] = (
            Column(DAY, lambda t: Cell(str(t.day), strong=True), width=112),
            Column(UNTIL, lambda t: Cell(str(t.until or ""), Ink.SECONDARY), width=112),
            Column(SINCE, _since, width=96, right=True),
            Column(STRAND, lambda t: Cell(t.strand.text, Ink.SECONDARY), width=144),
            Column(TOLD, _what),
        )
        self.list: Listing[Told] = Listing(context, columns, self._heading)
        self.list.show_empty(NOTHING)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, self._heading, size=Type.TITLE, strong=True))
        head.addWidget(self.chips, 1)
        head.addWidget(self.print)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addLayout(head)
        column.addWidget(ground, 1)
        column.addWidget(Note(context, KEYS, size=Type.NOTE, ink=Ink.SECONDARY))

    def title(self) -> Text:
        """Whose story."""
        return self._heading

    def enter(self) -> None:
        """Read anew; the caret is in the table."""
        if self.desk.session.locked:
            return
        told = chronicle(story(self.desk.book.chart(self.subject).scene))
        self._told = by_day(told)
        choices = [Choice(s.name, s.text, len(told[s])) for s in Strand if told[s]]
        self.chips.show_choices([Choice("", ALL, len(self._told)), *choices])
        self._show()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def open_print(self) -> None:
        """The table on paper."""
        report = story_report(self.desk.book.chart(self.subject))
        self.desk.shell.open(PreviewPage(self.context, self.desk.session, report))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right filter, Ctrl+P prints, Esc goes back."""
        key = event.key()
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if presses(self, event):
            return
        if key == Qt.Key.Key_Escape:
            self.back.emit()
        elif key == Qt.Key.Key_P and held:
            self.open_print()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.list.hasFocus():
            self.chips.step(1 if key == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        kind = self.chips.key
        self.list.show_rows([t for t in self._told if not kind or t.strand.name == kind], id)


def _since(told: Told) -> Cell:
    return Cell("" if told.since is None else str(told.since), Ink.SECONDARY)


def _what(told: Told) -> Cell:
    if told.notable:
        return Cell(told.what, Ink.HARD, Glyph.WARNING)
    return Cell(told.what)
