"""Numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mrd_desktop.study.limits import ANY, Range
from mrd_desktop.study.model import Item, Kind
from ui.context import Context
from ui.fields.advance import Advance, number_is_full
from ui.fields.editor import Editor


class NumberEditor(Editor):
    """A number as typed; ``legal`` is what its hard range lets pass."""

    def __init__(
        self,
        context: Context,
        item: Item,
        parent: QWidget | None = None,
        *,
        advance: Advance,
        legal: Range = ANY,
    ) -> None:
        super().__init__(context, item, parent)
        self._advance = advance
        signed = legal.low is not None and legal.low < 0
        hints = Qt.InputMethodHint
        digits = item.type.kind is Kind.INTEGER and not signed
        shape = hints.ImhDigitsOnly if digits else hints.ImhFormattedNumbersOnly
        self.setInputMethodHints(self.inputMethodHints() | shape)
        self._legal = legal

    def is_full(self, shown: str) -> bool:
        """Only where the user wants numbers to be left by themselves."""
        return self._advance.numbers and number_is_full(self.item.type, self._legal, shown)
