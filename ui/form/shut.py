"""While the caret is in a section that consent closes, the foot of the form says why."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mrd_desktop.study.address import ItemKey
from ui.form import words
from ui.form.view import FormView


class Shut(QObject):
    """The closed sections of one form; the sentence above each may have scrolled out of sight."""

    def __init__(self, view: FormView) -> None:
        super().__init__(view)
        self._view = view
        self._said = False
        view.body.entered.connect(self._entered)

    def _entered(self, key: ItemKey) -> None:
        why = self._view.body.shut.get(key.row.group)
        if why is not None and self._view.entry.read_only is None:
            self._view.say(words.SHUT)
            self._said = True
        elif self._said:
            self._view.say("")
            self._said = False
