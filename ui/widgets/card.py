"""Grounds: a raised card, a hair line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from ui.context import Context
from ui.theme import Size
from ui.watermark import lay_watermark


class Card(QFrame):
    """A raised surface with a hair line around it."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._inside: QWidget | None = None
        context.theme.changed.connect(self.update)

    @classmethod
    def of(cls, context: Context, *widgets: QWidget) -> Card:
        """A card with widgets one below the other."""
        card = cls(context)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        for widget in widgets:
            column.addWidget(widget)
        return card

    def show_focus_of(self, inside: QWidget) -> None:
        """Ring the card while a text inside has the focus: such a text has no frame of its own."""
        self._inside = inside
        inside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The text has won or lost the focus."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the surface."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ringed = self._inside is not None and self._inside.hasFocus()
        painter.setPen(QPen(tokens.accent if ringed else tokens.line, Size.HAIR))
        painter.setBrush(tokens.raised)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, Size.CARD_RADIUS, Size.CARD_RADIUS)
        lay_watermark(painter, self, self._context, event.rect().intersected(self._inner()))
        painter.end()

    def _inner(self) -> QRect:
        return self.rect().adjusted(Size.GRID, Size.GRID, -Size.GRID, -Size.GRID)


class Rule(QWidget):
    """A hair line across."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setFixedHeight(Size.HAIR)
        context.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._context.tokens.line)
        painter.end()
