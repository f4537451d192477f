"""Lines under the window's bar that stay until what they say is no longer so."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.theme import Ink, Size
from ui.widgets.note import Note


class About(Enum):
    """What is told, so that one notice does not take another one's place; the gravest first."""

    CLOCK = auto()
    RECORDS = auto()
    TRIES = auto()
    PROGRAM = auto()
    BACKUP = auto()


class Notice(QWidget):
    """Words on a ground of their own with a stripe at the left; hidden while there are none."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._ink = Ink.SOFT
        self._said: dict[About, tuple[Text, Ink]] = {}
        self.words = Note(context, ink=Ink.SOFT, wrap=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.GRID, Size.MARGIN, Size.GRID)
        row.addWidget(self.words, 1)
        context.theme.changed.connect(self.update)
        self.hide()

    def show_words(self, about: About, text: Text | None, ink: Ink = Ink.SOFT) -> None:
        """Say something that stands about a thing, or nothing of it any more."""
        if text is None:
            self._said.pop(about, None)
        else:
            self._said[about] = (text, ink)
        told = [self._said[a] for a in About if a in self._said]
        self._ink = Ink.HARD if any(i is Ink.HARD for _, i in told) else Ink.SOFT
        lines = Text("\n".join(t.en for t, _ in told), "\n".join(t.zh for t, _ in told))
        self.words.show_text(lines, self._ink)
        self.setVisible(bool(told))

    def clear(self) -> None:
        """Say nothing more."""
        for about in About:
            self.show_words(about, None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay ground and stripe."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._context.tokens.surface)
        painter.fillRect(0, 0, Size.STRIP, self.height(), self._context.ink(self._ink))
        painter.end()
