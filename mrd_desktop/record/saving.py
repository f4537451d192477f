"""Save: from a filled form to ledger entries, in one transaction.

What Save refuses is a short, closed list; everything else is saved, and hard checks only keep a
form from being complete. Source: formats of the project, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sqlalchemy import Connection, text

from mrd_desktop.ledger.record import Entry, RecordClass
from mrd_desktop.record import drafts, entries
from mrd_desktop.record.closing import Consulted, consulted, form_closed, sections_closed
from mrd_desktop.record.entries import ChangeReason, Reference, ReportRow, Source
from mrd_desktop.record.errors import Cause, ChangedMeanwhile, SaveRefused, SignedMeanwhile
from mrd_desktop.record.owning import owned_here
from mrd_desktop.record.paper import Paper
from mrd_desktop.record.questions import open_and_close
from mrd_desktop.record.reading import RecordedForm, subject_data
from mrd_desktop.record.standing import reduced_answer, standing_values, value_class
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.data import FormData, SubjectData
from mrd_desktop.study.model import Form
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text
from mrd_desktop.vault import definitions
from mrd_desktop.vault.errors import (
    NotActivated,
    NotTrained,
    PasswordStale,
    ProgramNotReleased,
    RecordsAltered,
    RecordsMissing,
    VaultError,
)
from mrd_desktop.vault.session import Session

HIDDEN = ChangeReason("HIDDEN")
"""The reason of a value that was cleared because its question no longer applies."""

Beside: TypeAlias = Callable[[Connection], Iterable[Entry]]
"""Makes what a transaction of forms records besides them, on its connection."""


@dataclass(frozen=True)
class Intent:
    """Everything one Save of a form is about.

    Attributes:
        data: the form as it will stand (hidden values left out).
        subject: the subject as it stood when the form was opened.
        recorded: the form as recorded, None before its first save.
        kept: data points whose text is no value: left as they are recorded.
        hidden: recorded or typed values that are hidden now and are cleared.
        asks_reason: recorded values that change.
        report: the row of a report that all of it comes from, None for typing.
        offered: values taken from the laboratory ranges, with the record of the range.
        consulted: how the forms stood that could close this one, when it was opened.
        paper: the paper record that the typing was transcribed from.
        rows_from: rows of a section that come from other rows of the report.
    """

    key: FormKey
    form: Form
    definition: str
    data: FormData
    subject: SubjectData
    recorded: RecordedForm | None
    new_rows: tuple[RowKey, ...]
    removed: Collection[RowKey]
    restored: Collection[RowKey]
    kept: frozenset[ItemKey]
    hidden: frozenset[ItemKey]
    answers: Mapping[tuple[str, str], str]
    superseded: tuple[tuple[ItemKey, Answer, str], ...]
    complete: bool
    reason: ChangeReason | None
    asks_reason: tuple[ItemKey, ...]
    consulted: Consulted = frozenset()
    report: ReportRow | None = None
    offered: Mapping[ItemKey, Reference] = field(default_factory=dict)
    paper: Paper | None = None
    rows_from: Mapping[RowKey, ReportRow] = field(default_factory=dict)


@dataclass(frozen=True)
class Saved:
    """What a Save did.

    Attributes:
        records: audit records written.
        seq: sequence number of ``form.saved``.
        at: UTC time of the transaction.
        closes: names of the forms and sections that are closed since, by what this form says.
    """

    records: int
    seq: int
    at: str
    state: FormState = FormState.INCOMPLETE
    findings: tuple[Finding, ...] = ()
    closes: tuple[Text, ...] = ()


def save_form(session: Session, intent: Intent) -> Saved:
    """Write one form to the ledger.

    Raises:
        SaveRefused: with its cause; only ``entry.refused`` was recorded.
        ChangedMeanwhile, SignedMeanwhile, StorageError: nothing was recorded.
    """
    return save_forms(session, (intent,))[0]


def save_forms(
    session: Session, intents: Sequence[Intent], beside: Beside | None = None
) -> tuple[Saved, ...]:
    """Write several forms to the ledger in one transaction: all of them, or none.

    Args:
        beside: what else the transaction records, after the forms.

    Returns:
        One result a form, in their order; ``records`` counts the whole transaction.

    Raises:
        SaveRefused: for the first form that may not be saved; only ``entry.refused`` was recorded.
        ChangedMeanwhile, SignedMeanwhile, StorageError: nothing was recorded.
    """
    for intent in intents:
        refused = refusal(session, intent)
        if refused:
            if session.hold is None:
                session.commit([entries.entry_refused(str(intent.key), refused.noted)])
            else:  # that it was tried stands beside the chain
                session.note_denial(editing(None))
            raise refused
    held: list[FormKey] = []

    def build(conn: Connection) -> list[Entry]:
        by_subject: dict[str, list[Intent]] = {}
        for intent in intents:
            held[:] = [intent.key]
            if not owned_here(conn, intent.key.subject, session.folder.chain):
                raise SaveRefused(Cause.ELSEWHERE)
            _stands_as_opened(conn, intent)
            _still_agreed(session, conn, intent)
            drafts.drop(conn, session.user, intent.key)
            by_subject.setdefault(intent.key.subject, []).append(intent)
        made = [e for forms in by_subject.values() for e in _entries(session, conn, forms)]
        return [*made, *(beside(conn) if beside else ())]

    try:
        records = session.commit(build)
    except SaveRefused as refused:
        session.commit([entries.entry_refused(str(held[0]), refused.noted)])
        raise
    ends = {str(r.body["address"]): r.header for r in records if r.kind.value == "form.saved"}
    return tuple(Saved(len(records), ends[str(i.key)].seq, ends[str(i.key)].at) for i in intents)


_BARS: Mapping[type[VaultError], Cause] = {
    ProgramNotReleased: Cause.PROGRAM,
    NotActivated: Cause.NOT_ACTIVATED,
    RecordsAltered: Cause.RECORDS_ALTERED,
    RecordsMissing: Cause.RECORDS_MISSING,
    PasswordStale: Cause.TOO_OLD,
    NotTrained: Cause.NOT_TRAINED,
}
_LOCKS = {"locked": Cause.LOCKED, "frozen": Cause.FROZEN}


def _stands_as_opened(conn: Connection, intent: Intent) -> None:
    """Go on only where nobody removed, locked, saved or signed the form after it was opened.

    Nor may another definition have come into force meanwhile.

    Raises:
        SaveRefused, ChangedMeanwhile, SignedMeanwhile
    """
    if definitions.digest_in_force(conn) not in (None, intent.definition):
        raise SaveRefused(Cause.OLD_VERSION)
    now = conn.execute(_STANDING, _named(intent.key)).one_or_none()
    recorded = intent.recorded
    if (now is not None and now.removed) or _event_removed(conn, intent.key):
        raise SaveRefused(Cause.REMOVED)
    if now is not None and now.lock in _LOCKS:
        raise SaveRefused(_LOCKS[now.lock])
    if (now.saved_seq if now else None) != (recorded.saved_seq if recorded else None):
        raise ChangedMeanwhile
    if (now.signed_seq if now else None) != (recorded.signed_seq if recorded else None):
        raise SignedMeanwhile


def _still_agreed(session: Session, conn: Connection, intent: Intent) -> None:
    """Go on only where nobody recorded meanwhile what closes the form.

    Raises:
        SaveRefused: as if the form were opened now.
    """
    if consulted(conn, session.study, intent.key) == intent.consulted:
        return
    box = session.box if session.has_vault else None
    subject = subject_data(
        conn, session.study, intent.key.subject, session.today(), box, samples=()
    )
    closed = _closed(session, replace(intent, subject=subject))
    if closed:
        raise closed


def refusal(session: Session, intent: Intent) -> SaveRefused | None:
    """Why Save would refuse this form, if so; nothing is recorded."""
    cause = standing_refusal(session, intent.form, intent.recorded)
    return SaveRefused(cause) if cause else _refusal(session, intent)


def editing(form: Form | None) -> str:
    """The operation that changes a form, or a visit (None)."""
    return "identity.edit" if form is not None and form.private else "form.edit"


def standing_refusal(
    session: Session, form: Form | None, recorded: RecordedForm | None
) -> Cause | None:
    """Why this user could not save the form whatever was typed, if so; None: any open form."""
    operation = editing(form)
    if not session.allows(operation):
        return _BARS.get(type(session.refusal(operation)), Cause.PERMISSION)
    return _LOCKS.get(recorded.lock) if recorded else None


def refuse_setting_aside(
    session: Session, form: Form | None, recorded: RecordedForm | None, reason: ChangeReason
) -> None:
    """Go on only where this form, or a visit (None), may be removed or restored for this reason.

    Raises:
        SaveRefused: no permission, locked or frozen, or no good reason.
    """
    cause = standing_refusal(session, form, recorded)
    if cause is None and not good_reason(session, reason):
        cause = Cause.NO_REASON
    if cause is Cause.PERMISSION:
        session.note_denial(editing(form))
    if cause:
        raise SaveRefused(cause)


def _refusal(session: Session, intent: Intent) -> SaveRefused | None:
    if intent.definition != session.study.digest:
        return SaveRefused(Cause.OLD_VERSION)
    closed = _closed(session, intent)
    if closed:
        return closed
    if _changes_what_is_signed(session, intent):
        return SaveRefused(Cause.CHOICE_SIGNED)
    changes = intent.asks_reason or intent.removed or intent.restored
    if changes and not good_reason(session, intent.reason):
        return SaveRefused(Cause.NO_REASON)
    return None


def _closed(session: Session, intent: Intent) -> SaveRefused | None:
    """Why what the subject agreed to does not cover the form or a section that changes, if so."""
    scene = Scene(session.study, intent.subject.with_form(intent.data), vault=session.has_vault)
    line = Line(scene, intent.data)
    live = not session.folder.training
    closed = form_closed(line, intent.form, live=live)
    if closed:
        return closed
    sections = sections_closed(line, intent.form, live=live)
    changed = _sections_changed(intent) if sections else set()
    return next((why for name, why in sections.items() if name in changed), None)


def _sections_changed(intent: Intent) -> set[str]:
    """The sections in which rows come or values change.

    Taking a row away is no entry; nor is what Save clears because its question no longer applies,
    or works out: nobody typed it, and nobody could take it back there.
    """
    now = dict(intent.data.answers())
    before = intent.recorded.items if intent.recorded else {}
    keys = {k for k in now if now[k] != (before[k].answer if k in before else None)}
    keys |= {k for k in before if before[k].answer and k not in now}
    groups = intent.form.by_group
    keys = {k for k in keys if not groups[k.row.group].by_name[k.item].derived}
    rows = {k.row for k in keys - intent.kept - intent.hidden if k.row not in intent.removed}
    return {row.group for row in (*rows, *intent.new_rows, *intent.restored)}


def _changes_what_is_signed(session: Session, intent: Intent) -> bool:
    recorded = intent.recorded
    if recorded is None or recorded.signed_seq is None:
        return False
    fixed = session.study.fixed_when_signed
    by_group = intent.form.by_group
    return any(by_group[k.row.group].by_name[k.item].oid in fixed for k in intent.asks_reason)


def good_reason(session: Session, reason: ChangeReason | None) -> bool:
    """A coded reason of the study's list; with words of two characters or more where it asks."""
    if reason is None:
        return False
    known = {r.code: r for r in session.study.offered_reasons}.get(reason.code)
    if known is None:
        return False
    return not known.needs_text or len(reason.text.strip()) > 1


