"""What a page of the window is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.record.second.standing import SecondPlace
from mrd_desktop.study.address import Key
from mrd_desktop.texts import Text
from ui.context import Context
from ui.watermark import lay_watermark


class Page(QWidget):
    """One page at a time fills the window; pages say their name and are told when they show.

    Signals:
        said: something to stand in the status line (a ``Text``).
        back: the page wants to be left for the one before it.
        support_wanted: a file for support is to be made.

    Attributes:
        section: the section it belongs to; empty: that of the page it was opened from.
    """

    section = ""

    said = Signal(object)
    back = Signal()
    support_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        context.speech.changed.connect(self.retranslate)
        context.theme.changed.connect(self.update)

    def title(self) -> Text:
        """The page's name, for the window's history and for screen readers."""
        return Text("", "")

    def place(self) -> Key | SecondPlace | None:
        """The subject, form or value it shows, to come back to; None for any other page."""
        return None

    def retranslate(self) -> None:
        """Say own texts anew after the language changed; nothing typed may be lost."""

    def enter(self) -> None:
        """The page is shown, for the first time or again: refresh what may be out of date."""

    def leave(self) -> None:
        """The page is about to be hidden: keep what is typed."""

    def say_refused(self, refused: MrdError) -> None:
        """Say why a job was refused; a slot of its own, so that it goes with the page."""
        self.said.emit(refused.text)

    def turned(self) -> None:
        """Another page took its place, by the user's wish (not a lock, nor the end)."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the canvas."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.context.tokens.canvas)
        lay_watermark(painter, self, self.context, event.rect())
        painter.end()
