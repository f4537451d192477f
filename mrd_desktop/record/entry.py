"""Filling one form: the presentation model behind the screen, the command line and story loading.

Typing is pure: text is parsed, hidden items hide and checks run without touching the disk. Save is
the deliberate act (:mod:`mrd_desktop.record.saving`); until then the typing is a draft.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import ClassVar

from mrd_desktop.ledger.canonical import writable
from mrd_desktop.record import aside, drafts
from mrd_desktop.record.aside import Aside
from mrd_desktop.record.closing import (
    closed_by,
    closed_with,
    consulted,
    sections_closed,
)
from mrd_desktop.record.drafts import Draft, Saying
from mrd_desktop.record.editions import within
from mrd_desktop.record.entries import ChangeReason, ReportRow
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.labrange import limits
from mrd_desktop.record.names import HalfCharacter, NamesAPerson
from mrd_desktop.record.opening import open_form
from mrd_desktop.record.paper import BAD_REFERENCE, Paper, PaperRefused, read_paper
from mrd_desktop.record.places import Place, place_at, places
from mrd_desktop.record.reading import (
    RecordedForm,
)
from mrd_desktop.record.saving import Intent, Saved, save_form
from mrd_desktop.record.telling import Telling
from mrd_desktop.record.unsaved import Unsaved, parted, unsaved_of
from mrd_desktop.record.views import Change, FieldView, FormState, GroupView, RowView
from mrd_desktop.record.working import Cell, Offer, Working
from mrd_desktop.study import checks, dependence, values
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.data import FormData, RowData
from mrd_desktop.study.echo import echo
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import (
    Check,
    Form,
    Item,
    ItemGroup,
    Requirement,
    Section,
    Severity,
    Study,
)
from mrd_desktop.study.referring import Referred, referable
from mrd_desktop.study.rules.identity import holds_identifier
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session


class FormEntry:
    """One form being filled.

    Attributes:
        key: address of the form; it need not exist yet.
        form: its definition.
        blind: a second entry, which sees nothing that is recorded of the form.
        former: it is looked at as it was saved, under a definition that is in force no more.
        asks: of such a form, how much more the definition in force asks for.
        aside: typing that was set aside with an amendment; None where there is none.
        newly: items that the definition in force asks for and the one it was saved under did not.
        closed: what the subject agreed to does not cover the form.
        caret: where the user was when the draft was kept.
        saying: words that are being typed in a line and belong to no field yet.
        draft_at: UTC time of the draft that is shown, ``""`` without one.
        waiting: the draft of a form that may not be changed now; kept and not shown.
    """

    blind: ClassVar[bool] = False

    def __init__(self, session: Session, key: FormKey, former: Study | None = None) -> None:
        """Open a form for entry, with the user's own draft if there is one.

        Args:
            former: the definition it was saved under: the form is shown in its words and may only
                be looked at.

        Raises:
            PermissionDenied: the role may not see the form.
        """
        self.session = session
        self.study = former or session.study
        self.former = former is not None
        self.asks = 0
        self.aside: Aside | None = None
        self.newly: frozenset[str] = frozenset()
        self.key = key
        self.form: Form = self.study.by_form[key.form]
        session.require("identity.see" if self.form.private else "subject.see")
        self.caret: ItemKey | None = None
        self.saying: Saying | None = None
        self.draft_at = ""
        self.waiting: Draft | None = None
        self._undo: list[Working] = []
        self._redo: list[Working] = []
        self._telling = Telling(key.event)
        self._shown_findings: dict[tuple[ItemKey, str], Answer] = {}
        self._shown: frozenset[ItemKey] = frozenset()
        self._by_check: dict[str, list[Finding]] = {}
        self._findings_at: Mapping[ItemKey, tuple[Finding, ...]] = {}
        self._keys_of: tuple[RowKey, ...] = ()
        self._keys: tuple[ItemKey, ...] = ()
        self._sections_closed: Mapping[str, Text] = {}
        self._load()

    def _load(self) -> None:
        opened = open_form(
            self.session, self.study, self.key, self._seen, former=self.former, blind=self.blind
        )
        self._subject, self._recorded = opened.subject, opened.recorded
        self._ranges, self._consulted = opened.ranges, opened.consulted
        self.newly, self.aside = opened.newly, opened.aside
        self.read_only: Cause | None = opened.read_only
        self.closed = opened.closed
        entered = self._recorded.entered if self._recorded else None
        self._telling.earlier = entered is not None and entered < self.session.today()
        self._telling.attempted = bool(self._recorded and self._recorded.saved_seq is not None)
        self._working = self._baseline = Working.of(self.form, self.key, self._recorded)
        self.draft_at = ""
        self._refresh(None)
        draft = opened.draft
        self.waiting = draft if self.read_only else None
        if draft and not self.read_only:
            self._take(draft)
            self._refresh(None)
            limits_now = {o.key: o for o in self._limits()}
            taken = {k: limits_now[k] for k in draft.taken if k in limits_now}
            self._working = replace(self._working, taken=taken)

    def _take(self, draft: Draft) -> None:
        """Put a kept draft on top of what is recorded."""
        draft = draft.beside(self._baseline.rows)
        rows = self._working.rows + tuple(r for r in draft.rows if r not in self._working.rows)
        cells = dict(self._working.cells)
        for key, text in draft.texts.items():
            if key.row in rows and key.item in self._group(key.row.group).by_name:
                cells[key] = self._parse(key, text)
        for key, code in draft.missing.items():
            if key.row in rows and key.item in self._group(key.row.group).by_name:
                cells[key] = Cell("", Answer(missing=code))
        removed = (self._working.removed | frozenset(draft.removed)) - frozenset(draft.restored)
        self._working = Working(cells, rows, removed, dict(draft.answers), paper=draft.paper)
        self._shown_findings = dict(draft.shown)
        self.caret = draft.caret
        self.saying = draft.saying
        self.draft_at = draft.at

    # What the screen shows.

    @property
    def state(self) -> FormState:
        """The state of the form as recorded, a draft on top of it included."""
        if self.dirty:
            return FormState.DRAFT
        state = form_state(self._recorded, self.findings())
        if self.asks and state in (FormState.COMPLETE, FormState.SIGNED):
            return FormState.INCOMPLETE
        return state

    @property
    def why_read_only(self) -> Text | None:
        """Why nothing may be typed, and what to do; None where it may."""
        if self.closed:
            return self.closed.text
        return SaveRefused(self.read_only).text if self.read_only else None

    @property
    def dirty(self) -> bool:
        """Something is typed that is not saved."""
        return self.saying is not None or self._working.differs(self._baseline)

    @property
    def recorded(self) -> RecordedForm | None:
        """The form as the ledger has it, None before its first save."""
        return self._recorded

    @property
    def paper(self) -> Paper | None:
        """The paper record that is transcribed now, else the one that was last."""
        if self._working.paper or self.blind:
            return self._working.paper
        return self._recorded.paper if self._recorded else None

    def groups(self) -> tuple[GroupView, ...]:
        """The sections with their rows and fields, hidden fields included (``shown`` False)."""
        return tuple(
            GroupView(
                g,
                tuple(self._row_view(g, r) for r in self._working.rows_of(g.name)),
                self._can_add(g),
                self._sections_closed.get(g.name),
            )
            for g in self.form.groups
        )

    def field(self, key: ItemKey) -> FieldView:
        """One data point.

        Raises:
            KeyError: the form has no such row or item.
        """
        item = self._group(key.row.group).by_name[key.item]
        cell = self._cell(key, item)
        recorded = self._recorded.items.get(key) if self._recorded else None
        shown = key in self._shown
        taken = self._working.offered(key)
        return FieldView(
            key=key,
            item=item,
            text=cell.text,
            answer=cell.answer,
            missing=cell.answer.missing if cell.answer else None,
            echo=echo(self._scene, key, item, cell.answer),
            shown=shown,
            required=shown and item.required not in (Requirement.OPTIONAL, Requirement.DERIVED),
            error=cell.error if shown else None,
            findings=tuple(f for f in self._findings_at.get(key, ()) if self._tells(f)),
            recorded=recorded.answer if recorded else None,
            changed=self._working.changed(key, self._baseline),
            origin=taken.source if taken else None,
        )

    def findings(self) -> tuple[Finding, ...]:
        """Every finding of this form as typed: what is newly asked for, then hard ones first."""
        found = [f for fs in self._by_check.values() for f in fs]
        return tuple(
            sorted(found, key=lambda f: (not self.leads(f), f.check.severity is not Severity.HARD))
        )

    def needs_reason(self) -> tuple[ItemKey, ...]:
        """Data points whose recorded value would change: Save asks for a reason for them."""
        if not self._recorded:
            return ()
        return tuple(k for k in self._recorded.items if self._asks_reason(k))

    def hidden(self) -> tuple[ItemKey, ...]:
        """Data points with an answer or unread text that do not apply now: Save clears them."""
        return tuple(self._hidden_typing())

    def unsaved(self) -> Unsaved:
        """What is typed and not saved; in a form that may not be changed, what waits."""
        return unsaved_of(self.form, self.waiting or self._typing(), self._baseline.cells)

    def stuck(self, group: str | None = None) -> Unsaved:
        """What is typed in sections that consent has closed since, where nobody can take it back.

        Args:
            group: only in this section.
        """
        if not self._sections_closed:
            return Unsaved()

        def here(row: RowKey) -> bool:
            return self._shut(row) and group in (None, row.group)

        return unsaved_of(self.form, parted(self._typing(), here), self._baseline.cells)

    def elsewhere(self, finding: Finding) -> tuple[Place, ...]:
        """The data points of other forms that a finding was read from, with what stands there."""
        return places(self._scene, finding, self.key)

    def closers(self, group: str | None = None) -> tuple[Place, ...]:
        """The data points of other forms that close this one, or this section of it."""
        if not self.closed and group not in self._sections_closed:
            return ()
        scene = Scene(self.study, self._subject, vault=self.session.has_vault)
        live = not self.session.folder.training
        keys = closed_by(scene, self.key, group=group, live=live)
        return tuple(place_at(scene, k) for k in keys if k.form != self.key)

    def referable(self, item: Item) -> tuple[Referred, ...]:
        """The rows of the subject that an item may point at."""
        return referable(self._scene, item)

    def holds(self, key: ItemKey) -> bool:
        """Whether the definition it is shown under asks this."""
        group = self.form.by_group.get(key.row.group)
        return group is not None and key.item in group.by_name

    def first_new(self) -> ItemKey | None:
        """The first answer that only the definition in force asks for and that is not there."""
        keys = (f.key for f in self.findings() if self.leads(f))
        return next((k for k in keys if isinstance(k, ItemKey)), None)

    def rowless(self) -> tuple[ItemGroup, ...]:
        """Sections that are expected to have rows and have none.

        Told only before the form is first declared complete: no row may be the truth.
        """
        if self._recorded is not None and self._recorded.declared:
            return ()
        live = {r.group for r in self._working.live}
        return tuple(
            g
            for g in self.form.groups
            if g.expects_rows and g.name not in live and self._can_add(g)
        )

    def offers(self) -> tuple[Offer, ...]:
        """What the laboratory ranges would fill in now.

        Only limits that are shown and empty, never answered before, and not cleared in this
        sitting; or filled by an offer that laboratory, day or person have since made wrong.
        """
        if self.read_only:
            return ()
        return tuple(o for o in self._limits() if self._would_take(o))

    def visit_date(self) -> date | None:
        """The date of the visit the form belongs to, where it is known to the day."""
        line = self._scene.at(self.key.event, "SV")
        return line.day("SV.VISDAT") if line else None

    def answered(self, finding: Finding) -> str:
        """The explanation given for a soft finding and not saved yet, else ``""``."""
        return self._working.answers.get((finding.check.id, str(finding.key)), "")

    # Acts. Each returns what it changed.

    def type(self, key: ItemKey, text: str) -> Change:
        """Put text into an editor, finished or half typed; an empty text clears it."""
        if self._cell(key, self._item(key)).text == text:
            return Change()
        return self._put(key, self._parse(key, text))

    def mark_missing(self, key: ItemKey, code: str | None) -> Change:
        """Put a missing reason in place of a value, or take it away."""
        if code is None:
            return self._put(key, Cell())
        return self._put(key, Cell("", Answer(missing=code)))

    def take_offers(self) -> Change:
        """Fill in what :meth:`offers` gives, in one act; each field shows its source.

        A limit that was filled in earlier and that no range gives any more is emptied again.
        Typing over such a value makes it one's own.
        """
        offers = {o.key: o for o in self.offers()}
        standing = {o.key for o in self._limits()}
        taken = self._working.taken
        stale = {k for k in taken if self._working.offered(k) and k not in standing}
        if not offers and not stale:
            return Change()
        cells = {k: self._parse(k, o.text) for k, o in offers.items()}
        return self._step(self._working.offers_taken(cells, offers, stale), None)

    def add_row(self, group: str, like: RowKey | None = None) -> Change:
        """Add a row to a repeating group.

        Args:
            like: a row whose answers are carried over where the definition allows it
                (``carry: true``); everything else in the new row is empty.
        """
        return self._step(self._working.with_row(self.key, self._group(group), like), None)

    def remove_row(self, row: RowKey) -> Change:
        """Strike a row: a new one goes at once, a saved one is set aside by Save with a reason."""
        return self._step(self._working.without_row(row, self._baseline), None)

    def restore_row(self, row: RowKey) -> Change:
        """Bring a struck row back."""
        return self._step(self._working.with_row_back(row), None)

    def explain(self, finding: Finding, words: str) -> Change:
        """Answer a soft finding in place; empty words take the answer back.

        Raises:
            HalfCharacter: they cannot be written down; nothing changed.
            NamesAPerson: they tell who the patient is; nothing changed.
        """
        if not writable(words):
            raise HalfCharacter
        if self.names_a_person(words):
            raise NamesAPerson
        place = finding.check.id, str(finding.key)
        return self._step(self._working.explained(*place, words), ())

    def names_a_person(self, words: str) -> bool:
        """Whether words that leave with this form tell who the patient is."""
        return not self.form.private and holds_identifier(self._scene.nowhere, words) is True

    def transcribe(self, text: str) -> Change:
        """Say that the form is keyed from a paper record: its day, then where it is filed.

        An empty text takes it back.

        Raises:
            PaperRefused: the text is neither; nothing changed.
        """
        paper = read_paper(text, self.session.today())
        if paper and paper.reference and holds_identifier(self._scene.nowhere, paper.reference):
            raise PaperRefused(BAD_REFERENCE)
        return self._step(replace(self._working, paper=paper), ())

    def unhide(self, keys: Collection[ItemKey]) -> Change:
        """Take acts back until none of these data points is hidden any more."""
        change = Change()
        while self._undo and not self._hides_none(keys):
            change = self.undo()
        return change

    def undo(self) -> Change:
        """Take the last act back."""
        return self._wander(self._undo, self._redo)

    def redo(self) -> Change:
        """Do again what was taken back."""
        return self._wander(self._redo, self._undo)

    def left(self, key: ItemKey) -> Change:
        """The user left a field: remember what its findings were about (R-AUD-11).

        Returns:
            The data points at which something is told from now on.
        """
        cell = self._working.cells.get(key)
        if cell and cell.answer and self._working.changed(key, self._baseline):
            for finding in self._findings_at.get(key, ()):
                if self._tells(finding):
                    self._shown_findings.setdefault((key, finding.check.id), cell.answer)
        quiet = {k for k, told in self._findings_at.items() if not all(map(self._tells, told))}
        self._telling.leave(key.row, self._section(key.row.group))
        told_now = {k for k in quiet if any(map(self._tells, self._findings_at[k]))}
        return Change(touched=frozenset(told_now))

    def keep_draft(self, caret: ItemKey | None = None, *, front: bool = False) -> str:
        """Write the unsaved typing to the encrypted file; returns its UTC time, ``""`` if none.

        Where everything was taken back, the draft that was kept of it goes too.

        Args:
            front: the user looks at the form, and wants to be there again after a break.
        """
        if self.read_only:
            return ""
        if not self.dirty:
            if self.draft_at:
                with self.session.writing() as conn:
                    drafts.drop(conn, self.session.user, self.key, second=self.blind)
                self.draft_at = ""
            return ""
        draft = replace(self._typing(), caret=caret, front=front)
        self.draft_at = drafts.keep(
            self.session, self.key, draft, private=self.form.private, second=self.blind
        )
        return self.draft_at

    def take_aside(self) -> Change:
        """Take up what fits of the typing that was set aside; the rest stays aside.

        What is typed here is kept as the draft, so that nothing is ever in neither place.
        """
        if self.aside is None or self.read_only:
            return Change()
        found, kept_at, before = self.aside, self.draft_at, self._working
        self._take(found.fits)
        self.draft_at = kept_at
        self._undo.append(before)
        self._redo.clear()
        change = self._refresh(None)
        self.keep_draft(self.caret)
        aside.leave(self.session, self.key, found, private=self.form.private)
        with self.session.reading() as conn:
            self.aside = aside.find(self.session, conn, self.key, self.form, self.study)
        return change

    def consent_changed(self) -> bool:
        """Something was recorded meanwhile that may close the form, or open it again."""
        if self.former:
            return False
        with self.session.reading() as conn:
            return consulted(conn, self.study, self.key) != self._consulted

    def reopen(self) -> None:
        """Show the form as it is recorded by now, the unsaved typing on top of it.

        For a form that somebody saved, signed or locked after it was opened. While it may not be
        changed the typing is not shown; it stays kept as the draft.
        """
        if self.dirty:
            self.keep_draft(self.caret)
        self._undo.clear()
        self._redo.clear()
        self._load()

    def discard_stuck(self) -> Change:
        """Forget what is typed in sections that consent has closed; what is recorded stays.

        So does a row struck there, which may be saved. What is forgotten does not come back by
        undo, and leaves no word of itself to a later Save.
        """
        shut = self._shut
        self._working = self._working.cleared(shut, self._baseline)
        self._shown_findings = {
            (k, c): answer for (k, c), answer in self._shown_findings.items() if not shut(k.row)
        }
        self._undo.clear()
        self._redo.clear()
        change = self._refresh(None)
        self.keep_draft(self.caret)
        return change

    def discard(self) -> None:
        """Forget the unsaved typing and show what is recorded.

        In a form that may not be changed it is what :attr:`waiting` holds.
        """
        with self.session.writing() as conn:
            drafts.drop(conn, self.session.user, self.key, second=self.blind)
        self._undo.clear()
        self._redo.clear()
        self._shown_findings.clear()
        self.draft_at = ""
        self.saying = None
        self._load()

    def try_complete(self) -> tuple[Finding, ...]:
        """What keeps the form from being complete; from now on the fields tell it too."""
        self._telling.insist()
        return tuple(f for f in self.findings() if f.check.blocks)

    def save(self, *, complete: bool, reason: ChangeReason | None = None) -> Saved:
        """Save the form: one transaction, one AuditRecord per changed item.

        Args:
            complete: the user declares the form complete.
            reason: for every change of a value that was recorded before.

        Raises:
            SaveRefused: nothing but ``entry.refused`` was recorded; the draft stays.
            ChangedMeanwhile, SignedMeanwhile: others were at the form; :meth:`reopen` shows it.
            StorageError: nothing was recorded; the draft stays.
        """
        closed = self._closes()
        saved = save_form(self.session, self.intent(complete=complete, reason=reason))
        errors = self._unread()
        self._undo.clear()
        self._redo.clear()
        self._shown_findings.clear()
        self._load()
        if errors:  # half-typed texts are no values: they stay as a draft
            self._working = self._working.put(errors)
            self._refresh(None)
            self.keep_draft(self.caret)
        closes = tuple(text for place, text in self._closes().items() if place not in closed)
        return replace(saved, state=self.state, findings=self.findings(), closes=closes)

    def intent(
        self,
        *,
        complete: bool,
        reason: ChangeReason | None = None,
        report: ReportRow | None = None,
    ) -> Intent:
        """What Save would write, for a transaction of several forms; nothing is written here.

        Args:
            report: the row of an imported report that the typing comes from.
        """
        return Intent(
            key=self.key,
            form=self.form,
            definition=self.study.digest,
            data=self._data(),
            subject=self._subject,
            recorded=self._recorded,
            new_rows=tuple(r for r in self._working.rows if r not in self._baseline.rows),
            removed=self._working.removed - self._baseline.removed,
            restored=self._baseline.removed - self._working.removed,
            kept=frozenset(self._unread()),
            hidden=frozenset(self._hidden_values()),
            answers=self._working.answers,
            superseded=self._corrected(),
            complete=complete,
            reason=reason,
            asks_reason=self.needs_reason(),
            report=report,
            paper=self._working.paper,
            consulted=self._consulted,
            offered={k: o.by for k in self._working.taken if (o := self._working.offered(k))},
        )

    # Inside.

    def _typing(self) -> Draft:
        """What is typed on top of what is recorded."""
        return self._working.draft(self._baseline, self._shown_findings, self.saying)

    def _closes(self) -> dict[Section | str, Text]:
        """What this form, as it is recorded, closes of the others, in the order of the study."""
        scene = Scene(self.study, self._subject, vault=self.session.has_vault)
        found = closed_with(scene, self.form.oid, live=not self.session.folder.training)
        names: dict[Section | str, Text] = {}
        for form in self.study.forms if found else ():
            names[form.oid] = form.text
            names |= {Section(form.oid, g.name): g.text for g in form.groups}
        return {place: text for place, text in names.items() if place in found}

    def _shut(self, row: RowKey) -> bool:
        return row.group in self._sections_closed

    def _seen(self, forms: Iterable[RecordedForm]) -> tuple[RecordedForm, ...]:
        """The recorded forms of the subject that may be read while this one is filled."""
        if not self.former:
            return tuple(forms)
        return tuple(known for f in forms if (known := within(self.study, f)) is not None)

    def leads(self, finding: Finding) -> bool:
        """It is about an answer that only the definition in force asks for."""
        key = finding.key
        return (
            finding.check.blocks
            and isinstance(key, ItemKey)
            and key.form == self.key
            and self._item(key).oid in self.newly
        )

    def _limits(self) -> Iterable[Offer]:
        if not self._ranges:
            return
        line = Line(self._scene, self._scene.data.by_key[self.key])
        for limit in limits(line, self._ranges):
            key = ItemKey(RowKey(self.key, limit.group), limit.item)
            yield Offer(key, limit.text, limit.known.by, limit.source)

    def _would_take(self, offer: Offer) -> bool:
        if self._recorded and offer.key in self._recorded.items:
            return False
        if offer.key not in self._shown:
            return False
        taken = self._working.offered(offer.key)
        if taken:
            return taken.by != offer.by
        return offer.key not in self._working.cells

    def _step(self, working: Working, touched: Iterable[ItemKey] | None) -> Change:
        self._undo.append(self._working)
        self._redo.clear()
        self._working = working
        return self._refresh(touched)

    def _wander(self, source: list[Working], target: list[Working]) -> Change:
        if not source:
            return Change()
        target.append(self._working)
        self._working = source.pop()
        return self._refresh(None)

    def _put(self, key: ItemKey, cell: Cell) -> Change:
        return self._step(self._working.put({key: cell}), (key,))

    def _refresh(self, touched: Iterable[ItemKey] | None) -> Change:
        """Work out what is shown and which checks fire; ``touched`` None means everything."""
        before = self._shown
        keys = self._all_keys()
        turning = frozenset(keys)
        if touched is not None:
            oids = dependence.turning(self.study, (self._item(k).oid for k in touched))
            turning = frozenset(k for k in keys if self._item(k).oid in oids)
        self._shown = before | turning if touched is not None else turning
        if touched is None:
            self._sections_closed = self._closed_sections()
        while True:  # clearing a hidden value may hide the next one
            self._scene = Scene(
                self.study,
                self._subject.with_form(self._data()),
                vault=self.session.has_vault,
            )
            shown = self._shown - self._invisible(turning)
            settled = shown == self._shown or not self._loses_value(shown)
            self._shown = shown
            if settled:
                break
        hidden = tuple(self._hidden_typing())
        structure = touched is None or before != self._shown
        if touched is None:
            self._by_check = _grouped(checks.findings(self._scene, forms={self.key}))
        else:
            items = {self._item(k).oid for k in {*touched, *(before ^ self._shown)}}
            again = checks.dependants(self.study, items)
            fresh = _grouped(checks.findings(self._scene, forms={self.key}, checks=again))
            for check in again:
                self._by_check.pop(check.id, None)
            self._by_check.update(fresh)
        old = self._findings_at
        self._findings_at = self._placed()
        moved = {k for k in {*old, *self._findings_at} if old.get(k) != self._findings_at.get(k)}
        derived = {k for k in keys if self._item(k).derived}
        everything = frozenset(keys) if structure else frozenset[ItemKey]()
        return Change(
            touched=frozenset(touched or ()) | moved | derived | everything,
            structure=structure,
            hides=hidden,
        )

    def _closed_sections(self) -> Mapping[str, Text]:
        """Sections that may not be filled, and why; what closes them stands in other forms."""
        if self.former:
            return {}
        scene = Scene(self.study, self._subject.with_form(self._data()))
        line = Line(scene, scene.data.by_key[self.key])
        live = not self.session.folder.training
        return {n: why.text for n, why in sections_closed(line, self.form, live=live).items()}

    def _placed(self) -> dict[ItemKey, tuple[Finding, ...]]:
        placed: dict[ItemKey, list[Finding]] = {}
        first = next(iter(self._all_keys()), None)
        for finding in self.findings():
            key = finding.key if isinstance(finding.key, ItemKey) else first
            if key is not None:
                placed.setdefault(key, []).append(finding)
        for key, finding in checks.told_beside(self._scene, self.key):
            placed.setdefault(key, []).append(finding)
        return {k: tuple(v) for k, v in placed.items()}

    def _tells(self, finding: Finding) -> bool:
        """Whether it is time to tell a finding."""
        recorded = self._baseline.rows
        return self._telling.tells(
            finding, recorded, typed=self._typed_here, awaited=self._awaits_rows
        )

    def _typed_here(self, check: Check) -> bool:
        """A check that waits for nothing: its cause is the answer of the field it stands at."""
        if not check.at_once or check.at is None:
            return False
        here = (
            k for k in self._shown & self._working.cells.keys() if self._item(k).oid == check.at
        )
        return any(self._working.cells[k].answer for k in here)

    def _awaits_rows(self, check: Check) -> bool:
        return any(
            group.name in check.fires.reads
            and self._telling.reached <= self._section(group.name)
            and self._can_add(group)
            and not any(r.group == group.name for r in self._working.live)
            for group in self.form.groups
        )

    def _section(self, group: str) -> int:
        return self.form.groups.index(self._group(group))

    def _invisible(self, keys: Iterable[ItemKey]) -> frozenset[ItemKey]:
        """Which of these data points are not shown: their condition, or a removed row."""
        form = self._scene.data.by_key[self.key]
        lines: dict[RowKey, Line] = {}
        hidden: set[ItemKey] = set()
        for key in keys:
            row = key.row
            if row not in lines:
                lines[row] = Line(self._scene, form, form.row(row.group, row.row))
            if row in self._working.removed or not checks.is_shown(lines[row], self._item(key)):
                hidden.add(key)
        return frozenset(hidden)

    def _hides_none(self, keys: Collection[ItemKey]) -> bool:
        return not set(keys) & set(self._hidden_typing())

    def _loses_value(self, shown: frozenset[ItemKey]) -> bool:
        cells = self._working.cells
        return any(k in cells and cells[k].answer for k in self._shown - shown)

    def _hidden_values(self) -> Iterable[ItemKey]:
        return (k for k in self._hidden_typing() if self._working.cells[k].answer)

    def _hidden_typing(self) -> Iterable[ItemKey]:
        gone = self._working.removed
        for key, cell in self._working.cells.items():
            if (cell.answer or cell.error) and key not in self._shown and key.row not in gone:
                yield key

    def _unread(self) -> dict[ItemKey, Cell]:
        """Texts that are no values, where they are asked for: they stay a draft, never a record."""
        return {k: c for k, c in self._working.cells.items() if c.error and k in self._shown}

    def _data(self) -> FormData:
        """The form as checks read it: what is hidden is left out, for Save will clear it."""
        rows: dict[RowKey, dict[str, Answer]] = {r: {} for r in self._working.live}
        for key, cell in self._working.cells.items():
            if cell.answer and key.row in rows and key in self._shown:
                rows[key.row][key.item] = cell.answer
        recorded = self._recorded
        return FormData(
            self.key,
            tuple(RowData(k, v) for k, v in rows.items()),
            bool(recorded and recorded.declared),
            recorded.entered if recorded else None,
        )

    def _row_view(self, group: ItemGroup, row: RowKey) -> RowView:
        return RowView(
            row,
            tuple(self.field(ItemKey(row, i.name)) for i in group.items),
            removed=row in self._working.removed,
            new=row not in self._baseline.rows,
        )

    def _can_add(self, group: ItemGroup) -> bool:
        if not group.repeating or self.read_only or group.name in self._sections_closed:
            return False
        form = self._scene.data.by_key[self.key]
        return checks.takes_rows(Line(self._scene, form), group.name)

    def _all_keys(self) -> tuple[ItemKey, ...]:
        rows = self._working.rows
        if rows is not self._keys_of:
            self._keys_of = rows
            self._keys = tuple(
                ItemKey(row, item.name)
                for group in self.form.groups
                for row in rows
                if row.group == group.name
                for item in group.items
            )
        return self._keys

    def _group(self, name: str) -> ItemGroup:
        return self.form.by_group[name]

    def _item(self, key: ItemKey) -> Item:
        return self._group(key.row.group).by_name[key.item]

    def _cell(self, key: ItemKey, item: Item) -> Cell:
        cell = self._working.cells.get(key)
        if cell is not None:
            return cell
        if item.derived and key.row not in self._working.removed:
            form = self._scene.data.by_key[self.key]
            answer = Line(self._scene, form, form.row(key.row.group, key.row.row)).answer(item.oid)
            if answer:
                return Cell(values.entry_text(item, answer), answer)
        return Cell()

    def _parse(self, key: ItemKey, text: str) -> Cell:
        today, visit = self.session.today(), self.visit_date()
        try:
            answer = values.parse_text(
                self._item(key),
                text,
                today=today,
                visit_date=visit,
                reasons=self.study.codelists.get("MISS"),
            )
        except ValueRefused as refused:
            return Cell(text, None, refused.reason)
        return Cell(text, answer)

    def _asks_reason(self, key: ItemKey) -> bool:
        cell = self._working.cells.get(key)
        if key.row in self._working.removed or (cell and cell.error and key in self._shown):
            return False
        return self._working.changed(key, self._baseline)

    def _corrected(self) -> tuple[tuple[ItemKey, Answer, str], ...]:
        """Values a finding was shown about and that were typed over before Save."""
        return tuple(
            (key, answer, check)
            for (key, check), answer in self._shown_findings.items()
            if (cell := self._working.cells.get(key)) and cell.answer != answer
        )


def form_state(recorded: RecordedForm | None, findings: Iterable[Finding]) -> FormState:
    """The state of a form: complete when declared so and no hard check fires now."""
    if recorded is None or recorded.saved_seq is None or recorded.removed:
        return FormState.EMPTY
    if recorded.lock == "locked":
        return FormState.LOCKED
    hard = any(f.check.blocks for f in findings)
    if not recorded.declared or hard:
        return FormState.INCOMPLETE
    return FormState.SIGNED if recorded.signed else FormState.COMPLETE


def _grouped(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.check.id, []).append(finding)
    return grouped
