"""Where the second entry of each form stands, read from the projection.

A form that is marked for it and saved waits for a second entry; keyed, its differences are open
until each is settled; then both agree, until a compared value changes later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, text

from mrd_desktop.record import drafts
from mrd_desktop.record.entries import Reference, Source
from mrd_desktop.record.reading import RecordedForm, recorded_forms
from mrd_desktop.record.second.compare import Result
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

Found: TypeAlias = Row[Any]


class State(StrEnum):
    """Where a second entry stands."""

    DUE = "due"
    OPEN = "open"
    AGREED = "agreed"
    CHANGED = "changed"


STATE_WORDS: Final[Mapping[State, Text]] = {
    State.DUE: Text("Second entry due", "待第二次录入"),
    State.OPEN: Text("Differences open", "差异待处理"),
    State.AGREED: Text("Both entries agree", "两次录入一致"),
    State.CHANGED: Text("Changed since second entry", "第二次录入后有修改"),
}


class Choice(StrEnum):
    """Which value the paper confirms."""

    FIRST = "first"
    SECOND = "second"
    OTHER = "other"


class Act(StrEnum):
    """What a user may do about a second entry now."""

    KEY = "key"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class SecondPlace:
    """Where a line of a list leads: an act on a form, not the form itself."""

    form: FormKey
    act: Act

    def __str__(self) -> str:
        return f"{self.form} {self.act}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A data point in which the two keyings differed.

    Attributes:
        record: what keeps the second value in the ledger.
        second: what the second person keyed, None for nothing.
        now: what stands recorded now, None for nothing.
        keyer: who keyed the first value.
        chosen: how it was settled, None while it was not.
    """

    key: ItemKey
    record: Reference
    result: Result
    whole_row: bool
    second: Answer | None
    now: Answer | None
    keyer: str
    chosen: Choice | None
    chosen_by: str = ""
    chosen_at: str = ""

    @property
    def settled(self) -> bool:
        """Chosen, or the first value has since become what the second says."""
        return self.chosen is not None or self.now == self.second

    @property
    def verdict(self) -> Choice | None:
        """What was right in the end, None while nobody has said so."""
        return self.chosen or (Choice.SECOND if self.settled else None)


@dataclass(frozen=True)
class SecondEntry:
    """The second entry of one form as it stands.

    Attributes:
        record: of the latest keying, None before the first.
        user, at: who keyed it and when.
        compared: data points compared.
        hands: who keyed what stands recorded, or saved it last.
        drafted: this user has begun keying it.
    """

    key: FormKey
    state: State
    hands: frozenset[str]
    declared: bool
    record: Reference | None = None
    user: str = ""
    at: str = ""
    compared: int = 0
    differences: tuple[Difference, ...] = ()
    drafted: bool = False

    @property
    def open(self) -> tuple[Difference, ...]:
        """Differences that wait to be settled."""
        return tuple(d for d in self.differences if not d.settled)

    @property
    def keyers(self) -> frozenset[str]:
        """Who keyed the first values that differ: others settle them."""
        return frozenset(d.keyer for d in self.differences)

    def act(self, user: str) -> Act | None:
        """What a user who enters data may do now.

        Nobody keys again what stands recorded by the own hand, and nobody settles a difference of
        the own first value.
        """
        if self.state is State.OPEN:
            return None if user in self.keyers else Act.SETTLE
        if self.state is State.AGREED or user in self.hands:
            return None
        return Act.KEY


def second_entries(
    conn: Connection,
    study: Study,
    forms: Iterable[RecordedForm],
    drafted: Iterable[FormKey] = (),
) -> Mapping[FormKey, SecondEntry]:
    """The second entry of each saved form that is marked for it; removed forms have none."""
    marked = [
        f
        for f in forms
        if study.by_form[f.key.form].second_entry and not f.removed and f.saved_seq is not None
    ]
    begun = frozenset(drafted)
    return {f.key: _of_form(conn, f, drafted=f.key in begun) for f in marked}


def hands(conn: Connection, form: RecordedForm) -> Mapping[Reference, str]:
    """Who keyed each standing value of a form, by its record."""
    rows = conn.execute(_HANDS, {"form_id": form.form_id, "derived": Source.DERIVED.value})
    return {Reference(chain, seq): user for chain, seq, user in rows}


def filled(conn: Connection, form: RecordedForm) -> frozenset[ItemKey]:
    """The data points of a form that nobody keyed: limits filled in from the table of ranges."""
    rows = conn.execute(_FILLED, {"form_id": form.form_id, "source": Source.LABRANGE.value})
    return frozenset(ItemKey(RowKey(form.key, r.grp, r.row), r.item) for r in rows)


