"""Several codes of a list."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mrd_desktop.record.views import FieldView
from mrd_desktop.study.model import Item
from ui.context import Context
from ui.fields.choices import Choices
from ui.fields.editor import Editor


class CodesEditor(Editor):
    """Keys or codes with blanks or commas between; the form reads codes joined by ``;``."""

    def __init__(self, context: Context, item: Item, parent: QWidget | None = None) -> None:
        super().__init__(context, item, parent)
        assert item.codelist is not None
        self.choices = Choices(item.codelist)

    def reads(self, shown: str) -> str:
        """The codes the text stands for."""
        return self.choices.codes(shown)

    def face(self, view: FieldView) -> str:
        """The keys of the codes."""
        if view.answer is not None and view.answer.value is not None:
            return self.choices.keys(view.answer.text)
        return "" if view.missing else self.choices.keys(view.text)
