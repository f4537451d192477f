"""What is said about a field in a line: why a finding may stand, the answer to a question."""

from __future__ import annotations

from PySide6.QtCore import Signal

from mrd_desktop.errors import MrdError
from mrd_desktop.record.drafts import Line
from mrd_desktop.record.queries import QueryLine
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.model import Severity
from mrd_desktop.texts import Text
from ui.form import words
from ui.form.caret import Caret
from ui.form.saying import SayingLine
from ui.form.view import FormView
from ui.theme import Ink


class Answering(SayingLine):
    """F6 of one form.

    Signals:
        answered: a query has its answer.
    """

    kind = Line.ANSWER
    answered = Signal()

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view, caret)
        self._entry = view.entry
        self._finding: Finding | None = None
        self._query: QueryLine | None = None

    def ask(self) -> None:
        """Explain the soft finding at the caret, or answer the monitor's question."""
        here = self._caret.here
        if here is None:
            return
        view, remarks = self._entry.field(here), self._view.remarks
        softs = [f for f in view.findings if f.check.severity is Severity.SOFT]
        open_ones = (f for f in softs if not remarks.explanation(f))
        soft = next(open_ones, softs[0] if softs else None)
        query = remarks.open_query(view, None) or remarks.open_query(view, soft)
        if query is not None and not remarks.may_answer:
            self._view.say(words.NOT_TO_ANSWER)
            return
        if query is None and (soft is None or self._entry.read_only is not None):
            self._view.say(words.HARD_STAYS if view.findings else words.NO_FINDING)
            return
        self._finding = soft
        self._query = query
        prompt = words.WHY_SO if query is None or query.check else words.ANSWER_SO
        label = view.item.text
        standing = remarks.explanation(soft) if soft is not None and query is None else ""
        self.line.ask(
            Text(prompt.en.format(label=label.en), prompt.zh.format(label=label.zh)), standing
        )

    def stop(self) -> None:
        """Nothing more is asked; back to the field."""
        self._finding = None
        self._query = None
        super().stop()

    def take(self) -> None:
        """Answer the question, or explain the finding."""
        said = self.line.words()
        if self._query is not None:
            try:
                self._view.remarks.answer(self._query, said)
            except MrdError as refused:
                self._view.say(refused.text, Ink.HARD)
                return
            self._view.say(words.ANSWERED, Ink.GOOD)
            self.answered.emit()
        elif self._finding is not None:
            try:
                self._view.apply(self._entry.explain(self._finding, said))
            except MrdError as refused:
                self._view.say(refused.text, Ink.HARD)
                return
        if self._caret.here is not None:
            self._view.refresh(self._caret.here)
        self.stop()
