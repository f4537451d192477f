"""What is chosen from a list at a field: a code, a term, the reason why a value is missing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject

from mrd_desktop.study import ctcae
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Item, Requirement
from mrd_desktop.texts import Text
from ui.fields.code import CodeEditor
from ui.fields.codes import CodesEditor
from ui.finder import fits
from ui.form import words
from ui.form.caret import Caret
from ui.form.terms import as_typed
from ui.form.view import FormView
from ui.theme import Ink
from ui.widgets.picklist import Option, PickList


class Picking(QObject):
    """The pick lists of one form."""

    def __init__(self, view: FormView, caret: Caret) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        self._caret = caret
        # A pop-up must not hold the page through a closure: it may be the last to go.
        self._at: ItemKey | None = None
        self._told = False
        view.changed.connect(self._forget)
        view.body.entered.connect(self._forget)
        view.body.pick_wanted.connect(self.pick)

    def pick(self, key: ItemKey | None = None) -> None:
        """F4: the list of a field."""
        key = key or self._caret.here
        editor = self._view.body.editor(key) if key else None
        if key is None or editor is None or editor.isReadOnly():
            return
        options = self._options(editor.item)
        if not options:
            self._view.say(self._no_list(editor.item))
            self._told = True
            return
        answer, item = self._entry.field(key).answer, editor.item
        current = answer.text if answer else ""
        listed = any(o.value == current for o in options)
        many = isinstance(editor, CodesEditor)
        pick = PickList(
            self._view.context,
            item.text,
            options,
            editor,
            going_on=editor.busy,
            current=current,
            many=many,
            free=None if item.codelist or item.refers else partial(as_typed, item),
            typed="" if listed or many else editor.text() or self._verbatim(key, options),
        )
        self._at = key
        pick.chosen.connect(self._picked)
        pick.open_at(editor)

    def dismiss(self) -> bool:
        """Esc after a list that there is not: only the sentence about it goes."""
        told, self._told = self._told, False
        if told:
            self._view.say("")
        return told

    def _forget(self) -> None:
        self._told = False

    def _verbatim(self, key: ItemKey, options: Sequence[Option]) -> str:
        """The words an adverse event was reported with, where a CTCAE term is called so."""
        if self._entry.field(key).item.oid != ctcae.TERM:
            return ""
        name = self._entry.study.by_item[ctcae.VERBATIM].name
        view = self._view.body.views.get(ItemKey(key.row, name))
        said = view.text.strip() if view is not None else ""
        return said if said and any(fits(said, o.value, o.text) for o in options) else ""

    def ask_missing(self) -> None:
        """F2: why there is no value."""
        key, codelist = self._caret.here, self._view.missing_codes
        editor = self._view.body.editor(key) if key else None
        if key is None or editor is None or editor.isReadOnly() or not codelist:
            return
        view = self._entry.field(key)
        if view.item.required is Requirement.MUST:
            self._view.say(words.NO_REASON_HERE, Ink.SOFT)
            return
        options = [Option(str(n), c.text, c.code) for n, c in enumerate(codelist.codes, 1)]
        if view.missing is not None:
            options.append(Option("0", words.TAKE_BACK, ""))
        current = view.missing or ""
        pick = PickList(self._view.context, words.MISSING, options, editor, current=current)
        self._at = key
        pick.chosen.connect(self._missing_chosen)
        pick.open_at(editor)

    def _options(self, item: Item) -> Sequence[Option]:
        if item.codelist is not None:
            body = self._view.body
            editors = (body.editor(k) for k in body.order)
            editor = next((e for e in editors if e is not None and e.item is item), None)
            if isinstance(editor, CodeEditor | CodesEditor):
                return [Option(c.key, c.text, c.code.code) for c in editor.choices.all]
        if item.refers is not None:
            return [Option(r.value, r.said, r.value) for r in self._entry.referable(item)]
        return self._view.terms.get(item.oid, ())

    def _no_list(self, item: Item) -> Text:
        """Why there is nothing to pick from: no list at all, or no row yet to point at."""
        if item.name == "LABNAM":
            return words.NO_LABORATORY
        if item.refers is None:
            return words.NO_LIST
        form, group, _ = self._entry.study.places[item.refers.to]
        name, none = (group if group.repeating else form).text, words.NONE_RECORDED
        return Text(none.en.format(rows=name.en), none.zh.format(rows=name.zh))

    def _picked(self, value: str) -> None:
        key = self._at
        if key is None:
            return
        self._view.apply(self._entry.type(key, value), anew=True)
        if self._entry.field(key).item.oid == ctcae.TERM:
            self._fill_organ_class(key, value)
        self._caret.step(key, 1)

    def _fill_organ_class(self, key: ItemKey, term: str) -> None:
        """A picked CTCAE term brings its system organ class along, if none stands there."""
        name = self._entry.study.by_item[ctcae.ORGAN_CLASS].name
        beside = ItemKey(key.row, name)
        views, found = self._view.body.views, ctcae.term_of(self._entry.study, term)
        if found is not None and beside in views and not views[beside].text:
            self._view.apply(self._entry.type(beside, found.soc), anew=True)

    def _missing_chosen(self, code: str) -> None:
        key = self._at
        if key is None:
            return
        self._view.apply(self._entry.mark_missing(key, code or None), anew=True)
        if code:
            self._caret.step(key, 1)
