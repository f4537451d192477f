"""The fold of second entries: what their records put into the projection's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection, TextClause, text

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Record
from mrd_desktop.record.entries import SECOND_CHECK, answer_of
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address

Body = Mapping[str, JSON]
ABOUT: Final = "second"
"""The field of a payload by which these records are told from a user's notes and corrections."""

INSERT: Final[Mapping[str, TextClause]] = {
    "second": text(
        'INSERT INTO p_second (chain, seq, form_id, saved_seq, "user", at, day)'
        " VALUES (:chain, :seq, :form_id, :saved_seq, :user, :at, :day) ON CONFLICT DO NOTHING"
    ),
    "second_count": text(
        "INSERT INTO p_second_count (chain, keyed_seq, keyer, grp, item, form_id, compared)"
        " VALUES (:chain, :keyed_seq, :keyer, :grp, :item, :form_id, :compared)"
        " ON CONFLICT DO NOTHING"
    ),
    "second_point": text(
        "INSERT INTO p_second_point (chain, seq, keyed_seq, form_id, grp, row, item, result,"
        " whole_row, value, many, missing, keyer, chosen)"
        " VALUES (:chain, :seq, :keyed_seq, :form_id, :grp, :row, :item, :result, :whole_row,"
        " :value, :many, :missing, :keyer, '') ON CONFLICT DO NOTHING"
    ),
}


class Fold(Protocol):
    """What of a running fold is needed here."""

    conn: Connection

    def put(self, target: str, /, **row: object) -> None:
        """Queue a row."""

    def flush(self) -> None:
        """Write what is queued."""

    def update(self, statement: str, **params: object) -> None:
        """Change rows."""

    def form_id(self, key: FormKey) -> int | None:
        """The number of a form."""

    def who_and_day(self, record: Record) -> tuple[str, str]:
        """Who wrote a record, and on which local day."""


def note(fold: Fold, record: Record, about: Body) -> None:
    """A second entry was keyed, compared or settled."""
    key = parse_address(str(record.body["address"]))
    if isinstance(key, str) or not isinstance(key, FormKey | RowKey | ItemKey):
        return
    form_id = fold.form_id(key if isinstance(key, FormKey) else key.form)
    if form_id is None:  # the form's opening was withheld
        return
    if "keyed" in about:
        _keyed(fold, record, about, form_id)
    elif "compared" in about and isinstance(key, RowKey):
        _compared(fold, record, about, form_id, key.group)
    elif "chosen" in about:
        _chosen(fold, record, about)
    elif about.get("holds") is True:
        fold.update(
            "UPDATE p_second SET saved_seq ="
            " (SELECT f.saved_seq FROM p_form f WHERE f.form_id = :form_id)"
            " WHERE chain = :chain AND seq ="
            " (SELECT max(s.seq) FROM p_second s WHERE s.form_id = :form_id AND s.chain = :chain)",
            form_id=form_id,
            chain=record.header.chain,
        )


def superseded(fold: Fold, record: Record, body: Body) -> None:
    """A value that did not become one: only those of a second entry are projected."""
    key, about = parse_address(str(body["address"])), body.get(ABOUT)
    if body.get("check") != SECOND_CHECK or not isinstance(about, Mapping):
        return
    if not isinstance(key, ItemKey):
        return
    form_id = fold.form_id(key.form)
    keyed = None if form_id is None else _latest(fold, record, form_id)
    if keyed is None:
        return
    answer = answer_of(body)
    value = answer.value if answer else None
    many = isinstance(value, tuple)
    fold.put(
        "second_point",
        chain=record.header.chain,
        seq=record.header.seq,
        keyed_seq=keyed,
        form_id=form_id,
        grp=key.row.group,
        row=key.row.row,
        item=key.item,
        result=str(about["result"]),
        whole_row=int(about.get("row") is True),
        value=json.dumps(value, ensure_ascii=False) if many else value,
        many=int(many),
        missing=answer.missing if answer else None,
        keyer=str(about["keyer"]),
    )


def _keyed(fold: Fold, record: Record, about: Body, form_id: int) -> None:
    of = about["keyed"]
    user, day = fold.who_and_day(record)
    fold.put(
        "second",
        chain=record.header.chain,
        seq=record.header.seq,
        form_id=form_id,
        saved_seq=of["seq"] if isinstance(of, Mapping) else 0,
        user=user,
        at=record.header.at,
        day=day,
    )


def _compared(fold: Fold, record: Record, about: Body, form_id: int, group: str) -> None:
    keyed = _latest(fold, record, form_id)
    told = about["compared"]
    if keyed is None or not isinstance(told, Sequence):
        return
    for part in told:
        if not isinstance(part, Mapping) or not isinstance(part["items"], Mapping):
            continue
        for item, count in part["items"].items():
            fold.put(
                "second_count",
                chain=record.header.chain,
                keyed_seq=keyed,
                keyer=str(part["user"]),
                grp=group,
                item=item,
                form_id=form_id,
                compared=count,
            )


def _chosen(fold: Fold, record: Record, about: Body) -> None:
    of = about["of"]
    if isinstance(of, Mapping):
        fold.update(
            "UPDATE p_second_point SET chosen = :chosen, chosen_at = :at, chosen_by = :user"
            " WHERE chain = :chain AND seq = :seq",
            chosen=about["chosen"],
            at=record.header.at,
            user=fold.who_and_day(record)[0],
            chain=of["chain"],
            seq=of["seq"],
        )


def _latest(fold: Fold, record: Record, form_id: int) -> int | None:
    """The second entry of a form that was keyed last."""
    fold.flush()
    found = fold.conn.execute(_LATEST, {"form_id": form_id, "chain": record.header.chain}).scalar()
    return None if found is None else int(found)


_LATEST: Final = text("SELECT max(seq) FROM p_second WHERE form_id = :form_id AND chain = :chain")
