"""Keying a form a second time, blind: nothing of the first keying is seen, shown or read.

The second keying is a draft of its own until it is finished; then it is compared in one
transaction, and only its differences enter the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import drafts, entries
from mrd_desktop.record.closing import form_closed, sections_closed
from mrd_desktop.record.entries import ChangeReason, Reference
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import NotFound, SaveRefused
from mrd_desktop.record.reading import RecordedForm, recorded_forms, subject_data
from mrd_desktop.record.saving import Saved, standing_refusal
from mrd_desktop.record.second.compare import Keying, Point, Result, compare
from mrd_desktop.record.second.errors import NoSecondEntry, SameHand, Unread
from mrd_desktop.record.second.standing import Act, State, filled, hands, second_entries
from mrd_desktop.record.standing import value_class
from mrd_desktop.record.working import Offer
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.data import FormData
from mrd_desktop.study.model import Severity, Study
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.vault.session import Session


class SecondKeying(FormEntry):
    """One form being keyed again from paper."""

    blind = True

    def __init__(self, session: Session, key: FormKey) -> None:
        """Begin or go on, with the user's own draft of it.

        Raises:
            PermissionDenied: the role enters no data.
            NotFound, NoSecondEntry, SameHand, SaveRefused: this form takes no keying by this user.
        """
        session.require("form.edit")
        with session.reading() as conn:
            _standing(session, conn, key)
        super().__init__(session, key)

    def try_complete(self) -> tuple[Finding, ...]:
        """Nothing keeps it from being compared: the paper may say what a check forbids."""
        return ()

    def save(self, *, complete: bool, reason: ChangeReason | None = None) -> Saved:
        """Keep the draft, or finish: compare with the first keying.

        Args:
            complete: finish; otherwise nothing is recorded.
            reason: has no meaning here.

        Raises:
            Unread: some text is no value; nothing was recorded, the draft stays.
            NotFound, NoSecondEntry, SameHand, SaveRefused: the form has changed meanwhile.
        """
        if not complete:
            return Saved(0, 0, self.keep_draft(self.caret) or self.session.now())
        unread = len(self._unread())
        if unread:
            raise Unread(n=unread)
        data = self._data()
        records = self.session.commit(lambda conn: list(self._finished(conn, data)))
        header = records[-1].header
        self.discard()
        return Saved(len(records), header.seq, header.at)

    def _tells(self, finding: Finding) -> bool:
        """What may be a slip of the hand; what the paper leaves out or doubts was asked before."""
        return finding.check.severity is Severity.HARD and finding.check.on != "REQUIRED"

    def _seen(self, forms: Iterable[RecordedForm]) -> tuple[RecordedForm, ...]:
        return tuple(f for f in forms if f.key != self.key)

    def _limits(self) -> Iterable[Offer]:
        return ()

    def _finished(self, conn: Connection, data: FormData) -> Iterator[Entry]:
        form = _standing(self.session, conn, self.key)
        drafts.drop(conn, self.session.user, self.key, second=True)
        closed = self._no_consent(conn, form)
        compared = compare(
            self.form,
            self.key,
            first_keying(self.study, form),
            Keying([r.key for r in data.rows], dict(data.answers())),
            used=form.rows,
            filled=filled(conn, form),
        )
        points = [p for p in compared if p.key.row.group not in closed]
        assert form.saved_seq is not None
        yield entries.second_keyed(self.key, Reference(self.session.folder.chain, form.saved_seq))
        yield from self._counted(conn, form, points)
        scene = Scene(self.study, self._subject, vault=self.session.has_vault)
        people = hands(conn, form)
        for point in points:
            if point.result is not Result.EQUAL:
                yield entries.second_differs(
                    point.key,
                    point.second,
                    result=point.result.value,
                    keyer=_keyer(form, people, point),
                    whole_row=point.whole_row,
                    cls=value_class(scene, self.form, point.key, point.second),
                )

    def _no_consent(self, conn: Connection, form: RecordedForm) -> Collection[str]:
        """The sections that consent closes now, which nobody keys again.

        Raises:
            SaveRefused: it closes the form.
        """
        session = self.session
        box = session.box if session.has_vault else None
        subject = subject_data(conn, self.study, self.key.subject, session.today(), box, samples=())
        line = Line(Scene(self.study, subject, vault=session.has_vault), form.data(self.study))
        live = not session.folder.training
        closed = form_closed(line, self.form, live=live)
        if closed:
            raise closed
        return sections_closed(line, self.form, live=live).keys()

    def _counted(
        self, conn: Connection, form: RecordedForm, points: Sequence[Point]
    ) -> Iterator[Entry]:
        people = hands(conn, form)
        for group in self.form.groups:
            here = [p for p in points if p.key.row.group == group.name]
            counts: dict[str, Counter[str]] = {}
            for point in here:
                counts.setdefault(_keyer(form, people, point), Counter())[point.key.item] += 1
            if here:
                yield entries.second_compared(min(p.key.row for p in here), counts)


def first_keying(study: Study, form: RecordedForm) -> Keying:
    """What stands recorded of a form, as one side of a comparison."""
    data = form.data(study)
    return Keying([r.key for r in data.rows], dict(data.answers()))


def _keyer(form: RecordedForm, people: Mapping[Reference, str], point: Point) -> str:
    recorded = form.items.get(point.key)
    keyed = people.get(recorded.by) if recorded else None
    return keyed or form.saved_by or ""


def _standing(session: Session, conn: Connection, key: FormKey) -> RecordedForm:
    """The form as recorded, where this user may key it again.

    Raises:
        NotFound, NoSecondEntry, SameHand, SaveRefused: it may not.
    """
    if key.form not in session.study.by_form:
        raise NotFound(str(key))
    forms = recorded_forms(conn, key.subject)
    form = next((f for f in forms if f.key == key), None)
    entry = second_entries(conn, session.study, [form] if form else []).get(key)
    if form is None or entry is None:
        raise NoSecondEntry(str(key))
    refused = standing_refusal(session, session.study.by_form[key.form], form)
    if refused:
        raise SaveRefused(refused)
    if entry.state not in (State.DUE, State.CHANGED):
        raise NoSecondEntry(str(key))
    if entry.act(session.user) is not Act.KEY:
        raise SameHand(str(key))
    return form
