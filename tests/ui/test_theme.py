from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ui.theme import DARK, LIGHT, MARK_PAIRS, TEXT_PAIRS, Ink, Mode, Theme, Tokens, contrast, over

MODES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_of_known_pairs() -> None:
    assert contrast(QColor("#000000"), QColor("#FFFFFF")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("#FFFFFF")) == pytest.approx(4.48, abs=0.01)


@MODES
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read(tokens: Tokens, ink: Ink, ground: Ink) -> None:
    assert contrast(tokens[ink], tokens[ground]) >= 4.5


@MODES
@pytest.mark.parametrize(("ink", "ground"), MARK_PAIRS)
def test_marks_can_be_seen(tokens: Tokens, ink: Ink, ground: Ink) -> None:
    assert contrast(tokens[ink], tokens[ground]) >= 3.0


@MODES
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read_on_the_watermark(tokens: Tokens, ink: Ink, ground: Ink) -> None:
    if ground in (Ink.CANVAS, Ink.SURFACE, Ink.RAISED):
        marked = over(tokens.watermark, tokens[ground])
        assert marked != tokens[ground]
        assert contrast(tokens[ink], marked) >= 4.5


@MODES
@pytest.mark.parametrize("ground", [Ink.CANVAS, Ink.SURFACE, Ink.RAISED, Ink.TINT, Ink.HOVER])
def test_the_ring_of_the_focus_can_be_seen(tokens: Tokens, ground: Ink) -> None:
    assert contrast(tokens.accent, tokens[ground]) >= 3.0
    assert contrast(tokens.on_accent, tokens.accent) >= 3.0  # inside the primary button


def test_the_look_follows_the_desktop(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    theme = Theme(Mode.SYSTEM)
    theme.apply()
    assert not theme.dark
    monkeypatch.setattr(Theme, "dark", property(lambda _: True))
    with qtbot.waitSignal(theme.changed):
        QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert QApplication.palette().color(QPalette.ColorRole.Window) == DARK.canvas
    theme.choose(Mode.LIGHT)
    with qtbot.assertNotEmitted(theme.changed):  # chosen by hand, it stays
        QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)


def test_mode_reaches_standard_widgets_at_once(qtbot: QtBot) -> None:
    theme = Theme(Mode.LIGHT)
    theme.apply()
    with qtbot.waitSignal(theme.changed):
        theme.turn()
    assert theme.dark
    window = QApplication.palette().color(QPalette.ColorRole.Window)
    assert window == DARK.canvas


def test_only_the_theme_names_a_colour() -> None:
    root = Path(__file__).parents[2] / "ui"
    for path in root.rglob("*.py"):
        if path.name == "theme.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not QColor.isValidColorName(node.value) or not node.value.startswith("#"), (
                    f"{path.name}:{node.lineno} names a colour"
                )
                assert "color:" not in node.value, f"{path.name}:{node.lineno} is a style sheet"
