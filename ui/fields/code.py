"""One code of a list."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mrd_desktop.record.views import FieldView
from mrd_desktop.study.model import Item
from ui.context import Context
from ui.fields.advance import Advance
from ui.fields.choices import Choices
from ui.fields.editor import Editor


class CodeEditor(Editor):
    """Typed by key or by code; the form always reads the code."""

    def __init__(
        self, context: Context, item: Item, parent: QWidget | None = None, *, advance: Advance
    ) -> None:
        super().__init__(context, item, parent)
        assert item.codelist is not None
        self.choices = Choices(item.codelist)
        self._advance = advance

    @property
    def waits(self) -> bool:
        """No longer than some code begins with the text: ``2.5`` is a number in the wrong place."""
        return self.busy and self.choices.begins(self.text())

    def reads(self, shown: str) -> str:
        """The code the text stands for, or the text."""
        found = self.choices.find(shown)
        return found.code.code if found else shown

    def face(self, view: FieldView) -> str:
        """The key of the code, so that a page full of codes stays a column of digits."""
        text = super().face(view)
        found = self.choices.of(text)
        return found.key if found else text

    def is_full(self, shown: str) -> bool:
        """The code is certain."""
        return self._advance.fixed and self.choices.is_full(shown)
