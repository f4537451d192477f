"""Where the caret of a form is, and how keys move it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Kind
from ui.form import words
from ui.form.view import FormView
from ui.theme import Size

_CODES = (Kind.CODE, Kind.CODES)


class Caret(QObject):
    """The caret of one form.

    A field that appears because of a number or a date just typed comes unforeseen: whoever types
    a column of numbers has the next one on the fingers, and its first digit may be a code here.
    Until such a field has been answered once it is left by a key alone, and only with a value.
    What a code makes appear is foreseen: the question was answered with yes.

    Signals:
        ended: a key asked for the field after the last one.
    """

    ended = Signal()

    def __init__(self, view: FormView) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        self._body = view.body
        self._landed: ItemKey | None = None
        self._known: frozenset[ItemKey] = frozenset()
        self._unforeseen: set[ItemKey] = set()
        self._told: tuple[ItemKey, str] | None = None
        view.changed.connect(self._changed)
        view.body.placed.connect(self._grown)
        view.body.left.connect(self._left)
        view.body.entered.connect(self._entered)
        view.body.stepped.connect(self._stepped)
        view.body.full.connect(self._full)

    @property
    def here(self) -> ItemKey | None:
        """The data point that has the caret, or had it last."""
        return self._entry.caret

    def focus(self, key: ItemKey, *, back: bool = False) -> None:
        """Put the caret into a field; one come back to keeps its text from the next key."""
        editor = self._body.editor(key)
        if editor is not None:
            reasons = Qt.FocusReason
            editor.setFocus(reasons.OtherFocusReason if back else reasons.TabFocusReason)
            if not back:
                editor.selectAll()  # also where it had the focus already, or its window not yet

    def return_here(self) -> None:
        """Back to where the caret was, after a line was answered."""
        if self.here is not None:
            self.focus(self.here)

    def begin(self) -> None:
        """Put the caret where it was, else into the first field that is empty.

        Where nothing may be typed it is the first of all: such a form is read from its top.

        What stands there is selected, so that typing replaces it, unless it is half typed.
        """
        target = self.here if self.here in self._body.order else self.first_empty()
        if target is not None:
            view = self._body.views[target]
            back = bool(view.text) and view.answer is None  # half typed: the typing goes on
            QTimer.singleShot(0, self, lambda: self.focus(target, back=back))

    def meant(self) -> None:
        """Another key came after a field was left by itself: an Enter after it is meant."""
        self._landed = None

    def step(self, key: ItemKey, by: int) -> None:
        """To the field after (+1) or before (-1) another."""
        order = self._body.order
        if key not in order:
            return
        target = order.index(key) + by
        if target >= len(order):
            self.ended.emit()
        elif target >= 0:
            self.focus(order[target])

    def section(self, by: int) -> None:
        """To the section after or before: its first field, or where its first row is added."""
        sections, order = self._body.sections(), self._body.order
        adding = self._body.adding()
        if adding is not None:
            target = [name for name, _ in sections].index(adding) + by
        elif self.here in order:
            here = order.index(self.here)
            begun = [n for n, (_, k) in enumerate(sections) if k and order.index(k) <= here]
            inside = by < 0 and sections[begun[-1]][1] != self.here
            target = begun[-1] + (0 if inside else by)
        else:
            return
        if target >= len(sections):
            if order and adding is None:
                self.focus(order[-1])
            return
        name, first = sections[max(target, 0)]
        line = self._body.rows_line(name)
        if first is not None:
            self.focus(first)
        elif line is not None:
            line.add.setFocus(Qt.FocusReason.TabFocusReason)
            self._view.sheet.ensureWidgetVisible(line.add, Size.MARGIN, 2 * Size.FIELD)

    def first_empty(self) -> ItemKey | None:
        """The first field without an answer, else the first of all."""
        order = self._body.order
        body = self._body
        closed = body.shut if not body.read_only else {k.row.group for k in order}
        typed = (k for k in order if k.row.group not in closed)
        empty = (k for k in typed if body.views[k].answer is None)
        return next(empty, order[0] if order else None)

    def blocking(self) -> list[ItemKey]:
        """Fields that keep the form from being complete: a text that is no value, a hard finding.

        What the foot counts is this, and F3 goes through it.
        """
        views = self._body.views
        return [
            key for key in self._body.order
            if views[key].error is not None or any(f.check.blocks for f in views[key].findings)
        ]  # fmt: skip

    def next_problem(self) -> None:
        """F3: to the next field that keeps the form from being complete.

        Where there is none, to the next finding that nobody explained.
        """
        order, explained = self._body.order, self._view.remarks.explanation
        wanted = self.blocking() or [
            k for k in order if any(not explained(f) for f in self._body.views[k].findings)
        ]
        if not wanted:
            self._view.say(words.NOTHING_LEFT)
            return
        here = order.index(self.here) if self.here in order else -1
        self.focus(next((k for k in wanted if order.index(k) > here), wanted[0]))

    def into_sight(self) -> None:
        """Scroll to the field of the caret, and to what is told below it."""
        here = self.here
        editor = self._body.editor(here) if here is not None else None
        if here is not None and editor is not None and editor.isVisible():
            sheet = self._view.sheet
            across = editor.mapTo(self._body, editor.rect().center()).x()
            sheet.ensureVisible(across, self._body.below(here), 0, Size.GRID)
            sheet.ensureWidgetVisible(editor, Size.MARGIN, 2 * Size.FIELD)

    def _grown(self) -> None:
        """What is told at the caret has taken more room: it is read before it is answered."""
        QTimer.singleShot(0, self, self.into_sight)  # once the sheet has grown with it

    def _changed(self) -> None:
        """Fields may have appeared because of what was typed at the caret."""
        order = frozenset(self._body.order)
        here = self._body.views.get(self.here) if self.here is not None else None
        if here is not None and here.item.type.kind not in _CODES:
            self._unforeseen |= order - self._known
        self._known = order

    def _left(self, key: ItemKey) -> None:
        """A field that was answered is a field like any other."""
        view = self._entry.field(key)
        if view.error is None and view.answer is not None:
            self._unforeseen.discard(key)

    def _entered(self, key: ItemKey) -> None:
        self._entry.caret = key
        self._known = frozenset(self._body.order)
        self.meant()
        self.into_sight()
        QTimer.singleShot(0, self, self.into_sight)  # once new lines have their places

    def _stepped(self, key: ItemKey, by: int) -> None:
        """A key asks for the next field; the first after one left by itself may be mere habit."""
        habit = by > 0 and key == self._landed
        self.meant()
        view = self._entry.field(key)
        told, self._told = self._told, (key, view.text)
        # What is no value is told before it is left: on paper the next answer is already read, and
        # would go into the wrong field. The second Enter goes on, unless the field came unforeseen.
        unread = by > 0 and view.error is not None
        if unread and (key in self._unforeseen or told != self._told):
            self._stay(key)
        elif not habit:
            self.step(key, by)

    def _stay(self, key: ItemKey) -> None:
        """Tell what is wrong with the text of a field instead of leaving it."""
        editor = self._body.editor(key)
        if editor is not None:
            editor.rest()
        self._view.refresh(key)

    def _full(self, key: ItemKey) -> None:
        view = self._entry.field(key)
        if view.error is None and view.answer is not None and key not in self._unforeseen:
            self.step(key, 1)
            self._landed = self.here if self.here != key else None
