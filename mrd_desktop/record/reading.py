"""Reading the projection: from its tables to the typed data of one subject."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.store import PrivateBox
from mrd_desktop.record.entries import Reference, answer_of
from mrd_desktop.record.owning import placing
from mrd_desktop.record.paper import Paper
from mrd_desktop.record.projection import form_key
from mrd_desktop.study import checks
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import SAMPLE_ITEM, FormData, RowData, SubjectData
from mrd_desktop.study.model import Form, Study


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
        form = study.by_form[self.key.form]
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
    "SELECT p.form_id, p.day, p.reference FROM p_paper p"
    " JOIN p_form f ON f.form_id = p.form_id WHERE f.subject = :subject ORDER BY p.seq"
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
    params = {"subject": subject}
    forms = conn.execute(_FORMS, params).all()
    keys = {f.form_id: form_key(f) for f in forms}
    rows: dict[int, dict[RowKey, bool]] = {i: {} for i in keys}
    place = placing(conn, subject)
    signed: dict[int, tuple[int, int]] = {}
    for form_id, chain, seq in conn.execute(_SIGNED, params).all():
        signed[form_id] = max(place(chain, seq), signed.get(form_id, _NEVER))
    moved: dict[int, tuple[int, int]] = {}
    for form_id, group, row, gone, chain, seq in conn.execute(_ROWS, params).all():
        rows[form_id][RowKey(keys[form_id], group, row)] = bool(gone)
        moved[form_id] = max(place(chain, seq), moved.get(form_id, _NEVER))
    papers = {
        form_id: Paper(day, reference) for form_id, day, reference in conn.execute(_PAPERS, params)
    }
    items: dict[int, dict[ItemKey, Recorded]] = {i: {} for i in keys}
    for form_id, group, row, item, value, many, missing, chain, seq in conn.execute(
        _ITEMS, params
    ).all():
        key = ItemKey(RowKey(keys[form_id], group, row), item)
        answer = _answer(value, missing, many=bool(many))
        items[form_id][key] = Recorded(answer, Reference(chain, seq))
    if box:
        ids = {k: n for n, k in keys.items()}
        for item, recorded in private_items(conn, subject, box).items():
            if item.form in ids:
                items[ids[item.form]][item] = recorded
    return tuple(
        RecordedForm(
            key=keys[f.form_id],
            form_id=f.form_id,
            items=items[f.form_id],
            rows=rows[f.form_id],
            saved_seq=f.saved_seq,
            saved_at=f.saved_at,
            saved_by=f.saved_by,
            entered=date.fromisoformat(f.entered) if f.entered else None,
            declared=bool(f.declared),
            definition=f.definition,
            lock=f.lock,
            removed=bool(f.removed),
            signed_seq=f.signed_seq,
            paper=papers.get(f.form_id),
            signed_at=signed.get(f.form_id),
            changed_at=max(
                (
                    moved.get(f.form_id, _NEVER),
                    *(place(r.by.chain, r.by.seq) for r in items[f.form_id].values()),
                )
            ),
            saved_chain=f.saved_chain,
        )
        for f in forms
    )


def private_items(conn: Connection, subject: str, box: PrivateBox) -> dict[ItemKey, Recorded]:
    """The identity items of a subject, opened from the ledger with the vault key."""
    found: dict[ItemKey, Recorded] = {}
    for record in store.private_records(conn, subject, box):
        if record.kind.value == "item.set":
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
