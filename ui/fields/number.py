"""Numbers."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtWidgets import QWidget

from mrd_desktop.study.model import Item
from ui.context import Context
from ui.fields.advance import Advance, number_is_full
from ui.fields.editor import Editor


class NumberEditor(Editor):
    """A number as typed; ``highest`` is its highest legal value where one is known."""

    def __init__(
        self,
        context: Context,
        item: Item,
        parent: QWidget | None = None,
        *,
        advance: Advance,
        highest: Decimal | None = None,
    ) -> None:
        super().__init__(context, item, parent)
        self._advance = advance
        self._highest = highest

    def is_full(self, shown: str) -> bool:
        """Only where the user wants numbers to be left by themselves."""
        return self._advance.numbers and number_is_full(self.item.type, self._highest, shown)
