"""The words that lie under everything in training mode, on screens, pictures of them and prints."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from mrd_desktop.texts import Text
from ui.context import Context

WORDS = Text("TRAINING", "培训模式")
_WIDE, _HIGH = 280, 168
_SLANT = -24.0
_SIZE = 34


def lay_watermark(
    painter: QPainter, widget: QWidget, context: Context, where: QRect, *, moves: bool = False
) -> None:
    """Draw the part of it that belongs to a widget; nothing in live mode.

    Every ground draws its own part, at the place the window gives it, so that the parts meet.

    Args:
        moves: the widget scrolls and takes its part along.
    """
    if not context.theme.training:
        return
    tokens = context.tokens
    scale = painter.device().devicePixelRatioF()
    tile = _tile(
        context.say(WORDS), tokens.watermark.rgba(), context.font(_SIZE, strong=True), scale
    )
    origin = QPoint(0, 0) if moves else widget.mapTo(widget.window(), QPoint(0, 0))
    left, top = where.left() + origin.x(), where.top() + origin.y()
    for row in range(top // _HIGH, ceil((top + where.height()) / _HIGH)):
        # Every second row is shifted, so that no stripe runs down the page.
        shift = (_WIDE // 2) * (row % 2)
        for column in range((left - shift) // _WIDE, ceil((left - shift + where.width()) / _WIDE)):
            spot = QPoint(column * _WIDE + shift, row * _HIGH) - origin
            painter.drawImage(spot, tile)


@lru_cache(maxsize=8)
def _tile(words: str, rgba: int, font: QFont, scale: float) -> QImage:
    image = QImage(
        ceil(_WIDE * scale), ceil(_HIGH * scale), QImage.Format.Format_ARGB32_Premultiplied
    )
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(_WIDE / 2, _HIGH / 2)
    painter.rotate(_SLANT)
    painter.setFont(font)
    painter.setPen(QColor.fromRgba(rgba))
    room = QRectF(-_WIDE / 2, -_HIGH / 2, _WIDE, _HIGH)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
    painter.end()
    return image
