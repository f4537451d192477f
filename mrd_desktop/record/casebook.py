"""The casebook of a site: its subjects, their events and forms, and the acts on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import drafts, entries, numbering, questions
from mrd_desktop.record.closing import closed_as_it_stands
from mrd_desktop.record.editions import edition, saved_under
from mrd_desktop.record.entries import ChangeReason, Reference, answer_of
from mrd_desktop.record.entry import FormEntry, form_state
from mrd_desktop.record.errors import (
    BadSubjectNumber,
    NotFound,
    NumberOfOther,
    NumberUnsure,
    SaveRefused,
    SubjectExists,
    UnsavedTyping,
)
from mrd_desktop.record.names import refuse_names
from mrd_desktop.record.places import Place, places
from mrd_desktop.record.queries import QueryLine, waiting
from mrd_desktop.record.reading import RecordedForm, recorded_forms, subject_data
from mrd_desktop.record.redaction import removal_of
from mrd_desktop.record.saving import refuse_setting_aside
from mrd_desktop.record.second.standing import (
    Act,
    SecondEntry,
    SecondPlace,
    act_on,
    second_entries,
)
from mrd_desktop.record.standin import record_as_read, standing
from mrd_desktop.record.views import FormState
from mrd_desktop.study import checks
from mrd_desktop.study.address import (
    EventKey,
    FormKey,
    ItemKey,
    Key,
    RowKey,
    parse_address,
)
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.data import SubjectData
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene
from mrd_desktop.vault.computers import may_give
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class SubjectLine:
    """A subject as a list shows it."""

    subject: str
    created_at: str
    forms: int
    open_queries: int
    last_saved: str | None


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a data point in its history, oldest first in a list.

    Attributes:
        redacted: the cause for which its content was taken out; None where it is held.
        definition: digest of the definition in whose words it was recorded, where one is named.
    """

    seq: int
    at: str
    user: str
    role: str
    answer: Answer | None
    reason: ChangeReason | None
    source: str
    redacted: str | None = None
    definition: str | None = None
    chain: str = ""


@dataclass(frozen=True, slots=True)
class FormLine:
    """A filled form as the grid shows it.

    Attributes:
        second: its second entry, None where none is asked for.
        second_act: what this user may do about it now.
    """

    key: FormKey
    state: FormState
    drafted: bool
    superseded: bool
    removed: bool
    hard: int
    queries: int
    saved_at: str | None
    saved_by: str | None
    second: SecondEntry | None = None
    second_act: Act | None = None


@dataclass(frozen=True)
class Chart:
    """One subject, whole: its data, its findings and its forms.

    Attributes:
        queries: those that wait, open or answered.
    """

    data: SubjectData
    scene: Scene
    findings: tuple[Finding, ...]
    forms: tuple[FormLine, ...]
    events: tuple[EventKey, ...]
    recorded: Mapping[FormKey, RecordedForm]
    queries: tuple[QueryLine, ...]


