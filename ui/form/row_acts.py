"""Acts on the rows of a form: add, strike, bring back."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mrd_desktop.record.views import Change, GroupView
from mrd_desktop.study.address import RowKey
from mrd_desktop.texts import Text
from ui.form import words
from ui.form.caret import Caret
from ui.form.view import FormView
from ui.theme import Ink, Size


class RowActs(QObject):
    """The rows of one form."""

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        self._body = view.body
        self._caret = caret
        view.body.add_wanted.connect(self.add)
        view.body.remove_wanted.connect(self.remove)
        view.body.restore_wanted.connect(self.restore)

    def add(self, group: str | None = None) -> None:
        """Ctrl+N: an empty row, in the section of the caret or where one is missing."""
        group = group or self._group_to_grow()
        if group is None or self._entry.read_only is not None:
            return
        self._added(group, self._entry.add_row(group))

    def add_like(self) -> None:
        """Ctrl+D: a row like the one of the caret; what may be carried over stands in it."""
        here = self._caret.here
        if here is None or self._entry.read_only is not None:
            return
        group = here.row.group
        if any(g.can_add and g.group.name == group for g in self._entry.groups()):
            self._added(group, self._entry.add_row(group, like=here.row))

    def _added(self, group: str, change: Change) -> None:
        self._view.apply(change)
        last = max((k.row.row for k in self._body.order if k.row.group == group), default=0)
        row = [k for k in self._body.order if k.row.group == group and k.row.row == last]
        empty = (k for k in row if self._body.views[k].answer is None)
        first = next(empty, row[0] if row else None)
        if first is not None:
            self._caret.focus(first)

    def remove(self, group: str | None = None) -> None:
        """Ctrl+Del: strike the row of the caret, else the last one of the section."""
        here = self._caret.here
        if here is None or self._entry.read_only is not None:
            return
        if group is not None and here.row.group != group:
            live = [k.row for k in self._body.order if k.row.group == group]
            if not live:
                return
            row = live[-1]
        else:
            row = here.row
        if not self._entry.form.by_group[row.group].repeating:
            return
        self._view.apply(self._entry.remove_row(row))
        rest = [k for k in self._body.order if k.row.group == row.group]
        beside = [k for k in rest if k.item == here.item] or rest or list(self._body.order)
        if beside:
            self._caret.focus(max(beside, key=lambda k: (k.row.row < row.row, k.row.row)))

    def restore(self, row: RowKey) -> None:
        """Bring a struck row back."""
        self._view.apply(self._entry.restore_row(row))

    def say_end(self) -> None:
        """The end, and the first section of rows that has none: it may lie out of sight."""
        section = self._empty_section()
        if section is None:
            self._view.say(words.END)
            return
        name, end = section.group.text, words.END_ROWS
        text = Text(end.en.format(section=name.en), end.zh.format(section=name.zh))
        self._view.say(text, Ink.SOFT)
        head = self._body.head(section.group.name)
        if head is not None:
            self._view.sheet.ensureWidgetVisible(head, Size.MARGIN, 2 * Size.FIELD)

    def _empty_section(self) -> GroupView | None:
        """The first section of rows that may have some and has none."""
        growing = (g for g in self._entry.groups() if g.can_add)
        return next((g for g in growing if all(r.removed for r in g.rows)), None)

    def _group_to_grow(self) -> str | None:
        """The caret's section; elsewhere, and at the end, the first without rows."""
        adding = self._body.adding()
        if adding is not None:
            return adding
        growing = [g.group.name for g in self._entry.groups() if g.can_add]
        here = self._caret.here.row.group if self._caret.here is not None else None
        if here in growing and not self._view.foot.finish.hasFocus():
            return here
        empty = self._empty_section()
        if empty is not None:
            return empty.group.name
        return here if here in growing else next(iter(growing), None)
