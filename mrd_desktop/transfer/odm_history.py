"""The whole history as ODM-XML 1.3.2 of type Transactional: what was done, by whom, when, why.

Records come in the order of time, each chain in its own order. What was done in one transaction
to one subject is one ``SubjectData``: ``Insert``, ``Update`` or ``Remove`` where something was
done, ``Context`` on the way there. The ``AuditRecord`` names user, place, time, reason and, as
``SourceID``, the record (``chain:seq``). Signatures, queries, notes, states of a form and marks of
source data verification are ``Signature`` and ``Annotation`` of what they are about; their ``ID``
names their own record, for the element may bear the ``AuditRecord`` of another one. Only what
the standard has is written, no vendor's own attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from mrd_desktop.ledger.record import Kind, Opening, Record
from mrd_desktop.record.entries import Source as ValueSource
from mrd_desktop.record.entries import answer_of
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.model import Code, CodeList, Study
from mrd_desktop.study.odm import tag, write_metadata
from mrd_desktop.texts import Text
from mrd_desktop.transfer import odm_frame as frame
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.odm_stamps import Stamp, Stamps, persons, places_and_meanings
from mrd_desktop.transfer.odm_threads import Thread, Threads
from mrd_desktop.transfer.trail import SPONSOR, key_of, shown, steps, transactions

QUERY = CodeList(
    "TRAIL.QUERY",
    Text("State of a query", "质疑状态"),
    (
        Code("OPEN", Text("open", "待回复")),
        Code("ANSWERED", Text("answered", "已回复")),
        Code("CLOSED", Text("closed", "已关闭")),
    ),
)
FORM = CodeList(
    "TRAIL.FORM",
    Text("State of a form", "表单状态"),
    (
        Code("COMPLETE", Text("saved as complete", "保存为完整")),
        Code("INCOMPLETE", Text("saved as incomplete", "保存为不完整")),
        Code("FROZEN", Text("frozen", "已冻结")),
        Code("LOCKED", Text("locked", "已锁定")),
        Code("UNLOCKED", Text("unlocked", "已解锁")),
    ),
)
SDV = CodeList(
    "TRAIL.SDV",
    Text("Source data verification", "源数据核查"),
    (
        Code("VERIFIED", Text("agrees with the source", "与源数据一致")),
        Code("UNVERIFIED", Text("mark taken back", "已撤销核查标记")),
    ),
)
CHECK = "TRAIL.CHECK"

INSERT, UPDATE, UPSERT, REMOVE, CONTEXT = "Insert", "Update", "Upsert", "Remove", "Context"


def history(source: Source, created: str, room: Path) -> Iterator[bytes]:
    """The file in pieces.

    Args:
        created: UTC time that the file says it was made at; the time of the head record.
        room: a folder with room for the file.
    """
    study, version = source.study, frame.version(source.study)
    writer = _Writer(source)
    people: dict[tuple[str, str], str] = {}

    def done(xf: Any) -> Iterator[None]:
        for words, runs in groupby(transactions(source), key=lambda t: t[0]):
            writer.study = words
            with xf.element(tag("ClinicalData"), frame.version(words)):
                for _, run in runs:
                    for subject in writer.subjects(iter(run)):
                        people.update(subject.people())
                        subject.write(xf)
                    yield

    yield from frame.people_first(
        frame.FRAME,
        frame.head(study, "Transactional", created),
        room,
        lambda xf: write_metadata(xf, study, lists, tuple(source.former.values())),
        done,
        lambda xf: _people(xf, source.conn, people, version, created[:10]),
    )


def lists(study: Study) -> Iterator[CodeList]:
    """The lists that no form needs, the checks of a version among them."""
    yield from (QUERY, FORM, SDV)
    checks = tuple(Code(c.id, c.text) for c in study.checks)
    yield CodeList(CHECK, Text("Edit check", "核查规则"), checks)


# -- who and where -----------------------------------------------------------------------------


def _people(
    xf: Any,
    conn: Connection,
    people: Mapping[tuple[str, str], str],
    version: Mapping[str, str],
    since: str,
) -> None:
    """Who did something that this file tells, and nobody else."""
    with xf.element(tag("AdminData"), {"StudyOID": version["StudyOID"]}):
        for one in persons(conn, people):
            kind = {SPONSOR: "Sponsor"}.get(one.place) or _user_type(one.role)
            with xf.element(tag("User"), {"OID": one.oid, "UserType": kind}):
                frame.leaf(xf, "LoginName", one.login)
                if one.full:
                    frame.leaf(xf, "FullName", one.full)
                frame.empty(xf, "LocationRef", {"LocationOID": f"LOC.{one.place}"})
        places_and_meanings(xf, frame.FRAME, conn, version, since)


def _user_type(role: str) -> str:
    """Of the standard's four (Sponsor, Investigator, Lab, Other); a coordinator has no other."""
    return "Investigator" if "investigator" in role else "Other"


