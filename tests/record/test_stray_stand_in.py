"""A stand-in that no redaction names is passed over by the fold, and never folded for again."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Header, Kind, Opening, Record, RecordClass
from mrd_desktop.record import projection, schema

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
