"""Tips are plain text: what somebody typed is shown as typed, not read as markup by Qt."""

from __future__ import annotations

from PySide6.QtGui import Qt


def tip(text: str) -> str:
    """What to give to Qt as the tip of a widget or a cell, so that it shows exactly this text."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
