"""Free text."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from mrd_desktop.study.model import Item, Phi
from ui.context import Context
from ui.fields.editor import Editor

_DIGITS: Final = {ord("０") + n: ord("0") + n for n in range(10)}


class TextEditor(Editor):
    """A text of limited length; identifying ones are kept out of the input method's memory.

    Digits of an identifying one become plain ones as they are typed: a telephone number with the
    wide digits of an input method looks right and is none. All other signs stay as they are typed.
    """

    plain = False

    def tidy(self, text: str) -> str:
        """Plain digits where somebody is identified."""
        return text.translate(_DIGITS) if self.item.phi is Phi.DIRECT else text

    def __init__(self, context: Context, item: Item, parent: QWidget | None = None) -> None:
        super().__init__(context, item, parent)
        self.setMaxLength(item.type.length or 32767)
        if item.phi is Phi.DIRECT:
            self.setInputMethodHints(
                Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData
            )
