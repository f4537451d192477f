"""A snapshot of the clinical data as ODM-XML 2.0, with the definition in front.

Each recorded value stands with the ``AuditRecord`` of the record that says it: who, where, when,
why. Containers have none, for one there would count for the calculated values inside. A reason in
place of a value is a null ``ItemData`` with a flag from the list of reasons; a null one without a
flag is an empty item that something is said about. Several codes are several values. A unit of the
study stands beside the values in it, as an item of its own.

Signatures that stand, marks of source data verification on the value as it is, states of forms and
notes are ``Signature`` and ``Annotation`` of what they are about. A query is a ``Query`` at what it
asks about, with an ``AuditRecord`` for each act; where that has no element (it was removed since,
or nothing is saved there), it stands around it and ``Target`` says where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Opening, Record
from mrd_desktop.record.entries import Source as ValueSource
from mrd_desktop.record.reading import recorded_forms
from mrd_desktop.record.standin import record_as_read
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.model import CodeList, Form, Item, ItemGroup, Study
from mrd_desktop.study.odm2 import ODM2, VERSION, tag, unit_of, unit_oid, units_of, write_metadata
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import odm_frame
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.odm_forms import Cell, Cells, Filed, FormReader, filed
from mrd_desktop.transfer.odm_frame import Frame
from mrd_desktop.transfer.odm_history import FORM, SDV
from mrd_desktop.transfer.odm_stamps import (
    SPONSORS_WORD,
    Stamp,
    Stamps,
    persons,
    places_and_meanings,
)
from mrd_desktop.transfer.odm_threads import ABOUT_QUERIES, Thread, Threads
from mrd_desktop.transfer.trail import SPONSOR, records, shown, steps

FRAME: Final = Frame(ODM2, "Role")
_BY_PROGRAM: Final = (ValueSource.DERIVED.value, ValueSource.LABRANGE.value)
_STATES: Final[Mapping[Kind, str]] = {
    Kind.QUERY_OPENED: "Open",
    Kind.QUERY_REOPENED: "Open",
    Kind.QUERY_ANSWERED: "Answered",
    Kind.CHECK_ANSWERED: "Answered",
    Kind.QUERY_CLOSED: "Closed",
}


def snapshot(source: Source, created: str, room: Path) -> Iterator[bytes]:
    """The file in pieces.

    Args:
        created: UTC time that the file says it was made at; the time of the head record, so that
            the same ledger gives the same bytes.
        room: a folder with room for the file.
    """
    study, version = source.study, odm_frame.version(source.study)
    writer = _Writer(source)
    return odm_frame.people_first(
        FRAME,
        odm_frame.head(study, "Snapshot", created, VERSION),
        room,
        lambda xf: write_metadata(xf, study, _lists, tuple(source.former.values())),
        writer.write,
        lambda xf: _admin(xf, source.conn, writer.people, version, created[:10]),
    )


def _lists(_: Study) -> Iterable[CodeList]:
    return (FORM, SDV)


def _admin(
    xf: Any,
    conn: Connection,
    people: Mapping[tuple[str, str], str],
    version: Mapping[str, str],
    since: str,
) -> None:
    with xf.element(tag("AdminData"), {"StudyOID": version["StudyOID"]}):
        for one in persons(conn, people):
            ours = one.place == SPONSOR or one.login == SPONSORS_WORD
            kind = "Sponsor" if ours else _user_type(one.role)
            about = {"OID": one.oid, "UserType": kind, "LocationOID": f"LOC.{one.place}"}
            with xf.element(tag("User"), about):
                FRAME.leaf(xf, "UserName", one.login)
                if one.full:
                    FRAME.leaf(xf, "FullName", one.full)
        places_and_meanings(xf, FRAME, conn, version, since)


def _user_type(role: str) -> str:
    """Of the standard's nine; a coordinator has no other."""
    for name in ("Investigator", "Monitor"):
        if name.lower() in role:
            return name
    return "Other"


# -- queries -----------------------------------------------------------------------------------


class _Act(NamedTuple):
    chain: str
    seq: int