def _entries(session: Session, conn: Connection, intents: Sequence[Intent]) -> Iterator[Entry]:
    """What one transaction says of one subject: its forms, then what follows from them all."""
    opened: set[EventKey] = set()
    after = intents[0].subject
    changed: frozenset[str] = frozenset()
    answers: dict[tuple[str, str], str] = {}
    for intent in intents:
        yield from _form(session, conn, intent, opened)
        after = after.with_form(intent.data)
        changed |= _changed_items(intent)
        answers.update(intent.answers)
    scene = Scene(session.study, after, vault=session.has_vault)
    told: set[tuple[str, str]] = set()
    for intent in intents:
        for entry in standing_values(session, conn, scene, intent.key):
            place = str(entry.payload["address"]), str(entry.payload["source"])
            if place not in told:
                told.add(place)
                yield entry
    yield from open_and_close(session, conn, scene, intents[0].key, changed, answers)


def _form(
    session: Session, conn: Connection, intent: Intent, opened: set[EventKey]
) -> Iterator[Entry]:
    key, form, recorded = intent.key, intent.form, intent.recorded
    cls = RecordClass.SITE if form.private else RecordClass.CODED
    reason = intent.reason
    if recorded is None:
        if key.event not in opened and not _event_open(conn, key):
            opened.add(key.event)
            yield entries.added(key.event)
        yield entries.added(key, cls)
    for row in intent.new_rows:
        yield entries.added(row, cls)
    for row in sorted(intent.removed):
        assert reason is not None
        yield entries.removed(row, reason, cls)
    for row in sorted(intent.restored):
        assert reason is not None
        yield entries.restored(row, reason, cls)
    scene = Scene(session.study, intent.subject.with_form(intent.data), vault=session.has_vault)
    for item, answer, check in intent.superseded:
        yield entries.entry_superseded(item, answer, check, value_class(scene, form, item, answer))
    yield from _values(scene, intent)
    yield entries.form_saved(
        key,
        complete=intent.complete,
        definition=intent.definition,
        cls=cls,
        paper=intent.paper,
    )


