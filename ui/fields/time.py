"""Times of day."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mrd_desktop.study.model import Item
from ui.context import Context
from ui.fields.advance import Advance, time_is_full
from ui.fields.editor import Editor


class TimeEditor(Editor):
    """A time of 24 hours, typed as four digits or with a colon."""

    def __init__(
        self, context: Context, item: Item, parent: QWidget | None = None, *, advance: Advance
    ) -> None:
        super().__init__(context, item, parent)
        self._advance = advance

    def is_full(self, shown: str) -> bool:
        """Hours and minutes are there."""
        return self._advance.fixed and time_is_full(shown)
