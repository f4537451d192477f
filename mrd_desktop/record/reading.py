"""Reading the projection: from its tables to the typed data of one subject."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.store import PrivateBox
from mrd_desktop.record.entries import Reference, answer_of
from mrd_desktop.record.owning import Placing, Segment, placing_in, standing_of
from mrd_desktop.record.paper import Paper
from mrd_desktop.record.projection import form_key
from mrd_desktop.study import checks
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import SAMPLE_ITEM, FormData, RowData, SubjectData
from mrd_desktop.study.model import Form, Study
from mrd_desktop.vault.database import version_read


@dataclass(frozen=True, slots=True)
class Recorded:
    """What stands recorded at a data point: the answer (None if cleared) and by which record."""

    answer: Answer | None
    by: Reference


@dataclass(frozen=True)
class RecordedForm:
    """A filled form as recorded.

    Attributes:
        items: every data point that was ever set, cleared ones with answer None.
        rows: rows added to repeating groups: removed or not.
        lock: ``""``, ``"frozen"`` or ``"locked"``.
        signed_seq: highest sequence number of its signatures, else None.
        signed_at: place of its latest signature among the records of the subject, else None.
        changed_at: the same of the latest record of an item or row.
        saved_chain: the chain that ``saved_seq`` counts on.
        paper: the paper record that it was transcribed from last, if any.
    """

    key: FormKey
    form_id: int
    items: Mapping[ItemKey, Recorded]
    rows: Mapping[RowKey, bool]
    saved_seq: int | None
    saved_at: str | None
    saved_by: str | None
    entered: date | None
    declared: bool
    definition: str | None
    lock: str
    removed: bool
    signed_seq: int | None = None
    signed_at: tuple[int, int] | None = None
    changed_at: tuple[int, int] = (0, 0)
    saved_chain: str | None = None
    paper: Paper | None = None

    @property
    def signed(self) -> bool:
        """Signed, and not changed since."""
        return self.signed_at is not None and self.signed_at > self.changed_at

    @property
    def superseded(self) -> bool:
        """Signed once, and changed since."""
        return self.signed_at is not None and not self.signed

    def data(self, study: Study) -> FormData:
        """The form as checks see it: removed rows and cleared items left out."""
        if study not in self._data:
            self._data[study] = self._data_in(study.by_form[self.key.form])
        return self._data[study]

    def _data_in(self, form: Form) -> FormData:
        by_row: dict[RowKey, dict[str, Answer]] = {}
        for group in form.groups:
            if not group.repeating:
                by_row[RowKey(self.key, group.name)] = {}
        for row, removed in sorted(self.rows.items()):
            if not removed:
                by_row.setdefault(row, {})
        for key, recorded in self.items.items():
            if recorded.answer is not None and key.row in by_row:
                by_row[key.row][key.item] = recorded.answer
        rows = tuple(RowData(k, v) for k, v in by_row.items())
        return FormData(self.key, rows, self.declared, self.entered)

    @cached_property
    def _data(self) -> dict[Study, FormData]:
        return {}


_FORMS: Final = text(
    "SELECT f.*, (SELECT max(s.seq) FROM p_signature s WHERE s.form_id = f.form_id) AS signed_seq"
    " FROM p_form f WHERE f.subject = :subject ORDER BY f.form_id"
)
_ROWS: Final = text(
    "SELECT r.form_id, r.grp, r.row, r.removed, r.chain, r.seq FROM p_row r"
    " JOIN p_form f ON f.form_id = r.form_id WHERE f.subject = :subject"
)
_NEVER: Final = (0, 0)
_SIGNED: Final = text(
    "SELECT s.form_id, s.chain, s.seq FROM p_signature s JOIN p_form f ON f.form_id = s.form_id"
    " WHERE f.subject = :subject"
)
_PAPERS: Final = text(
    "SELECT p.form_id, p.chain, p.seq, p.day, p.reference FROM p_paper p"
    " JOIN p_form f ON f.form_id = p.form_id WHERE f.subject = :subject"
)
_ITEMS: Final = text(
    "SELECT i.form_id, i.grp, i.row, i.item, i.value, i.many, i.missing, i.chain, i.seq"
    " FROM p_item i JOIN p_form f ON f.form_id = i.form_id WHERE f.subject = :subject"
)


def recorded_forms(
    conn: Connection, subject: str, box: PrivateBox | None = None
) -> tuple[RecordedForm, ...]:
    """Every form of a subject, removed ones included, in creation order.

    Args:
        box: the vault's box; without it identity items are absent.
    """
    known = _coded(conn, subject)
    if box is None:
        return known.forms
    return tuple(_with_private(conn, subject, box, known))


@dataclass(frozen=True, slots=True)
class _Coded:
    """The forms of a subject without identity items, and the rows that they were made of.

    Attributes:
        version: which state of the database was read; None where that cannot be told.
    """

    version: int | None
    segments: tuple[Segment, ...]
    rows: Mapping[int, _Rows]
    forms: tuple[RecordedForm, ...]


_KEPT: Final = "recorded forms"
_SUBJECTS_KEPT: Final = 2


def _coded(conn: Connection, subject: str) -> _Coded:
    """The forms as they stand, each made anew only where its rows are others than at last.

    What was read goes with the connection. Identity items are never kept: they are opened anew.
    """
    kept: dict[str, _Coded] = conn.info.setdefault(_KEPT, {})
    version = version_read(conn)
    last = kept.pop(subject, None)
    if last is None or version is None or last.version != version:
        last = _read(conn, subject, version, last)
    for other in tuple(kept)[: 1 - _SUBJECTS_KEPT]:
        del kept[other]
    kept[subject] = last
    return last


def _read(conn: Connection, subject: str, version: int | None, last: _Coded | None) -> _Coded:
    segments = standing_of(conn, subject).segments
    place = placing_in(segments)
    rows = _rows_of(conn, subject)
    before: dict[int, RecordedForm] = {}
    if last is not None and last.segments == segments:
        same = (f for f in last.forms if last.rows[f.form_id] == rows.get(f.form_id))
        before = {f.form_id: f for f in same}
    forms = (before.get(n) or _recorded(one, place) for n, one in rows.items())
    return _Coded(version, segments, rows, tuple(forms))


class _Rows:
    """What the tables hold of one form, as plain tuples."""

    __slots__ = ("form", "items", "papers", "rows", "signed")

    def __init__(self, form: Row[Any]) -> None:
        self.form = form
        self.rows: list[list[Any]] = []
        self.signed: list[list[Any]] = []
        self.papers: list[list[Any]] = []
        self.items: list[list[Any]] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rows) and all(
            getattr(self, part) == getattr(other, part) for part in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]


def _rows_of(conn: Connection, subject: str) -> dict[int, _Rows]:
    params = {"subject": subject}
    found = {row.form_id: _Rows(row) for row in conn.execute(_FORMS, params)}
    for query, part in (
        (_ROWS, "rows"),
        (_SIGNED, "signed"),
        (_PAPERS, "papers"),
        (_ITEMS, "items"),
    ):
        places = {form_id: getattr(rows, part) for form_id, rows in found.items()}
        for form_id, *row in conn.execute(query, params).all():
            places[form_id].append(row)
    return found


def _recorded(read: _Rows, place: Placing) -> RecordedForm:
    f, key = read.form, form_key(read.form)
    items: dict[ItemKey, Recorded] = {}
    rows: dict[RowKey, bool] = {}
    moved = [_NEVER]
    for group, row, gone, chain, seq in read.rows:
        rows[RowKey(key, group, row)] = bool(gone)
        moved.append(place(chain, seq))
    for group, row, item, value, many, missing, chain, seq in read.items:
        answer = _answer(value, missing, many=bool(many))
        items[ItemKey(RowKey(key, group, row), item)] = Recorded(answer, Reference(chain, seq))
        moved.append(place(chain, seq))
    papers = sorted(read.papers, key=lambda p: place(p[0], p[1]))
    return RecordedForm(
        key=key,
        form_id=f.form_id,
        items=items,
        rows=rows,
        saved_seq=f.saved_seq,
        saved_at=f.saved_at,
        saved_by=f.saved_by,
        entered=date.fromisoformat(f.entered) if f.entered else None,
        declared=bool(f.declared),
        definition=f.definition,
        lock=f.lock,
        removed=bool(f.removed),
        signed_seq=f.signed_seq,
        paper=Paper(*papers[-1][2:]) if papers else None,
        signed_at=max((place(chain, seq) for chain, seq in read.signed), default=None),
        changed_at=max(moved),
        saved_chain=f.saved_chain,
    )


def _with_private(
    conn: Connection, subject: str, box: PrivateBox, known: _Coded
) -> Iterator[RecordedForm]:
    """The forms with their identity items."""
    place = placing_in(known.segments)
    private: dict[FormKey, dict[ItemKey, Recorded]] = {}
    for item, recorded in private_items(conn, subject, box).items():
        private.setdefault(item.form, {})[item] = recorded
    for form in known.forms:
        own = private.get(form.key)
        if own is None:
            yield form
            continue
        changed = (place(r.by.chain, r.by.seq) for r in own.values())
        yield replace(form, items={**form.items, **own}, changed_at=max(form.changed_at, *changed))


def private_items(conn: Connection, subject: str, box: PrivateBox) -> dict[ItemKey, Recorded]:
    """The identity items of a subject, opened from the ledger with the vault key.

    The last record in the order of owners wins; what a computer wrote while another one owned the
    subject counts for nothing, as with coded items.
    """
    segments = standing_of(conn, subject).segments
    place = placing_in(segments)
    held = [
        (place(record.header.chain, record.header.seq), record)
        for record in store.private_records(conn, subject, box)
        if record.kind.value == "item.set"
        and (not segments or any(s.holds(record.header.chain, record.header.seq) for s in segments))
    ]
    found: dict[ItemKey, Recorded] = {}
    for _, record in sorted(held, key=itemgetter(0)):
        key = parse_address(str(record.body["address"]))
        assert isinstance(key, ItemKey)
        by = Reference(record.header.chain, record.header.seq)
        found[key] = Recorded(answer_of(record.body), by)
    return found


def subject_data(
    conn: Connection,
    study: Study,
    subject: str,
    today: date,
    box: PrivateBox | None = None,
    forms: Iterable[RecordedForm] | None = None,
    *,
    samples: Collection[str] | None = None,
) -> SubjectData:
    """What checks and derivations read of one subject; without the box no private form.

    Args:
        samples: the sample ids of other subjects where they are known, or do not matter; all of
            them are read otherwise, which takes longer the more subjects there are.
    """
    recorded = recorded_forms(conn, subject, box) if forms is None else forms
    filled = tuple(
        f.data(study)
        for f in recorded
        if not f.removed
        and f.saved_seq is not None
        and (box is not None or not study.by_form[f.key.form].private)
    )
    taken = _sample_ids(conn, subject) if samples is None else frozenset(samples)
    return SubjectData(subject, today, filled, taken)


def reads_samples(study: Study, form: Form) -> bool:
    """Whether a Save of a form runs a check of sample ids, so that those of others are needed."""
    own = (form.oid, *(item.oid for item in form.items))
    return any(SAMPLE_ITEM in c.fires.reads for c in checks.dependants(study, own))


def subject_numbers(conn: Connection) -> tuple[str, ...]:
    """Every subject, by number."""
    rows = conn.execute(text("SELECT subject FROM p_subject ORDER BY length(subject), subject"))
    return tuple(r[0] for r in rows)


def shared_samples(conn: Connection) -> Mapping[str, frozenset[str]]:
    """The recorded sample ids that a subject has in common with another one, by subject.

    They stand for those of all others where nothing is being typed, and are read once for all.
    """
    form, _, item = SAMPLE_ITEM.partition(".")
    found: dict[str, set[str]] = {}
    for subject, value in conn.execute(_SHARED, {"form": form, "item": item}):
        found.setdefault(subject, set()).add(value)
    return {subject: frozenset(values) for subject, values in found.items()}


_SHARED: Final = text(
    "WITH used AS (SELECT DISTINCT f.subject AS subject, i.value AS value FROM p_item i"
    " JOIN p_form f ON f.form_id = i.form_id WHERE f.form = :form AND i.item = :item"
    " AND i.value IS NOT NULL AND f.removed = 0)"
    " SELECT subject, value FROM used WHERE value IN"
    " (SELECT value FROM used GROUP BY value HAVING count(*) > 1)"
)


def _sample_ids(conn: Connection, subject: str) -> frozenset[str]:
    form, _, item = SAMPLE_ITEM.partition(".")
    rows = conn.execute(
        text(
            "SELECT i.value FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
            " WHERE f.form = :form AND i.item = :item AND i.value IS NOT NULL"
            " AND f.removed = 0 AND f.subject <> :subject"
        ),
        {"subject": subject, "form": form, "item": item},
    )
    return frozenset(r[0] for r in rows)


def _answer(value: str | None, missing: str | None, *, many: bool) -> Answer | None:
    if missing is not None:
        return Answer(missing=missing)
    if value is None:
        return None
    return Answer(value=tuple(json.loads(value)) if many else value)
