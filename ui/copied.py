"""What was copied in this program: kept out of clipboard histories, and gone after a while."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QGuiApplication

KEPT_FOR: Final = 30_000
"""Milliseconds after which what was copied here leaves the clipboard."""

_NO: Final = bytes(4)
_WINDOWS: Final = 'application/x-qt-windows-mime;value="{}"'
_KDE: Final = "x-kde-passwordManagerHint"
BARS: Final = {
    _WINDOWS.format("ExcludeClipboardContentFromMonitorProcessing"): _NO,
    _WINDOWS.format("CanIncludeInClipboardHistory"): _NO,
    _WINDOWS.format("CanUploadToCloudClipboard"): _NO,
    _KDE: b"secret",
}
"""Formats by which histories of Windows, its cloud and KDE are told to pass it over."""


class Copied(QObject):
    """Knows whether what lies in the clipboard came from a window of this program."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._here = self._barring = False
        self._board = QGuiApplication.clipboard()
        self._board.dataChanged.connect(self._changed)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(KEPT_FOR)
        self.timer.timeout.connect(self.forget)

    def forget(self) -> None:
        """Empty the clipboard of what was copied here; what came from elsewhere stays."""
        if self._here:
            self._board.clear()
            self._here = False
        self.timer.stop()

    def _changed(self) -> None:
        if self._barring:
            return
        self._here = QGuiApplication.focusWindow() is not None
        self.timer.stop()
        found = self._board.mimeData()
        if self._here and found is not None and found.formats():
            if not found.hasFormat(_KDE):  # laid there by this program already
                self._bar(found)
            self.timer.start()

    def _bar(self, found: QMimeData) -> None:
        """Lay the same back, with the formats that bar histories."""
        barred = QMimeData()
        for name in found.formats():
            barred.setData(name, found.data(name))
        if found.hasText():
            barred.setText(found.text())
        if found.hasImage():
            barred.setImageData(found.imageData())
        for name, data in BARS.items():
            barred.setData(name, data)
        self._barring = True
        try:
            self._board.setMimeData(barred)
        finally:
            self._barring = False
