"""The fold: from ledger records to the projection's tables, in ledger order.

``fold`` runs in the transaction that appends (or adopts) the records. Records whose opening is not
here (withheld, private, redacted) are passed over; nothing else is, but for stand-ins: what still
stands of a redacted record is folded in its place. ``rebuild`` throws the tables away and folds
again; ``differences`` folds beside them and names what does not agree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import Connection, CursorResult, Dialect, RowMapping, bindparam, text
from sqlalchemy.exc import IntegrityError, InterfaceError, ProgrammingError

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import Misshapen
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import matters, owning, schema
from mrd_desktop.record.entries import Source, answer_of
from mrd_desktop.record.retold import signed_for
from mrd_desktop.record.second import folding as second
from mrd_desktop.record.standin import (
    in_place,
    is_stand_in,
    kept_by,
    placed,
    stand_ins,
    standing,
)
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.vault.manifest import FolderKind

FORM_ID_STEP: Final = 1 << 40
"""Room for the sequence numbers of one chain inside ``form_id``."""

Body = Mapping[str, JSON]
Row = dict[str, object]
Watch = Callable[[Iterator[Record]], Iterator[Record]]
"""Lets records through, and may tell how many or stop."""
K = TypeVar("K", EventKey, FormKey, RowKey, ItemKey)


def fold(conn: Connection, records: Iterable[Record]) -> None:
    """Fold records that were just written, in order, into the projection of the same database.

    With no records, as at each sign-in, the tables are made anew where an older or newer program
    left them in another shape.

    Raises:
        OwnedElsewhere: one is about a subject that another computer of the site owns; the
            transaction must not be.
    """
    if isinstance(records, Sequence) and not records:
        if schema.outgrown(conn):
            schema.metadata.drop_all(conn)
            _fold_all(conn)
        return
    written = tuple(records)
    run = Folding(conn, guarded=True, exempt=signed_for(written))
    run.run(written)
    if run.told_again:  # what was folded before may hold the words that are gone
        _empty(conn)
        _fold_all(conn)


def take_in(conn: Connection, records: Iterable[Record]) -> None:
    """Fold records of another folder; what it owns is judged by :func:`settle`, not here.

    Raises:
        Misshapen: one does not hold what its kind holds; the transaction must not be.
    """
    run = Folding(conn)
    with _foreign(run):
        run.run(records)
    if run.told_again:  # what was folded before may hold the words that are gone
        _empty(conn)
        _fold_all(conn)


def settle(conn: Connection, subjects: Collection[str], ledger: Connection | None = None) -> None:
    """Project subjects anew, each from the computers that owned it, one after the other.

    What others say of them is kept apart by name. It is asked for subjects of which records of
    more than one computer came.

    Args:
        ledger: where the records are, if not in the same database.
    """
    held = ledger or conn
    order = {subject: owning.standing_of(conn, subject).segments for subject in subjects}
    if not order:
        return
    parts: dict[str, dict[int, list[Record]]] = {subject: {} for subject in order}
    apart: list[tuple[str, Record]] = []
    for chain in store.chains(held):
        every = _is_store(held, chain)
        for subject, record in about(standing(held, chain), order):
            seq = record.header.seq
            segments = order[subject]
            inside = (n for n, one in enumerate(segments) if one.holds(chain, seq))
            place = len(segments) if every else next(inside, None)
            if place is not None:
                parts[subject].setdefault(place, []).append(record)
            elif owning.writes(record.kind) and record.kind.value in _ACTS:
                apart.append((subject, record))
    forget(conn, order, keep=frozenset({"p_handing"}))
    run = Folding(conn)
    with _foreign(run):
        for subject in order:
            for _, records in sorted(parts[subject].items()):
                run.run(records)
        for subject, record in apart:
            h = record.header
            told = {"chain": h.chain, "seq": h.seq, "at": h.at}
            run.put("apart", subject=subject, kind=record.kind.value, **told)
        run.flush()


@contextmanager
def _foreign(run: Folding) -> Iterator[None]:
    """Whoever holds a key may sign anything: what cannot be folded is refused with its number.

    Records of one's own are not excused like this: there it is a fault of this program.
    """
    try:
        yield
    except _UNFIT as wrong:
        raise Misshapen(f"record {run.at}") from wrong


_UNFIT: Final = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, AssertionError,
    AddressError, IntegrityError, InterfaceError, ProgrammingError,
)  # fmt: skip
"""What reading a record as its kind raises where it is none, up to the database's own refusal."""


def about(records: Iterable[Record], subjects: Collection[str]) -> Iterator[tuple[str, Record]]:
    """The open records of one chain that are about certain subjects, with the subject."""
    queries: dict[str, str] = {}
    for record in records:
        if record.opening is None or record.header.cls == "private":
            continue
        body: Body = json.loads(record.opening.payload)
        address = body.get("address")
        if body.get("kind") == Kind.QUERY_OPENED and isinstance(address, str):
            query = str(body.get("query", f"Q-{record.header.seq}"))
            queries[query] = address.partition("/")[0]
        found = owning.subject_of(body, queries)
        if found is not None and found in subjects:
            yield found, record


