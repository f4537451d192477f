"""A password can be shown by who types it, and for no longer (C.7, ASVS 6.2.7)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Text
from mrd_desktop.vault.passwords import accepted
from ui.context import Context
from ui.pages.sign_in import suggest_into
from ui.widgets.asked import Asked, SecretLine


def shown(qtbot: QtBot, context: Context) -> tuple[QWidget, Asked, Asked]:
    window = QWidget()
    column = QVBoxLayout(window)
    both = [Asked(context, Text(name, name), secret=True) for name in ("a", "b")]
    for one in both:
        column.addWidget(one)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    both[0].line.setFocus()
    qtbot.waitUntil(both[0].line.hasFocus)
    return window, both[0], both[1]


def test_the_eye_shows_until_the_caret_leaves(qtbot: QtBot, context: Context) -> None:
    _window, first, second = shown(qtbot, context)
    line = first.line
    assert isinstance(line, SecretLine)
    qtbot.keyClicks(line, "synthetic")
    assert line.is_hidden and "synthetic" not in line.displayText()
    line.eye.trigger()
    assert line.displayText() == "synthetic"
    second.line.setFocus()
    qtbot.waitUntil(lambda: line.is_hidden)
    line.setFocus()
    assert line.is_hidden, "coming back shows nothing by itself"
    qtbot.keyClick(line, Qt.Key.Key_F8)
    assert not line.is_hidden
    qtbot.keyClick(line, Qt.Key.Key_F8)
    assert line.is_hidden and first.text == "synthetic"
    assert not line.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_a_suggestion_is_shown_and_typed_once_more(qtbot: QtBot, context: Context) -> None:
    _window, first, second = shown(qtbot, context)
    second.line.setText("something else")
    suggest_into(first, second)
    line = first.line
    assert isinstance(line, SecretLine)
    assert not line.is_hidden and line.displayText() == first.text
    assert accepted(first.text, training=False) == first.text
    assert second.text == ""
    second.line.setFocus()
    qtbot.waitUntil(lambda: line.is_hidden)
