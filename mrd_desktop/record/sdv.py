"""Source data verification: the monitor's marks on values, and which values want one.

A mark is bound to the record of the value that was compared. When the value changes, the mark
still stands in the ledger but no longer counts: the value wants to be compared again. Marks change
no data. Of a part of the subjects every entered value is compared, of all others the critical
items of the study definition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection, text

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import entries
from mrd_desktop.record.entries import Reference
from mrd_desktop.record.errors import NotFound, RecordError
from mrd_desktop.record.projection import form_key
from mrd_desktop.record.queries import NoWords
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import SdvPlan, Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session


class Mark(StrEnum):
    """Where the comparison of a value with its source stands."""

    NONE = "none"
    VERIFIED = "verified"
    DIFFERS = "differs"
    VOID = "void"


class ValueChanged(RecordError):
    """The value is no longer the one that was compared."""

    code = "value_changed"
    template = Text(
        "{detail} has changed since it was shown. Compare it again.",
        "{detail} 显示之后已更改，请重新核对。",
    )


@dataclass(frozen=True, slots=True)
class SourceValue:
    """An entered value that has a source.

    Attributes:
        of: the record of the value.
        critical: compared in every subject.
        needed: to be compared by the plan.
        mark: VOID where the value has changed since it was compared.
        text, user, at: of the mark, empty without one.
    """

    key: ItemKey
    answer: Answer
    of: Reference
    critical: bool
    needed: bool
    mark: Mark
    text: str = ""
    user: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts over the values that the plan wants compared."""

    needed: int = 0
    verified: int = 0
    differs: int = 0
    void: int = 0

    @property
    def left(self) -> int:
        """Values still to be compared, for the first time or again."""
        return self.needed - self.verified - self.differs

    def plus(self, other: Progress) -> Progress:
        """Both together."""
        return Progress(
            self.needed + other.needed,
            self.verified + other.verified,
            self.differs + other.differs,
            self.void + other.void,
        )


def whole(plan: SdvPlan, subject: str) -> bool:
    """Whether all values of a subject are compared, not only the critical ones.

    The running numbers of a site are cut into stretches so that one of each makes up the share;
    which one follows from the seed. So the share holds at any time, later subjects change nothing,
    and nobody can tell beforehand without the seed.
    """
    if plan.percent <= 0:
        return False
    site, _, number = subject.partition("-")
    place = int(number) - 1
    stretch = place * plan.percent // 100
    first = -(-stretch * 100 // plan.percent)
    last = -(-(stretch + 1) * 100 // plan.percent)
    return place == min(
        range(first, last),
        key=lambda n: hashlib.sha256(f"{plan.seed}/{site}/{n}".encode()).digest(),
    )


def progress(values: Iterable[SourceValue]) -> Progress:
    """Count what the plan wants compared."""
    marks = [v.mark for v in values if v.needed]
    return Progress(
        len(marks),
        marks.count(Mark.VERIFIED),
        marks.count(Mark.DIFFERS),
        marks.count(Mark.VOID),
    )


class SourceChecks:
    """The monitor's comparison with the source at one open site."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.study: Study = session.study

    def values(self, subject: str) -> Mapping[FormKey, tuple[SourceValue, ...]]:
        """Every entered value of a subject by form; identity forms are not the monitor's."""
        self.session.require("subject.see")
        with self.session.reading() as conn:
            return _values(conn, self.study, subject)

    def form(self, key: FormKey) -> tuple[SourceValue, ...]:
        """Every entered value of a form."""
        return self.values(key.subject).get(key, ())

    def mark(self, seen: Sequence[SourceValue], *, verified: bool, words: str = "") -> None:
        """Record that values were compared with the source, all in one transaction.

        A difference is asked about in the same transaction: its words become a query.

        Args:
            seen: the values as they were shown.
            words: what differs; needed where values do not agree.

        Raises:
            PermissionDenied: the role compares no values.
            NoWords: a difference without words.
            ValueChanged: a value is not the one that was shown; nothing was recorded.
            NotFound: no entered value stands there any more.
        """
        self.session.require("sdv")
        said = words.strip()
        if not verified:
            self.session.require("query.open")
            if not said:
                raise NoWords

        def build(conn: Connection) -> list[Entry]:
            made: list[Entry] = []
            now: dict[str, dict[ItemKey, SourceValue]] = {}
            for value in seen:
                subject = value.key.subject
                if subject not in now:
                    forms = _values(conn, self.study, subject).values()
                    now[subject] = {v.key: v for form in forms for v in form}
                standing = now[subject].get(value.key)
                if standing is None:
                    raise NotFound(str(value.key))
                if standing.of != value.of:
                    raise ValueChanged(str(value.key))
                made.append(entries.sdv_marked(value.key, value.of, verified=verified, text=said))
                if not verified:
                    question = Text(said, said)
                    made.append(entries.query_opened(str(value.key), question, about=value.of))
            return made

        self.session.commit(build)


def _values(
    conn: Connection, study: Study, subject: str
) -> Mapping[FormKey, tuple[SourceValue, ...]]:
    found: dict[FormKey, list[SourceValue]] = {}
    everything = whole(study.sdv, subject)
    for row in conn.execute(_VALUES, {"subject": subject}):
        key = form_key(row)
        form = study.by_form.get(key.form)
        if form is None or form.private:
            continue
        item = form.by_group[row.grp].by_name[row.item]
        if item.derived:
            continue
        codes = tuple(json.loads(row.value)) if row.many else row.value
        value = SourceValue(
            ItemKey(RowKey(key, row.grp, row.row), row.item),
            Answer(missing=row.missing) if row.missing is not None else Answer(codes),
            Reference(row.chain, row.seq),
            critical=item.oid in study.critical,
            needed=everything or item.oid in study.critical,
            mark=Mark.NONE,
        )
        if row.of_chain is not None:
            holds = Reference(row.of_chain, row.of_seq) == value.of
            verdict = Mark.VERIFIED if row.verified else Mark.DIFFERS
            value = replace(
                value,
                mark=verdict if holds else Mark.VOID,
                text=row.said,
                user=row.user,
                at=row.at,
            )
        found.setdefault(key, []).append(value)
    return {k: tuple(values) for k, values in found.items()}


_VALUES = text(
    "SELECT f.subject, f.event, f.event_repeat, f.form, f.form_repeat, i.grp, i.row, i.item,"
    " i.value, i.many, i.missing, i.chain, i.seq, s.of_chain, s.of_seq, s.verified,"
    " s.text AS said, s.user, s.at"
    " FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
    " LEFT JOIN p_row r ON r.form_id = i.form_id AND r.grp = i.grp AND r.row = i.row"
    " LEFT JOIN p_sdv s ON s.form_id = i.form_id AND s.grp = i.grp AND s.row = i.row"
    "  AND s.item = i.item"
    " WHERE f.subject = :subject AND f.removed = 0 AND coalesce(r.removed, 0) = 0"
    " AND f.saved_seq IS NOT NULL AND (i.value IS NOT NULL OR i.missing IS NOT NULL)"
    " ORDER BY i.form_id, i.grp, i.row, i.item"
)
