"""Texts on a page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.theme import Ink, Type


class Note(QLabel):
    """A text in the reader's language, said anew when language or theme change."""

    def __init__(
        self,
        context: Context,
        text: Text | str = "",
        parent: QWidget | None = None,
        *,
        size: int = Type.BODY,
        ink: Ink = Ink.TEXT,
        strong: bool = False,
        wrap: bool = False,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._text = text
        self._ink = ink
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(context.font(size, strong=strong))
        self.setWordWrap(wrap)
        self._colour()
        self._say()
        context.speech.changed.connect(self._say)
        context.theme.changed.connect(self._colour)

    def show_text(self, text: Text | str, ink: Ink | None = None) -> None:
        """Show another text, in another ink if given."""
        self._text = text
        self._say()
        if ink is not None and ink is not self._ink:
            self._ink = ink
            self._colour()

    def _say(self) -> None:
        text = self._text
        self.setText(text if isinstance(text, str) else self._context.say(text))

    def _colour(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, self._context.ink(self._ink))
        self.setPalette(palette)