def _of_form(conn: Connection, form: RecordedForm, *, drafted: bool) -> SecondEntry:
    people = frozenset(hands(conn, form).values()) | {form.saved_by or ""}
    last = conn.execute(_LAST, {"form_id": form.form_id}).first()
    if last is None:
        return SecondEntry(form.key, State.DUE, people, form.declared, drafted=drafted)
    of = {"chain": last.chain, "keyed": last.seq}
    differences = tuple(_difference(form, r) for r in conn.execute(_POINTS, of))
    if any(not d.settled for d in differences):
        state = State.OPEN
    else:
        state = State.CHANGED if _changed(conn, form, last, differences) else State.AGREED
    return SecondEntry(
        key=form.key,
        state=state,
        hands=people,
        declared=form.declared,
        record=Reference(last.chain, last.seq),
        user=last.user,
        at=last.at,
        compared=int(conn.execute(_COUNTED, of).scalar() or 0),
        differences=differences,
        drafted=drafted,
    )


def holds(conn: Connection, form: RecordedForm, entry: SecondEntry) -> bool:
    """Whether nothing but what the second entry itself settled has changed since its keying."""
    last = conn.execute(_LAST, {"form_id": form.form_id}).one()
    return not _changed(conn, form, last, entry.differences)


def _changed(
    conn: Connection,
    form: RecordedForm,
    last: Found,
    known: tuple[Difference, ...],
) -> bool:
    """Whether a value or row changed later otherwise than to what the second entry says."""
    matched = {d.key for d in known if d.now == d.second}
    rows = {k.row for k in matched}
    since = {"form_id": form.form_id, "seq": last.saved_seq, "derived": Source.DERIVED.value}
    later = {RowKey(form.key, r.grp, r.row) for r in conn.execute(_ROWS_SINCE, since)}
    values = {
        ItemKey(RowKey(form.key, r.grp, r.row), r.item) for r in conn.execute(_VALUES_SINCE, since)
    }
    return bool(later - rows or values - matched)


def _difference(form: RecordedForm, row: Found) -> Difference:
    key = ItemKey(RowKey(form.key, row.grp, row.row), row.item)
    if row.missing is not None:
        second = Answer(missing=row.missing)
    elif row.value is None:
        second = None
    else:
        second = Answer(tuple(json.loads(row.value)) if row.many else row.value)
    return Difference(
        key=key,
        record=Reference(row.chain, row.seq),
        result=Result(row.result),
        whole_row=bool(row.whole_row),
        second=second,
        now=standing_answer(form, key),
        keyer=row.keyer,
        chosen=Choice(row.chosen) if row.chosen else None,
        chosen_by=row.chosen_by or "",
        chosen_at=row.chosen_at or "",
    )


def standing_answer(form: RecordedForm, key: ItemKey) -> Answer | None:
    """What stands recorded at a data point; nothing does in a row that was removed."""
    if form.rows.get(key.row, False):
        return None
    recorded = form.items.get(key)
    return recorded.answer if recorded else None


def act_on(session: Session, form: RecordedForm, entry: SecondEntry) -> Act | None:
    """What the user of a session may do about a second entry now."""
    free = session.allows("form.edit") and not form.lock
    return entry.act(session.user) if free else None


def second_of(session: Session, key: FormKey) -> tuple[SecondEntry, Act | None] | None:
    """The second entry of one form and what this user may do; None where none is asked for."""
    session.require("subject.see")
    form = session.study.by_form.get(key.form)
    if form is None or not form.second_entry:
        return None
    with session.reading() as conn:
        found = next((f for f in recorded_forms(conn, key.subject) if f.key == key), None)
        begun = drafts.addresses(conn, session.user, second=True)
        entry = second_entries(conn, session.study, [found] if found else [], begun).get(key)
    if found is None or entry is None:
        return None
    return entry, act_on(session, found, entry)


_LAST: Final = text(
    "SELECT s.chain, s.seq, s.saved_seq, s.user, s.at FROM p_second s"
    " JOIN p_head h ON h.chain = s.chain WHERE s.form_id = :form_id"
    " ORDER BY h.number DESC, s.seq DESC LIMIT 1"
)
_POINTS: Final = text(
    "SELECT * FROM p_second_point WHERE chain = :chain AND keyed_seq = :keyed ORDER BY seq"
)
_COUNTED: Final = text(
    "SELECT sum(compared) FROM p_second_count WHERE chain = :chain AND keyed_seq = :keyed"
)
_HANDS: Final = text(
    "SELECT i.chain, i.seq, s.user FROM p_item i"
    " JOIN ledger_chain c ON c.chain = i.chain"
    " JOIN ledger_header h ON h.chain_no = c.no AND h.seq = i.seq"
    " JOIN p_session s ON s.session = json_extract(CAST(h.header AS TEXT), '$.session')"
    " WHERE i.form_id = :form_id AND i.source <> :derived"
)
_FILLED: Final = text(
    "SELECT grp, row, item FROM p_item WHERE form_id = :form_id AND source = :source"
)
_VALUES_SINCE: Final = text(
    "SELECT grp, row, item FROM p_item"
    " WHERE form_id = :form_id AND seq > :seq AND source <> :derived"
)
_ROWS_SINCE: Final = text("SELECT grp, row FROM p_row WHERE form_id = :form_id AND seq > :seq")
