"""The program's own small signs, drawn as vectors: crisp at any scale, in any colour.

Every sign is drawn in a square of 16 units. Status marks differ in shape, not only in colour.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

_UNITS = 16.0
_STROKE = 1.5
_SCALES = (1.0, 2.0, 3.0)


class Glyph(StrEnum):
    """Every sign there is."""

    EMPTY = "empty"
    DRAFT = "draft"
    COMPLETE = "complete"
    SIGNED = "signed"
    LOCKED = "locked"
    QUERY = "query"
    NOT_PLANNED = "not_planned"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    NO_RESULT = "no_result"
    MISSING = "missing"
    TODAY = "today"
    SUBJECTS = "subjects"
    QUERIES = "queries"
    TRANSFER = "transfer"
    CHARTS = "charts"
    ADMIN = "admin"
    SEARCH = "search"
    BACK = "back"
    FORWARD = "forward"
    THEME = "theme"
    ADD = "add"
    REMOVE = "remove"
    HISTORY = "history"
    HELP = "help"
    SAVE = "save"
    CHECK = "check"
    CLOSE = "close"
    DOWN = "down"
    RIGHT = "right"
    BACKUP = "backup"
    WARNING = "warning"
    FORM = "form"
    KEY = "key"
    CALENDAR = "calendar"
    PRINT = "print"
    NOTE = "note"
    EYE = "eye"


def draw(painter: QPainter, glyph: Glyph, where: QRectF, colour: QColor) -> None:
    """Draw a sign into the largest square in the middle of ``where``."""
    side = min(where.width(), where.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(where.center().x() - side / 2, where.center().y() - side / 2)
    painter.scale(side / _UNITS, side / _UNITS)
    pen = QPen(colour, _STROKE)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _DRAWINGS[glyph](painter, colour)
    painter.restore()


def icon(glyph: Glyph, colour: QColor, size: int) -> QIcon:
    """A sign as an icon of ``size`` pixels, sharp up to three times the scale."""
    made = QIcon()
    for scale in _SCALES:
        pixels = QPixmap(QSize(size, size) * scale)
        pixels.setDevicePixelRatio(scale)
        pixels.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixels)
        draw(painter, glyph, QRectF(0, 0, size, size), colour)
        painter.end()
        made.addPixmap(pixels)
    return made


def _line(painter: QPainter, *points: tuple[float, float]) -> None:
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _filled(painter: QPainter, colour: QColor, path: QPainterPath) -> None:
    painter.fillPath(path, colour)


def _circle(painter: QPainter, radius: float, x: float = 8, y: float = 8) -> None:
    painter.drawEllipse(QPointF(x, y), radius, radius)


def _dot(painter: QPainter, colour: QColor, radius: float, x: float = 8, y: float = 8) -> None:
    path = QPainterPath()
    path.addEllipse(QPointF(x, y), radius, radius)
    _filled(painter, colour, path)


def _empty(painter: QPainter, _: QColor) -> None:
    _circle(painter, 5)


def _draft(painter: QPainter, colour: QColor) -> None:
    _circle(painter, 5)
    path = QPainterPath(QPointF(8, 3))
    path.arcTo(QRectF(3, 3, 10, 10), 90, 180)
    path.closeSubpath()
    _filled(painter, colour, path)


def _complete(painter: QPainter, colour: QColor) -> None:
    _dot(painter, colour, 5.75)


def _eye(painter: QPainter, colour: QColor) -> None:
    path = QPainterPath(QPointF(1.5, 8))
    path.quadTo(8, 0.5, 14.5, 8)
    path.quadTo(8, 15.5, 1.5, 8)
    painter.drawPath(path)
    _dot(painter, colour, 2)


def _signed(painter: QPainter, _: QColor) -> None:
    pen = QPen(painter.pen())
    pen.setWidthF(2.2)
    painter.setPen(pen)
    _line(painter, (2.8, 8.6), (6.4, 12.2), (13.2, 4.2))


def _locked(painter: QPainter, colour: QColor) -> None:
    path = QPainterPath()
    path.addRoundedRect(QRectF(3.2, 7.2, 9.6, 6.8), 1.4, 1.4)
    _filled(painter, colour, path)
    bow = QPainterPath(QPointF(5.2, 7.2))
    bow.lineTo(5.2, 5.4)
    bow.arcTo(QRectF(5.2, 2.4, 5.6, 5.6), 180, -180)
    bow.lineTo(10.8, 7.2)
    painter.drawPath(bow)


def _query(painter: QPainter, colour: QColor) -> None:
    path = QPainterPath(QPointF(8, 2.4))
    path.lineTo(14.2, 13.2)
    path.lineTo(1.8, 13.2)
    path.closeSubpath()
    painter.drawPath(path)
    _filled(painter, colour, path)


def _not_planned(painter: QPainter, _: QColor) -> None:
    _line(painter, (5.5, 8), (10.5, 8))


def _no_result(painter: QPainter, _: QColor) -> None:
    _line(painter, (4, 4), (12, 12))
    _line(painter, (12, 4), (4, 12))


def _missing(painter: QPainter, _: QColor) -> None:
    _line(painter, (3, 12.5), (13, 12.5))
    _line(painter, (8, 12.5), (8, 3.5))


def _today(painter: QPainter, colour: QColor) -> None:
    painter.drawRoundedRect(QRectF(2.2, 3.2, 11.6, 10.8), 1.6, 1.6)
    _line(painter, (2.2, 6.6), (13.8, 6.6))
    _line(painter, (5.4, 1.8), (5.4, 4.4))
    _line(painter, (10.6, 1.8), (10.6, 4.4))
    _dot(painter, colour, 1.4, 8, 10.3)


def _subjects(painter: QPainter, _: QColor) -> None:
    _circle(painter, 2.6, 6, 5)
    path = QPainterPath(QPointF(1.6, 13.4))
    path.cubicTo(1.8, 7.8, 10.2, 7.8, 10.4, 13.4)
    painter.drawPath(path)
    far = QPainterPath(QPointF(10.4, 2.8))
    far.cubicTo(13.4, 3.2, 13.4, 6.8, 10.8, 7.4)
    painter.drawPath(far)
    back = QPainterPath(QPointF(12, 9.6))
    back.cubicTo(13.8, 10.4, 14.4, 11.8, 14.4, 13.4)
    painter.drawPath(back)


def _queries(painter: QPainter, _: QColor) -> None:
    path = QPainterPath(QPointF(8, 2.4))
    path.lineTo(14.2, 13.2)
    path.lineTo(1.8, 13.2)
    path.closeSubpath()
    painter.drawPath(path)
    _line(painter, (8, 6.4), (8, 9.2))
    _line(painter, (8, 11.1), (8, 11.2))


def _transfer(painter: QPainter, _: QColor) -> None:
    _line(painter, (2, 5), (13.4, 5))
    _line(painter, (10.6, 2.2), (13.4, 5), (10.6, 7.8))
    _line(painter, (14, 11), (2.6, 11))
    _line(painter, (5.4, 8.2), (2.6, 11), (5.4, 13.8))


def _charts(painter: QPainter, _: QColor) -> None:
    _line(painter, (2.4, 2.4), (2.4, 13.6), (13.8, 13.6))
    _line(painter, (4.8, 10.2), (7.4, 6.8), (9.8, 8.6), (13.4, 3.8))


def _admin(painter: QPainter, colour: QColor) -> None:
    for y, x in ((3.6, 10.4), (8, 5.4), (12.4, 9.0)):
        _line(painter, (2, y), (14, y))
        _dot(painter, colour, 2.1, x, y)


def _search(painter: QPainter, _: QColor) -> None:
    _circle(painter, 4.4, 6.8, 6.8)
    _line(painter, (10.2, 10.2), (13.8, 13.8))


def _back(painter: QPainter, _: QColor) -> None:
    _line(painter, (13.4, 8), (2.8, 8))
    _line(painter, (6.8, 4), (2.8, 8), (6.8, 12))


def _forward(painter: QPainter, _: QColor) -> None:
    _line(painter, (2.6, 8), (13.2, 8))
    _line(painter, (9.2, 4), (13.2, 8), (9.2, 12))


def _theme(painter: QPainter, colour: QColor) -> None:
    _circle(painter, 5.4)
    path = QPainterPath(QPointF(8, 2.6))
    path.arcTo(QRectF(2.6, 2.6, 10.8, 10.8), 90, -180)
    path.closeSubpath()
    _filled(painter, colour, path)


def _add(painter: QPainter, _: QColor) -> None:
    _line(painter, (8, 3), (8, 13))
    _line(painter, (3, 8), (13, 8))


def _remove(painter: QPainter, _: QColor) -> None:
    _line(painter, (3.4, 8), (12.6, 8))


def _history(painter: QPainter, _: QColor) -> None:
    _circle(painter, 5.6)
    _line(painter, (8, 4.8), (8, 8), (10.4, 9.6))


def _help(painter: QPainter, _: QColor) -> None:
    path = QPainterPath(QPointF(5.2, 5.6))
    path.cubicTo(5.2, 1.4, 11, 1.6, 10.8, 5.4)
    path.cubicTo(10.7, 7.6, 8, 7.6, 8, 10)
    painter.drawPath(path)
    _line(painter, (8, 12.9), (8, 13))


def _save(painter: QPainter, _: QColor) -> None:
    _line(painter, (8, 2.4), (8, 9.8))
    _line(painter, (4.8, 6.8), (8, 10), (11.2, 6.8))
    _line(painter, (2.8, 11), (2.8, 13.4), (13.2, 13.4), (13.2, 11))


def _check(painter: QPainter, _: QColor) -> None:
    _line(painter, (3.2, 8.4), (6.6, 11.8), (12.8, 4.6))


def _down(painter: QPainter, _: QColor) -> None:
    _line(painter, (4.2, 6.2), (8, 10), (11.8, 6.2))


def _right(painter: QPainter, _: QColor) -> None:
    _line(painter, (6.2, 4.2), (10, 8), (6.2, 11.8))


def _backup(painter: QPainter, _: QColor) -> None:
    painter.drawEllipse(QRectF(2.8, 2, 10.4, 4))
    path = QPainterPath(QPointF(2.8, 4))
    path.lineTo(2.8, 12)
    path.cubicTo(2.8, 14.6, 13.2, 14.6, 13.2, 12)
    path.lineTo(13.2, 4)
    painter.drawPath(path)
    middle = QPainterPath(QPointF(2.8, 8))
    middle.cubicTo(2.8, 10.6, 13.2, 10.6, 13.2, 8)
    painter.drawPath(middle)


def _warning(painter: QPainter, _: QColor) -> None:
    _circle(painter, 5.8)
    _line(painter, (8, 4.9), (8, 8.5))
    _line(painter, (8, 11), (8, 11.1))


def _note(painter: QPainter, _: QColor) -> None:
    _line(painter, (3, 3), (13, 3), (13, 10), (10, 13), (3, 13), (3, 3))
    _line(painter, (13, 10), (10, 10), (10, 13))
    for y in (5.8, 8.2):
        _line(painter, (5.4, y), (10.6, y))


def _form(painter: QPainter, _: QColor) -> None:
    painter.drawRoundedRect(QRectF(3, 2, 10, 12), 1.4, 1.4)
    for y, right in ((5.4, 10.4), (8, 10.4), (10.6, 8.6)):
        _line(painter, (5.6, y), (right, y))


def _key(painter: QPainter, _: QColor) -> None:
    _circle(painter, 3, 5, 8)
    _line(painter, (8, 8), (14, 8), (14, 10.4))
    _line(painter, (11.2, 8), (11.2, 10))


def _calendar(painter: QPainter, _: QColor) -> None:
    painter.drawRoundedRect(QRectF(2.2, 3.2, 11.6, 10.8), 1.4, 1.4)
    _line(painter, (2.4, 6.8), (13.6, 6.8))
    _line(painter, (5.4, 1.8), (5.4, 4.4))
    _line(painter, (10.6, 1.8), (10.6, 4.4))


def _print(painter: QPainter, _: QColor) -> None:
    _line(painter, (4.6, 5.4), (4.6, 2), (11.4, 2), (11.4, 5.4))
    _line(painter, (4.4, 11.4), (2, 11.4), (2, 5.6), (14, 5.6), (14, 11.4), (11.6, 11.4))
    painter.drawRect(QRectF(4.6, 9.2, 6.8, 4.8))


_DRAWINGS: dict[Glyph, Callable[[QPainter, QColor], None]] = {
    Glyph.EMPTY: _empty,
    Glyph.DRAFT: _draft,
    Glyph.COMPLETE: _complete,
    Glyph.SIGNED: _signed,
    Glyph.LOCKED: _locked,
    Glyph.QUERY: _query,
    Glyph.NOT_PLANNED: _not_planned,
    Glyph.NEGATIVE: _empty,
    Glyph.POSITIVE: _complete,
    Glyph.NO_RESULT: _no_result,
    Glyph.MISSING: _missing,
    Glyph.TODAY: _today,
    Glyph.SUBJECTS: _subjects,
    Glyph.QUERIES: _queries,
    Glyph.TRANSFER: _transfer,
    Glyph.CHARTS: _charts,
    Glyph.ADMIN: _admin,
    Glyph.SEARCH: _search,
    Glyph.EYE: _eye,
    Glyph.BACK: _back,
    Glyph.FORWARD: _forward,
    Glyph.THEME: _theme,
    Glyph.ADD: _add,
    Glyph.REMOVE: _remove,
    Glyph.HISTORY: _history,
    Glyph.HELP: _help,
    Glyph.SAVE: _save,
    Glyph.CHECK: _check,
    Glyph.CLOSE: _no_result,
    Glyph.DOWN: _down,
    Glyph.RIGHT: _right,
    Glyph.BACKUP: _backup,
    Glyph.WARNING: _warning,
    Glyph.FORM: _form,
    Glyph.KEY: _key,
    Glyph.CALENDAR: _calendar,
    Glyph.PRINT: _print,
    Glyph.NOTE: _note,
}
