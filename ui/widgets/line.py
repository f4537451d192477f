"""The one-line field that all others are made of."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QLineEdit, QWidget

from ui.context import Context
from ui.theme import Ink, Size

_OTHERS = (Qt.Key.Key_K, Qt.Key.Key_L, Qt.Key.Key_N, Qt.Key.Key_S, Qt.Key.Key_Delete)


class Line(QLineEdit):
    """A line edit with the program's own frame: hair line, or a strong one when in focus."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._tone: Ink | None = None
        self.setFrame(False)
        self.setFont(context.font())
        self.setFixedHeight(Size.FIELD)
        self.setTextMargins(Size.GAP - 2, 0, Size.GAP - 2, 0)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, QColor(Qt.GlobalColor.transparent))
        self.setPalette(palette)

    def event(self, event: QEvent) -> bool:
        """Keys of the window and the page are not the line's: Ctrl+K would cut to the end."""
        if event.type() is QEvent.Type.ShortcutOverride:
            assert isinstance(event, QKeyEvent)
            if event.modifiers() == Qt.KeyboardModifier.ControlModifier and event.key() in _OTHERS:
                event.ignore()
                return False
        return super().event(event)

    def set_tone(self, tone: Ink | None) -> None:
        """Draw the frame in the colour of a finding; None for the plain one."""
        if tone is not self._tone:
            self._tone = tone
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frame, then what is typed."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus()
        width = Size.FOCUS if focused else Size.HAIR
        if focused:
            colour = tokens.accent
        elif self._tone is not None:
            colour = tokens[self._tone]
        elif self.isReadOnly() or not self.isEnabled():
            colour = tokens.line
        else:
            colour = tokens.edge
        painter.setPen(QPen(colour, width))
        quiet = self.isReadOnly() or not self.isEnabled()
        painter.setBrush(tokens.canvas if quiet else tokens.surface)
        inset = width / 2
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        painter.end()
        super().paintEvent(event)
