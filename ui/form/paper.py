"""The day on the paper record, where a form is keyed later than it was written."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mrd_desktop.errors import MrdError
from ui.ask_line import WordsLine
from ui.form import words
from ui.form.caret import Caret
from ui.form.view import FormView
from ui.theme import Ink


class FromPaper(QObject):
    """F11 of one form.

    Attributes:
        line: where day and reference are typed.
    """

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        self._caret = caret
        self.line = WordsLine(view.context, words.PAPER_HINT)
        self.line.hide()
        self.line.answered.connect(self._answered)
        self.line.left.connect(self.stop)

    def ask(self) -> None:
        """Ask for the day on the paper; an empty answer takes it back."""
        if self._entry.read_only is not None:
            return
        paper = self._entry.paper
        standing = f"{paper.day} {paper.reference}".strip() if paper else ""
        self.line.ask(words.PAPER_SO, standing)

    def stop(self) -> None:
        """Back to the field."""
        self.line.hide()
        self._caret.return_here()

    def _answered(self) -> None:
        try:
            change = self._entry.transcribe(self.line.words())
        except MrdError as refused:
            self._view.say(refused.text, Ink.HARD)
            return
        self._view.apply(change)
        if self._entry.paper is not None:
            self._view.say(words.PAPER_TAKEN)
        self.stop()
