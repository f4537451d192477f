"""Chinese text is drawn with Chinese glyphs, not with the box that stands for a missing one."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

# No font has a glyph for a noncharacter: what is drawn is the box.
MISSING = "\U0010fffe"

SENTENCE = "血压复查"


def _drawn(qtbot: QtBot, text: str) -> QImage:
    """One character as a window paints it."""
    window = QLabel(text)
    qtbot.addWidget(window)
    font = window.font()
    font.setPixelSize(32)
    window.setFont(font)
    window.setAlignment(Qt.AlignmentFlag.AlignCenter)
    window.setFixedSize(64, 64)
    window.show()
    return window.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)


def test_each_character_has_its_own_glyph(qtbot: QtBot) -> None:
    blank = _drawn(qtbot, "")
    box = _drawn(qtbot, MISSING)
    drawn = {character: _drawn(qtbot, character) for character in SENTENCE}
    for character, image in drawn.items():
        if image in (blank, box):
            pytest.fail(f"no font has {character}: run `python3 dev.py setup`")
    for one, other in combinations(SENTENCE, 2):
        assert drawn[one] != drawn[other], f"{one} and {other} look the same"
