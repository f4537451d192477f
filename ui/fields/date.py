"""Dates, whole or partial."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mrd_desktop.study.model import Item
from ui.context import Context
from ui.fields.advance import Advance, date_is_full
from ui.fields.editor import Editor


class DateEditor(Editor):
    """Keeps what is half typed; shows the canonical date once the field is left."""

    def __init__(
        self, context: Context, item: Item, parent: QWidget | None = None, *, advance: Advance
    ) -> None:
        super().__init__(context, item, parent)
        self._advance = advance

    def is_full(self, shown: str) -> bool:
        """A whole date, or ``t`` and ``=``."""
        return self._advance.fixed and date_is_full(shown)