def _values(scene: Scene, intent: Intent) -> Iterator[Entry]:
    """One ``item.set`` a changed data point; its reduced twin where only that may leave."""
    now = dict(intent.data.answers())
    before = intent.recorded.items if intent.recorded else {}
    for key in _in_form_order(intent.form, {*now, *before}):
        old = before.get(key)
        new = now.get(key)
        if key in intent.kept or (key.row in intent.removed):
            continue
        item = intent.form.by_group[key.row.group].by_name[key.item]
        if item.derived or new == (old.answer if old else None):
            continue
        hidden = key in intent.hidden
        taken = None if hidden or new is None else intent.offered.get(key)
        report = None if hidden or taken else intent.rows_from.get(key.row, intent.report)
        cls = value_class(scene, intent.form, key, new)
        reduced = reduced_answer(scene, key, new) if cls is RecordClass.SITE else None
        yield entries.item_set(
            key,
            new,
            was=old.by if old else None,
            reason=None if old is None else HIDDEN if hidden else intent.reason,
            source=_source(hidden=hidden, taken=taken, report=report),
            cls=cls,
            report=report,
            labrange=taken,
        )
        if reduced:
            yield entries.item_set(key, reduced, source=Source.REDUCED)


def _source(*, hidden: bool, taken: Reference | None, report: ReportRow | None) -> Source:
    if hidden:
        return Source.HIDDEN
    if taken:
        return Source.LABRANGE
    return Source.IMPORT if report else Source.ENTRY


