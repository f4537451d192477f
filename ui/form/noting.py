"""A note at the field of the caret, written in a line; read with the history of the field."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mrd_desktop.errors import MrdError
from mrd_desktop.record.notes import LONGEST, Notes
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Text
from ui.ask_line import WordsLine
from ui.form import words
from ui.form.caret import Caret
from ui.form.view import FormView
from ui.theme import Ink


class Noting(QObject):
    """F5 of one form.

    Attributes:
        line: where the words are typed.
    """

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view)
        self._view = view
        self._caret = caret
        self._notes = Notes(view.entry.session)
        self._at: ItemKey | None = None
        self.line = WordsLine(view.context, words.NOTE_PRIVACY)
        self.line.line.setMaxLength(LONGEST)
        self.line.hide()
        self.line.answered.connect(self._written)
        self.line.left.connect(self.stop)

    @property
    def allowed(self) -> bool:
        """The user may write notes; a second entry, whose rows are its own, takes none."""
        entry = self._view.entry
        return not entry.blind and entry.session.allows("note.add")

    def ask(self) -> None:
        """Let a note be written at the field of the caret."""
        here = self._caret.here
        if here is None or not self.allowed:
            return
        self._at = here
        label, prompt = self._view.entry.field(here).item.text, words.NOTE_SO
        text = Text(prompt.en.format(label=label.en), prompt.zh.format(label=label.zh))
        self.line.ask(text, "")

    def stop(self) -> None:
        """Back to the field."""
        self.line.hide()
        self._caret.return_here()

    def _written(self) -> None:
        if self._at is None:
            return
        try:
            self._notes.add(self._at, self.line.words())
        except MrdError as refused:
            self._view.say(refused.text, Ink.HARD)
            return
        self._view.refresh_remarks()
        self._view.say(words.NOTE_KEPT, Ink.GOOD)
        self.stop()