# -- what was done -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Signature:
    stamp: Stamp
    meaning: str
    content: str

    def write(self, xf: Any) -> None:
        with xf.element(tag("Signature"), {"ID": self.stamp.named("SIG")}):
            self.stamp.who(xf, frame.FRAME)
            frame.empty(xf, "SignatureRef", {"SignatureOID": f"SD.{self.meaning}"})
            frame.leaf(xf, "DateTimeStamp", self.stamp.at)
            frame.leaf(xf, "CryptoBindingManifest", self.content)


@dataclass(frozen=True, slots=True)
class _Annotation:
    """Words with flags: code and list."""

    stamp: Stamp
    number: int
    act: str
    words: str
    flags: tuple[tuple[str, str], ...] = ()
    sponsor: bool = False

    def write(self, xf: Any) -> None:
        place = {"SeqNum": str(self.number), "TransactionType": self.act}
        place["ID"] = self.stamp.named("AN")
        with xf.element(tag("Annotation"), place):
            if self.words:
                by = "Sponsor" if self.sponsor else "Site"
                frame.leaf(xf, "Comment", self.words, {"SponsorOrSite": by})
            for code, listed in self.flags:
                frame.FRAME.flag(xf, code, f"CL.{listed}")


@dataclass(slots=True)
class _Node:
    """One element of clinical data with what happened to it."""

    name: str
    place: Mapping[str, str]
    act: str = CONTEXT
    stamp: Stamp | None = None
    signature: _Signature | None = None
    site: str = ""
    value: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None
    annotations: list[_Annotation] = field(default_factory=list)
    inside: dict[Key, _Node] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Something was done to it that a second act would overwrite."""
        return self.act not in (CONTEXT, UPSERT) or self.signature is not None

    def people(self) -> Iterator[tuple[tuple[str, str], str]]:
        """Place, name and role of everybody whom it refers to."""
        signed = self.signature.stamp if self.signature else None
        for stamp in filter(None, (self.stamp, signed)):
            yield (stamp.place, stamp.user), stamp.role
        for node in self.inside.values():
            yield from node.people()

    def write(self, xf: Any) -> None:
        attributes = {**self.place, "TransactionType": self.act, **self.value}
        with xf.element(tag(self.name), frame.whole(attributes)):
            if self.stamp:
                self.stamp.write(xf, frame.FRAME)
            if self.signature:
                self.signature.write(xf)
            if self.site:
                frame.empty(xf, "SiteRef", {"LocationOID": f"LOC.{self.site}"})
            if self.missing is not None:
                frame.missing(xf, self.missing)
            for annotation in self.annotations:
                annotation.write(xf)
            for node in self.inside.values():
                node.write(xf)


class _Writer:
    """Turns records into elements; remembers no more than open queries and what may come back."""

    def __init__(self, source: Source) -> None:
        self.study = source.study
        self._language: Final = source.language
        conn = source.conn
        self._stamp: Final = Stamps(conn).of
        self._returning: Final = _Returning(conn)
        self._threads: Final = Threads()
        self._numbers: Final[dict[Thread, int]] = {}
        self._cleared: Final[set[Key]] = set()
        self._last: tuple[Key, str, int] = ("", "", 0)
        self._number = 1  # annotation 1 of an item is the reason of a missing value
        self._done: list[_Node] = []
        self._subjects: dict[str, _Node] = {}

    def subjects(self, records: Iterator[Record]) -> list[_Node]:
        """What one transaction did, subject by subject."""
        self._done, self._subjects = [], {}
        for record in records:
            if record.opening is not None and record.header.cls != "private":
                self._take(record)
        return self._done

    def _take(self, record: Record) -> None:
        act = _ACTS.get(record.kind)
        if act is not None:  # for the others the standard has no place
            act(self, record)

    # -- one method a record kind

    def _created(self, record: Record) -> None:
        self._act(str(record.body["subject"]), record, INSERT)

    def _added(self, record: Record) -> None:
        self._act(key_of(record.body), record, INSERT)

    def _removed(self, record: Record) -> None:
        self._returning.gone(key_of(record.body))
        self._act(key_of(record.body), record, REMOVE)

    def _saved(self, record: Record) -> None:
        self._state(record, str(record.body["declared"]))

    def _guarded(self, record: Record) -> None:
        self._state(record, record.kind.value.partition(".")[2])

    def _compared(self, record: Record) -> None:
        body = record.body
        code = "VERIFIED" if body["verified"] else "UNVERIFIED"
        self._annotate(record, key_of(body), str(body.get("text", "")), ((code, SDV.oid),))

    def _noted(self, record: Record) -> None:
        body = record.body
        if "second" not in body and "address" in body:
            self._annotate(record, key_of(body), str(body["text"]))

    def _item(self, record: Record) -> None:
        body, seq = record.body, record.header.seq
        key = key_of(body)
        reduced = body.get("source") == ValueSource.REDUCED.value
        if reduced and self._last == (key, record.header.chain, seq - 1):
            return  # it says again, less exactly, what the record before it said
        self._last = (key, record.header.chain, seq)
        answer = answer_of(body)
        node = self._reach(key, record)
        if node is None:
            return
        first = "was" not in body or key in self._cleared
        node.stamp = self._stamp(record)
        if answer is None:
            node.act = REMOVE
            self._cleared.add(key)
        else:
            node.act = INSERT if first else UPDATE
            self._cleared.discard(key)
            _fill(
                node, ";".join(answer.codes) if answer.value is not None else None, answer.missing
            )
        self._returning.keep(key, node)

    def _act(self, key: Key, record: Record, act: str) -> None:
        node = self._reach(key, record)
        if node is not None:
            node.act, node.stamp = act, self._stamp(record)
            self._returning.keep(key, node)

    def _restore(self, record: Record) -> None:
        """Brought back whole: a reader that had removed it gets everything inside again."""
        key = key_of(record.body)
        self._act(key, record, INSERT)
        for below, kept in self._returning.back(key):
            node = self._reach(below, record)
            if node is not None:
                node.act = INSERT
                node.stamp, node.value, node.missing = kept.stamp, kept.value, kept.missing

    def _state(self, record: Record, verb: str) -> None:
        self._annotate(record, key_of(record.body), "", ((verb.upper(), FORM.oid),))

    def _sign(self, record: Record) -> None:
        body = record.body
        if "address" not in body:  # it is on a review of the trail
            return
        node = self._reach(key_of(body), record)
        if node is not None:
            node.signature = _Signature(
                self._stamp(record), str(body["meaning"]), str(body["content"])
            )

    # -- queries

    def _ask(self, record: Record) -> None:
        thread = self._threads.of(record)
        if thread is not None:
            act = UPDATE if thread in self._numbers else INSERT
            words = Text(str(record.body["en"]), str(record.body["zh"])).say(self._language)
            self._turn(record, thread, act, "OPEN", words)

    def _follow(self, record: Record) -> None:
        thread = self._threads.of(record)
        if thread is not None:
            verb = record.kind.value.partition(".")[2]
            state = {"reopened": "OPEN"}.get(verb, verb.upper())
            self._turn(record, thread, UPDATE, state, str(record.body.get("text", "")))

    def _turn(self, record: Record, thread: Thread, act: str, state: str, words: str) -> None:
        if thread not in self._numbers:
            self._number += 1
            self._numbers[thread] = self._number
        flags = [(state, QUERY.oid)]
        if thread.check in self.study.by_check:
            flags.append((thread.check, CHECK))
        key = parse_address(thread.address)
        node = self._reach(key, record, acting=False)
        if node is not None:
            stamp = self._stamp(record)
            node.stamp = node.stamp or stamp
            number = self._numbers[thread]
            node.annotations.append(
                _Annotation(stamp, number, act, words, tuple(flags), stamp.sponsors)
            )

    def _annotate(
        self, record: Record, key: Key, words: str, flags: tuple[tuple[str, str], ...] = ()
    ) -> None:
        node = self._reach(key, record, acting=False)
        if node is not None:
            self._number += 1
            stamp = self._stamp(record)
            node.stamp = node.stamp or stamp
            node.annotations.append(
                _Annotation(stamp, self._number, INSERT, words, flags, stamp.place == SPONSOR)
            )

    # -- the tree of one transaction

    def _reach(self, key: Key, record: Record, *, acting: bool = True) -> _Node | None:
        """The element of a key; a second act on the same element begins a tree of its own."""
        if not shown(self.study, key):
            return None
        path = steps(key)
        subject = str(path[0])
        root = self._subjects.get(subject)
        if root is not None and acting and _busy(root, path):
            root = None
        if root is None:
            root = _Node("SubjectData", {"SubjectKey": subject}, site=subject.partition("-")[0])
            self._subjects[subject] = root
            self._done.append(root)
        node = root
        for step in path[1:]:
            if step not in node.inside:
                node.inside[step] = _node(self.study, step)
            node = node.inside[step]
        return node


_ACTS: Final[Mapping[Kind, Callable[[_Writer, Record], None]]] = {
    Kind.SUBJECT_CREATED: _Writer._created,
    Kind.EVENT_ADDED: _Writer._added,
    Kind.FORM_ADDED: _Writer._added,
    Kind.ROW_ADDED: _Writer._added,
    Kind.EVENT_REMOVED: _Writer._removed,
    Kind.FORM_REMOVED: _Writer._removed,
    Kind.ROW_REMOVED: _Writer._removed,
    Kind.EVENT_RESTORED: _Writer._restore,
    Kind.FORM_RESTORED: _Writer._restore,
    Kind.ROW_RESTORED: _Writer._restore,
    Kind.ITEM_SET: _Writer._item,
    Kind.FORM_SAVED: _Writer._saved,
    Kind.FORM_FROZEN: _Writer._guarded,
    Kind.FORM_LOCKED: _Writer._guarded,
    Kind.FORM_UNLOCKED: _Writer._guarded,
    Kind.SDV_MARKED: _Writer._compared,
    Kind.NOTE_ADDED: _Writer._noted,
    Kind.SIGNATURE_MADE: _Writer._sign,
    Kind.QUERY_OPENED: _Writer._ask,
    Kind.QUERY_ANSWERED: _Writer._follow,
    Kind.QUERY_CLOSED: _Writer._follow,
    Kind.QUERY_REOPENED: _Writer._follow,
    Kind.CHECK_ANSWERED: _Writer._follow,
}


class _Returning:
    """What stands inside the containers that are once removed and brought back; they are few."""

    def __init__(self, conn: Connection) -> None:
        rows = conn.exec_driver_sql(
            "SELECT payload FROM ledger_opening WHERE instr(payload, CAST(? AS BLOB)) > 0",
            ('.restored"',),
        )
        bodies = (Record(b"", None, Opening(b"", payload)).body for (payload,) in rows)
        self._roots: Final = {
            key_of(b) for b in bodies if str(b.get("kind")).endswith(".restored") and "address" in b
        }
        self._kept: Final[dict[Key, _Node]] = {}
        self._gone: Final[set[Key]] = set()

    def keep(self, key: Key, node: _Node) -> None:
        """Remember the latest state of something inside such a container."""
        if any(step in self._roots for step in steps(key)[:-1]):
            self._kept[key] = node

    def gone(self, key: Key) -> None:
        """It was removed."""
        self._gone.add(key)

    def back(self, key: Key) -> list[tuple[Key, _Node]]:
        """What comes back with a container: everything inside that was not removed by itself."""
        self._gone.discard(key)
        return [
            (below, node)
            for below, node in self._kept.items()
            if key in steps(below)[:-1]
            and node.act != REMOVE
            and not any(step in self._gone for step in steps(below))
        ]


def _busy(root: _Node, path: tuple[Key, ...]) -> bool:
    """Whether the element was acted on already, or something around it was removed."""
    node: _Node | None = root
    for step in path[1:]:
        if node is None or node.act == REMOVE:
            return node is not None
        node = node.inside.get(step)
    return node is not None and node.busy


def _node(study: Study, key: Key) -> _Node:
    if isinstance(key, EventKey):
        place = {"StudyEventOID": f"SE.{key.event}", "StudyEventRepeatKey": str(key.repeat)}
        return _Node("StudyEventData", place)
    if isinstance(key, FormKey):
        place = {"FormOID": f"F.{key.form}", "FormRepeatKey": str(key.repeat)}
        return _Node("FormData", place)
    if isinstance(key, RowKey):
        group = study.by_form[key.form.form].by_group[key.group]
        place = {"ItemGroupOID": group.oid, "ItemGroupRepeatKey": str(key.row)}
        # A group that does not repeat is nowhere added: its first value brings it.
        return _Node("ItemGroupData", place, CONTEXT if group.repeating else UPSERT)
    assert isinstance(key, ItemKey)
    item = study.by_form[key.form.form].by_group[key.row.group].by_name[key.item]
    return _Node("ItemData", {"ItemOID": f"I.{item.oid}"})


def _fill(node: _Node, value: str | None, missing: str | None) -> None:
    if value is not None:
        node.value, node.missing = {"Value": value}, None
    else:
        node.value, node.missing = {"IsNull": "Yes"}, missing or ""
