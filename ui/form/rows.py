"""The lines of a section: add a row, remove one, look at removed ones; why it is closed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.record.views import RowView
from mrd_desktop.study.address import RowKey
from mrd_desktop.texts import Text
from ui.context import Context
from ui.form import words
from ui.icons import Glyph
from ui.theme import Ink, Size
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note


class RowsLine(QWidget):
    """Acts on the rows of one section.

    Attributes:
        add: where the caret stands while the section has no row.

    Signals:
        add_wanted, remove_wanted: for the section.
        restore_wanted: a removed row's key.
        resized: it grew or shrank.
    """

    add_wanted = Signal()
    remove_wanted = Signal()
    restore_wanted = Signal(object)
    resized = Signal()

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._open = False
        self._removed: tuple[RowView, ...] = ()
        quiet = Rank.QUIET
        self.add = Button(
            context, words.ADD_ROW, glyph=Glyph.ADD, rank=quiet, key="Ctrl+N", ink=Ink.ACCENT
        )
        self._remove = Button(
            context, words.REMOVE_ROW, glyph=Glyph.REMOVE, rank=quiet, key="Ctrl+Del"
        )
        self._empty = Note(context, words.NO_ROWS, ink=Ink.SECONDARY)
        self._empty.setContentsMargins(Size.PAD, 0, 0, 0)
        self._more = Button(context, words.REMOVED_ROWS, glyph=Glyph.RIGHT, rank=quiet)
        for button in (self.add, self._remove, self._more):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.add.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add.clicked.connect(self.add_wanted)
        self._remove.clicked.connect(self.remove_wanted)
        self._more.clicked.connect(self._turn)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Size.GAP)
        row.addWidget(self._empty)
        for button in (self.add, self._remove, self._more):
            row.addWidget(button)
        row.addStretch(1)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN - Size.PAD, 0, Size.MARGIN, Size.GAP)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(self._list)
        column.addStretch(1)

    def show_rows(self, rows: Sequence[RowView], *, can_add: bool, can_remove: bool) -> None:
        """Fit the acts to the rows there are."""
        live = [r for r in rows if not r.removed]
        self._removed = tuple(r for r in rows if r.removed)
        self._empty.setVisible(not live)
        self._empty.show_text(words.NO_ROWS if can_add else words.CANNOT_ADD)
        self.add.setVisible(can_add)
        self._remove.setVisible(can_remove and bool(live))
        self._more.setVisible(bool(self._removed))
        self._more.show_text(words.REMOVED_ROWS.filled(n=len(self._removed)))
        self._list_removed()

    def height_for(self, width: int) -> int:
        """One line, and one for every removed row while they are shown."""
        return Size.FIELD * (1 + (len(self._removed) if self._open else 0)) + Size.GAP

    def _turn(self) -> None:
        self._open = not self._open
        self._list_removed()
        self.resized.emit()

    def _list_removed(self) -> None:
        while (old := self._list.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.deleteLater()
        if self._open:
            for row in self._removed:
                self._list.addWidget(self._removed_line(row))

    def _removed_line(self, row: RowView) -> QWidget:
        line = QWidget(self)
        line.setFixedHeight(Size.FIELD)
        across = QHBoxLayout(line)
        across.setContentsMargins(Size.PAD, 0, 0, 0)
        note = Note(self._context, _in_words(row), ink=Ink.SECONDARY)
        font = note.font()
        font.setStrikeOut(True)
        note.setFont(font)
        back = Button(self._context, words.RESTORE_ROW, rank=Rank.QUIET, ink=Ink.ACCENT)
        back.clicked.connect(lambda _=False, key=row.key: self._restore(key))
        across.addWidget(note)
        across.addWidget(back)
        across.addStretch(1)
        return line

    def _restore(self, key: RowKey) -> None:
        self.restore_wanted.emit(key)


class ClosedLine(QWidget):
    """Why nothing may be filled in in a section, and what to do."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self.note = Note(context, ink=Ink.SOFT, wrap=True)
        self.stuck = Note(context, words.STUCK, ink=Ink.HARD, wrap=True)
        self.stuck.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, 0, Size.MARGIN, Size.GAP)
        column.setSpacing(Size.GRID)
        column.addWidget(self.note)
        column.addWidget(self.stuck)

    def height_for(self, width: int) -> int:
        """As many lines as the sentences take."""
        notes = [n for n in (self.note, self.stuck) if not n.isHidden()]
        lines = sum(n.heightForWidth(width - 2 * Size.MARGIN) for n in notes)
        return lines + Size.GRID * (len(notes) - 1) + Size.GAP


def _in_words(row: RowView) -> Text:
    """A row in one line: its number and its values, codes by what they mean."""
    number = words.ROW.filled(n=row.key.row)
    values = [
        f.echo if f.item.meanings and f.echo else Text(f.answer.text, f.answer.text)
        for f in row.fields
        if f.answer and f.answer.value is not None
    ]
    return Text(
        "  ".join((number.en, *(v.en for v in values))),
        "  ".join((number.zh, *(v.zh for v in values))),
    )
