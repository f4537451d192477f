"""Keys that mean the same on every page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QWidget

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def presses(page: QWidget, event: QKeyEvent) -> bool:
    """Enter on a button presses it, as Space does; whether it did."""
    focused = page.focusWidget()
    if event.key() not in ENTER or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return False
    if not isinstance(focused, QAbstractButton) or isinstance(focused, QCheckBox):
        return False
    focused.click()
    return True
