"""What was copied in this program: it leaves the clipboard when the session locks or ends."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication


class Copied(QObject):
    """Knows whether what lies in the clipboard came from a window of this program."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._here = False
        self._board = QGuiApplication.clipboard()
        self._board.dataChanged.connect(self._changed)

    def _changed(self) -> None:
        self._here = QGuiApplication.focusWindow() is not None

    def forget(self) -> None:
        """Empty the clipboard of what was copied here; what came from elsewhere stays."""
        if self._here:
            self._board.clear()
            self._here = False
