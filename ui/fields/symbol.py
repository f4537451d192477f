"""Symbols, as those of genes: a text in plain capitals."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mrd_desktop.study.model import Item
from ui.context import Context
from ui.fields.choices import narrow
from ui.fields.editor import Editor


def symbol(text: str) -> str:
    """A typed text as a symbol."""
    return narrow(text).upper()


class SymbolEditor(Editor):
    """Small letters become capitals as they are typed."""

    def __init__(self, context: Context, item: Item, parent: QWidget | None = None) -> None:
        super().__init__(context, item, parent)
        self.setMaxLength(item.type.length or 32767)
        self.setInputMethodHints(self.inputMethodHints() | Qt.InputMethodHint.ImhPreferUppercase)

    def tidy(self, text: str) -> str:
        """Plain capitals."""
        return symbol(text)
