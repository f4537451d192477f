"""The drawn form: head, sections and foot of one :class:`FormEntry`, kept true to it.

The parts of a form page act on the entry and show what an act changed through this one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, Signal

from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.manifesting import standing
from mrd_desktop.record.places import Place
from mrd_desktop.record.views import Change, FieldView, FormState, GroupView
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.limits import legal_ranges
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.advance import Advance
from ui.form import words
from ui.form.bars import FormFoot, FormHead
from ui.form.body import FormBody
from ui.form.remarks import FormRemarks
from ui.form.scroll import FormScroller
from ui.form.terms import term_lists
from ui.theme import Ink, Size
from ui.widgets.note import Note

MISSING = "MISS"
"""The code list of the reasons in place of a value."""


class FormView(QObject):
    """What stands on the page.

    Signals:
        changed: an act changed something; what it changed (a ``Change``).
    """

    changed = Signal(object)

    def __init__(
        self, context: Context, entry: FormEntry, advance: Advance | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._growing: frozenset[str] = frozenset()
        self.context = context
        self.entry = entry
        self.remarks = FormRemarks(entry)
        self.terms = term_lists(entry.study)
        self.missing_codes = entry.study.codelists.get(MISSING)
        self.visit = event_name(entry)
        self.signature = Note(context, ink=Ink.SECONDARY, wrap=True)
        self.signature.setContentsMargins(Size.MARGIN, 0, Size.MARGIN, Size.GRID)
        self.signature.hide()
        self.head = FormHead(context, entry.key.subject, self.visit, entry.form.text)
        self.body = FormBody(
            context,
            entry.form,
            self.missing_codes,
            advance=advance or Advance(),
            critical=entry.study.critical,
            legal=legal_ranges(entry.study),
            listed=self._listed(),
            read_only=entry.read_only is not None,
        )
        self.sheet = FormScroller(context, self.body, follows=False)
        self.foot = FormFoot(context)

    def _listed(self) -> Mapping[str, int]:
        """How many terms or rows may be picked for an item without a code list, by OID."""
        pointing = (i for i in self.entry.form.items if i.refers is not None)
        rows = {i.oid: len(self.entry.referable(i)) for i in pointing}
        return {oid: len(options) for oid, options in self.terms.items()} | rows

    def say(self, text: Text | str, ink: Ink = Ink.SECONDARY) -> None:
        """A sentence at the foot."""
        self.foot.say(text, ink)

    def sync(self) -> None:
        """Draw the form anew: rows or shown fields have changed. The caret's line stays put."""
        here = self.entry.caret
        editor = self.body.editor(here) if here else None
        before = editor.mapTo(self.sheet, editor.rect().topLeft()).y() if editor else 0
        groups = self.entry.groups()
        self._growing = _growing(groups)
        self.body.sync(groups, {v.key: self.remarks.of(v) for v in _views(groups)})
        if editor is not None and editor.isVisible():
            after = editor.mapTo(self.sheet, editor.rect().topLeft()).y()
            bar = self.sheet.verticalScrollBar()
            bar.setValue(bar.value() + after - before)
        self.show_progress(groups)

    def apply(self, change: Change, *, anew: bool = False) -> None:
        """Show what an act changed."""
        self.say("")
        redraw = change.structure
        if not redraw and any(g.repeating for g in self.entry.form.groups):
            redraw = _growing(self.entry.groups()) != self._growing
        if redraw:
            self.sync()
        # What is drawn anew shows every data point as it is, but not a text over what is typed.
        for key in change.touched if anew or not redraw else ():
            if key in self.body.views:
                view = self.entry.field(key)
                self.body.show_change(view, self.remarks.of(view), anew=anew)
        if not redraw:
            self.show_progress()
        self.changed.emit(change)

    def refresh(self, key: ItemKey, *, anew: bool = False) -> None:
        """Show one data point as it is now."""
        view = self.entry.field(key)
        self.body.refresh(view, self.remarks.of(view), anew=anew)

    def elsewhere(self, key: ItemKey) -> tuple[Place, ...]:
        """The data points of other forms that the findings at a field were read from."""
        found = (p for f in self.entry.field(key).findings for p in self.remarks.places(f))
        return tuple({p.key: p for p in found}.values())

    def refresh_remarks(self) -> None:
        """Read again what was said about the data points, and show it."""
        self.remarks.read()
        for view in tuple(self.body.views.values()):
            self.body.refresh(view, self.remarks.of(view))

    def show_progress(self, groups: Iterable[GroupView] | None = None) -> None:
        """How many of the needed fields are filled, and the state of the form."""
        views = _views(groups) if groups is not None else self.body.views.values()
        needed = [v for v in views if v.shown and v.required]
        filled = sum(v.answer is not None for v in needed)
        count = f"{filled}/{len(needed)}" if needed else ""
        told: Text | str = count
        here = not self.entry.former
        if here and self.entry.state is FormState.INCOMPLETE and filled == len(needed):
            hard = any(f.check.blocks for v in self.body.views.values() for f in v.findings)
            told = count if hard else words.NOT_DECLARED.filled(n=count)
        self.head.progress.show_text(told)
        self.head.state.show_state(self.entry.state)
        paper = self.entry.paper
        shown = words.PAPER_SHOWN.filled(day=paper.day, ref=paper.reference) if paper else ""
        self.head.paper.show_text(shown)

    def show_draft(self) -> None:
        """Say when the draft was kept."""
        at = self.entry.draft_at
        text: Text | str = ""
        if at and self.entry.dirty:
            text = words.DRAFT_KEPT.filled(time=self.context.hours.clock(at))
        self.foot.draft.show_text(text)

    def reopen(self) -> None:
        """Show the form as others have left it, the typing on top."""
        self.entry.reopen()
        self.show_anew()

    def show_anew(self) -> None:
        """Show the form as its entry has it now, also over what was typed."""
        self.body.set_read_only(self.entry.read_only is not None)
        self.remarks.read()
        views = _views(self.entry.groups())
        self.apply(Change(touched=frozenset(v.key for v in views), structure=True), anew=True)
        self.show_standing()

    def show_standing(self) -> None:
        """Say why a form is quiet: signed, locked, or not this user's to change."""
        cause = self.entry.read_only
        for button in (self.foot.save, self.foot.finish, self.head.missing):
            button.setVisible(cause is None)
        if cause is not None:
            self.foot.another.hide()
            self.say(self.why_quiet() or "")
        elif self.entry.state is FormState.SIGNED:
            self.say(words.SIGNED_NOTE)
        self._show_signature()
        self.show_draft()

    def _show_signature(self) -> None:
        """Whose signature stands on the form, when it was made and what it means (11.50)."""
        blind = self.entry.blind or self.entry.session.locked
        found = None if blind else standing(self.entry.session, self.entry.recorded)
        self.signature.setVisible(found is not None)
        if found is None:
            return
        by, says = found.by, found.by.says()
        role = next((r.text for r in self.entry.session.study.roles if r.oid == by.role), None)
        known = role or Text(by.role, by.role)
        if found.superseded is None:
            self.signature.show_text(
                words.SIGNED_BY.filled(who=by.who, role=known, at=by.local, says=says),
                Ink.GOOD,
            )
        else:
            changed = found.superseded
            at = self.context.hours.proof(changed.at)
            self.signature.show_text(
                words.SUPERSEDED_BY.filled(
                    who=by.who, role=known, at=by.local, says=says, user=changed.user, changed=at
                ),
                Ink.SOFT,
            )

    def why_quiet(self) -> Text | None:
        """Why nothing may be typed, where that can be changed, and that typing waits."""
        why = self.entry.why_read_only
        if why is not None and self.entry.closers():
            why = words.CLOSED_BY.filled(why=why)
        if why is not None and self.entry.waiting:
            why = words.TYPING_KEPT.filled(why=why)
        return why

    def unread(self) -> int:
        """How many texts are no values."""
        return sum(v.error is not None for v in self.body.views.values())


def _growing(groups: Iterable[GroupView]) -> frozenset[str]:
    """The sections that take rows as the form is typed now."""
    return frozenset(g.group.name for g in groups if g.can_add)


def _views(groups: Iterable[GroupView]) -> list[FieldView]:
    return [f for g in groups for r in g.rows for f in r.fields]


def event_name(entry: FormEntry) -> Text:
    """The event a form belongs to, with its number where it may come again."""
    key = entry.key.event
    event = entry.study.by_event.get(key.event)
    if event is not None and event.repeating:
        return Text(f"{key.event} {key.repeat}", f"{key.event} {key.repeat}")
    return Text(key.event, key.event)
