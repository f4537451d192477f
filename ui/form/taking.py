"""Taking up: a form saved under a former definition, and typing that was set aside with one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mrd_desktop.record.errors import Cause
from mrd_desktop.texts import Text
from ui.form import words
from ui.form.view import FormView
from ui.theme import Ink


class Taking(QObject):
    """One button at the foot of a form, and what stands beside it.

    Signals:
        wanted: the form is to be taken up under the definition in force.
    """

    wanted = Signal()

    def __init__(self, view: FormView) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        view.foot.take_wanted.connect(self.take)

    @property
    def possible(self) -> bool:
        """There is something to take up."""
        aside = self._entry.aside
        fits = aside is not None and aside.count > 0 and self._entry.read_only is None
        return self._entry.read_only is Cause.FORMER or fits

    def show(self) -> None:
        """Say in whose words the form stands, what asks for more, and what is set aside."""
        entry, view = self._entry, self._view
        mark = words.FORMER_MARK.filled(version=entry.study.version) if entry.former else ""
        view.head.edition.show_text(mark)
        view.foot.take.setVisible(self.possible)
        told = self._told()
        if told is not None:
            view.say(told, Ink.ACCENT)
        now = entry.session.study.version
        former = entry.read_only is Cause.FORMER
        view.foot.take.show_text(words.TAKE_UP.filled(version=now) if former else words.TAKE_ASIDE)

    def _told(self) -> Text | None:
        entry = self._entry
        now = entry.session.study.version
        if entry.read_only is Cause.FORMER:
            said = words.FORMER_ASKS if entry.asks else words.FORMER
            return said.filled(version=entry.study.version, now=now, n=entry.asks)
        if entry.read_only is not None:
            return None
        aside = entry.aside
        if aside is not None and aside.count:
            return words.ASIDE.filled(version=aside.version, n=aside.count)
        if aside is not None and aside.left:
            return words.ASIDE_WAITS.filled(version=aside.version, n=aside.left)
        if any(entry.leads(f) for f in entry.findings()):
            return words.NEWLY.filled(version=now)
        return None

    def take(self) -> None:
        """Take up the form, or the typing."""
        if not self.possible:
            return
        if self._entry.read_only is Cause.FORMER:
            self.wanted.emit()
            return
        self._view.apply(self._entry.take_aside(), anew=True)
        self.show()
        self._view.say(words.ASIDE_TAKEN, Ink.ACCENT)
        self._view.show_draft()
