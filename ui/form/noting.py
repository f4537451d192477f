"""A note at the field of the caret, written in a line; read with the history of the field."""

from __future__ import annotations

from mrd_desktop.errors import MrdError
from mrd_desktop.record.drafts import Line
from mrd_desktop.record.notes import LONGEST, NOT_THERE, Notes
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Text
from ui.form import words
from ui.form.caret import Caret
from ui.form.saying import SayingLine
from ui.form.view import FormView
from ui.theme import Ink


class Noting(SayingLine):
    """F5 of one form."""

    kind = Line.NOTE

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view, caret, words.NOTE_PRIVACY)
        self._notes = Notes(view.entry.session)
        self._at: ItemKey | None = None
        self._left: dict[ItemKey, str] = {}
        self.line.line.setMaxLength(LONGEST)

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
        if not self._notes.takes(here):
            self._view.say(NOT_THERE, Ink.SOFT)
            return
        self._at = here
        label, prompt = self._view.entry.field(here).item.text, words.NOTE_SO
        text = Text(prompt.en.format(label=label.en), prompt.zh.format(label=label.zh))
        self.line.ask(text, self._left.get(here, ""))

    def stop(self) -> None:
        """Esc keeps what was typed for the next F5 at the field."""
        if self._at is not None:
            self._left[self._at] = self.line.words()
        self._at = None
        super().stop()

    def take(self) -> None:
        """Write the note."""
        if self._at is None:
            return
        try:
            self._notes.add(self._at, self.line.words())
        except MrdError as refused:
            self._view.say(refused.text, Ink.HARD)
            return
        self._view.refresh_remarks()
        self._view.say(words.NOTE_KEPT, Ink.GOOD)
        self._left.pop(self._at, None)
        self._at = None
        self.stop()
