"""Keys that mean the same on every page."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QWidget

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ALL: Final = 1_000_000
"""More rows than any list has."""


def walked(event: QKeyEvent, page: int, *, typing: bool = False) -> int:
    """How many rows down a key goes in a list, up below 0; 0 where it is no key for walking.

    Args:
        page: rows that are in sight at once; one of them stays in sight.
        typing: the list stands below a field, to which Home and End belong without Ctrl.
    """
    held = event.modifiers()
    if held & Qt.KeyboardModifier.AltModifier:
        return 0
    over = max(page - 1, 1)
    steps = {
        Qt.Key.Key_Down: 1,
        Qt.Key.Key_Up: -1,
        Qt.Key.Key_PageDown: over,
        Qt.Key.Key_PageUp: -over,
    }
    if not typing or held & Qt.KeyboardModifier.ControlModifier:
        steps |= {Qt.Key.Key_Home: -_ALL, Qt.Key.Key_End: _ALL}
    return steps.get(Qt.Key(event.key()), 0)


def presses(page: QWidget, event: QKeyEvent) -> bool:
    """Enter on a button presses it, as Space does; whether it did."""
    focused = page.focusWidget()
    if event.key() not in ENTER or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return False
    if not isinstance(focused, QAbstractButton) or isinstance(focused, QCheckBox):
        return False
    focused.click()
    return True
