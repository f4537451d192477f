"""A change that hides filled fields is asked about before Save may clear them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Text
from ui.ask_line import ConsentLine
from ui.form import words
from ui.form.caret import Caret
from ui.form.view import FormView

_NAMED = 3


class Hiding(QObject):
    """The question of one form.

    Attributes:
        line: where it is asked.
    """

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        self._caret = caret
        self._agreed: frozenset[ItemKey] = frozenset()
        self._before: ItemKey | None = None
        self.line = ConsentLine(view.context, words.HIDES_KEYS)
        self.line.hide()
        self.line.answered.connect(self._agree)
        self.line.left.connect(self.take_back)
        view.body.left.connect(self._left)
        view.changed.connect(self._changed)

    def settled(self) -> bool:
        """Nothing is left to ask; else it is asked now."""
        if self._open():
            self._ask()
        return not self._open()

    def take_back(self) -> None:
        """Esc: undo what hid the fields, and go back to where it was done."""
        self._view.apply(self._entry.unhide(self._open()), anew=True)
        self._close()
        if self._before is not None:
            self._caret.focus(self._before)

    def _open(self) -> frozenset[ItemKey]:
        """Filled fields that are hidden and were not agreed to."""
        return frozenset(self._entry.hidden()) - self._agreed

    def _left(self, key: ItemKey) -> None:
        if self._open() and self.line.isHidden():
            self._before = key
            QTimer.singleShot(0, self, self._ask_again)  # once the next field has the caret

    def _ask_again(self) -> None:
        if self._open():
            self._ask()

    def _ask(self) -> None:
        keys = [k for k in self._entry.hidden() if k in self._open()]
        labels = [self._entry.field(k).item.text for k in keys[:_NAMED]]
        named = Text(", ".join(x.en for x in labels), "、".join(x.zh for x in labels))
        if len(keys) > _NAMED:
            more = words.AND_MORE
            named = Text(more.en.format(labels=named.en), more.zh.format(labels=named.zh))
        ask = words.HIDES
        self.line.ask(
            Text(
                ask.en.format(n=len(keys), labels=named.en),
                ask.zh.format(n=len(keys), labels=named.zh),
            )
        )

    def _agree(self) -> None:
        self._agreed = frozenset(self._entry.hidden())
        self._close()
        self._caret.return_here()

    def _close(self) -> None:
        self.line.hide()

    def _changed(self) -> None:
        """What was undone needs no answer; what is hidden anew is asked about anew."""
        self._agreed &= frozenset(self._entry.hidden())
        if not self._open() and not self.line.isHidden():
            self._close()
            self._caret.return_here()
