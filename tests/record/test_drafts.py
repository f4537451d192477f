"""Drafts: they come back whole, go when taken back, and mix with nobody's records."""

from __future__ import annotations

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from tests.clinic import Clinic
from tests.record.test_entry import TYPO, consent, form, key, kinds_since


def terms(entry: FormEntry) -> list[str]:
    """The other conditions of the medical history, row by row."""
    rows = next(g.rows for g in entry.groups() if g.group.name == "MHO")
    return [f.text for r in rows for f in r.fields if f.key.item == "TERM"]


def add_term(entry: FormEntry, text: str) -> None:
    entry.add_row("MHO")
    row = max(r.key.row for g in entry.groups() if g.group.name == "MHO" for r in g.rows)
    entry.type(ItemKey(RowKey(entry.key, "MHO", row), "TERM"), text)


def test_a_value_corrected_after_a_crash_is_recorded_as_superseded(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        place, at = form(session, f"{subject}/SCR/VS"), key(session, f"{subject}/SCR/VS/TEMP")
        entry = book.open(place)
        entry.type(key(session, f"{subject}/SCR/VS/PERF"), "Y")
        entry.type(at, "38.9")
        assert entry.field(at).findings
        entry.left(at)
        entry.keep_draft()
    with clinic.open() as session:
        entry = Casebook(session).open(place)
        entry.type(at, "36.9")
        before = session.head().seq
        entry.save(complete=False)
        assert "entry.superseded" in kinds_since(session, before)


def test_what_was_taken_back_does_not_return(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        place, at = form(session, f"{subject}/SCR/IC"), key(session, f"{subject}/SCR/IC/ICVER")
        entry = book.open(place)
        entry.type(at, "V9.9")
        entry.keep_draft()
        entry.type(at, "")
        assert entry.keep_draft() == ""
        assert book.open(place).field(at).text == ""
        assert book.open(place).draft_at == ""


def test_new_rows_stand_after_those_that_another_recorded_meanwhile(clinic: Clinic) -> None:
    place: FormKey
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        place = form(session, f"{subject}/SCR/MH")
        entry = book.open(place)
        add_term(entry, "invented condition A")
        add_term(entry, "invented condition B")
        entry.keep_draft(ItemKey(RowKey(place, "MHO", 2), "TERM"))
    with clinic.open("inv") as session:
        entry = Casebook(session).open(place)
        add_term(entry, "invented condition C")
        entry.save(complete=False)
    with clinic.open() as session:
        entry = Casebook(session).open(place)
        assert terms(entry) == [f"invented condition {x}" for x in "CAB"]
        assert entry.needs_reason() == ()
        assert entry.caret == ItemKey(RowKey(place, "MHO", 3), "TERM")


def test_a_row_brought_back_and_not_saved_yet_is_part_of_the_draft(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        place = form(session, f"{subject}/SCR/MH")
        entry = book.open(place)
        add_term(entry, "invented condition")
        entry.save(complete=False)
        row = RowKey(place, "MHO", 1)
        book.remove(row, TYPO)
        entry = book.open(place)
        entry.restore_row(row)
        entry.keep_draft()
        rows = next(g.rows for g in book.open(place).groups() if g.group.name == "MHO")
        assert [r.removed for r in rows] == [False]
