"""From a finding to the other data points it looked at."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from mrd_desktop.record.places import Place
from mrd_desktop.study.address import ItemKey
from ui.context import Context
from ui.form import words
from ui.form.caret import Caret
from ui.form.told import place_text
from ui.form.view import FormView
from ui.widgets.picklist import Option, PickList


class Places(QObject):
    """The data points that a finding looked at, of which one is gone to.

    Signals:
        place_wanted: the data point to go to.
    """

    place_wanted = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._offered: dict[str, ItemKey] = {}

    def go(self, found: Sequence[Place], anchor: QWidget) -> None:
        """To the only one, or to one picked among several."""
        if len(found) == 1:
            self.place_wanted.emit(found[0].key)
            return
        self._offered = {str(n): p.key for n, p in enumerate(found, 1)}
        options = [
            Option(str(n), place_text(p, value=True), str(n)) for n, p in enumerate(found, 1)
        ]
        pick = PickList(self._context, words.WHERE, options, anchor)
        pick.chosen.connect(self._picked)
        pick.open_at(anchor)

    def _picked(self, number: str) -> None:
        self.place_wanted.emit(self._offered[number])


class Jumping(QObject):
    """Ctrl+G of one form.

    Signals:
        place_wanted: the data point to go to.
    """

    place_wanted = Signal(object)

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view)
        self._view = view
        self._caret = caret
        self._places = Places(view.context, self)
        self._places.place_wanted.connect(self.place_wanted)

    def go(self) -> None:
        """To the one other data point, or to one picked among several.

        In a form or section that consent closes they are those that close it.
        """
        view, here = self._view, self._caret.here
        editor = view.body.editor(here) if here is not None else None
        found = view.entry.closers(here.row.group if here is not None else None)
        if not found and here is not None and editor is not None:
            found = view.elsewhere(here)
        if not found:  # a closed section without rows has no field for the caret
            found = next((p for g in view.body.shut if (p := view.entry.closers(g))), ())
        if found:
            self._places.go(found, editor or view.foot.message)
        else:
            self._view.say(words.NOWHERE)
