"""A box to tick, with what it means beside it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QSizePolicy

from ui.context import Context
from ui.icons import Glyph, draw
from ui.theme import Size


class Tick(QCheckBox):
    """Qt's check box in the program's own lines: its edge and its focus are seen in any light."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setFont(context.font())
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        context.theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Box and words, with room for the ring."""
        wide = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return QSize(Size.GRID + Size.MARK + Size.GAP + wide + Size.GAP, Size.FIELD)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its words."""
        return self.sizeHint()

    def hitButton(self, place: QPoint) -> bool:
        """All of it can be pressed."""
        return self.rect().contains(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw box, tick, words and ring."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = tokens.text if self.isEnabled() else tokens.disabled
        middle = (self.height() - Size.MARK) / 2
        box = QRectF(Size.GRID, middle, Size.MARK, Size.MARK)
        painter.setPen(QPen(tokens.edge if self.isEnabled() else tokens.line, Size.HAIR))
        painter.setBrush(tokens.surface)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        if self.isChecked():
            draw(painter, Glyph.CHECK, box, tokens.accent if self.isEnabled() else ink)
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, Size.FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(ring, Size.RADIUS, Size.RADIUS)
        painter.setFont(self.font())
        painter.setPen(ink)
        left = box.right() + Size.GAP
        room = QRectF(left, 0, self.width() - left, self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()
