"""What an open pop-up does with keys: they are all its own, but the one that locks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

_CTRL = Qt.KeyboardModifier.ControlModifier


def keeps(event: QEvent) -> bool:
    """A key comes to the pop-up before any shortcut of the page behind it is looked for."""
    if not isinstance(event, QKeyEvent) or event.type() is not QEvent.Type.ShortcutOverride:
        return False
    if event.key() == Qt.Key.Key_L and event.modifiers() == _CTRL:
        return False
    event.accept()
    return True
