"""Critical values that nobody but who entered them has looked at (R-DAT-06).

A value was looked at where the monitor has compared it, as it stands now, with the source, or where
its form was keyed again by a second person and both entries agree. It is told before a package is
signed, and in the status of a site; it holds nothing back, for the comparison follows the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.record.projection import form_key
from mrd_desktop.record.reading import recorded_forms
from mrd_desktop.record.second.standing import State, second_entries
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.model import Study


@dataclass(frozen=True, slots=True)
class Unseen:
    """A form and how many critical values of it wait for a second look."""

    key: FormKey
    values: int


def unseen(conn: Connection, study: Study, chain: str | None = None) -> tuple[Unseen, ...]:
    """Forms with critical values that nobody else has looked at, by subject, as they were made.

    Args:
        chain: only values that were recorded on this chain.
    """
    places = [study.places[oid] for oid in sorted(study.critical)]
    asked = {
        "forms": json.dumps(sorted({form.oid for form, _, _ in places})),
        "items": json.dumps([f"{f.oid}/{g.name}/{i.name}" for f, g, i in places]),
        "chain": chain,
    }
    rows = conn.execute(_WAITING, asked).all()
    found = [Unseen(form_key(row), int(row.n)) for row in rows]
    if not any(study.by_form[one.key.form].second_entry for one in found):
        return tuple(found)
    return tuple(_not_agreed(conn, study, found))


def _not_agreed(conn: Connection, study: Study, found: list[Unseen]) -> Iterator[Unseen]:
    """Without the forms that two people keyed alike."""
    for subject, forms in groupby(found, key=lambda one: one.key.subject):
        entries = second_entries(conn, study, recorded_forms(conn, subject))
        for one in forms:
            entry = entries.get(one.key)
            if entry is None or entry.state is not State.AGREED:
                yield one


_WAITING: Final = text(
    "SELECT f.subject, f.event, f.event_repeat, f.form, f.form_repeat, count(*) AS n"
    " FROM p_form f CROSS JOIN p_item i ON i.form_id = f.form_id"
    " LEFT JOIN p_row r ON r.form_id = i.form_id AND r.grp = i.grp AND r.row = i.row"
    " LEFT JOIN p_sdv s ON s.form_id = i.form_id AND s.grp = i.grp AND s.row = i.row"
    "  AND s.item = i.item AND s.of_chain = i.chain AND s.of_seq = i.seq"
    " WHERE f.form IN (SELECT value FROM json_each(:forms)) AND f.removed = 0"
    " AND f.saved_seq IS NOT NULL AND coalesce(r.removed, 0) = 0"
    " AND (i.value IS NOT NULL OR i.missing IS NOT NULL)"
    " AND f.form || '/' || i.grp || '/' || i.item IN (SELECT value FROM json_each(:items))"
    " AND (:chain IS NULL OR i.chain = :chain) AND s.of_seq IS NULL"
    " GROUP BY f.form_id ORDER BY f.subject, f.form_id"
)