class _Queries:
    """Every query with its acts, by subject; of an act only the record's place is kept."""

    def __init__(self, conn: Connection) -> None:
        threads = Threads()
        self._acts: Final[dict[Thread, list[_Act]]] = {}
        self._of: Final[dict[str, list[Thread]]] = {}
        for record in records(conn):
            if record.opening is None or not _speaks_of_a_query(record.opening):
                continue
            if record.kind not in ABOUT_QUERIES:
                continue
            thread = threads.of(record)
            if thread is None:
                continue
            if thread not in self._acts:
                self._acts[thread] = []
                self._of.setdefault(thread.address.partition("/")[0], []).append(thread)
            self._acts[thread].append(_Act(record.header.chain, record.header.seq))

    def about(self, study: Study, subject: str) -> list[Thread]:
        """The queries about a subject, as asked."""
        return [t for t in self._of.get(subject, ()) if shown(study, parse_address(t.address))]

    def acts(self, conn: Connection, thread: Thread) -> list[Record]:
        """What was done about one, in the order of time."""
        return [record_as_read(conn, *act) for act in self._acts[thread]]


def _speaks_of_a_query(opening: Opening) -> bool:
    return b'"kind":"query.' in opening.payload or b'"kind":"check.answered"' in opening.payload


def _words(record: Record, language: Language) -> str:
    body = record.body
    if record.kind is Kind.QUERY_OPENED:
        return Text(str(body["en"]), str(body["zh"])).say(language)
    return str(body.get("text", ""))


# -- what is said beside the values --------------------------------------------------------------


class _Note(NamedTuple):
    stamp: Stamp
    words: str
    flag: tuple[str, str] | None = None
    """A code and its list."""


@dataclass
class _Said:
    """Queries and notes about one subject, by what they are about."""

    queries: dict[Key, list[Thread]] = field(default_factory=dict)
    notes: dict[Key, list[_Note]] = field(default_factory=dict)

    def about(self, form: FormKey) -> _Said:
        """Those about a form or something in it."""
        return _Said(
            {k: q for k, q in self.queries.items() if form in steps(k)},
            {k: n for k, n in self.notes.items() if form in steps(k)},
        )

    def at(self, key: Key) -> bool:
        """Whether anything is said about it."""
        return key in self.queries or key in self.notes

    def inside(self, row: RowKey) -> bool:
        """Whether anything is said about a row or an item of it."""
        return any(row in steps(key) for key in (*self.queries, *self.notes))


_SUBJECTS: Final = "SELECT subject FROM p_subject ORDER BY subject"
_NOTES: Final = "SELECT chain, seq, address FROM p_note WHERE subject = ? ORDER BY at, chain, seq"
_STANDING: Final = (
    "SELECT f.event, f.event_repeat, f.form, f.form_repeat FROM p_form f JOIN p_event e"
    " ON e.subject = f.subject AND e.event = f.event AND e.event_repeat = f.event_repeat"
    " AND e.removed = 0 WHERE f.subject = ? AND f.removed = 0 AND f.saved_seq IS NOT NULL"
)
_OF_ITEMS: Final = (
    "SELECT i.grp, i.row, i.item, i.source, h.header, o.salt, o.payload FROM p_item i"
    " JOIN ledger_chain c ON c.chain = i.chain"
    " JOIN ledger_header h ON h.chain_no = c.no AND h.seq = i.seq"
    " LEFT JOIN ledger_opening o ON o.chain_no = c.no AND o.seq = i.seq WHERE i.form_id = ?"
)
_COMPARED: Final = (
    "SELECT s.grp, s.row, s.item, s.verified, s.chain, s.seq FROM p_sdv s JOIN p_item i"
    " ON i.form_id = s.form_id AND i.grp = s.grp AND i.row = s.row AND i.item = s.item"
    " AND i.chain = s.of_chain AND i.seq = s.of_seq WHERE s.form_id = ?"
)
_STATE: Final = (
    "SELECT f.declared, f.lock, h.header FROM p_form f JOIN ledger_chain c"
    " ON c.chain = f.saved_chain JOIN ledger_header h ON h.chain_no = c.no AND h.seq = f.saved_seq"
    " WHERE f.form_id = ?"
)
_LOCKED: Final = (
    "SELECT h.header FROM p_lock l JOIN ledger_chain c ON c.chain = l.chain"
    " JOIN ledger_header h ON h.chain_no = c.no AND h.seq = l.seq"
    " WHERE l.form_id = ? AND l.verb = ? ORDER BY l.at DESC, l.seq DESC LIMIT 1"
)
_SIGNED: Final = (
    "SELECT chain, seq FROM p_signature WHERE form_id = ? ORDER BY at DESC, seq DESC LIMIT 1"
)
_SIGNERS: Final = (
    "SELECT 1 FROM p_signature s JOIN p_form f ON f.form_id = s.form_id WHERE f.subject = ? LIMIT 1"
)


