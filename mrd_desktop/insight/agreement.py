"""How far first and second entries agree: figures by form, item and person, over a period.

Read from the projection alone, so that a site and a sponsor's store give the same. A difference
counts as an error of the first keying where the second value or another one was right in the end,
of the second where the first or another one was; while it is open it is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, text

from mrd_desktop.insight.proportion import Proportion, proportion
from mrd_desktop.record.reading import recorded_forms, subject_numbers
from mrd_desktop.record.second.standing import Choice, SecondEntry, second_entries
from mrd_desktop.study.model import Study


@dataclass(slots=True)
class Tally:
    """Data points compared, and what came of them."""

    compared: int = 0
    differing: int = 0
    open: int = 0

    @property
    def share(self) -> Proportion | None:
        """The share that differs, with its exact 95 % interval."""
        return proportion(self.differing, self.compared)


@dataclass(slots=True)
class Keyed:
    """Data points a person keyed in one of the two roles, and how many of them were wrong."""

    keyed: int = 0
    errors: int = 0

    @property
    def share(self) -> Proportion | None:
        """The share that was wrong, with its exact 95 % interval."""
        return proportion(self.errors, self.keyed)


@dataclass(frozen=True)
class Agreement:
    """All figures of a period.

    Attributes:
        keyings: second entries that were finished.
        forms, items: by OID, in the order of the definition.
        first, second: by user, as who keyed first and who keyed second.
    """

    keyings: int = 0
    total: Tally = field(default_factory=Tally)
    forms: Mapping[str, Tally] = field(default_factory=dict)
    items: Mapping[str, Tally] = field(default_factory=dict)
    first: Mapping[str, Keyed] = field(default_factory=dict)
    second: Mapping[str, Keyed] = field(default_factory=dict)


def agreement(
    conn: Connection, study: Study, since: date | None = None, until: date | None = None
) -> Agreement:
    """The figures of second entries that were finished within a period, both days included."""
    days = {"since": str(since or date.min), "until": str(until or date.max)}
    total = Tally()
    forms: dict[str, Tally] = {}
    items: dict[str, Tally] = {}
    first: dict[str, Keyed] = {}
    second: dict[str, Keyed] = {}
    for row in conn.execute(_COUNTS, days):
        tallies = (
            total,
            forms.setdefault(row.form, Tally()),
            items.setdefault(_oid(study, row), Tally()),
        )
        for tally in tallies:
            tally.compared += row.compared
        first.setdefault(row.keyer, Keyed()).keyed += row.compared
        second.setdefault(row.user, Keyed()).keyed += row.compared
    for row in conn.execute(_POINTS, days):
        verdict = _verdict(row)
        for tally in (
            total,
            forms.setdefault(row.form, Tally()),
            items.setdefault(_oid(study, row), Tally()),
        ):
            tally.differing += 1
            tally.open += verdict is None
        first.setdefault(row.keyer, Keyed()).errors += verdict in (Choice.SECOND, Choice.OTHER)
        second.setdefault(row.user, Keyed()).errors += verdict in (Choice.FIRST, Choice.OTHER)
    keyings = int(conn.execute(_KEYINGS, days).scalar_one())
    return Agreement(
        keyings,
        total,
        _ordered(forms, [f.oid for f in study.forms]),
        _ordered(items, [i.oid for f in study.forms for i in f.items]),
        dict(sorted(first.items())),
        dict(sorted(second.items())),
    )


def standings(conn: Connection, study: Study) -> Iterator[SecondEntry]:
    """The second entry of every form that asks for one, by subject."""
    if not any(f.second_entry for f in study.forms):
        return
    for subject in subject_numbers(conn):
        yield from second_entries(conn, study, recorded_forms(conn, subject)).values()


def figures(found: Agreement) -> dict[str, Any]:
    """The figures for scripts; shares as fractions with 6 decimals, null without a denominator."""
    return {
        "keyings": found.keyings,
        "total": _tally(found.total),
        "forms": {k: _tally(v) for k, v in found.forms.items()},
        "items": {k: _tally(v) for k, v in found.items.items()},
        "first": {k: _keyed(v) for k, v in found.first.items()},
        "second": {k: _keyed(v) for k, v in found.second.items()},
    }


def standing_line(entry: SecondEntry) -> dict[str, Any]:
    """One form for scripts."""
    return {
        "address": str(entry.key),
        "form": entry.key.form,
        "state": entry.state.value,
        "user": entry.user or None,
        "at": entry.at or None,
        "compared": entry.compared,
        "differing": len(entry.differences),
        "open": len(entry.open),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "compared": tally.compared,
        "differing": tally.differing,
        "open": tally.open,
        **_share(tally.share),
    }


def _keyed(keyed: Keyed) -> dict[str, Any]:
    return {"keyed": keyed.keyed, "errors": keyed.errors, **_share(keyed.share)}


def _share(share: Proportion | None) -> dict[str, float | None]:
    if share is None:
        return {"share": None, "lower": None, "upper": None}
    return {
        "share": round(float(share.value), 6),
        "lower": round(share.lower, 6),
        "upper": round(share.upper, 6),
    }


def _verdict(row: Row[Any]) -> Choice | None:
    """What was right in the end; a first value corrected to the second was wrong."""
    if row.chosen:
        return Choice(row.chosen)
    gone = row.now_value is None and row.now_missing is None
    now = (None, None) if row.gone or gone else (row.now_value, row.now_missing)
    return Choice.SECOND if now == (row.value, row.missing) else None


def _oid(study: Study, row: Row[Any]) -> str:
    form = study.by_form.get(row.form)
    group = form.by_group.get(row.grp) if form else None
    item = group.by_name.get(row.item) if group else None
    return item.oid if item else f"{row.form}.{row.item}"


def _ordered(found: Mapping[str, Tally], order: list[str]) -> dict[str, Tally]:
    place = {oid: n for n, oid in enumerate(order)}
    return dict(sorted(found.items(), key=lambda x: (place.get(x[0], len(place)), x[0])))


_COUNTS: Final = text(
    "SELECT f.form, c.grp, c.item, c.keyer, c.compared, s.user FROM p_second_count c"
    " JOIN p_second s ON s.chain = c.chain AND s.seq = c.keyed_seq"
    " JOIN p_form f ON f.form_id = c.form_id WHERE s.day BETWEEN :since AND :until"
)
_POINTS: Final = text(
    "SELECT f.form, p.grp, p.item, p.keyer, p.chosen, p.value, p.missing, s.user,"
    " i.value AS now_value, i.missing AS now_missing, coalesce(r.removed, 0) AS gone"
    " FROM p_second_point p"
    " JOIN p_second s ON s.chain = p.chain AND s.seq = p.keyed_seq"
    " JOIN p_form f ON f.form_id = p.form_id"
    " LEFT JOIN p_item i ON i.form_id = p.form_id AND i.grp = p.grp AND i.row = p.row"
    "  AND i.item = p.item"
    " LEFT JOIN p_row r ON r.form_id = p.form_id AND r.grp = p.grp AND r.row = p.row"
    " WHERE s.day BETWEEN :since AND :until"
)
_KEYINGS: Final = text("SELECT count(*) FROM p_second WHERE day BETWEEN :since AND :until")
