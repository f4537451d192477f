"""Scrolling with a narrow bar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QFrame,
    QScrollArea,
    QScrollBar,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from ui.context import Context
from ui.theme import Size


class ScrollBar(QScrollBar):
    """A bar of one thumb without arrows."""

    def __init__(self, context: Context, orientation: Qt.Orientation) -> None:
        super().__init__(orientation)
        self._context = context

    def sizeHint(self) -> QSize:
        """As narrow as a pointer can still hit."""
        return QSize(Size.SCROLL, Size.SCROLL)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the thumb on a clear ground."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        thumb = self.style().subControlRect(
            QStyle.ComplexControl.CC_ScrollBar,
            option,
            QStyle.SubControl.SC_ScrollBarSlider,
            self,
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.edge if self.underMouse() else tokens.line)
        box = QRectF(thumb).adjusted(2, 2, -2, -2)
        radius = min(box.width(), box.height()) / 2
        painter.drawRoundedRect(box, radius, radius)
        painter.end()


def narrow_bars(context: Context, area: QAbstractScrollArea) -> None:
    """Give a list, table or area the narrow bars and no frame."""
    area.setVerticalScrollBar(ScrollBar(context, Qt.Orientation.Vertical))
    area.setHorizontalScrollBar(ScrollBar(context, Qt.Orientation.Horizontal))
    area.setFrameShape(QFrame.Shape.NoFrame)


class Scroller(QScrollArea):
    """A page's scrolling part."""

    def __init__(self, context: Context, content: QWidget) -> None:
        super().__init__()
        narrow_bars(context, self)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
