"""A figure on the screen, one page at a time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent

from mrd_desktop.insight.figures.sheet import Sheet
from mrd_desktop.texts import Text
from ui.context import Context
from ui.print.figure import paint
from ui.theme import Size
from ui.widgets.graphic import Graphic

PAGE = Text("page {n} of {of}", "第 {n} 页，共 {of} 页")

_NOTCH = 120
"""What a wheel tells for one notch."""


class Picture(Graphic):
    """The pages of a figure; PgUp and PgDn turn them.

    Signals:
        turned: another page is in front.
    """

    turned = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.sheets: tuple[Sheet, ...] = ()
        self.at = 0
        self._wheel = 0
        self._empty = Text("", "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(Size.READING // 2, Size.READING // 2)
        context.theme.changed.connect(self.update)

    def show_sheets(self, sheets: Sequence[Sheet]) -> None:
        """Show these pages; the place in them is kept where there is such a page."""
        self.sheets = tuple(sheets)
        self.at = max(0, min(self.at, len(self.sheets) - 1))
        self._say()

    def show_empty(self, text: Text) -> None:
        """Words where there is no figure yet."""
        self.sheets = ()
        self._empty = text
        self._say()

    def turn(self, by: int) -> None:
        """Another page."""
        at = max(0, min(self.at + by, len(self.sheets) - 1))
        if at != self.at:
            self.at = at
            self._say()
            self.turned.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Pages by PgUp and PgDn, Home and End."""
        steps = {
            Qt.Key.Key_PageDown: 1,
            Qt.Key.Key_PageUp: -1,
            Qt.Key.Key_Home: -len(self.sheets),
            Qt.Key.Key_End: len(self.sheets),
        }
        key = Qt.Key(event.key())
        if key in steps:
            self.turn(steps[key])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turning the wheel turns pages, one for each notch however finely it is told."""
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / _NOTCH)
        if notches:
            self._wheel -= notches * _NOTCH
            self.turn(-notches)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the page, made smaller where it does not fit."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.sheets:
            sheet = self.sheets[self.at]
            scale = min(self.width() / sheet.width, self.height() / sheet.height, 1.0)
            painter.save()
            painter.translate((self.width() - sheet.width * scale) / 2, 0)
            painter.scale(scale, scale)
            paint(painter, sheet, tokens)
            painter.restore()
        else:
            painter.setFont(self._context.font())
            painter.setPen(tokens.secondary)
            room = QRectF(self.rect())
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._context.say(self._empty))
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, Size.FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        painter.end()

    def _say(self) -> None:
        if self.sheets:
            sheet = self.sheets[self.at]
            number = self._context.say(PAGE, n=self.at + 1, of=len(self.sheets))
            self.setAccessibleName(f"{sheet.title}, {number}")
            self.setAccessibleDescription(sheet.description)
        else:
            self.setAccessibleName(self._context.say(self._empty))
            self.setAccessibleDescription("")
        self.update()
