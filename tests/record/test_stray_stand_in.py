"""A stand-in that no redaction names is passed over by the fold, and never folded for again."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Entry, Header, Kind, Opening, Record, RecordClass
from mrd_desktop.record import projection, schema
from mrd_desktop.record.verifying import verify_folder
from tests.clinic import Clinic

CHAIN = "a" * 26


def test_a_stray_one_ends_the_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"kind": Kind.CHECK_ANSWERED.value, "instead": {"chain": CHAIN, "seq": 2}}
    header = Header(
        1, 1, CHAIN, 5, 2, True, RecordClass.CODED, "2026-01-01T00:00:00.000Z",
        "e" * 26, "0" * 64, "0" * 64,
    )  # fmt: skip
    stray = Record(header.to_bytes(), None, Opening(bytes(32), dumps(body)))
    monkeypatch.setattr(store, "chains", lambda _: [CHAIN])
    monkeypatch.setattr(projection, "standing", lambda *_: iter([stray]))
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        schema.create(conn)
        projection.take_in(conn, [stray])
        heads = schema.metadata.tables["p_head"]
        assert [row.seq for row in conn.execute(heads.select())] == [5]
    engine.dispose()


def test_one_in_a_ledger_is_named_and_takes_no_place(charted: Clinic) -> None:
    """Not even in the transaction of a redaction that names another one."""
    with charted.open("inv") as session:
        with session.reading() as conn:
            before = conn.execute(text("SELECT count(*) FROM p_item")).scalar()
        instead = {"chain": session.folder.chain, "seq": 2}
        body = {"address": "01-001/SCR#1/IC#1/A#1/ICVER", "source": "entry", "value": "V6.6"}
        session.commit([Entry(Kind.ITEM_SET, RecordClass.CODED, {**body, "instead": instead})])
        with session.reading() as conn:
            assert list(projection.differences(conn)) == []
            assert conn.execute(text("SELECT count(*) FROM p_item")).scalar() == before
        failed = {c.name: c.detail.en for c in verify_folder(session) if c.ok is False}
        assert set(failed) == {"signatures"}
        assert "no redaction beside it names it" in failed["signatures"]
