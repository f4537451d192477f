"""The log of faults: no values go in, and nothing but lines of ours comes out (R-SEC-09)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.vault import faultlog
from mrd_desktop.vault.faultlog import LOG_FILE, after, is_fault, keep, met
from mrd_desktop.vault.session import Session
from tests.vault.kit import Site, note

CANARY = "张三 13900001111"


def fault() -> BaseException:
    with pytest.raises(ValueError) as caught:
        int(CANARY)
    return caught.value


def told(session: Session) -> list[dict[str, object]]:
    with session.reading() as conn:
        records = list(store.records(conn, session.folder.chain))
    return [dict(r.body) for r in records if r.opening is not None and is_fault(r)]


def test_a_fault_becomes_a_record_once_and_holds_no_value(site: Site) -> None:
    first, second = met(fault()), met(fault())
    keep(site.path, first)
    with site.open("crc") as session:
        session.commit([note()])
        assert [x["number"] for x in told(session)] == [first.number]
        keep(site.path, second)
        session.note_faults()
        session.note_faults()
        said = told(session)
    assert [x["number"] for x in said] == [first.number, second.number]
    assert said[0]["fault"] == "ValueError"
    assert "test_faultlog.py:" in str(said[0]["places"])
    whole = (site.path / LOG_FILE).read_text("utf-8") + json.dumps(said, ensure_ascii=False)
    assert "张三" not in whole and "1390000" not in whole


def test_what_is_no_line_of_ours_is_not_taken(tmp_path: Path) -> None:
    good = met(fault())
    keep(tmp_path, good)
    line = good.content()
    forged = [
        {**line, "fault": "张三"},
        {**line, "fault": "A B"},
        {**line, "places": ["patient 13900001111"]},
        {**line, "places": [good.places[0]] * 9},
        {**line, "places": "app.py:1 x"},
        {**line, "number": "<b>"},
        {**line, "at": "yesterday"},
        {**line, "program": ""},
        {k: v for k, v in line.items() if k != "number"},
        [],
    ]
    with (tmp_path / LOG_FILE).open("ab") as file:
        for one in forged:
            file.write(json.dumps(one, ensure_ascii=False).encode() + b"\n")
        file.write(b"\xff\xfe not utf-8\n" + b"[" * 5000 + b"\n" + b'{"number": "cut')
    last = met(fault())
    keep(tmp_path, last)
    assert after(tmp_path, "") == (good, last), "the line after a cut one is whole"
    assert after(tmp_path, good.number) == (last,)
    assert after(tmp_path, "another") == (good, last)


def test_a_log_does_not_grow_without_end(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).write_bytes(b"x" * (faultlog._LARGEST + 1))
    one = met(fault())
    keep(tmp_path, one)
    assert (tmp_path / LOG_FILE).stat().st_size < 2000
    for _ in range(60):
        keep(tmp_path, met(fault()))
    assert len(after(tmp_path, one.number)) == 50


def test_no_log_is_no_fault(crc: Session) -> None:
    crc.note_faults()
    assert told(crc) == []
