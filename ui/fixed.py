"""Type of which every letter is as wide as any other: for what is compared letter by letter."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase

from ui.context import Context
from ui.theme import Type

_KNOWN = (
    "Cascadia Mono",
    "Consolas",
    "Menlo",
    "Noto Sans Mono",
    "DejaVu Sans Mono",
    "Liberation Mono",
)


def fixed_font(context: Context, size: int = Type.BODY) -> QFont:
    """The first one that this computer has; what it lacks comes from the program's own type."""
    known = set(QFontDatabase.families())
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font = QFont([*(f for f in _KNOWN if f in known), system.family(), *context.font().families()])
    font.setPixelSize(size)
    return font