class Casebook:
    """Acts and readings on the subjects of one open site."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.study = session.study

    def subjects(self) -> tuple[SubjectLine, ...]:
        """Every subject, by number."""
        self.session.require("subject.see")
        with self.session.reading() as conn:
            rows = conn.execute(
                text(
                    "SELECT s.subject, s.at,"
                    " (SELECT count(*) FROM p_form f WHERE f.subject = s.subject"
                    "   AND f.removed = 0 AND f.saved_seq IS NOT NULL) AS forms,"
                    " (SELECT max(f.saved_at) FROM p_form f WHERE f.subject = s.subject) AS saved,"
                    " (SELECT count(*) FROM p_query q WHERE q.subject = s.subject"
                    "   AND q.state = 'open') AS queries"
                    " FROM p_subject s ORDER BY length(s.subject), s.subject"
                )
            ).all()
        return tuple(SubjectLine(r.subject, r.at, r.forms, r.queries, r.saved) for r in rows)

    def next_number(self) -> str:
        """The subject number that comes next at this site."""
        folder = self.session.folder
        with self.session.reading() as conn:
            return f"{folder.site}-{numbering.following(conn, folder.chain):03d}"

    def asks_number(self) -> bool:
        """Whether numbers may have been given out that are not known here: people name the next."""
        with self.session.reading() as conn:
            return numbering.is_unsure(conn, self.session.folder.chain)

    def create_subject(self, number: str | None = None) -> str:
        """Give out a subject number: the next one, or one that is named.

        Raises:
            NumberUnsure: none is named, and records are missing that may have given it out.
            BadSubjectNumber: it is not of this site's form.
            NumberOfOther: another computer of the site gives it out.
            SubjectExists: it was given out before.
        """
        self.session.require("subject.create")
        if number is None and self.asks_number():
            raise NumberUnsure
        subject = number or self.next_number()
        site = self.session.folder.site
        if not re.fullmatch(rf"{re.escape(site)}-[0-9]{{3,4}}", subject):
            raise BadSubjectNumber(subject, site=site)

        def build(conn: Connection) -> list[Entry]:
            if _exists(conn, subject):
                raise SubjectExists(subject)
            given = int(subject.partition("-")[2])
            if not may_give(conn, self.session.folder.chain, given):
                raise NumberOfOther(subject)
            return [entries.subject_created(subject)]

        self.session.commit(build)
        return subject

    def next_event(self, subject: str, event: str) -> EventKey:
        """The key of a new occurrence of an event that may repeat (UNS, SFU), else its only one."""
        definition = self.study.by_event[event]
        if not definition.repeating:
            return EventKey(subject, event)
        with self.session.reading() as conn:
            used = conn.execute(
                text("SELECT max(event_repeat) FROM p_event WHERE subject = :s AND event = :e"),
                {"s": subject, "e": event},
            ).scalar()
        return EventKey(subject, event, (used or 0) + 1)

    def next_form(self, event: EventKey, form: str) -> FormKey:
        """The key of a new filled form: number 1, or the next one where the form repeats."""
        definition = self.study.by_form[form]
        if not definition.repeating:
            return FormKey(event, form)
        with self.session.reading() as conn:
            used = conn.execute(
                text(
                    "SELECT max(form_repeat) FROM p_form WHERE subject = :s AND event = :e"
                    " AND event_repeat = :n AND form = :f"
                ),
                {"s": event.subject, "e": event.event, "n": event.repeat, "f": form},
            ).scalar()
        return FormKey(event, form, (used or 0) + 1)

    def open(self, key: FormKey) -> FormEntry:
        """Open a form for entry; it need not exist yet, its subject must.

        Raises:
            NotFound: the subject or the form's definition does not exist.
        """
        if key.form not in self.study.by_form or key.event.event not in self.study.by_event:
            raise NotFound(str(key))
        with self.session.reading() as conn:
            if not _exists(conn, key.subject):
                raise NotFound(key.subject)
        return FormEntry(self.session, key)

    def look(self, key: FormKey) -> FormEntry:
        """Open a form as it stands: in the words of the definition that it was saved under.

        Where that is in force no more, the form may only be looked at (``former``); :meth:`open`
        takes it up under the one in force. A form with unsaved typing is taken up already.

        Raises:
            As :meth:`open`.
        """
        entry = self.open(key)
        recorded = entry.recorded
        if recorded is None or recorded.saved_seq is None or entry.draft_at or entry.waiting:
            return entry
        with self.session.reading() as conn:
            before = edition(conn, recorded.definition, self.study)
        if before is self.study:
            return entry
        former = FormEntry(self.session, key, before)
        told = {(f.check.id, str(f.key)) for f in former.findings()}
        former.asks = sum(
            f.check.blocks and (f.check.id, str(f.key)) not in told for f in entry.findings()
        )
        return former

    def words_at(self, digest: str | None) -> Study:
        """The definition of a digest, for the words of something recorded under it."""
        with self.session.reading() as conn:
            return edition(conn, digest, self.study)

    def unfinished(self) -> FormKey | SecondPlace | None:
        """The form with unsaved typing that was in front of this user when work ended, if any.

        Where that was a second entry, the place of its keying: the form itself would show the
        first values.
        """
        with self.session.reading() as conn:
            again = drafts.in_front(self.session, conn, second=True)
            if again is not None:
                return SecondPlace(again, Act.KEY)
            return drafts.in_front(self.session, conn)

    def data(self, subject: str, today: date | None = None) -> SubjectData:
        """What checks read of one subject, as of a day."""
        self.session.require("subject.see")
        box = self.session.box if self.session.has_vault else None
        with self.session.reading() as conn:
            return subject_data(conn, self.study, subject, today or self.session.today(), box)

    def chart(self, subject: str) -> Chart:
        """One subject with its findings and the state of each form.

        Raises:
            NotFound: there is no such subject.
        """
        self.session.require("subject.see")
        with self.session.reading() as conn:
            return self.chart_on(conn, subject)

    def chart_on(
        self, conn: Connection, subject: str, samples: Collection[str] | None = None
    ) -> Chart:
        """The same on a connection at hand, for an act that must see what it writes on.

        Args:
            samples: its sample ids that others have too, where many are read one after the other.
        """
        session = self.session
        box = session.box if session.has_vault else None
        if not _exists(conn, subject):
            raise NotFound(subject)
        recorded = recorded_forms(conn, subject, box)
        data = subject_data(
            conn, self.study, subject, session.today(), box, recorded, samples=samples
        )
        drafted = drafts.addresses(conn, session.user)
        queries = waiting(conn, subject)
        asked = _by_form(queries)
        events = tuple(
            EventKey(subject, r.event, r.event_repeat)
            for r in conn.execute(
                text("SELECT * FROM p_event WHERE subject = :s AND removed = 0 ORDER BY seq"),
                {"s": subject},
            )
        )
        outcomes = questions.outcome_findings(conn, self.study, subject, session.has_vault)
        scene = Scene(self.study, data, vault=session.has_vault)
        findings = (*checks.findings(scene), *outcomes)
        begun = drafts.addresses(conn, session.user, second=True)
        seconds = second_entries(conn, self.study, recorded, begun)
        lines = [
            _with_second(_form_line(f, findings, drafted, asked), f, session, seconds.get(f.key))
            for f in recorded
        ]
        known = {f.key: f for f in recorded}
        lines += [
            FormLine(k, FormState.DRAFT, True, False, False, 0, 0, None, None)
            for k in drafted
            if k.subject == subject and k not in known
        ]
        return Chart(data, scene, findings, tuple(lines), events, known, queries)

    def findings(self, subject: str, today: date | None = None) -> tuple[Finding, ...]:
        """Every finding of a subject as of a day; never writes."""
        session = self.session
        scene = Scene(self.study, self.data(subject, today), vault=session.has_vault)
        with session.reading() as conn:
            told = questions.outcome_findings(conn, self.study, subject, session.has_vault)
        return (*checks.findings(scene), *told)

    def read_for(self, subject: str, check: str, address: str) -> tuple[Place, ...] | None:
        """What a finding was read from beyond its own form; None where it is none any more.

        One about a visit was read from that visit's forms.
        """
        found = self.findings(subject)
        finding = next((f for f in found if (f.check.id, str(f.key)) == (check, address)), None)
        if finding is None:
            return None
        scene = Scene(self.study, self.data(subject), vault=self.session.has_vault)
        own = form_of(finding.key) if not isinstance(finding.key, str) else None
        read = places(scene, finding, own)
        if isinstance(finding.key, EventKey):
            return tuple(p for p in read if p.key.form.event == finding.key)
        return read

    def history(self, key: ItemKey) -> tuple[Version, ...]:
        """Every state of a data point, oldest first.

        Raises:
            PermissionDenied: an identity item and no vault key.
        """
        session = self.session
        form = self.study.by_form[key.form.form]
        session.require("identity.see" if form.private else "subject.see")
        box = session.box if session.has_vault else None
        with session.reading() as conn:
            forms = recorded_forms(conn, key.subject, box)
            found = next((f.items[key] for f in forms if key in f.items), None)
            versions = list(versions_of(conn, found.by, box)) if found else []
        return tuple(reversed(versions))

    def remove(self, key: FormKey | RowKey | EventKey, reason: ChangeReason) -> None:
        """Set a visit, form or row aside, with a reason; it stays viewable.

        Raises:
            SaveRefused: the form is locked, or the role may not.
            NotFound: nothing stands there.
            UnsavedTyping: the user has a draft of the row's form.
            NamesAPerson: the reason tells who somebody is.
        """
        self._set_aside(key, reason, gone=True)

    def restore(self, key: FormKey | RowKey | EventKey, reason: ChangeReason) -> None:
        """Bring a removed visit, form or row back, with a reason.

        A visit comes back with the forms that went with it; what was removed before stays so, and
        so does what consent closes now.

        Raises:
            As :meth:`remove`; SaveRefused also where consent closes the form.
        """
        self._set_aside(key, reason, gone=False)

    def _set_aside(
        self, key: FormKey | RowKey | EventKey, reason: ChangeReason, *, gone: bool
    ) -> None:
        if self.session.allows("form.edit"):  # of anybody else the denial is told, and recorded
            subject = key.form.subject if isinstance(key, RowKey) else key.subject
            with self.session.reading() as conn:
                refuse_names(conn, self.session, subject, reason.text)
        if isinstance(key, RowKey):
            entry = self.open(key.form)
            if entry.recorded is None or key not in entry.recorded.rows:
                raise NotFound(str(key))
            if entry.draft_at:
                raise UnsavedTyping(str(key.form))
            _ = entry.remove_row(key) if gone else entry.restore_row(key)
            entry.save(complete=entry.recorded.declared, reason=reason)
            return
        make = entries.removed if gone else entries.restored
        box = self.session.box if self.session.has_vault else None
        # Asked of the place itself first: a visit may have no form left that would be refused.
        known = self.study.by_form.get(key.form) if isinstance(key, FormKey) else None
        refuse_setting_aside(self.session, known, None, reason)

        def build(conn: Connection) -> list[Entry]:
            forms = recorded_forms(conn, key.subject, box)
            there = [f for f in forms if key in (f.key, f.key.event)]
            if not there:
                raise NotFound(str(key))
            hit = [f for f in there if f.removed is not gone]
            if isinstance(key, EventKey) and not gone:
                taken = _went_with(conn, key)
                hit = [f for f in hit if f.key in taken]
            for form in hit:
                refuse_setting_aside(self.session, self.study.by_form[form.key.form], form, reason)
            if not gone:
                scene = self._scene(conn, key.subject, _turned(forms, hit, gone=gone))
                closed = {f.key: why for f in hit if (why := self._closed(scene, f))}
                if isinstance(key, FormKey) and key in closed:
                    raise closed[key]
                hit = [f for f in hit if f.key not in closed]
            made: list[Entry] = []
            if isinstance(key, EventKey):
                if _event_removed(conn, key) is gone:
                    return []
                made.append(make(key, reason))
            for form in hit:
                private = self.study.by_form[form.key.form].private
                cls = RecordClass.SITE if private else RecordClass.CODED
                made.append(make(form.key, reason, cls))
            scene = self._scene(conn, key.subject, _turned(forms, hit, gone=gone))
            came = [self.study.by_form[f.key.form] for f in hit]
            oids = {o for f in came for o in (f.oid, *(i.oid for i in f.items))}
            made += questions.open_and_close(self.session, conn, scene, there[0].key, oids, {})
            return made

        self.session.commit(build)

    def _scene(self, conn: Connection, subject: str, forms: Iterable[RecordedForm]) -> Scene:
        """The subject with these forms."""
        box = self.session.box if self.session.has_vault else None
        data = subject_data(conn, self.study, subject, self.session.today(), box, forms)
        return Scene(self.study, data, vault=self.session.has_vault)

    def _closed(self, scene: Scene, form: RecordedForm) -> SaveRefused | None:
        live = not self.session.folder.training
        return closed_as_it_stands(scene, form.data(self.study), live=live)


def _turned(
    forms: Iterable[RecordedForm], hit: Collection[RecordedForm], *, gone: bool
) -> tuple[RecordedForm, ...]:
    return tuple(replace(f, removed=gone) if f in hit else f for f in forms)


def _form_line(
    form: RecordedForm,
    findings: tuple[Finding, ...],
    drafted: tuple[FormKey, ...],
    queries: dict[FormKey, int],
) -> FormLine:
    own = [f for f in findings if form_of(f.key) == form.key]
    hard = [f for f in own if f.check.blocks]
    return FormLine(
        key=form.key,
        state=form_state(form, own),
        drafted=form.key in drafted,
        superseded=form.superseded,
        removed=form.removed,
        hard=len(hard),
        queries=queries.get(form.key, 0),
        saved_at=form.saved_at,
        saved_by=form.saved_by,
    )


def _with_second(
    line: FormLine, form: RecordedForm, session: Session, second: SecondEntry | None
) -> FormLine:
    if second is None:
        return line
    return replace(line, second=second, second_act=act_on(session, form, second))


def form_of(key: Key) -> FormKey | None:
    """The form that an address stands in, None above forms."""
    if isinstance(key, FormKey):
        return key
    return key.form if isinstance(key, RowKey | ItemKey) else None


def _by_form(queries: Iterable[QueryLine]) -> dict[FormKey, int]:
    """How many open queries each form has."""
    forms = (form_of(parse_address(q.address)) for q in queries if q.state == "open")
    return dict(Counter(form for form in forms if form))


def _event_removed(conn: Connection, event: EventKey) -> bool:
    found = conn.execute(_EVENT, _of_event(event)).one_or_none()
    return found is not None and bool(found.removed)


def _went_with(conn: Connection, event: EventKey) -> frozenset[FormKey]:
    """The forms that the latest removal of a visit took with it."""
    added = conn.execute(_EVENT, _of_event(event)).one_or_none()
    if added is None:
        return frozenset()
    place = f'"address":"{event}'.encode()
    taken: dict[int, set[FormKey]] = {}
    last = 0
    for record in standing(conn, added.chain, after=added.seq):
        if record.opening is None or place not in record.opening.payload:
            continue
        key = parse_address(str(record.body["address"]))
        if record.kind is Kind.EVENT_REMOVED and key == event:
            last = record.header.txn
        elif record.kind is Kind.FORM_REMOVED and isinstance(key, FormKey) and key.event == event:
            taken.setdefault(record.header.txn, set()).add(key)
    return frozenset(taken.get(last, ()))


_EVENT = text(
    "SELECT chain, seq, removed FROM p_event"
    " WHERE subject = :subject AND event = :event AND event_repeat = :repeat"
)


def _of_event(event: EventKey) -> dict[str, str | int]:
    return event._asdict()


def _exists(conn: Connection, subject: str) -> bool:
    found = conn.execute(
        text("SELECT 1 FROM p_subject WHERE subject = :subject"), {"subject": subject}
    )
    return found.first() is not None


def versions_of(
    conn: Connection, by: Reference | None, box: store.PrivateBox | None
) -> Iterator[Version]:
    """Every state of a data point, from the one of a record back to the first."""
    while by is not None:
        record = record_as_read(conn, by.chain, by.seq, box)
        gone = removal_of(conn, by) if record.opening is None else None
        if record.opening is None and gone is None:
            return
        who = conn.execute(
            text("SELECT user, role FROM p_session WHERE session = :s"),
            {"s": record.header.session},
        ).one_or_none()
        user, role = (who.user, who.role) if who else ("", "")
        at = record.header.at
        if gone is not None:
            yield Version(
                by.seq, at, user, role, None, None, "", redacted=gone.cause, chain=by.chain
            )
            by = gone.was
            continue
        body = record.body
        reason, was = body.get("reason"), body.get("was")
        yield Version(
            seq=record.header.seq,
            at=at,
            user=user,
            role=role,
            answer=answer_of(body),
            reason=ChangeReason(str(reason["code"]), str(reason.get("text", "")))
            if isinstance(reason, dict)
            else None,
            source=str(body.get("source", "")),
            definition=saved_under(conn, record),
            chain=by.chain,
        )
        by = Reference(str(was["chain"]), int(str(was["seq"]))) if isinstance(was, dict) else None
