"""A line under the window's bar that stays until what it says is no longer so."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.theme import Ink, Size
from ui.widgets.note import Note


class Notice(QWidget):
    """Words on a ground of their own with a stripe at the left; hidden while there are none."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._ink = Ink.SOFT
        self.words = Note(context, ink=Ink.SOFT, wrap=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.GRID, Size.MARGIN, Size.GRID)
        row.addWidget(self.words, 1)
        context.theme.changed.connect(self.update)
        self.hide()

    def show_words(self, text: Text | None, ink: Ink = Ink.SOFT) -> None:
        """Say something that stands, or nothing."""
        self._ink = ink
        if text is not None:
            self.words.show_text(text, ink)
        self.setVisible(text is not None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay ground and stripe."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._context.tokens.surface)
        painter.fillRect(0, 0, Size.STRIP, self.height(), self._context.ink(self._ink))
        painter.end()
