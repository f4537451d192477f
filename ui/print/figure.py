"""Figures painted: on the screen in its colours, on paper and in files in the light ones."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPointF, QSizeF, Qt
from PySide6.QtGui import (
    QFont,
    QImage,
    QImageWriter,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QApplication

from mrd_desktop.insight.figures.files import Painter
from mrd_desktop.insight.figures.sheet import Align, Circle, Label, Mark, Path, Sheet
from mrd_desktop.texts import Language
from ui.print.searchable import mended
from ui.print.sheet import LONG_SIDE, MM, SHORT_SIDE, Face
from ui.print.sheet import font as paper_font
from ui.theme import LIGHT, Ink, Tokens, families

_SCALE: Final = 2
"""Pixels of an image to one of the layout."""
_RESOLUTION: Final = 1440
_MARGIN: Final = 12 * MM


def paint(painter: QPainter, sheet: Sheet, tokens: Tokens, *, paper: bool = False) -> None:
    """Draw a sheet on a painter that is scaled to its units.

    Args:
        paper: with the fonts of printed pages, so that a PDF can be searched.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in sheet.marks:
        _draw(painter, mark, tokens, paper)


def png_bytes(sheet: Sheet) -> bytes:
    """A page as an image, twice as large as laid out."""
    wide, high = round(sheet.width * _SCALE), round(sheet.height * _SCALE)
    image = QImage(wide, high, QImage.Format.Format_RGB32)
    image.fill(LIGHT[Ink.SURFACE])
    image.setText("Title", sheet.title)
    image.setText("Description", sheet.description)
    painter = QPainter(image)
    painter.scale(_SCALE, _SCALE)
    paint(painter, sheet, LIGHT)
    painter.end()
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    buffer.close()
    return bytes(held.data())


def pdf_bytes(sheets: Sequence[Sheet]) -> bytes:
    """The pages as one PDF, A4 lying, fonts embedded."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_RESOLUTION)
    writer.setTitle(sheets[0].title)
    writer.setCreator("MRD Desktop")
    writer.setPageLayout(page_layout())
    painter = QPainter(writer)
    for number, sheet in enumerate(sheets):
        if number:
            writer.newPage()
        painter.save()
        on_paper(painter, sheet)
        painter.restore()
    painter.end()
    buffer.close()
    words = "".join(label.text for sheet in sheets for label in sheet.labels())
    return mended(bytes(held.data()), words)


def page_layout() -> QPageLayout:
    """A4 that lies, the margins our own."""
    way = QPageLayout.Orientation.Landscape
    layout = QPageLayout(QPageSize(QPageSize.PageSizeId.A4), way, QMarginsF(0, 0, 0, 0))
    layout.setMode(QPageLayout.Mode.FullPageMode)
    return layout


def on_paper(painter: QPainter, sheet: Sheet) -> None:
    """Draw a sheet in the middle of an A4 page that lies, in units of the layout of pages."""
    room = QSizeF(LONG_SIDE - 2 * _MARGIN, SHORT_SIDE - 2 * _MARGIN)
    scale = min(room.width() / sheet.width, room.height() / sheet.height)
    painter.translate(
        (LONG_SIDE - sheet.width * scale) / 2, (SHORT_SIDE - sheet.height * scale) / 2
    )
    painter.scale(scale, scale)
    paint(painter, sheet, LIGHT, paper=True)


def _draw(painter: QPainter, mark: Mark, tokens: Tokens, paper: bool) -> None:
    match mark:
        case Path():
            _path(painter, mark, tokens)
        case Circle(x, y, radius, ink, width, fill):
            painter.setPen(QPen(tokens[Ink(ink.value)], width))
            inside = tokens[Ink(fill.value)] if fill else Qt.BrushStyle.NoBrush
            painter.setBrush(inside)
            painter.drawEllipse(QPointF(x, y), radius, radius)
        case Label():
            _label(painter, mark, tokens, paper)


def _path(painter: QPainter, path: Path, tokens: Tokens) -> None:
    if path.ink is None:
        painter.setPen(Qt.PenStyle.NoPen)
    else:
        pen = QPen(tokens[Ink(path.ink.value)], path.width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        if path.dash:
            pen.setDashPattern([part / path.width for part in path.dash])
        painter.setPen(pen)
    points = QPolygonF([QPointF(x, y) for x, y in path.points])
    if path.fill is None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        colour = tokens[Ink(path.fill.value)]
        colour = type(colour)(colour)
        colour.setAlphaF(path.alpha)
        painter.setBrush(colour)
    if path.closed:
        painter.drawPolygon(points)
    else:
        painter.drawPolyline(points)


def _label(painter: QPainter, label: Label, tokens: Tokens, paper: bool) -> None:
    painter.setFont(
        _paper_face(label.size, label.strong) if paper else face(label.size, label.strong)
    )
    painter.setPen(tokens[Ink(label.ink.value)])
    wide = painter.fontMetrics().horizontalAdvance(label.text)
    shift = {Align.LEFT: 0.0, Align.MIDDLE: wide / 2, Align.RIGHT: float(wide)}[label.align]
    painter.drawText(QPointF(label.x - shift, label.y), label.text)


@cache
def face(size: float, strong: bool) -> QFont:
    """The font of the screen and of images."""
    made = QFont(families())
    made.setPixelSize(round(size))
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if strong:
        made.setWeight(QFont.Weight.DemiBold)
    return made


@cache
def _paper_face(size: float, strong: bool) -> QFont:
    made = QFont(paper_font(Face(size, strong)))
    made.setPixelSize(round(size))
    return made


def _images(sheets: Sequence[Sheet], language: Language) -> Sequence[bytes]:
    with _fonts():
        return [png_bytes(sheet) for sheet in sheets]


def _document(sheets: Sequence[Sheet], language: Language) -> Sequence[bytes]:
    with _fonts():
        return [pdf_bytes(sheets)]


@contextmanager
def _fonts() -> Iterator[None]:
    """Fonts need an application; a command line has none, and no display either."""
    if QApplication.instance() is None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        app = QApplication([])  # windows that are made later in this process need one too
        yield
        app.processEvents()
    else:
        yield


PAINTERS: Final[Mapping[str, Painter]] = {"png": _images, "pdf": _document}
"""The formats that need Qt, for ``mrd-desktop figures``."""