def _changed_items(intent: Intent) -> frozenset[str]:
    """OIDs of the items whose value changes; of groups and forms that come or go, too."""
    now = dict(intent.data.answers())
    items = intent.recorded.items if intent.recorded else {}
    before = {k: r.answer for k, r in items.items() if r.answer}
    keys = {k for k in {*now, *before} if now.get(k) != before.get(k)}
    oids = {intent.form.by_group[k.row.group].by_name[k.item].oid for k in keys}
    rows = {*intent.new_rows, *intent.removed, *intent.restored}
    for row in rows:
        oids |= {row.group, *(i.oid for i in intent.form.by_group[row.group].items)}
    if intent.recorded is None:  # the form's coming alone may settle or raise a finding
        oids |= {intent.form.oid, *(i.oid for i in intent.form.items)}
    return frozenset(oids)


def _in_form_order(form: Form, keys: Iterable[ItemKey]) -> list[ItemKey]:
    place = {
        (g.name, i.name): (n, m) for n, g in enumerate(form.groups) for m, i in enumerate(g.items)
    }
    return sorted(
        keys,
        key=lambda k: (place[k.row.group, k.item][0], k.row.row, place[k.row.group, k.item][1]),
    )


_STANDING = text(
    "SELECT f.saved_seq, f.lock, f.removed,"
    " (SELECT max(s.seq) FROM p_signature s WHERE s.form_id = f.form_id) AS signed_seq"
    " FROM p_form f WHERE f.subject = :subject AND f.event = :event"
    " AND f.event_repeat = :event_repeat AND f.form = :form AND f.form_repeat = :form_repeat"
)


def _named(key: FormKey) -> dict[str, str | int]:
    return {
        "subject": key.subject,
        "event": key.event.event,
        "event_repeat": key.event.repeat,
        "form": key.form,
        "form_repeat": key.repeat,
    }


def _event_removed(conn: Connection, key: FormKey) -> bool:
    found = conn.execute(_EVENT, _named(key)).scalar()
    return bool(found)


def _event_open(conn: Connection, key: FormKey) -> bool:
    return conn.execute(_EVENT, _named(key)).first() is not None


_EVENT = text(
    "SELECT removed FROM p_event WHERE subject = :subject AND event = :event"
    " AND event_repeat = :event_repeat"
)
