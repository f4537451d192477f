"""A card that is read and not written in: facts and a table, as they stand on paper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.insight.reports.model import Facts, Said, Table
from mrd_desktop.texts import Text
from ui.context import Context
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card, Rule
from ui.widgets.note import Note

BACK = Text("Back to the list", "返回列表")
_NAMES: Final = 112
_SHARE: Final = 10
"""Columns of a table share the width in tenths."""
_TOP: Final = Qt.AlignmentFlag.AlignTop


class Reading(Card):
    """The card; its own caret is for scrolling.

    Signals:
        left: back to where it was opened from.
    """

    left = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.heading = Note(context, strong=True)
        self.back = Button(context, BACK, rank=Rank.QUIET, key="Esc")
        self.back.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the card has the caret, and Esc is said
        self.back.clicked.connect(self.left)
        self._body = QWidget()
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.back)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(Size.MARGIN, Size.GAP, Size.MARGIN, Size.PAD)
        self._column.setSpacing(Size.GAP)
        self._column.addLayout(head)
        self._column.addWidget(self._body)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.show_focus_of(self)
        context.speech.changed.connect(self._say_soon)

    def show_blocks(self, heading: Text, blocks: Iterable[Facts | Table]) -> None:
        """Show this in place of what was shown."""
        self.heading.show_text(heading)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.PAD)
        facts = QGridLayout()
        facts.setHorizontalSpacing(Size.PAD)
        facts.setVerticalSpacing(Size.GRID)
        for place in (1, 3):
            facts.setColumnStretch(place, 1)
        column.addLayout(facts)
        for block in blocks:
            if isinstance(block, Facts):
                self._lay_facts(facts, block)
            else:
                column.addLayout(self._table(block))
        self._column.replaceWidget(self._body, body)
        self._body.hide()
        self._body.deleteLater()
        self._body = body
        self._say()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _say(self) -> None:
        """A screen reader says all of it where the caret comes to it."""
        said = (self.heading.text(), *(n.text() for n in self._body.findChildren(Note)))
        self.setAccessibleName("\n".join(filter(None, said)))

    def _say_soon(self) -> None:
        QTimer.singleShot(0, self, self._say)  # the notes are said anew first

    def _lay_facts(self, grid: QGridLayout, block: Facts) -> None:
        """Names beside what stands there; one that has a line of its own takes it whole."""
        first, wide = grid.rowCount(), 1 if block.columns > 1 else 3
        for number, fact in enumerate(block.facts):
            line, place = divmod(number, block.columns)
            name = Note(self._context, fact.name, ink=Ink.SECONDARY)
            name.setMinimumWidth(_NAMES)
            grid.addWidget(name, first + line, 2 * place, _TOP)
            grid.addWidget(self._words(fact.value), first + line, 2 * place + 1, 1, wide)

    def _table(self, table: Table) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(Size.PAD)
        grid.setVerticalSpacing(Size.GRID)
        for place, column in enumerate(table.columns):
            grid.setColumnStretch(place, round(column.share * _SHARE))
            title = Note(self._context, column.title, size=Type.NOTE, ink=Ink.SECONDARY)
            grid.addWidget(title, 0, place)
        for number, row in enumerate(table.rows):
            grid.addWidget(Rule(self._context), 2 * number + 1, 0, 1, len(table.columns))
            for place, cell in enumerate(row):
                words = self._words(cell.text, strong=cell.strong)
                grid.addWidget(words, 2 * number + 2, place, _TOP)
        return grid

    def _words(self, said: Said, *, strong: bool = False) -> Note:
        return Note(self._context, said, strong=strong, wrap=True)
