from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from ui.icons import Glyph, draw, icon

STATUS = (
    Glyph.EMPTY,
    Glyph.DRAFT,
    Glyph.COMPLETE,
    Glyph.SIGNED,
    Glyph.LOCKED,
    Glyph.QUERY,
    Glyph.NOT_PLANNED,
)


def picture(glyph: Glyph, side: int = 32) -> QImage:
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    draw(painter, glyph, QRectF(0, 0, side, side), QColor(Qt.GlobalColor.black))
    painter.end()
    return image


def inked(image: QImage) -> int:
    spots = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(image.pixelColor(x, y).alpha() > 100 for x, y in spots)


@pytest.mark.parametrize("glyph", list(Glyph))
def test_every_sign_leaves_ink(qtbot: QtBot, glyph: Glyph) -> None:
    assert inked(picture(glyph)) > 15


@pytest.mark.parametrize("pair", list(combinations(STATUS, 2)))
def test_status_marks_differ_in_shape(qtbot: QtBot, pair: tuple[Glyph, Glyph]) -> None:
    assert picture(pair[0]) != picture(pair[1])


def test_icons_are_sharp_at_double_scale(qtbot: QtBot) -> None:
    made = icon(Glyph.ADD, QColor(Qt.GlobalColor.black), 16)
    sizes = {size.width() for size in made.availableSizes()}
    assert {16, 32, 48} <= sizes
