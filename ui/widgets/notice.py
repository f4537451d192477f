"""Lines under the window's bar that stay until what they say is no longer so."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note

DETAILS, FEWER = Text("Details", "详情"), Text("Fewer details", "收起详情")


class About(Enum):
    """What is told, so that one notice does not take another one's place; the gravest first."""

    CLOCK = auto()
    RECORDS = auto()
    TRIES = auto()
    ACCOUNTS = auto()
    PROGRAM = auto()
    BACKUP = auto()


class Notice(QWidget):
    """Words on a ground of their own with a stripe at the left; hidden while there are none.

    What only somebody who is called needs stands below, once the button is pressed.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._ink = Ink.SOFT
        self._said: dict[About, tuple[Text, Ink, Text | None]] = {}
        self.words = Note(context, ink=Ink.SOFT, wrap=True)
        self.details = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        for note in (self.words, self.details):
            note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more = Button(context, DETAILS, rank=Rank.QUIET)
        self.more.clicked.connect(lambda: self._open(self.details.isHidden()))
        told = QVBoxLayout()
        told.setSpacing(Size.GRID)
        told.addWidget(self.words)
        told.addWidget(self.details)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.GRID, Size.MARGIN, Size.GRID)
        row.setSpacing(Size.PAD)
        row.addLayout(told, 1)
        row.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        context.theme.changed.connect(self.update)
        self.more.hide()
        self.details.hide()
        self.hide()

    def show_words(
        self, about: About, text: Text | None, ink: Ink = Ink.SOFT, details: Text | None = None
    ) -> None:
        """Say something that stands about a thing, or nothing of it any more.

        Args:
            details: shown below when they are asked for.
        """
        if text is None:
            self._said.pop(about, None)
        else:
            self._said[about] = (text, ink, details)
        said = [self._said[a] for a in About if a in self._said]
        self._ink = Ink.HARD if any(i is Ink.HARD for _, i, _ in said) else Ink.SOFT
        self.words.show_text(_lines([t for t, _, _ in said]), self._ink)
        behind = [d for _, _, d in said if d is not None]
        self.details.show_text(_lines(behind))
        self.more.setVisible(bool(behind))
        if not behind:
            self._open(on=False)
        self.setVisible(bool(said))

    def clear(self) -> None:
        """Say nothing more."""
        for about in About:
            self.show_words(about, None)

    def _open(self, on: bool) -> None:
        self.details.setVisible(on)
        self.more.show_text(FEWER if on else DETAILS)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay ground and stripe."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._context.tokens.surface)
        painter.fillRect(0, 0, Size.STRIP, self.height(), self._context.ink(self._ink))
        painter.end()


def _lines(texts: Sequence[Text]) -> Text:
    return Text("\n".join(t.en for t in texts), "\n".join(t.zh for t in texts))
