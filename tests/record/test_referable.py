"""What an entry may point at: recorded adverse events of this subject that still stand."""

from __future__ import annotations

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic


def event(session: Session, subject: str, repeat: int, term: str) -> FormEntry:
    """An adverse event as typed, not saved."""
    entry = Casebook(session).open(FormKey(EventKey(subject, "LOG"), "AE", repeat))
    row = RowKey(entry.key, "A")
    entry.type(ItemKey(row, "TERM"), term)
    entry.type(ItemKey(row, "STDAT"), "2027-06-01")
    return entry


def consented(session: Session) -> str:
    """A new subject with a consent."""
    subject = Casebook(session).create_subject()
    entry = Casebook(session).open(FormKey(EventKey(subject, "SCR"), "IC"))
    entry.type(ItemKey(RowKey(entry.key, "A"), "RFICDAT"), "2027-03-08")
    entry.save(complete=False)
    return subject


def offered(session: Session, subject: str) -> list[str]:
    """The terms of the events that a drug may be given for."""
    drug = Casebook(session).open(FormKey(EventKey(subject, "LOG"), "CM", 1))
    found = drug.referable(session.study.by_item["CM.AENO"])
    return [r.said.en.partition(" · ")[0] for r in found]


def test_only_recorded_events_of_this_subject_that_stand_are_offered(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        one, other = consented(session), consented(session)
        event(session, one, 1, "Synthetic cough").save(complete=False)
        gone = event(session, one, 2, "Synthetic rash")
        gone.save(complete=False)
        event(session, other, 1, "Synthetic fever").save(complete=False)
        unsaved = event(session, one, 3, "Synthetic nausea")
        unsaved.keep_draft(None)
        assert offered(session, one) == ["Synthetic cough", "Synthetic rash"]
        assert offered(session, other) == ["Synthetic fever"]
        book.remove(gone.key, ChangeReason("TYPO"))
        assert offered(session, one) == ["Synthetic cough"]
