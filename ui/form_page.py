"""The page on which one form is filled: it draws a :class:`FormEntry` and hands it every key.

What a value means, what is shown and what is wrong is the entry's business; this page knows where
the caret is, when the draft is kept, and which key does what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record.casebook import Version
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.queries import QueryLine
from mrd_desktop.record.views import Change, FieldView, FormState, GroupView
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.limits import legal_ranges
from mrd_desktop.study.model import Item, Requirement, Severity
from mrd_desktop.texts import Text
from ui import form_words as words
from ui.ask_line import ReasonLine, WordsLine
from ui.context import Context
from ui.fields.advance import Advance
from ui.fields.code import CodeEditor
from ui.fields.codes import CodesEditor
from ui.form_bars import FormFoot, FormHead
from ui.form_body import FormBody
from ui.form_scroll import FormScroller
from ui.page import Page
from ui.remarks import FormRemarks
from ui.terms import ADVERSE_EVENT, ORGAN_CLASS, organ_class, term_lists
from ui.theme import Ink, Size
from ui.widgets.picklist import Option, PickList
from ui.widgets.sheet import Sheet, SheetLine

_DRAFT_EVERY = 1500
_HABIT = 500
"""An Enter within these milliseconds of a field that was left by itself still belongs to it."""
_MISSING = "MISS"
_CTRL = Qt.KeyboardModifier.ControlModifier

History = Callable[[ItemKey], Sequence[Version]]


class FormPage(Page):
    """One form being filled.

    Args:
        entry: the form.
        history: every state of a data point (``Casebook.history``).
        advance: which fields are left by themselves.

    Signals:
        saved: with what Save did, whether or not the form is complete.
        finished: the form was declared complete and saved; the next one may open.
    """

    saved = Signal(object)
    finished = Signal()

    def __init__(
        self,
        context: Context,
        entry: FormEntry,
        history: History,
        *,
        advance: Advance | None = None,
    ) -> None:
        super().__init__(context)
        self.entry = entry
        self._history = history
        self._here: ItemKey | None = entry.caret
        # A pop-up must not hold the page through a closure: it may be the last to go.
        self._picking: ItemKey | None = None
        self._asked: Finding | None = None
        self._query: QueryLine | None = None
        self._finishing = False
        self._left_by_itself = QElapsedTimer()
        self._landed: ItemKey | None = None
        self.remarks = FormRemarks(entry)
        self._terms = term_lists(entry.study)
        self._missing_codes = entry.study.codelists.get(_MISSING)
        self._event = event_name(entry)
        self.head = FormHead(context, entry.key.subject, self._event, entry.form.text)
        self.body = FormBody(
            context,
            entry.form,
            self._missing_codes,
            advance=advance or Advance(),
            legal=legal_ranges(entry.study),
            listed={oid: len(options) for oid, options in self._terms.items()},
            read_only=entry.read_only is not None,
        )
        self.sheet = FormScroller(context, self.body)
        self.words_line = WordsLine(context)
        self.words_line.hide()
        self.reason_line = ReasonLine(context, entry.study.offered_reasons)
        self.reason_line.hide()
        self.foot = FormFoot(context)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.sheet, 1)
        for bar in (self.words_line, self.reason_line, self.foot):
            column.addWidget(bar)
        self._draft_clock = QTimer(self)
        self._draft_clock.setSingleShot(True)
        self._draft_clock.setInterval(_DRAFT_EVERY)
        self._draft_clock.timeout.connect(self._keep_draft)
        self._connect()
        self._sync()
        self._show_standing()

    # --- a page -----------------------------------------------------------------------

    def title(self) -> Text:
        """Subject, event and form."""
        form = self.entry.form.text
        subject = self.entry.key.subject
        return Text(
            f"{subject} · {self._event.en} · {form.en}", f"{subject} · {self._event.zh} · {form.zh}"
        )

    def retranslate(self) -> None:
        """Say everything anew; what is typed stays."""
        self.body.retranslate()
        self._show_progress()
        self._show_draft()

    def enter(self) -> None:
        """Put the caret where it was, else into the first field that is empty."""
        self.remarks.read()
        for view in tuple(self.body.views.values()):
            self.body.refresh(view, self.remarks.of(view))
        target = self._here if self._here in self.body.order else self._first_empty()
        if target is not None:
            back = target == self._here
            QTimer.singleShot(0, self, lambda: self._focus(target, back=back))

    def leave(self) -> None:
        """Keep the draft."""
        self._keep_draft()

    # --- showing ----------------------------------------------------------------------

    def _sync(self) -> None:
        """Draw the form anew: rows or shown fields have changed. The caret's line stays put."""
        editor = self.body.editor(self._here) if self._here else None
        before = editor.mapTo(self.sheet, editor.rect().topLeft()).y() if editor else 0
        groups = self.entry.groups()
        self.body.sync(groups, {v.key: self.remarks.of(v) for v in _views(groups)})
        if editor is not None and editor.isVisible():
            after = editor.mapTo(self.sheet, editor.rect().topLeft()).y()
            bar = self.sheet.verticalScrollBar()
            bar.setValue(bar.value() + after - before)
        self._show_progress(groups)
        self._show_reason()

    def _apply(self, change: Change, *, anew: bool = False) -> None:
        """Show what an act changed."""
        self.foot.say("")
        if change.structure:
            self._sync()
        for key in change.touched:
            if self._known(key):
                view = self.entry.field(key)
                self.body.refresh(view, self.remarks.of(view), anew=anew)
        if not change.structure:
            self._show_progress()
            self._show_reason()
        if change.hides:
            self.foot.say(words.HIDES.filled(n=len(change.hides)), Ink.SOFT)
        if not self._draft_clock.isActive() and self.entry.dirty:
            self._draft_clock.start()

    def _known(self, key: ItemKey) -> bool:
        group = self.entry.form.by_group.get(key.row.group)
        return group is not None and key in self.body.views

    def _show_progress(self, groups: Iterable[GroupView] | None = None) -> None:
        views = _views(groups) if groups is not None else self.body.views.values()
        needed = [v for v in views if v.shown and v.required]
        filled = sum(v.answer is not None for v in needed)
        self.head.progress.show_text(f"{filled}/{len(needed)}" if needed else "")
        self.head.state.show_state(self.entry.state)

    def _show_draft(self) -> None:
        at = self.entry.draft_at
        text = words.DRAFT_KEPT.filled(time=clock(at)) if at and self.entry.dirty else ""
        self.foot.draft.show_text(text)

    def _show_standing(self) -> None:
        """Say why a form is quiet: signed, locked, or not this user's to change."""
        cause = self.entry.read_only
        for button in (self.foot.save, self.foot.finish, self.head.missing):
            button.setVisible(cause is None)
        if cause is not None:
            self.foot.say(SaveRefused(cause).text, Ink.SECONDARY)
        elif self.entry.state is FormState.SIGNED:
            self.foot.say(words.SIGNED_NOTE, Ink.SECONDARY)
        self._show_draft()

    def _show_reason(self) -> None:
        """Ask for a reason as soon as a recorded value differs, in a line, not in a box."""
        changed = len(self.entry.needs_reason())
        if changed:
            self.reason_line.ask(words.WHY_CHANGED.filled(n=changed))
        elif self._struck_rows():
            self.reason_line.ask(words.WHY_ROWS)
        else:
            self.reason_line.hide()
            return
        if self.reason_line.isHidden():
            self.reason_line.show()
            QTimer.singleShot(0, self, self._bring_into_sight)

    def _struck_rows(self) -> bool:
        recorded = self.entry.recorded
        if recorded is None:
            return False
        now = {r.key: r.removed for g in self.entry.groups() for r in g.rows}
        return any(now.get(row, gone) != gone for row, gone in recorded.rows.items())

    # --- the caret --------------------------------------------------------------------

    def _focus(self, key: ItemKey, *, back: bool = False) -> None:
        """Put the caret into a field; one come back to keeps its text from the next key."""
        editor = self.body.editor(key)
        if editor is not None:
            reasons = Qt.FocusReason
            editor.setFocus(reasons.OtherFocusReason if back else reasons.TabFocusReason)

    def _entered(self, key: ItemKey) -> None:
        self._here = key
        self.entry.caret = key
        self._bring_into_sight()
        QTimer.singleShot(0, self, self._bring_into_sight)  # once new lines have their places

    def _bring_into_sight(self) -> None:
        editor = self.body.editor(self._here) if self._here is not None else None
        if editor is not None and editor.isVisible():
            self.sheet.ensureWidgetVisible(editor, Size.MARGIN, 2 * Size.FIELD)

    def _left(self, key: ItemKey) -> None:
        self.entry.left(key)
        filled = self.entry.take_offers()
        if filled.touched:
            self._apply(filled, anew=True)
            self.foot.say(words.LIMITS_FILLED, Ink.SECONDARY)
        if self.entry.dirty:
            QTimer.singleShot(0, self, self._keep_draft)

    def _stepped(self, key: ItemKey, by: int) -> None:
        """A key asks for the next field. After one left by itself Enter may be mere habit."""
        soon = self._left_by_itself.isValid() and self._left_by_itself.elapsed() < _HABIT
        self._left_by_itself.invalidate()
        view = self.body.views.get(key)
        needed = view is not None and view.required and not view.text
        if not (soon and by > 0 and needed and key == self._landed):
            self._step(key, by)

    def _step(self, key: ItemKey, by: int) -> None:
        order = self.body.order
        if key not in order:
            return
        target = order.index(key) + by
        if target < 0:
            return
        if target < len(order):
            self._focus(order[target])
        elif self.reason_line.isVisible():
            self.reason_line.take_focus()
        elif self.foot.finish.isVisible():
            self.foot.finish.setFocus(Qt.FocusReason.TabFocusReason)
            self._say_end()

    def _say_end(self) -> None:
        """The end, and the first section of rows that has none: it may lie out of sight."""
        section = self._empty_section()
        if section is None:
            self.foot.say(words.END, Ink.SECONDARY)
            return
        name, end = section.group.text, words.END_ROWS
        text = Text(end.en.format(section=name.en), end.zh.format(section=name.zh))
        self.foot.say(text, Ink.SOFT)
        head = self.body.head(section.group.name)
        if head is not None:
            self.sheet.ensureWidgetVisible(head, Size.MARGIN, 2 * Size.FIELD)

    def _empty_section(self) -> GroupView | None:
        """The first section of rows that may have some and has none."""
        growing = (g for g in self.entry.groups() if g.can_add)
        return next((g for g in growing if all(r.removed for r in g.rows)), None)

    def _section(self, by: int) -> None:
        starts = self.body.sections()
        order = self.body.order
        if not starts or self._here not in order:
            return
        here = order.index(self._here)
        places = [order.index(s) for s in starts]
        if by > 0:
            target = next((p for p in places if p > here), len(order) - 1)
        else:
            target = next((p for p in reversed(places) if p < here), 0)
        self._focus(order[target])

    def _first_empty(self) -> ItemKey | None:
        order = self.body.order
        empty = (k for k in order if self.body.views[k].answer is None)
        return next(empty, order[0] if order else None)

    def _next_problem(self) -> None:
        order = self.body.order
        if not order:
            return
        here = order.index(self._here) if self._here in order else -1
        for key in [*order[here + 1 :], *order[: here + 1]]:
            view = self.body.views[key]
            open_soft = any(not self.remarks.explanation(f) for f in view.findings)
            if view.error is not None or open_soft:
                self._focus(key)
                return
        self.foot.say(words.NOTHING_LEFT, Ink.SECONDARY)

    # --- acts -------------------------------------------------------------------------

    def _typed(self, key: ItemKey, text: str) -> None:
        self._left_by_itself.invalidate()
        self._apply(self.entry.type(key, text))

    def _full(self, key: ItemKey) -> None:
        view = self.entry.field(key)
        if view.error is None and view.answer is not None:
            self._step(key, 1)
            self._landed = self._here
            self._left_by_itself.start()

    def _pick(self, key: ItemKey | None = None) -> None:
        key = key or self._here
        editor = self.body.editor(key) if key else None
        if key is None or editor is None or editor.isReadOnly():
            return
        options = self._options(editor.item)
        if not options:
            self.foot.say(words.NO_LIST, Ink.SECONDARY)
            return
        view = self.entry.field(key)
        current = view.answer.text if view.answer else ""
        many = isinstance(editor, CodesEditor)
        pick = PickList(self.context, editor.item.text, options, editor, current=current, many=many)
        self._picking = key
        pick.chosen.connect(self._picked)
        pick.open_at(editor)

    def _options(self, item: Item) -> Sequence[Option]:
        if item.codelist is not None:
            editor = next(
                (
                    e
                    for k in self.body.order
                    if (e := self.body.editor(k)) is not None and e.item is item
                ),
                None,
            )
            if isinstance(editor, CodeEditor | CodesEditor):
                return [Option(c.key, c.text, c.code.code) for c in editor.choices.all]
        return self._terms.get(item.oid, ())

    def _picked(self, value: str) -> None:
        key = self._picking
        if key is None:
            return
        self._apply(self.entry.type(key, value), anew=True)
        item = self.entry.field(key).item
        if item.oid == ADVERSE_EVENT:
            self._fill_organ_class(key, value)
        self._step(key, 1)

    def _fill_organ_class(self, key: ItemKey, term: str) -> None:
        """A picked CTCAE term brings its system organ class along, if none stands there."""
        beside = ItemKey(key.row, ORGAN_CLASS)
        soc = organ_class(self.entry.study, term)
        if soc and beside in self.body.views and not self.body.views[beside].text:
            self._apply(self.entry.type(beside, soc), anew=True)

    def _ask_missing(self) -> None:
        key = self._here
        editor = self.body.editor(key) if key else None
        if key is None or editor is None or editor.isReadOnly() or not self._missing_codes:
            return
        view = self.entry.field(key)
        if view.item.required is Requirement.MUST:
            self.foot.say(words.NO_REASON_HERE, Ink.SOFT)
            return
        codes = self._missing_codes.codes
        options = [Option(str(n), c.text, c.code) for n, c in enumerate(codes, 1)]
        if view.missing is not None:
            options.append(Option("0", words.TAKE_BACK, ""))
        pick = PickList(self.context, words.MISSING, options, editor, current=view.missing or "")
        self._picking = key
        pick.chosen.connect(self._missing_chosen)
        pick.open_at(editor)

    def _missing_chosen(self, code: str) -> None:
        key = self._picking
        if key is None:
            return
        self._apply(self.entry.mark_missing(key, code or None), anew=True)
        if code:
            self._step(key, 1)

    def _ask_why(self) -> None:
        """F6: explain the soft finding at the caret, or answer the monitor's question."""
        if self._here is None:
            return
        view = self.entry.field(self._here)
        soft = next((f for f in view.findings if f.check.severity is Severity.SOFT), None)
        query = self.remarks.open_query(view, None) or self.remarks.open_query(view, soft)
        if query is None and (soft is None or self.entry.read_only is not None):
            self.foot.say(words.HARD_STAYS if view.findings else words.NO_FINDING, Ink.SECONDARY)
            return
        self._asked = soft
        self._query = query
        prompt = words.WHY_SO if query is None or query.check else words.ANSWER_SO
        label = view.item.text
        standing = self.remarks.explanation(soft) if soft is not None and query is None else ""
        self.words_line.ask(
            Text(prompt.en.format(label=label.en), prompt.zh.format(label=label.zh)), standing
        )

    def _explain(self) -> None:
        said = self.words_line.words()
        if self._query is not None:
            try:
                self.remarks.answer(self._query, said)
            except MrdError as refused:
                self.foot.say(refused.text, Ink.HARD)
                return
            self.foot.say(words.ANSWERED, Ink.GOOD)
        elif self._asked is not None:
            self._apply(self.entry.explain(self._asked, said))
        if self._here is not None:
            view = self.entry.field(self._here)
            self.body.refresh(view, self.remarks.of(view))
        self._stop_asking()

    def _stop_asking(self) -> None:
        self._asked = None
        self._query = None
        self.words_line.hide()
        if self._here is not None:
            self._focus(self._here)

    def _show_history(self) -> None:
        key = self._here
        editor = self.body.editor(key) if key else None
        if key is None or editor is None:
            return
        lines = [self._version_line(key, v) for v in reversed(self._history(key))]
        title = self.entry.field(key).item.text
        sheet = Sheet(self.context, title, lines, editor, empty=words.NO_HISTORY)
        sheet.open_at(editor)

    def _version_line(self, key: ItemKey, version: Version) -> SheetLine:
        say = self.context.say
        item = self.entry.field(key).item
        answer = version.answer
        if answer is None:
            value = "–"
        elif answer.missing is not None:
            code = self._missing_codes.by_code.get(answer.missing) if self._missing_codes else None
            value = f"⟂ {say(code.text) if code else answer.missing}"
        else:
            lists = item.codelist.by_code if item.codelist else {}
            value = " ".join(f"{c} {say(lists[c].text)}" if c in lists else c for c in answer.codes)
        why = ""
        if version.reason is not None:
            known = {r.code: r.text for r in self.entry.study.reasons}
            coded = known.get(version.reason.code)
            why = say(coded) if coded else version.reason.code
            why = f"{why} {version.reason.text}".strip()
        when = f"{moment(version.at)}  {version.user}"
        source = words.SOURCES.get(version.source)
        if source is not None:
            when = f"{when}  {say(source)}"
        return SheetLine(when, value, why)

    def _show_keys(self) -> None:
        lines = [SheetLine(keys, self.context.say(text)) for keys, text in words.KEYS]
        sheet = Sheet(self.context, words.HELP, lines, self.head.help, empty=words.HELP)
        sheet.open_at(self.head.help, right=True)

    def _add_row(self, group: str | None = None) -> None:
        group = group or self._group_to_grow()
        if group is None or self.entry.read_only is not None:
            return
        self._apply(self.entry.add_row(group))
        last = max((k.row.row for k in self.body.order if k.row.group == group), default=0)
        first = next(
            (k for k in self.body.order if k.row.group == group and k.row.row == last), None
        )
        if first is not None:
            self._focus(first)

    def _remove_row(self, group: str | None = None) -> None:
        here = self._here
        if here is None or self.entry.read_only is not None:
            return
        if group is not None and here.row.group != group:
            live = [k.row for k in self.body.order if k.row.group == group]
            if not live:
                return
            row = live[-1]
        else:
            row = here.row
        if not self.entry.form.by_group[row.group].repeating:
            return
        self._apply(self.entry.remove_row(row))
        rest = [k for k in self.body.order if k.row.group == row.group]
        beside = [k for k in rest if k.item == here.item] or rest or list(self.body.order)
        if beside:
            self._focus(max(beside, key=lambda k: (k.row.row < row.row, k.row.row)))

    def _restore_row(self, row: RowKey) -> None:
        self._apply(self.entry.restore_row(row))

    def _group_to_grow(self) -> str | None:
        """The caret's section; elsewhere, and at the end, the first without rows."""
        growing = [g.group.name for g in self.entry.groups() if g.can_add]
        here = self._here.row.group if self._here is not None else None
        if here in growing and not self.foot.finish.hasFocus():
            return here
        empty = self._empty_section()
        if empty is not None:
            return empty.group.name
        return here if here in growing else next(iter(growing), None)

    def _undo(self, *, forward: bool = False) -> None:
        before = {v.key: v.text for v in self.body.views.values()}
        change = self.entry.redo() if forward else self.entry.undo()
        self._apply(change, anew=True)
        moved = [k for k in self.body.order if before.get(k) != self.body.views[k].text]
        if moved:
            self._focus(moved[0])

    # --- keeping ----------------------------------------------------------------------

    def _keep_draft(self) -> None:
        self._draft_clock.stop()
        if self.entry.read_only is None and self.entry.dirty:
            try:
                self.entry.keep_draft(self._here)
            except MrdError as refused:  # locked meanwhile, or no room on the disk
                self.foot.say(refused.text, Ink.HARD)
        self._show_draft()
        self.head.state.show_state(self.entry.state)

    def _save(self) -> None:
        self._finishing = False
        self._commit(complete=False)

    def _finish(self) -> None:
        """Declare the form complete, save it, and let the next one open."""
        if self.entry.read_only is not None:
            self.finished.emit()
            return
        hard = self.entry.try_complete()
        self._sync()
        unread = self._unread()
        if hard or unread:
            text = words.STILL_OPEN.filled(n=len(hard)) if hard else words.NOT_READ.filled(n=unread)
            self.foot.say(text, Ink.HARD)
            self._focus_problem(hard)
            return
        self._finishing = True
        self._commit(complete=True)

    def _focus_problem(self, hard: Iterable[Finding]) -> None:
        keys = {f.key for f in hard if isinstance(f.key, ItemKey)}
        errors = {v.key for v in self.body.views.values() if v.error is not None}
        first = next((k for k in self.body.order if k in keys | errors), None)
        if first is not None:
            self._focus(first)

    def _unread(self) -> int:
        return sum(v.error is not None for v in self.body.views.values())

    def _commit(self, *, complete: bool) -> None:
        reason = None
        if self.reason_line.isVisibleTo(self):
            answer = self.reason_line.answer()
            if answer is None:
                self.foot.say(SaveRefused(Cause.NO_REASON).text, Ink.SOFT)
                self.reason_line.take_focus()
                return
            reason = ChangeReason(*answer)
        changed = sum(v.changed for v in self.body.views.values())
        try:
            saved = self.entry.save(complete=complete, reason=reason)
        except MrdError as refused:
            self.foot.say(refused.text, Ink.HARD)
            return
        self._draft_clock.stop()
        self.reason_line.clear()
        self.remarks.read()
        self._sync()
        self._show_draft()
        unread = self._unread()
        form = self.entry.form.text
        name = {"time": clock(saved.at), "n": changed}
        template = words.SAVED if changed else words.SAVED_SAME
        said = Text(
            template.en.format_map({**name, "form": form.en}),
            template.zh.format_map({**name, "form": form.zh}),
        )
        if unread:
            self.foot.say(words.NOT_READ.filled(n=unread), Ink.SOFT)
        else:
            self.foot.say(words.SAVED_SHORT.filled(time=clock(saved.at)), Ink.GOOD)
        self.said.emit(said)
        self.saved.emit(saved)
        if self._here is not None and not complete:
            self._focus(self._here)
        if complete:
            self.finished.emit()

    # --- keys -------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Every key that no editor took."""
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        plain: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_F1: self._show_keys,
            Qt.Key.Key_F2: self._ask_missing,
            Qt.Key.Key_F3: self._next_problem,
            Qt.Key.Key_F4: self._pick,
            Qt.Key.Key_F6: self._ask_why,
            Qt.Key.Key_F8: self._show_history,
            Qt.Key.Key_PageDown: lambda: self._section(1),
            Qt.Key.Key_PageUp: lambda: self._section(-1),
            Qt.Key.Key_Escape: self.back.emit,
        }
        control: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_S: self._save,
            Qt.Key.Key_Return: self._finish,
            Qt.Key.Key_Enter: self._finish,
            Qt.Key.Key_Z: self._undo,
            Qt.Key.Key_Y: lambda: self._undo(forward=True),
            Qt.Key.Key_N: self._add_row,
            Qt.Key.Key_Delete: self._remove_row,
        }
        act = plain.get(key) if not held else control.get(key) if held == _CTRL else None
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def _connect(self) -> None:
        body = self.body
        body.typed.connect(self._typed)
        body.full.connect(self._full)
        body.entered.connect(self._entered)
        body.left.connect(self._left)
        body.stepped.connect(self._stepped)
        body.pick_wanted.connect(self._pick)
        body.add_wanted.connect(self._add_row)
        body.remove_wanted.connect(self._remove_row)
        body.restore_wanted.connect(self._restore_row)
        self.head.missing_wanted.connect(self._ask_missing)
        self.head.history_wanted.connect(self._show_history)
        self.head.help_wanted.connect(self._show_keys)
        self.words_line.answered.connect(self._explain)
        self.words_line.left.connect(self._stop_asking)
        self.reason_line.answered.connect(self._reason_given)
        self.reason_line.left.connect(self._stop_asking)
        self.foot.save_wanted.connect(self._save)
        self.foot.finish_wanted.connect(self._finish)

    def _reason_given(self) -> None:
        """Enter in the line of the reason goes on with what was asked for."""
        if self.reason_line.answer() is None:
            self.reason_line.take_focus()
        elif self._finishing:
            self._finish()
        else:
            self._save()


def _views(groups: Iterable[GroupView]) -> list[FieldView]:
    return [f for g in groups for r in g.rows for f in r.fields]


def event_name(entry: FormEntry) -> Text:
    """The event a form belongs to, with its number where it may come again."""
    key = entry.key.event
    event = entry.study.by_event.get(key.event)
    if event is None:
        return Text(key.event, key.event)
    if event.repeating:
        return Text(f"{key.event} {key.repeat}", f"{key.event} {key.repeat}")
    return Text(key.event, key.event)


def clock(at: str) -> str:
    """The local time of day of a UTC moment: ``10:42``."""
    return datetime.fromisoformat(at).astimezone().strftime("%H:%M")


def moment(at: str) -> str:
    """The local day and time of a UTC moment."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
