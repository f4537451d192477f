"""Scrolling with a narrow bar."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QFrame,
    QScrollArea,
    QScrollBar,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from ui.context import Context
from ui.theme import Size

_AROUND = 2 * Size.FIELD
"""Above and below what is in focus: its label, and the line below it."""


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
    """A page's scrolling part; what the keyboard goes to comes into sight.

    Args:
        follows: the focus; not where the page itself scrolls to the caret.
    """

    def __init__(self, context: Context, content: QWidget, *, follows: bool = True) -> None:
        super().__init__()
        narrow_bars(context, self)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)
        self._follows = follows
        program = QApplication.instance()
        if follows and isinstance(program, QApplication):
            # Not focusChanged: it also hands out the widget that was left, perhaps half destroyed.
            program.focusObjectChanged.connect(self._follow)

    def _follow(self, now: QObject | None) -> None:
        """Tab scrolls by itself, Enter from field to field does not.

        A press of the mouse moves nothing: its release would meet something else.
        """
        content = self.widget()
        if not isinstance(now, QWidget) or content is None or not content.isAncestorOf(now):
            return
        pressed = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if not pressed and now.height() < self.viewport().height() // 2:
            middle = now.mapTo(content, now.rect().center())
            self.ensureVisible(middle.x(), middle.y(), 0, now.height() // 2 + _AROUND)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a lower window, and below a line that came to its top, the caret stays in sight."""
        super().resizeEvent(event)
        if self._follows and event.size().height() < event.oldSize().height():
            QTimer.singleShot(0, self, lambda: self._follow(QApplication.focusWidget()))