LABRANGES: Final = "labrange"
"""Stands for the laboratories' ranges where subjects are named that are projected anew."""
_NO_INCIDENTS: Final = text("DELETE FROM p_matter WHERE kind = 'incident'")
_NO_LABRANGES: Final = text("DELETE FROM p_labrange")
_OF_SUBJECT: Final = tuple(t.name for t in schema.metadata.sorted_tables if "subject" in t.columns)
_FORMS_OF: Final = "SELECT form_id FROM p_form WHERE subject = :subject"
_OF_FORMS: Final = tuple(
    t.name
    for t in schema.metadata.sorted_tables
    if "form_id" in t.columns and t.name not in _OF_SUBJECT
)


def forget(conn: Connection, subjects: Iterable[str], keep: Collection[str] = frozenset()) -> None:
    """Throw away what is projected of some subjects.

    Args:
        subjects: or ``incident`` for all incidents, ``labrange`` for the laboratories' ranges.
        keep: tables that stay as they are.
    """
    for subject in subjects:
        if subject == matters.INCIDENT:
            conn.execute(_NO_INCIDENTS)
        if subject == LABRANGES:
            conn.execute(_NO_LABRANGES)
        for table in _OF_FORMS:
            gone = f"DELETE FROM {table} WHERE form_id IN ({_FORMS_OF})"  # noqa: S608 - our own names
            conn.execute(text(gone), {"subject": subject})
        for table in _OF_SUBJECT:
            if table not in keep:
                gone = f"DELETE FROM {table} WHERE subject = :subject"  # noqa: S608 - our own names
                conn.execute(text(gone), {"subject": subject})


def _is_store(conn: Connection, chain: str) -> bool:
    """Whether a chain is a sponsor's own: it speaks about subjects and owns none."""
    return store.record(conn, chain, 1).body.get("format") == FolderKind.STORE.value


def rebuild(conn: Connection) -> list[str]:
    """Throw the projection away and fold the whole ledger again.

    Returns:
        What differed before: a line for each row that the old tables had otherwise.
    """
    schema.create(conn)  # a folder of an older version may lack a table
    differing = list(differences(conn))
    _empty(conn)
    _fold_all(conn)
    return differing


def _empty(conn: Connection) -> None:
    for table in schema.metadata.sorted_tables:
        conn.execute(table.delete())


def _fold_all(conn: Connection) -> None:
    schema.forget_kept(conn)
    schema.create(conn)
    for chain in store.chains(conn):  # one that no redaction names is passed over, for good
        Folding(conn).run(standing(conn, chain))
    settle(conn, owning.moved(conn))


class Replay:
    """A fresh fold of the ledger beside the tables that are kept, to be compared row by row.

    Records that are read for something else are folded as they pass.

    Args:
        conn: where the ledger is, and the tables where nothing else is said.
        tables: where the tables are kept.
    """

    def __init__(self, conn: Connection, tables: Connection | None = None) -> None:
        self._ledger: Final = conn
        self._tables: Final = conn if tables is None else tables
        self._upto: Final[dict[str, int]] = {}
        self._held: Final = ExitStack()
        self._fresh: Final = self._held.enter_context(schema.in_memory(store.chains(conn)))

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def passing(self, records: Iterable[Record], chain: str) -> Iterator[Record]:
        """Let the records of one chain through from its beginning, folding each.

        Raises:
            Misshapen: one cannot be folded.
        """
        run = Folding(self._fresh)
        held = stand_ins(self._ledger, chain)
        place = placed(held)
        with _foreign(run):
            for record in records:
                run.step(place(record))
                self._upto[chain] = run.at
                yield record
            run.finish()

    def differences(self, watch: Watch = iter) -> Iterator[str]:
        """Fold what did not pass, then compare; see :func:`differences`."""
        for chain in store.chains(self._ledger):
            run, upto = Folding(self._fresh), self._upto.get(chain, 0)
            place = placed(stand_ins(self._ledger, chain))
            with _foreign(run):
                run.run(map(place, watch(store.records(self._ledger, chain, upto))))
        settle(self._fresh, owning.moved(self._fresh), self._ledger)
        yield from self._compared()

    def _compared(self) -> Iterator[str]:
        fresh, beside = self._fresh, self._tables
        names: dict[int, FormKey] = {}
        for table in schema.metadata.sorted_tables:
            asked = table.select().order_by(*table.primary_key.columns)
            if _alike(fresh.execute(asked), beside.execute(asked)):
                continue
            names = names or _form_names(fresh) | _form_names(beside)
            keys = [c.name for c in table.primary_key]
            kept = beside.execute(asked).mappings()
            folded = fresh.execute(asked).mappings()
            yield from _compare(table.name, keys, _rows(folded), _rows(kept), names)


_AT_ONCE: Final = 2000


def _alike(one: CursorResult[Any], other: CursorResult[Any]) -> bool:
    """Whether two readings give the same rows, told without taking them apart."""
    while True:
        mine, theirs = one.fetchmany(_AT_ONCE), other.fetchmany(_AT_ONCE)
        if mine != theirs:
            return False
        if not mine:
            return True


