"""The day on the paper record, where a form is keyed later than it was written."""

from __future__ import annotations

from mrd_desktop.errors import MrdError
from mrd_desktop.record.drafts import Line
from ui.form import words
from ui.form.caret import Caret
from ui.form.saying import SayingLine
from ui.form.view import FormView
from ui.theme import Ink


class FromPaper(SayingLine):
    """F11 of one form: day and reference."""

    kind = Line.PAPER

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view, caret, words.PAPER_HINT)
        self._entry = view.entry

    def ask(self) -> None:
        """Ask for the day on the paper; an empty answer takes it back."""
        if self._entry.read_only is not None:
            return
        paper = self._entry.paper
        standing = f"{paper.day} {paper.reference}".strip() if paper else ""
        self.line.ask(words.PAPER_SO, standing)

    def take(self) -> None:
        """Note the day, or take it back."""
        try:
            change = self._entry.transcribe(self.line.words())
        except MrdError as refused:
            self._view.say(refused.text, Ink.HARD)
            return
        self._view.apply(change)
        if self._entry.paper is not None:
            self._view.say(words.PAPER_TAKEN)
        self.stop()
