"""Free text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mrd_desktop.study.model import Item, Phi
from ui.context import Context
from ui.fields.editor import Editor


class TextEditor(Editor):
    """A text of limited length; identifying ones are kept out of the input method's memory."""

    plain = False

    def __init__(self, context: Context, item: Item, parent: QWidget | None = None) -> None:
        super().__init__(context, item, parent)
        self.setMaxLength(item.type.length or 32767)
        if item.phi is Phi.DIRECT:
            self.setInputMethodHints(
                Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData
            )
