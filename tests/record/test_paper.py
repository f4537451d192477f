"""Late entry from paper keeps both days; how late entry is, is told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mrd_desktop.insight.reports.delay import LATE, delay_report, delays
from mrd_desktop.insight.reports.model import Table
from mrd_desktop.ledger import store
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.record.paper import Paper, PaperRefused, read_paper
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

TODAY = date(2027, 6, 30)


def form(session: Session, address: str) -> FormKey:
    found = locate(session.study, address)
    assert isinstance(found, FormKey)
    return found


@pytest.mark.parametrize(
    ("typed", "paper"),
    [
        ("", None),
        ("2027-06-25", Paper("2027-06-25")),
        ("0625 A-17", Paper("2027-06-25", "A-17")),
        ("t  scan/12", Paper("2027-06-30", "scan/12")),
    ],
)
def test_the_day_on_the_paper_comes_first_and_a_reference_may_follow(
    typed: str, paper: Paper | None
) -> None:
    assert read_paper(typed, TODAY) == paper


@pytest.mark.parametrize("typed", ["A-17", "2027-07-01", "0625 张三", "0625 a b", "2027-06"])
def test_what_is_no_day_or_no_reference_is_refused(typed: str) -> None:
    with pytest.raises(PaperRefused):
        read_paper(typed, TODAY)


def test_both_days_are_kept_recorded_and_read_again(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        key = form(session, "01-001/UNS#9/SV")
        entry = book.open(key)
        entry.type(ItemKey(RowKey(key, "A"), "VISDAT"), "2027-06-20")
        entry.transcribe("2027-06-20 P-3")
        entry.keep_draft()
        assert book.open(key).paper == Paper("2027-06-20", "P-3"), "the draft keeps it"
        saved = entry.save(complete=False)
        with session.reading() as conn:
            record = store.record(conn, session.folder.chain, saved.seq)
        assert record.body["paper"] == {"date": "2027-06-20", "reference": "P-3"}
        assert record.header.at.startswith("2027-06-30")
        again = book.open(key)
        assert again.paper == Paper("2027-06-20", "P-3")
        assert not again.dirty
        with session.writing() as conn:
            assert projection.rebuild(conn) == []


def test_an_undone_transcription_leaves_nothing(charted: Clinic) -> None:
    with charted.open() as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/PS"))
        entry.transcribe("2027-06-20")
        assert entry.dirty
        entry.undo()
        assert not entry.dirty
        assert entry.paper is None


def test_a_reference_names_nobody(charted: Clinic) -> None:
    with charted.open() as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/PS"))
        with pytest.raises(PaperRefused):
            entry.transcribe("2027-06-20 SYN0001")  # the record number of the synthetic patient


@pytest.mark.parametrize(("days", "late"), [(1, False), (5, False), (6, True), (30, True)])
def test_entry_above_the_limit_is_late(charted: Clinic, days: int, late: bool) -> None:
    with charted.open() as session:
        book = Casebook(session)
        key = form(session, "01-001/UNS#9/SV")
        entry = book.open(key)
        seen = session.today() - timedelta(days=days)
        entry.type(ItemKey(RowKey(key, "A"), "STAT"), "DONE")
        entry.type(ItemKey(RowKey(key, "A"), "VISDAT"), seen.isoformat())
        entry.save(complete=False)
        [found] = [d for d in delays(book.study, book.chart("01-001")) if d.key == key]
        assert (found.days, found.late) == (days, late)
        [table] = [
            b
            for b in delay_report(book.study, [book.chart("01-001")]).blocks
            if isinstance(b, Table)
        ]
        rows = [r for r in table.rows if r[1].text == "UNS 9"]
        assert [r[-1].text for r in rows] == ([LATE] if late else [])