def differences(
    conn: Connection, tables: Connection | None = None, watch: Watch = iter
) -> Iterator[str]:
    """Compare the kept tables with a fresh fold of the ledger, row by row.

    Args:
        tables: where the tables are kept, if not beside the ledger.
        watch: the records pass through it; what it raises ends the comparison.

    Yields:
        An address or key with what is wrong: ``… is missing``, ``… differs``, ``… is extra``.

    Raises:
        Misshapen: a record of the ledger cannot be folded.
    """
    with Replay(conn, tables) as replay:
        yield from replay.differences(watch)


_FEW: Final = 3
"""So many subjects are looked for in the ledger by their numbers; for more, all of it is read."""
_SESSIONS: Final = b'"kind":"session.opened"'
_ASKED: Final = b'"kind":"query.'
"""Acts on a query name the query alone, and their users stand in the session."""


def differences_of(conn: Connection, subjects: Collection[str]) -> Iterator[str]:
    """Compare what the tables say of some subjects with a fresh fold of their own records.

    Each record is held against its commitment, and against what the next one names.

    Yields:
        As :func:`differences`.

    Raises:
        LedgerError: a record is not what it was, or cannot be folded.
    """
    chains = store.chains(conn)
    with schema.in_memory(chains) as fresh:
        for chain in chains:
            records = _about_some(conn, chain, subjects)
            run = Folding(fresh)
            with _foreign(run):
                run.run(r for r in records if r.opening is not None and _opens_session(r))
                run.run(r for _, r in about(records, subjects))
        settle(fresh, owning.moved(fresh) & set(subjects), conn)
        names = _form_names(fresh) | _form_names(conn)
        for table in schema.metadata.sorted_tables:
            which = _WHICH.get(table.name)
            if which is None:
                continue
            keys = [c.name for c in table.primary_key]
            asked = (
                table.select()
                .where(text(which).bindparams(bindparam("subjects", expanding=True)))
                .order_by(*table.primary_key.columns)
            )
            named = {"subjects": sorted(subjects)}
            kept = conn.execute(asked, named).mappings()
            folded = fresh.execute(asked, named).mappings()
            yield from _compare(table.name, keys, _rows(folded), _rows(kept), names)


_WHICH: Final = {
    **dict.fromkeys(_OF_SUBJECT, "subject IN :subjects"),
    **dict.fromkeys(
        _OF_FORMS, "form_id IN (SELECT form_id FROM p_form WHERE subject IN :subjects)"
    ),
}


def _opens_session(record: Record) -> bool:
    return record.header.cls != "private" and record.kind is Kind.SESSION_OPENED


def _about_some(conn: Connection, chain: str, subjects: Collection[str]) -> list[Record]:
    """What may be about some subjects, with the sessions, as people read it."""
    held = stand_ins(conn, chain)
    if len(subjects) > _FEW:
        return [r for r in in_place(_checked(conn, chain), held) if r.opening is not None]
    words = [w for s in subjects for w in (f'"{s}"'.encode(), f'"{s}/'.encode())]
    found = {r.header.seq: r for r in store.mentioning(conn, chain, [*words, _SESSIONS, _ASKED])}
    found.update((seq, store.record(conn, chain, seq)) for seq in held)
    return list(in_place((found[seq] for seq in sorted(found)), held))


def _checked(conn: Connection, chain: str) -> Iterator[Record]:
    for record in store.records(conn, chain):
        store.check_held(record, chain)
        yield record


def _rows(rows: Iterable[RowMapping]) -> Iterator[Row]:
    return ({str(k): v for k, v in r.items()} for r in rows)


def _compare(
    table: str,
    keys: Sequence[str],
    folded: Iterator[Row],
    kept: Iterator[Row],
    names: Mapping[int, FormKey],
) -> Iterator[str]:
    def key(row: Row) -> tuple[object, ...]:
        return tuple(row[k] for k in keys)

    def name(row: Row) -> str:
        form = names.get(int(str(row["form_id"]))) if "form_id" in row else None
        if form and table == "p_item":
            return f"{form}/{row['grp']}#{row['row']}/{row['item']}"
        return str(form) if form else f"{table} {'/'.join(str(v) for v in key(row))}"

    want, have = next(folded, None), next(kept, None)
    while want is not None or have is not None:
        if have is None or (want is not None and _before(key(want), key(have))):
            assert want is not None
            yield f"{name(want)} is missing"
            want = next(folded, None)
        elif want is None or _before(key(have), key(want)):
            yield f"{name(have)} is extra"
            have = next(kept, None)
        else:
            if want != have:
                yield f"{name(have)} differs"
            want, have = next(folded, None), next(kept, None)


