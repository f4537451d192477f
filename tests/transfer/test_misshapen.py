"""Whoever holds a key may sign anything: records that are not what they say are refused, named."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from mrd_desktop.ledger.errors import Misshapen
from mrd_desktop.ledger.record import (
    Entry,
    Header,
    Kind,
    Opening,
    Record,
    RecordClass,
    payload_bytes,
)
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.transfer.route import CONSENT, Route, fill

FORM = "01-001/SCR#1/PS#1"
ITEM = f"{FORM}/A#1/ECOG"
SHAPES: tuple[tuple[Kind, dict[str, Any]], ...] = (
    (Kind.SUBJECT_CREATED, {}),
    (Kind.SUBJECT_CREATED, {"subject": None}),
    (Kind.EVENT_ADDED, {"address": "01-001"}),
    (Kind.FORM_ADDED, {"address": ITEM}),
    (Kind.FORM_ADDED, {"address": "01-001/SCR#1"}),
    (Kind.FORM_SAVED, {}),
    (Kind.FORM_SAVED, {"address": FORM, "declared": {"complete": True}, "entered": ["x"]}),
    (Kind.ROW_ADDED, {"address": FORM}),
    (Kind.ITEM_SET, {"address": "no address", "value": "1", "missing": None}),
    (Kind.ITEM_SET, {"address": ITEM}),
    (Kind.ITEM_SET, {"address": ITEM, "value": {"deep": 1}, "missing": None, "source": "typed"}),
    (Kind.ITEM_SET, {"address": ITEM, "value": 7, "missing": [], "source": 3}),
    (Kind.FORM_LOCKED, {"address": 5}),
    (Kind.FORM_REMOVED, {}),
    (Kind.QUERY_OPENED, {"query": "Q-1"}),
    (Kind.QUERY_ANSWERED, {"query": ["x"], "text": "synthetic"}),
    (Kind.CHECK_OUTCOME, {}),
    (Kind.CHECK_ANSWERED, {"check": 1}),
    (Kind.LABRANGE_SET, {"laboratory": "synthetic"}),
    (Kind.SDV_MARKED, {}),
    (Kind.SIGNATURE_MADE, {"meaning": 3}),
    (Kind.ENTRY_SUPERSEDED, {}),
    (Kind.SUBJECT_HANDED, {"subject": "01-001"}),
    (Kind.SUBJECT_RECEIVED, {}),
    (Kind.SUBJECT_WITHHELD, {"subject": "01-001", "seqs": "all"}),
)


def foreign(kind: Kind, body: dict[str, Any], seq: int) -> Record:
    """A record of another chain as a file brings it, its commitment as the content wants it."""
    opening = Opening(bytes(32), payload_bytes(Entry(kind, RecordClass.CODED, body)))
    header = Header(
        1, 1, "b" * 25 + "a", seq, 1, True, RecordClass.CODED, "2027-06-01T08:00:00.000Z",
        "c" * 25 + "a", opening.commitment(), "0" * 64,
    )  # fmt: skip
    return Record(header.to_bytes(), None, opening)


@pytest.mark.parametrize(("kind", "body"), SHAPES, ids=str)
def test_the_fold_of_what_others_wrote_refuses_with_the_number(
    clinic: Clinic, kind: Kind, body: dict[str, Any]
) -> None:
    with clinic.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        with suppress(Misshapen), session.writing() as conn:
            projection.take_in(conn, [foreign(kind, body, 7)])
        if kind in _READ_AT_ALL:
            with pytest.raises(Misshapen, match="record 7"), session.writing() as conn:
                projection.take_in(conn, [foreign(kind, body, 7)])


_READ_AT_ALL = frozenset(
    {Kind.EVENT_ADDED, Kind.FORM_ADDED, Kind.FORM_SAVED, Kind.ROW_ADDED, Kind.LABRANGE_SET}
)


@pytest.mark.parametrize(("kind", "body"), SHAPES, ids=str)
def test_a_package_with_such_a_record_is_refused_or_changes_nothing(
    route: Route, monkeypatch: pytest.MonkeyPatch, kind: Kind, body: dict[str, Any]
) -> None:
    with route.clinic.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        # A program that was made to do it: what it writes is not folded at the site.
        monkeypatch.setattr(Session, "_project", lambda *_: None)
        session.commit([Entry(kind, RecordClass.CODED, body)])
        monkeypatch.undo()
    try:
        sent = route.send()
    except Exception:
        return
    (arrival,) = route.store.take(sent.path)
    if not arrival.fine:
        assert arrival.verdict is Verdict.REFUSED
        assert arrival.reason is not None
        return
    with route.store.open() as session, session.reading() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM p_subject").scalar() == 1
