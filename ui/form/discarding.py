"""Giving up what was typed and not saved: asked in a line that says what is lost."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from mrd_desktop.errors import MrdError
from mrd_desktop.record.unsaved import Unsaved
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Text
from ui.ask_line import ConsentLine
from ui.form import words
from ui.form.caret import Caret
from ui.form.saying import SayingLine
from ui.form.view import FormView
from ui.theme import Ink

_NAMED = 3


class Discarding(QObject):
    """Ctrl+Shift+Del of one form.

    What consent keeps from being saved is given up first, for nobody can take it back by typing;
    where there is none of it, all that is typed in the form and not saved.

    Attributes:
        line: where it is asked.

    Signals:
        discarded: the draft of the form is gone, or holds less.
    """

    discarded = Signal()

    def __init__(self, view: FormView, caret: Caret, saying: Sequence[SayingLine]) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        self._caret = caret
        self._saying = saying
        self.line = ConsentLine(view.context, words.DISCARD_KEYS)
        self.line.hide()
        self.line.answered.connect(self._discard)
        self.line.left.connect(self.stop)
        view.foot.discard_wanted.connect(self.ask)
        view.changed.connect(self.show)

    @property
    def waits(self) -> bool:
        """Something typed can neither be saved now nor be taken back by typing."""
        entry = self._entry
        return bool(entry.unsaved() if entry.read_only is not None else entry.stuck())

    def show(self) -> None:
        """Offer it at the foot where nothing else leads out; say so in a section that is closed."""
        entry, view = self._entry, self._view
        view.foot.discard.setVisible(self.waits)
        view.body.show_stuck({name for name in view.body.shut if entry.stuck(name)})

    def ask(self) -> None:
        """Say what would be lost, and wait for a yes."""
        stuck = self._entry.stuck()
        lost = stuck or self._entry.unsaved()
        if not lost:
            self._view.say(words.NOTHING_UNSAVED)
            return
        ask = words.DISCARDS_STUCK if stuck else words.DISCARDS
        self.line.ask(ask.filled(what=self._named(lost)))

    def stop(self) -> None:
        """Esc: everything stays."""
        self.line.hide()
        self._caret.return_here()

    def _discard(self) -> None:
        entry, view = self._entry, self._view
        for saying in self._saying:
            if not saying.line.isHidden():
                saying.stop()
        try:
            if entry.stuck():
                view.apply(entry.discard_stuck(), anew=True)
            else:
                entry.discard()
                view.show_anew()
        except MrdError as refused:  # locked meanwhile, or no room on the disk
            self.stop()
            view.say(refused.text, Ink.HARD)
            return
        self.stop()
        self.show()
        view.show_draft()
        why = view.why_quiet()
        view.say(words.DISCARDED_CLOSED.filled(why=why) if why else words.DISCARDED, Ink.GOOD)
        self.discarded.emit()

    def _named(self, lost: Unsaved) -> Text:
        values = words.LOST_VALUES.filled(n=len(lost.keys))
        if lost.keys:
            values = words.LOST_NAMED.filled(what=values, labels=self._labels(lost.keys))
        parts = [values] if lost.keys else []
        parts += [words.LOST_ROWS.filled(n=lost.rows)] if lost.rows else []
        parts += [words.LOST_WORDS.filled(n=lost.words)] if lost.words else []
        return Text("; ".join(p.en for p in parts), "；".join(p.zh for p in parts))

    def _labels(self, keys: Sequence[ItemKey]) -> Text:
        groups = self._entry.form.by_group
        labels = [groups[k.row.group].by_name[k.item].text for k in keys[:_NAMED]]
        named = Text(", ".join(x.en for x in labels), "、".join(x.zh for x in labels))
        return words.AND_MORE.filled(labels=named) if len(keys) > _NAMED else named
