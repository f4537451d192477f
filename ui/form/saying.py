"""Words typed in a line at the foot of a form: kept with the draft, taken before Save."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from mrd_desktop.record.drafts import Line, Saying
from mrd_desktop.record.views import Change
from mrd_desktop.texts import Text
from ui.ask_line import WordsLine
from ui.form.caret import Caret
from ui.form.view import FormView


class SayingLine(QObject):
    """What the lines for notes, explanations and paper have in common; each asks and takes its way.

    Attributes:
        line: where the words are typed.
    """

    kind: Line

    def __init__(self, view: FormView, caret: Caret, hint: Text | None = None) -> None:
        super().__init__(view)
        self._view = view
        self._caret = caret
        self.line = WordsLine(view.context, hint)
        self.line.hide()
        self.line.typed.connect(self._typed)
        self.line.answered.connect(self.take)
        self.line.left.connect(self.stop)

    def ask(self) -> None:
        """Show the line for the field of the caret."""

    def take(self) -> None:
        """Do what the words are for, and :meth:`stop`; a refusal leaves the line open."""

    def stop(self) -> None:
        """Nothing more is asked; back to the field."""
        self._view.entry.saying = None
        self.line.hide()
        self._caret.return_here()

    def settled(self) -> bool:
        """Take what was typed and not confirmed, before Save; False where it is refused."""
        if self.line.isHidden():
            return True
        if self._view.entry.saying is None:
            self.stop()
        else:
            self.take()
        return self.line.isHidden()

    def resume(self) -> None:
        """Come back to words that were kept with the draft."""
        said = self._view.entry.saying
        if said is None or said.line is not self.kind:
            return
        self.ask()
        if self.line.isHidden():
            self._view.entry.saying = None
            return
        self.line.line.setText(said.words)
        QTimer.singleShot(0, self.line.line, self.line.line.setFocus)

    def _typed(self, words: str) -> None:
        self._view.entry.saying = Saying(self.kind, words) if words.strip() else None
        self._view.changed.emit(Change())
