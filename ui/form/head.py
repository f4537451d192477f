"""Headings inside a form: a section, a row of a section."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.theme import Size, Type

_TOP = Size.GRID


class SectionHead(QWidget):
    """The name of a section with a line to its right; a quiet note may follow the name."""

    def __init__(
        self, context: Context, text: Text, parent: QWidget, *, note: Text | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._text = text
        self._note = note

    def height_for(self, width: int) -> int:
        """Some air above, little below."""
        return _TOP + Size.FIELD + Size.GRID

    def show_note(self, note: Text | None) -> None:
        """Say something beside the name."""
        self._note = note
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw name, note and line."""
        context = self._context
        painter = QPainter(self)
        font = context.font(strong=True)
        name = context.say(self._text)
        box = QRectF(Size.MARGIN, _TOP, self.width(), Size.FIELD)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font)
        painter.setPen(context.tokens.text)
        painter.drawText(box, middle, name)
        left = Size.MARGIN + QFontMetrics(font).horizontalAdvance(name) + Size.PAD
        if self._note is not None:
            small = context.font(Type.NOTE)
            said = context.say(self._note)
            painter.setFont(small)
            painter.setPen(context.tokens.secondary)
            painter.drawText(QRectF(left, _TOP, self.width(), Size.FIELD), middle, said)
            left += QFontMetrics(small).horizontalAdvance(said) + Size.PAD
        line = QRectF(left, _TOP + Size.FIELD // 2, self.width() - left - Size.MARGIN, Size.HAIR)
        painter.fillRect(line, context.tokens.line)
        painter.end()
