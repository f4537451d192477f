"""Pictures on disk are what was seen, point by point."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage

from tests.ui.pages.look.contact import png


@pytest.mark.parametrize("wide", [1, 2, 3, 4, 5])  # lines of a picture are filled up to four bytes
def test_a_picture_is_read_as_it_was_written(wide: int) -> None:
    seen = QImage(wide, 3, QImage.Format.Format_RGB32)
    for x in range(wide):
        for y in range(3):
            seen.setPixelColor(x, y, QColor(40 * x, 80 * y, 200 - 10 * x))
    assert QImage.fromData(png(seen)).convertToFormat(QImage.Format.Format_RGB32) == seen
