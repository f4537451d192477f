"""A small sheet of lines that opens at a field and closes at the next key (history, keys)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.theme import Size, Type
from ui.widgets.keeping_keys import keeps

_LINE = 22
_LEAST = 280
_MOST = 640
_MOST_LINES = 18


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line: what stands first, and what it is about; a quiet note below it."""

    first: str
    text: str
    note: str = ""


class Sheet(QWidget):
    """The pop-up."""

    def __init__(
        self,
        context: Context,
        title: Text,
        lines: Sequence[SheetLine],
        parent: QWidget,
        *,
        empty: Text,
        most: int = _MOST_LINES,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self._context = context
        self._title = context.say(title)
        self._empty = context.say(empty)
        self.lines = tuple(lines)[:most]
        metrics = QFontMetrics(context.font())
        small = QFontMetrics(context.font(Type.NOTE))
        self._first = max((metrics.horizontalAdvance(x.first) for x in self.lines), default=0)
        texts = max(
            (
                max(metrics.horizontalAdvance(x.text), small.horizontalAdvance(x.note))
                for x in self.lines
            ),
            default=0,
        )
        wide = 2 * Size.PAD + self._first + Size.MARGIN + texts + Size.GRID
        tall = 2 * Size.PAD + _LINE + sum(self._tall(x) for x in self.lines)
        self.setFixedSize(QSize(min(max(wide, _LEAST), _MOST), tall + (0 if self.lines else _LINE)))
        said = "; ".join(f"{x.first} {x.text} {x.note}".strip() for x in self.lines)
        self.setAccessibleName(f"{self._title}: {said or self._empty}")

    def open_at(self, anchor: QWidget, *, right: bool = False) -> None:
        """Show below a widget, or above it where there is no room."""
        left = anchor.width() - self.width() if right else 0
        below = anchor.mapToGlobal(QPoint(left, anchor.height() + Size.GRID))
        screen = QGuiApplication.screenAt(below) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        if below.y() + self.height() > area.bottom():
            above = anchor.mapToGlobal(QPoint(left, -self.height() - Size.GRID))
            below.setY(max(area.top(), above.y()))
        below.setX(max(area.left(), min(below.x(), area.right() - self.width())))
        self.move(below)
        self.show()

    def event(self, event: QEvent) -> bool:
        """Keys of the sheet come before those of the page."""
        return keeps(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key closes it."""
        if event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt):
            self.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sheet."""
        context = self._context
        tokens = context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.edge, Size.HAIR))
        painter.setBrush(tokens.raised)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, Size.CARD_RADIUS, Size.CARD_RADIUS)
        middle = Qt.AlignmentFlag.AlignVCenter
        top = float(Size.PAD - 2)
        wide = self.width() - 2 * Size.PAD
        painter.setFont(context.font(strong=True))
        painter.setPen(tokens.text)
        painter.drawText(QRectF(Size.PAD, top, wide, _LINE), middle, self._title)
        top += _LINE + 2
        if not self.lines:
            painter.setFont(context.font())
            painter.setPen(tokens.secondary)
            painter.drawText(QRectF(Size.PAD, top, wide, _LINE), middle, self._empty)
        left = Size.PAD + self._first + Size.MARGIN
        for line in self.lines:
            painter.setFont(context.font())
            painter.setPen(tokens.secondary)
            painter.drawText(QRectF(Size.PAD, top, self._first + 2, _LINE), middle, line.first)
            painter.setPen(tokens.text)
            room = QRectF(left, top, self.width() - left - Size.PAD, _LINE)
            metrics = QFontMetrics(context.font())
            said = metrics.elidedText(line.text, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, middle, said)
            if line.note:
                painter.setFont(context.font(Type.NOTE))
                painter.setPen(tokens.secondary)
                room.translate(0, _LINE - 4)
                painter.drawText(room, middle, line.note)
            top += self._tall(line)
        painter.end()

    def _tall(self, line: SheetLine) -> int:
        return _LINE + (_LINE - 4 if line.note else 0)