class _Writer:
    """Writes the forms of each version, subject after subject.

    Attributes:
        people: the role that each had who stands in the file, by place and name.
    """

    def __init__(self, source: Source) -> None:
        self.people: Final[dict[tuple[str, str], str]] = {}
        self._source: Final = source
        self._conn: Final = source.conn
        self._stamps: Final = Stamps(source.conn)
        self._queries: Final = _Queries(source.conn)
        self._words = source.study

    def write(self, xf: Any) -> Iterator[None]:
        """Yields whenever its bytes may be taken."""
        for words in (*self._source.former.values(), self._source.study):
            self._words = words
            with xf.element(tag("ClinicalData"), odm_frame.version(words)):
                yield from self._subjects(xf, words)

    def _subjects(self, xf: Any, words: Study) -> Iterator[None]:
        reader = FormReader(self._source, words)
        by_subject = groupby(filed(self._source, words), lambda one: one.key.subject)
        subject, forms = next(by_subject, ("", iter(())))
        for (name,) in self._conn.exec_driver_sql(_SUBJECTS).all():
            there = subject == name
            said = self._said(str(name))
            apart = self._apart(str(name), said) if words is self._source.study else []
            if there or apart:
                self._subject(xf, reader, str(name), forms if there else iter(()), said, apart)
                yield
            if there:
                subject, forms = next(by_subject, ("", iter(())))

    def _said(self, subject: str) -> _Said:
        study, said = self._source.study, _Said()
        for thread in self._queries.about(study, subject):
            said.queries.setdefault(parse_address(thread.address), []).append(thread)
        for chain, seq, address in self._conn.exec_driver_sql(_NOTES, (subject,)).all():
            key = parse_address(str(address))
            record = record_as_read(self._conn, str(chain), int(seq))
            if record.opening is not None and shown(study, key):
                note = _Note(self._stamps.of(record), str(record.body["text"]))
                said.notes.setdefault(key, []).append(note)
        return said

    def _apart(self, subject: str, said: _Said) -> list[Thread]:
        """The queries about what stands in no form of the file."""
        if not said.queries:
            return []
        rows = self._conn.exec_driver_sql(_STANDING, (subject,)).all()
        there = {FormKey(EventKey(subject, e, int(n)), f, int(m)) for e, n, f, m in rows}
        return [
            thread
            for key, threads in said.queries.items()
            if not any(step in there for step in steps(key))
            for thread in threads
        ]

    def _subject(
        self,
        xf: Any,
        reader: FormReader,
        subject: str,
        forms: Iterator[Filed],
        said: _Said,
        apart: list[Thread],
    ) -> None:
        signed = self._signed(subject)
        with xf.element(tag("SubjectData"), {"SubjectKey": subject}):
            FRAME.empty(xf, "SiteRef", {"LocationOID": f"LOC.{subject.partition('-')[0]}"})
            for event, of_event in groupby(forms, lambda one: one.key.event):
                with xf.element(tag("StudyEventData"), self._place(event)):
                    for one in of_event:
                        form = reader.form(one)
                        if form is not None:
                            about = said.about(one.key)
                            self._form(xf, form, one, reader, about, one.form_id in signed)
                    own = [t for t in apart if parse_address(t.address) == event]
                    self._beside(xf, said.notes.get(event, ()) if self._last else (), own)
                    apart = [t for t in apart if t not in own]
            self._beside(xf, said.notes.get(subject, ()) if self._last else (), apart, subject)

    @property
    def _last(self) -> bool:
        """The version in force is written, the last one."""
        return self._words is self._source.study

    def _signed(self, subject: str) -> frozenset[int]:
        """The forms whose signature stands."""
        if self._conn.exec_driver_sql(_SIGNERS, (subject,)).first() is None:
            return frozenset()
        return frozenset(f.form_id for f in recorded_forms(self._conn, subject) if f.signed)

    # -- one form

    def _form(
        self, xf: Any, form: Form, one: Filed, reader: FormReader, said: _Said, signed: bool
    ) -> None:
        audit = self._audit(one)
        marks = self._marks(one)
        written: set[Key] = {one.key}
        with xf.element(tag("ItemGroupData"), self._place(one.key)):
            for group, number, cells in reader.groups(one, form):
                row = RowKey(one.key, group.name, number)
                written.add(row)
                if cells or said.inside(row):
                    with xf.element(tag("ItemGroupData"), self._place(row)):
                        for item in group.items:
                            key = ItemKey(row, item.name)
                            written.add(key)
                            cell = cells.get(item.name)
                            if cell is not None or said.at(key):
                                notes = [*marks.get(key, ()), *said.notes.get(key, ())]
                                queries = said.queries.get(key, ())
                                self._item(xf, item, cell, audit.get(key), notes, queries)
                        self._units(xf, group, cells)
                        self._beside(xf, said.notes.get(row, ()), said.queries.get(row, ()), row)
            if signed:
                self._signature(xf, one.form_id)
            notes = [*self._state(one.form_id), *said.notes.get(one.key, ())]
            stray = [t for k, ts in said.queries.items() if k not in written for t in ts]
            self._beside(xf, notes, (*said.queries.get(one.key, ()), *stray), one.key)

    def _item(
        self,
        xf: Any,
        item: Item,
        cell: Cell | None,
        stamp: tuple[Stamp, bool] | None,
        notes: Sequence[_Note],
        queries: Sequence[Thread],
    ) -> None:
        head = {"ItemOID": f"I.{item.oid}"}
        if cell is None or not cell.codes:
            head["IsNull"] = "Yes"
        with xf.element(tag("ItemData"), head):
            codes = cell.codes if cell else ()
            for number, code in enumerate(codes, start=1):
                FRAME.leaf(xf, "Value", code, {"SeqNum": str(number)} if len(codes) > 1 else {})
            if cell and cell.recorded and stamp:
                by, program = stamp
                self._told(by).write(xf, FRAME, more={"UsedMethod": "Yes"} if program else None)
            missing = cell is not None and not cell.codes
            if cell is not None and missing:
                FRAME.missing(xf, cell.missing or "")
            self._beside(xf, notes, queries, number=2 if missing else 1)

    def _units(self, xf: Any, group: ItemGroup, cells: Cells) -> None:
        said = {
            unit_of(group, item)
            for item in group.items
            if (cell := cells.get(item.name)) is not None and cell.codes
        }
        for unit in units_of(group):
            if unit_oid(unit) in said:
                with xf.element(tag("ItemData"), {"ItemOID": unit_oid(unit)}):
                    FRAME.leaf(xf, "Value", unit)

    def _audit(self, one: Filed) -> dict[ItemKey, tuple[Stamp, bool]]:
        """Who recorded each value, and whether the program did by itself."""
        found: dict[ItemKey, tuple[Stamp, bool]] = {}
        rows = self._conn.exec_driver_sql(_OF_ITEMS, (one.form_id,)).all()
        for group, row, item, source, header, salt, payload in rows:
            record = Record(header, None, None if payload is None else Opening(salt, payload))
            if record.opening is None:
                record = record_as_read(self._conn, record.header.chain, record.header.seq)
            reason: JSON = None
            if record.opening is not None and b'"reason"' in record.opening.payload:
                reason = record.body.get("reason")
            key = ItemKey(RowKey(one.key, str(group), int(row)), str(item))
            found[key] = self._stamps.under(record, reason=reason), source in _BY_PROGRAM
        return found

    def _marks(self, one: Filed) -> dict[ItemKey, list[_Note]]:
        """Comparisons with the source that are about the value as it stands."""
        found: dict[ItemKey, list[_Note]] = {}
        rows = self._conn.exec_driver_sql(_COMPARED, (one.form_id,)).all()
        for group, row, item, verified, chain, seq in rows:
            record = record_as_read(self._conn, str(chain), int(seq))
            words = str(record.body.get("text", "")) if record.opening else ""
            code = "VERIFIED" if verified else "UNVERIFIED"
            key = ItemKey(RowKey(one.key, str(group), int(row)), str(item))
            stamp = self._stamps.under(record)
            found.setdefault(key, []).append(_Note(stamp, words, (code, SDV.oid)))
        return found

    def _state(self, form_id: int) -> Iterator[_Note]:
        declared, lock, saved = self._conn.exec_driver_sql(_STATE, (form_id,)).one()
        yield self._flagged("COMPLETE" if declared else "INCOMPLETE", saved)
        held = self._conn.exec_driver_sql(_LOCKED, (form_id, lock)).first() if lock else None
        if held is not None:
            yield self._flagged(str(lock).upper(), held[0])

    def _flagged(self, code: str, header: bytes) -> _Note:
        return _Note(self._stamps.under(Record(header)), "", (code, FORM.oid))

    def _signature(self, xf: Any, form_id: int) -> None:
        chain, seq = self._conn.exec_driver_sql(_SIGNED, (form_id,)).one()
        record = record_as_read(self._conn, str(chain), int(seq))
        if record.opening is None:
            return
        stamp = self._told(self._stamps.of(record))
        with xf.element(tag("Signature"), {"ID": stamp.named("SIG")}):
            stamp.who(xf, FRAME)
            FRAME.empty(xf, "SignatureRef", {"SignatureOID": f"SD.{record.body['meaning']}"})
            FRAME.leaf(xf, "DateTimeStamp", stamp.at)

    # -- what stands behind the content of any element

    def _beside(
        self,
        xf: Any,
        notes: Iterable[_Note],
        queries: Iterable[Thread],
        at: Key | None = None,
        number: int = 1,
    ) -> None:
        """Annotations and queries.

        Args:
            at: where they stand, if some may be about something inside.
            number: of the first annotation.
        """
        for note in notes:
            head = {"SeqNum": str(number), "ID": note.stamp.named("AN")}
            number += 1
            with xf.element(tag("Annotation"), head):
                if note.words:
                    by = {"SponsorOrSite": "Sponsor" if note.stamp.sponsors else "Site"}
                    with xf.element(tag("Comment"), by):
                        FRAME.leaf(xf, "TranslatedText", note.words, {"Type": "text/plain"})
                if note.flag:
                    code, listed = note.flag
                    FRAME.flag(xf, code, f"CL.{listed}")
        for thread in queries:
            self._query(xf, thread, at)

    def _query(self, xf: Any, thread: Thread, at: Key | None) -> None:
        acts = [r for r in self._queries.acts(self._conn, thread) if r.opening is not None]
        if not acts:
            return
        stamps = [self._told(self._stamps.of(record)) for record in acts]
        head = {
            "OID": f"QY.{thread.opened[0]}.{thread.opened[1]}",
            "Source": _source_of(thread, stamps[0]),
            "Type": "System" if thread.check else "Manual",
            "State": _STATES[acts[-1].kind],
            "LastUpdateDatetime": stamps[-1].at,
            "Name": thread.check or thread.name,
        }
        key = parse_address(thread.address)
        if at is not None and key != at:
            head["Target"] = self._path(at, key)
        language = self._source.language
        with xf.element(tag("Query"), odm_frame.whole(head)):
            FRAME.leaf(xf, "Value", _words(acts[0], language))
            asked = ""
            for record, stamp in zip(acts, stamps, strict=True):
                said = _words(record, language)
                asked = asked or said
                stamp.write(xf, FRAME, "" if said == asked else said)

    def _told(self, stamp: Stamp) -> Stamp:
        self.people[stamp.place, stamp.user] = stamp.role
        return stamp

    def _place(self, key: EventKey | FormKey | RowKey) -> dict[str, str]:
        """The attributes that name an element; a repeat key only where there may be several."""
        if isinstance(key, EventKey):
            event = self._words.by_event.get(key.event)
            name, oid, repeat = "StudyEvent", f"SE.{key.event}", key.repeat
            repeating = event is None or event.repeating
        elif isinstance(key, FormKey):
            form = self._words.by_form[key.form]
            name, oid, repeat, repeating = "ItemGroup", f"F.{form.oid}", key.repeat, form.repeating
        else:
            group = self._words.by_form[key.form.form].by_group[key.group]
            name, oid, repeat, repeating = "ItemGroup", group.oid, key.row, group.repeating
        place = {f"{name}OID": oid}
        if repeating or repeat != 1:
            place[f"{name}RepeatKey"] = str(repeat)
        return place

    def _path(self, at: Key, key: Key) -> str:
        """Where a query belongs, as an XPath from the element that it stands in."""
        found: list[str] = []
        for step in steps(key):
            if step in steps(at):
                continue
            if isinstance(step, ItemKey):
                group = self._words.by_form[step.form.form].by_group[step.row.group]
                said = {"ItemOID": f"I.{group.by_name[step.item].oid}"}
                name = "ItemData"
            else:
                assert isinstance(step, EventKey | FormKey | RowKey)
                said = self._place(step)
                name = "StudyEventData" if isinstance(step, EventKey) else "ItemGroupData"
            tests = " and ".join(f"@{a}='{v}'" for a, v in said.items())
            found.append(f"{name}[{tests}]")
        return "/".join(found)


def _source_of(thread: Thread, asked: Stamp) -> str:
    """Of the standard's five; at a site the monitor asks."""
    if thread.check:
        return "System"
    return "Data Management" if asked.sponsors else "Site Monitor"