def _before(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    for x, y in zip(a, b, strict=True):
        if x != y:
            return x < y if isinstance(x, int) and isinstance(y, int) else str(x) < str(y)
    return False


def _form_names(conn: Connection) -> dict[int, FormKey]:
    return {r.form_id: form_key(r) for r in conn.execute(schema.form_table.select())}


def form_key(row: object) -> FormKey:
    """The key of a row of ``p_form``."""
    get: Callable[[str], str] = lambda name: getattr(row, name)  # noqa: E731
    event = EventKey(get("subject"), get("event"), int(get("event_repeat")))
    return FormKey(event, get("form"), int(get("form_repeat")))


def form_id_of(conn: Connection, key: FormKey) -> int | None:
    """The number of a filled form inside this database, removed ones included."""
    found = conn.execute(
        _FORM_ID,
        {
            "subject": key.subject,
            "event": key.event.event,
            "event_repeat": key.event.repeat,
            "form": key.form,
            "form_repeat": key.repeat,
        },
    ).scalar()
    return None if found is None else int(found)


_FORM_ID: Final = text(
    "SELECT form_id FROM p_form WHERE subject = :subject AND event = :event"
    " AND event_repeat = :event_repeat AND form = :form AND form_repeat = :form_repeat"
)
_SESSION: Final = text('SELECT "user", "offset" FROM p_session WHERE session = :session')
_ASKED_ABOUT: Final = text("SELECT subject FROM p_query WHERE chain = :chain AND query = :query")
_INSERT: Final = {
    "session": text(
        'INSERT INTO p_session (session, chain, "user", role, at, "offset")'
        " VALUES (:session, :chain, :user, :role, :at, :offset) ON CONFLICT DO NOTHING"
    ),
    "subject": text(
        'INSERT INTO p_subject (subject, chain, seq, at, "user")'
        " VALUES (:subject, :chain, :seq, :at, :user) ON CONFLICT DO NOTHING"
    ),
    "handing": text(
        "INSERT INTO p_handing (chain, seq, subject, kind, at, other, other_seq, digest, forced,"
        " since) VALUES (:chain, :seq, :subject, :kind, :at, :other, :other_seq, :digest, :forced,"
        " :since) ON CONFLICT DO NOTHING"
    ),
    "apart": text(
        "INSERT INTO p_apart (chain, seq, subject, kind, at)"
        " VALUES (:chain, :seq, :subject, :kind, :at) ON CONFLICT DO NOTHING"
    ),
    "event": text(
        "INSERT INTO p_event (subject, event, event_repeat, chain, seq, removed)"
        " VALUES (:subject, :event, :event_repeat, :chain, :seq, 0) ON CONFLICT DO NOTHING"
    ),
    "form": text(
        "INSERT INTO p_form (form_id, subject, event, event_repeat, form, form_repeat, chain,"
        " declared, lock, removed)"
        " VALUES (:form_id, :subject, :event, :event_repeat, :form, :form_repeat, :chain,"
        " 0, '', 0) ON CONFLICT DO NOTHING"
    ),
    "row": text(
        "INSERT INTO p_row (form_id, grp, row, chain, seq, removed)"
        " VALUES (:form_id, :grp, :row, :chain, :seq, 0) ON CONFLICT DO NOTHING"
    ),
    "item": text(
        "INSERT INTO p_item (form_id, grp, row, item, value, many, missing, chain, seq, source)"
        " VALUES (:form_id, :grp, :row, :item, :value, :many, :missing, :chain, :seq, :source)"
        " ON CONFLICT (form_id, grp, row, item) DO UPDATE SET value = excluded.value,"
        " many = excluded.many, missing = excluded.missing, chain = excluded.chain,"
        " seq = excluded.seq, source = excluded.source"
        # A reduced value follows its exact one: where that is here, it stands; else the reduced.
        " WHERE excluded.source <> 'reduced' OR p_item.chain <> excluded.chain"
        " OR p_item.seq <> excluded.seq - 1"
    ),
    "saved": text(
        "UPDATE p_form SET entered = coalesce(entered, :day), saved_chain = :chain,"
        " saved_seq = :seq, saved_at = :at, saved_by = :user,"
        " declared = :declared, definition = :definition"
        " WHERE form_id = :form_id"
    ),
    "query": text(
        "INSERT INTO p_query (chain, seq, query, subject, address, check_id, text_en, text_zh,"
        " about_chain, about_seq, state, opened_at, opened_by, answer, changed_at, changed_by)"
        " VALUES (:chain, :seq, :query, :subject, :address, :check_id, :text_en, :text_zh,"
        " :about_chain, :about_seq, 'open', :at, :user, NULL, :at, :user)"
        " ON CONFLICT DO NOTHING"
    ),
    "outcome": text(
        "INSERT INTO p_outcome (check_id, address, subject, fires, chain, seq)"
        " VALUES (:check_id, :address, :subject, :fires, :chain, :seq)"
        " ON CONFLICT (check_id, address) DO UPDATE SET fires = excluded.fires,"
        " chain = excluded.chain, seq = excluded.seq"
    ),
    "signature": text(
        'INSERT INTO p_signature (chain, seq, form_id, "user", meaning, at)'
        " VALUES (:chain, :seq, :form_id, :user, :meaning, :at) ON CONFLICT DO NOTHING"
    ),
    "lock": text(
        'INSERT INTO p_lock (chain, seq, form_id, verb, code, text, at, "user")'
        " VALUES (:chain, :seq, :form_id, :verb, :code, :text, :at, :user) ON CONFLICT DO NOTHING"
    ),
    "sdv": text(
        "INSERT INTO p_sdv (form_id, grp, row, item, of_chain, of_seq, verified, text, chain, seq,"
        ' at, "user") VALUES (:form_id, :grp, :row, :item, :of_chain, :of_seq, :verified, :text,'
        " :chain, :seq, :at, :user)"
        " ON CONFLICT (form_id, grp, row, item) DO UPDATE SET of_chain = excluded.of_chain,"
        " of_seq = excluded.of_seq, verified = excluded.verified, text = excluded.text,"
        ' chain = excluded.chain, seq = excluded.seq, at = excluded.at, "user" = excluded."user"'
    ),
    "review": text(
        'INSERT INTO p_review (chain, seq, begun, ended, subjects, text, at, "user")'
        " VALUES (:chain, :seq, :begun, :ended, :subjects, :text, :at, :user)"
        " ON CONFLICT DO NOTHING"
    ),
    "trail_review": text(
        'INSERT INTO p_trail_review (chain, seq, txn, after, upto, records, flagged, at, "user")'
        " VALUES (:chain, :seq, :txn, :after, :upto, :records, :flagged, :at, :user)"
        " ON CONFLICT DO NOTHING"
    ),
    "matter": text(
        "INSERT INTO p_matter (chain, seq, kind, subject, text, body, at, session)"
        " VALUES (:chain, :seq, :kind, :subject, :text, :body, :at, :session)"
    ),
    "trail_note": text(
        "INSERT INTO p_trail_note (chain, txn, text) VALUES (:chain, :txn, :text)"
        " ON CONFLICT DO NOTHING"
    ),
    "paper": text(
        "INSERT INTO p_paper (chain, seq, form_id, day, reference)"
        " VALUES (:chain, :seq, :form_id, :day, :reference) ON CONFLICT DO NOTHING"
    ),
    "note": text(
        "INSERT INTO p_note (chain, seq, subject, address, text, at, session)"
        " VALUES (:chain, :seq, :subject, :address, :text, :at, :session)"
        " ON CONFLICT DO NOTHING"
    ),
    "labrange": text(
        "INSERT INTO p_labrange (chain, seq, laboratory, item, sex, age_from, age_to, valid_from,"
        " valid_to, low, high, unit) VALUES (:chain, :seq, :laboratory, :item, :sex, :age_from,"
        " :age_to, :valid_from, :valid_to, :low, :high, :unit) ON CONFLICT DO NOTHING"
    ),
    "head": text(
        "INSERT INTO p_head (chain, number, seq) VALUES (:chain, :number, :seq)"
        " ON CONFLICT (chain) DO UPDATE SET seq ="
        " CASE WHEN p_head.seq > excluded.seq THEN p_head.seq ELSE excluded.seq END"
    ),
    **second.INSERT,
}


_Arranged: TypeAlias = Callable[[Row], Any]


@lru_cache(maxsize=256)
def _for_driver(dialect: Dialect, target: str) -> tuple[str, _Arranged]:
    """A statement in the words of a driver, and how a row of parameters is handed to it."""
    compiled = _INSERT[target].compile(dialect=dialect)
    order = compiled.positiontup
    return compiled.string, itemgetter(*order) if order else lambda row: row


_ERASING: Final = (Kind.REDACTION_DONE, Kind.SUBJECT_WITHHELD, Kind.LINK_DESTROYED)


class Folding:
    """One run of the fold: keeps what it looked up and writes runs of like rows at once."""

    def __init__(
        self, conn: Connection, *, guarded: bool = False, exempt: Collection[int] = ()
    ) -> None:
        self.conn = conn
        self.guarded = guarded
        self.exempt = exempt  # stand-ins: what they say is about what stood here before
        self.free: set[str] = set()
        self.forms: dict[FormKey, int | None] = {}
        self.users: dict[str, tuple[str, str]] = {}
        self.numbers: dict[str, int] = {}
        self.heads: dict[str, int] = {}
        self.pending: list[Row] = []
        self.target = ""
        self.told_again = False
        self.at = 0

    def run(self, records: Iterable[Record]) -> None:
        for record in records:
            self.step(record)
        self.finish()

    def step(self, record: Record) -> None:
        """Take in the next record."""
        header = record.header
        self.at = header.seq
        if header.seq == 1:  # a chain begins, perhaps in a database without tables
            schema.create(self.conn)
            self.flush()
        self.heads[header.chain] = header.seq
        if header.chain not in self.numbers:
            self.number(header.chain)
        if record.opening is not None and record.kind in _ERASING:
            schema.forget_kept(self.conn)  # it may quote what is erased
        if record.opening is None or header.cls == "private":
            return
        if self.guarded and header.seq not in self.exempt:
            self.guard(record)
        act = _ACTS.get(record.kind.value)
        if is_stand_in(record):  # read in the place of the record that it stands for
            self.told_again = True
        elif act:
            act(self, record, record.body)

    def take(self, record: Record) -> None:
        """Take in the next record of the ledger; raises Misshapen."""
        with _foreign(self):
            self.step(record)

    def finish(self) -> None:
        """Write what is queued, and how far each chain is folded."""
        self.flush()
        for chain, seq in self.heads.items():
            self.put("head", chain=chain, number=self.numbers[chain], seq=seq)
        self.flush()

    def guard(self, record: Record) -> None:
        """Let nothing be written about a subject by a computer that does not own it."""
        body = record.body
        subject = owning.subject_of(body, {})
        if subject is None and "query" in body:
            asked = {"chain": record.header.chain, "query": body["query"]}
            subject = self.conn.execute(_ASKED_ABOUT, asked).scalar()
        if subject is None or subject in self.free or not owning.writes(record.kind):
            return
        self.flush()
        chain = record.header.chain
        if record.kind is Kind.SUBJECT_HANDED:
            now = owning.standing_of(self.conn, subject)
            if owning.handed_again(now, chain, str(body["to"])):
                return
        if not owning.owned_here(self.conn, subject, chain) and not _is_store(self.conn, chain):
            raise owning.OwnedElsewhere(subject)
        if record.kind is not Kind.SUBJECT_HANDED:
            self.free.add(subject)

    def put(self, target: str, /, **row: object) -> None:
        """Queue a row; a run of rows for one statement goes out together."""
        if target != self.target:
            self.flush()
            self.target = target
        self.pending.append(row)

    def flush(self) -> None:
        if self.pending:
            # As the driver takes them: rows are many and small, and the layer above costs the most.
            statement, arranged = _for_driver(self.conn.dialect, self.target)
            self.conn.exec_driver_sql(statement, list(map(arranged, self.pending)))
            self.pending = []

    def update(self, statement: str, **params: object) -> None:
        self.flush()
        self.conn.execute(text(statement), params)

    def number(self, chain: str) -> None:
        """Know the chain's number in this database; a chain not seen before gets the next."""
        self.flush()
        self.numbers = {r.chain: r.number for r in self.conn.execute(schema.head_table.select())}
        if chain not in self.numbers:
            self.numbers[chain] = max(self.numbers.values(), default=0) + 1
            self.put("head", chain=chain, number=self.numbers[chain], seq=0)

    def form_id(self, key: FormKey) -> int | None:
        if key not in self.forms:
            self.flush()
            self.forms[key] = form_id_of(self.conn, key)
        return self.forms[key]

    def who(self, session: str) -> tuple[str, str]:
        """User and zone offset of a session (empty where its record is not here)."""
        if session not in self.users:
            self.flush()
            row = self.conn.execute(_SESSION, {"session": session}).one_or_none()
            self.users[session] = (row[0], row[1]) if row else ("", "+00:00")
        return self.users[session]

    def who_and_day(self, record: Record) -> tuple[str, str]:
        """Who wrote a record, and on which local day."""
        user, offset = self.who(record.header.session)
        return user, local_day(record.header.at, offset)

    # One method a record kind.

    def session(self, record: Record, body: Body) -> None:
        h = record.header
        user, offset = str(body["user"]), str(body["offset"])
        self.users[h.session] = (user, offset)
        self.put(
            "session",
            session=h.session,
            chain=h.chain,
            user=user,
            role=str(body["role"]),
            at=h.at,
            offset=offset,
        )

    def subject(self, record: Record, body: Body) -> None:
        h = record.header
        self.put(
            "subject",
            subject=body["subject"],
            chain=h.chain,
            seq=h.seq,
            at=h.at,
            user=self.who(h.session)[0],
        )
        self.owning(record, body)

    def owning(self, record: Record, body: Body) -> None:
        fact = owning.fact_of(record, body)
        told = {**asdict(fact), "forced": int(fact.forced)}
        self.put("handing", subject=body["subject"], **told)

    def add_event(self, record: Record, body: Body) -> None:
        key = _key(body, EventKey)
        h = record.header
        self.put(
            "event",
            subject=key.subject,
            event=key.event,
            event_repeat=key.repeat,
            chain=h.chain,
            seq=h.seq,
        )

    def add_form(self, record: Record, body: Body) -> None:
        key = _key(body, FormKey)
        h = record.header
        form_id = self.numbers[h.chain] * FORM_ID_STEP + h.seq
        self.forms[key] = form_id
        self.put(
            "form",
            form_id=form_id,
            subject=key.subject,
            event=key.event.event,
            event_repeat=key.event.repeat,
            form=key.form,
            form_repeat=key.repeat,
            chain=h.chain,
        )

    def add_row(self, record: Record, body: Body) -> None:
        key = _key(body, RowKey)
        self.put(
            "row",
            form_id=self.form_id(key.form),
            grp=key.group,
            row=key.row,
            chain=record.header.chain,
            seq=record.header.seq,
        )

    def item(self, record: Record, body: Body) -> None:
        key = _key(body, ItemKey)
        form_id = self.form_id(key.form)
        if form_id is None:  # the form's opening was withheld: nothing to hang the value on
            return
        answer = answer_of(body)
        value = answer.value if answer else None
        many = isinstance(value, tuple)
        self.put(
            "item",
            form_id=form_id,
            grp=key.row.group,
            row=key.row.row,
            item=key.item,
            value=json.dumps(value, ensure_ascii=False) if many else value,
            many=int(many),
            missing=answer.missing if answer else None,
            chain=record.header.chain,
            seq=record.header.seq,
            source=str(body.get("source", Source.ENTRY.value)),
        )

    def saved(self, record: Record, body: Body) -> None:
        h = record.header
        user, offset = self.who(h.session)
        self.put(
            "saved",
            form_id=self.form_id(_key(body, FormKey)),
            chain=h.chain,
            seq=h.seq,
            at=h.at,
            day=local_day(h.at, offset),
            user=user,
            declared=int(body["declared"] == "complete"),
            definition=body["definition"],
        )
        form_id, paper = self.form_id(_key(body, FormKey)), body.get("paper")
        if form_id is not None and isinstance(paper, Mapping):
            said = {"day": paper["date"], "reference": paper.get("reference", "")}
            self.put("paper", chain=h.chain, seq=h.seq, form_id=form_id, **said)

    def removal(self, record: Record, body: Body) -> None:
        gone = int(record.kind.value.endswith(".removed"))
        key = parse_address(str(body["address"]))
        if isinstance(key, RowKey):
            self.update(
                "UPDATE p_row SET removed = :gone, chain = :chain, seq = :seq"
                " WHERE form_id = :f AND grp = :g AND row = :r",
                gone=gone,
                chain=record.header.chain,
                seq=record.header.seq,
                f=self.form_id(key.form),
                g=key.group,
                r=key.row,
            )
        elif isinstance(key, FormKey):
            self.update(
                "UPDATE p_form SET removed = :gone WHERE form_id = :f",
                gone=gone,
                f=self.form_id(key),
            )
        elif isinstance(key, EventKey):
            self.update(
                "UPDATE p_event SET removed = :gone WHERE subject = :s AND event = :e"
                " AND event_repeat = :n",
                gone=gone,
                s=key.subject,
                e=key.event,
                n=key.repeat,
            )

    def lock(self, record: Record, body: Body) -> None:
        form_id = self.form_id(_key(body, FormKey))
        if form_id is None:  # the form's opening was withheld
            return
        h = record.header
        verb = record.kind.value.removeprefix("form.")
        reason = body.get("reason")
        reason = reason if isinstance(reason, dict) else {}
        self.put(
            "lock",
            chain=h.chain,
            seq=h.seq,
            form_id=form_id,
            verb=verb,
            code=reason.get("code"),
            text=reason.get("text"),
            at=h.at,
            user=self.who(h.session)[0],
        )
        self.update(
            "UPDATE p_form SET lock = :lock WHERE form_id = :f",
            lock="" if verb == "unlocked" else verb,
            f=form_id,
        )

    def sdv(self, record: Record, body: Body) -> None:
        key = _key(body, ItemKey)
        form_id, of = self.form_id(key.form), body["of"]
        if form_id is None or not isinstance(of, dict):
            return
        h = record.header
        self.put(
            "sdv",
            form_id=form_id,
            grp=key.row.group,
            row=key.row.row,
            item=key.item,
            of_chain=of["chain"],
            of_seq=of["seq"],
            verified=int(bool(body["verified"])),
            text=str(body.get("text", "")),
            chain=h.chain,
            seq=h.seq,
            at=h.at,
            user=self.who(h.session)[0],
        )

    def review(self, record: Record, body: Body) -> None:
        h = record.header
        if "act" in body:  # neither a visit nor words on the trail ever had one
            return
        if isinstance(body.get("trail"), Mapping):
            self.put("trail_note", chain=h.chain, txn=h.txn, text=body["text"])
        if "begun" not in body:
            return
        self.put(
            "review",
            chain=h.chain,
            seq=h.seq,
            begun=body["begun"],
            ended=body["ended"],
            subjects=json.dumps(body["subjects"]),
            text=body["text"],
            at=h.at,
            user=self.who(h.session)[0],
        )

    def query(self, record: Record, body: Body) -> None:
        h = record.header
        about = body.get("about")
        about = about if isinstance(about, dict) else {}
        address = str(body["address"])
        self.put(
            "query",
            chain=h.chain,
            seq=h.seq,
            query=str(body.get("query", f"Q-{h.seq}")),
            subject=address.partition("/")[0],
            address=address,
            check_id=body.get("check"),
            text_en=body["en"],
            text_zh=body["zh"],
            about_chain=about.get("chain"),
            about_seq=about.get("seq"),
            at=h.at,
            user=str(body.get("actor") or self.who(h.session)[0]),
        )

    def query_act(self, record: Record, body: Body) -> None:
        verb = record.kind.value.removeprefix("query.")
        state = "open" if verb == "reopened" else verb
        where = "chain = :chain AND query = :query"
        self.change_query(record, state, body, where, body.get(owning.OPENED_ON))

    def check_answered(self, record: Record, body: Body) -> None:
        self.change_query(
            record,
            "answered",
            body,
            "check_id = :check AND address = :address AND state = 'open'",
        )

    def change_query(
        self, record: Record, state: str, body: Body, where: str, chain: JSON = None
    ) -> None:
        h = record.header
        self.update(
            "UPDATE p_query SET state = :state, changed_at = :at, changed_by = :user,"  # noqa: S608
            f" answer = coalesce(:answer, answer) WHERE {where}",
            state=state,
            at=h.at,
            user=str(body.get("actor") or self.who(h.session)[0]),
            answer=body.get("text") if state == "answered" else None,
            chain=chain or h.chain,
            query=body.get("query"),
            check=body.get("check"),
            address=body.get("address"),
        )

    def outcome(self, record: Record, body: Body) -> None:
        address = str(body["address"])
        self.put(
            "outcome",
            check_id=body["check"],
            address=address,
            subject=address.partition("/")[0],
            fires=int(bool(body["fires"])),
            chain=record.header.chain,
            seq=record.header.seq,
        )

    def labrange(self, record: Record, body: Body) -> None:
        h = record.header
        was = body.get("was")
        if isinstance(was, dict):
            self.update(
                "DELETE FROM p_labrange WHERE chain = :chain AND seq = :seq",
                chain=was["chain"],
                seq=was["seq"],
            )
        if not body.get("withdrawn"):
            names = ("age_from", "age_to", "valid_to", "low", "high")
            self.put(
                "labrange",
                chain=h.chain,
                seq=h.seq,
                laboratory=body["laboratory"],
                item=body["item"],
                sex=body.get("sex", ""),
                valid_from=body["valid_from"],
                unit=body["unit"],
                **{name: body.get(name) for name in names},
            )

    def signature(self, record: Record, body: Body) -> None:
        review = body.get("review")
        if isinstance(review, Mapping):
            self.trail_review(record, review)
            return
        if "address" not in body:  # signs for records that are missing
            return
        key = parse_address(str(body["address"]))
        form_id = self.form_id(key) if isinstance(key, FormKey) else None
        if form_id is not None:
            h = record.header
            self.put(
                "signature",
                chain=h.chain,
                seq=h.seq,
                form_id=form_id,
                user=self.who(h.session)[0],
                meaning=body["meaning"],
                at=h.at,
            )

    def trail_review(self, record: Record, review: Body) -> None:
        h = record.header
        self.put(
            "trail_review",
            chain=h.chain,
            seq=h.seq,
            txn=h.txn,
            after=review["after"],
            upto=review["upto"],
            records=review["records"],
            flagged=json.dumps(review["flagged"]),
            at=h.at,
            user=self.who(h.session)[0],
        )

    def redacted(self, record: Record, body: Body) -> None:
        seqs, kept = body["seqs"], kept_by(record)
        for seq in seqs if isinstance(seqs, Sequence) else ():
            if seq in kept:  # what still stands of it was read in its place
                continue
            for table in ("p_note", "p_matter"):
                self.update(
                    f"DELETE FROM {table} WHERE chain = :chain AND seq = :seq",  # noqa: S608
                    chain=record.header.chain,
                    seq=seq,
                )

    def incident(self, record: Record, body: Body) -> None:
        if matters.INCIDENT in body and matters.well_formed(record):
            self.matter(matters.INCIDENT, record, body)

    def matter(self, kind: str, record: Record, body: Body) -> None:
        """A request or an incident, or what became of one."""
        h, subject = record.header, body.get("subject")
        about = json.dumps(body[kind], ensure_ascii=False, sort_keys=True)
        self.put(
            "matter", chain=h.chain, seq=h.seq, kind=kind, subject=subject, text=body["text"],
            body=about, at=h.at, session=h.session,
        )  # fmt: skip

    def note(self, record: Record, body: Body) -> None:
        about = body.get(second.ABOUT)
        place, h = body.get("address"), record.header
        if not matters.well_formed(record):  # no receiver takes it
            return
        if isinstance(about, Mapping):
            second.note(self, record, about)
        elif matters.REQUEST in body:
            self.matter(matters.REQUEST, record, body)
        elif isinstance(place, str):
            subject = place.partition("/")[0]
            written = {"text": str(body["text"]), "at": h.at, "session": h.session}
            self.put("note", chain=h.chain, seq=h.seq, subject=subject, address=place, **written)


_ACTS: Final[Mapping[str, Callable[[Folding, Record, Body], None]]] = {
    "session.opened": Folding.session,
    "subject.created": Folding.subject,
    "subject.handed": Folding.owning,
    "subject.received": Folding.owning,
    "event.added": Folding.add_event,
    "form.added": Folding.add_form,
    "row.added": Folding.add_row,
    "event.removed": Folding.removal,
    "event.restored": Folding.removal,
    "form.removed": Folding.removal,
    "form.restored": Folding.removal,
    "row.removed": Folding.removal,
    "row.restored": Folding.removal,
    "item.set": Folding.item,
    "form.saved": Folding.saved,
    "form.frozen": Folding.lock,
    "form.locked": Folding.lock,
    "form.unlocked": Folding.lock,
    "query.opened": Folding.query,
    "query.answered": Folding.query_act,
    "query.closed": Folding.query_act,
    "query.reopened": Folding.query_act,
    "check.answered": Folding.check_answered,
    "check.outcome": Folding.outcome,
    "signature.made": Folding.signature,
    "labrange.set": Folding.labrange,
    "sdv.marked": Folding.sdv,
    "review.noted": Folding.review,
    "entry.superseded": second.superseded,
    "note.added": Folding.note,
    "incident.noted": Folding.incident,
    "redaction.done": Folding.redacted,
}


def local_day(at: str, offset: str) -> str:
    """The local calendar day (ISO) of a UTC time in a zone ``+08:00`` of UTC."""

    sign = -1 if offset.startswith("-") else 1
    hours, _, minutes = offset.lstrip("+-").partition(":")
    shift = sign * timedelta(hours=int(hours), minutes=int(minutes or 0))
    return (datetime.fromisoformat(at) + shift).date().isoformat()


def _key(body: Body, kind: type[K]) -> K:
    key = parse_address(str(body["address"]))
    if not isinstance(key, kind):
        raise TypeError(f"a record addresses {type(key).__name__}, not {kind.__name__}")
    return key
