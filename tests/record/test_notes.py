"""Notes at values: who writes them, how open they are, and what they may not say."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import NOT_THERE, NoteRefused, Notes
from mrd_desktop.study.address import ItemKey
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

ECOG = "01-001/SCR/PS/ECOG"
NAME = "01-001/SCR/ID/PATNAME"
TYPO = ChangeReason("TYPO")


def key(session: Session, address: str) -> ItemKey:
    found = locate(session.study, address)
    assert isinstance(found, ItemKey)
    return found


def last_note(session: Session) -> Record:
    with session.reading() as conn:
        records = store.records(conn, session.folder.chain, box=session.box)
        return [r for r in records if r.kind is Kind.NOTE_ADDED][-1]


def test_a_note_is_kept_shown_and_survives_a_rebuild(charted: Clinic) -> None:
    with charted.open() as session:
        ecog = key(session, ECOG)
        Notes(session).add(ecog, "  assessed by telephone  ")
        Notes(session).add(ecog, "second look agreed")
        found = Notes(session).of_form(ecog.form)[ecog]
        assert [n.text for n in found] == ["assessed by telephone", "second look agreed"]
        assert {(n.user, n.role) for n in found} == {("crc", "coordinator")}
        assert last_note(session).header.cls is RecordClass.CODED
        with session.writing() as conn:
            assert projection.rebuild(conn) == []
        assert Notes(session).of_form(ecog.form)[ecog] == found


def test_a_note_at_an_identity_item_is_sealed(charted: Clinic) -> None:
    with charted.open() as session:
        name = key(session, NAME)
        Notes(session).add(name, "called Synthetic by the family")
        assert last_note(session).header.cls is RecordClass.PRIVATE
        with session.reading() as conn:
            assert conn.execute(text("SELECT count(*) FROM p_note")).scalar() == 0
        assert [n.text for n in Notes(session).of_form(name.form)[name]] == [
            "called Synthetic by the family"
        ]
        assert Notes(session).of_subject("01-001") == ()
    with charted.open("cra") as monitor:
        assert Notes(monitor).of_form(name.form) == {}
        with pytest.raises(PermissionDenied):
            Notes(monitor).add(name, "who is it")


def test_a_note_where_only_a_reduced_value_leaves_stays_at_the_site(charted: Clinic) -> None:
    with charted.open() as session:
        Notes(session).add(key(session, "01-001/SCR/DM/CETHNIC"), "Zhuang by the father")
        assert last_note(session).header.cls is RecordClass.SITE


@pytest.mark.parametrize("said", ["call 13812345678", "证件 11010519491231002X"])
def test_an_open_note_names_nobody(charted: Clinic, said: str) -> None:
    with charted.open() as session:
        with pytest.raises(NoteRefused):
            Notes(session).add(key(session, ECOG), said)
        assert Notes(session).of_subject("01-001") == ()


def test_the_name_of_the_patient_is_refused_too(charted: Clinic) -> None:
    with charted.open() as session:
        name = key(session, NAME)
        recorded = Casebook(session).history(name)[-1].answer
        assert recorded is not None
        with pytest.raises(NoteRefused):
            Notes(session).add(key(session, ECOG), f"seen with {recorded.text}")


@pytest.mark.parametrize("said", ["", "   ", "x" * 501])
def test_empty_and_endless_notes_are_refused(charted: Clinic, said: str) -> None:
    with charted.open() as session, pytest.raises(NoteRefused):
        Notes(session).add(key(session, ECOG), said)


@pytest.mark.parametrize(
    "address",
    [
        "01-001/SCR/PS#2/ECOG",
        "01-001/UNS#7/PS/ECOG",
        "01-001/SCR/PS/A#2/ECOG",
        "01-001/LOG/CM/A#99/TRT",
    ],
)
def test_a_note_stands_only_where_something_is_saved(charted: Clinic, address: str) -> None:
    with charted.open() as session:
        with pytest.raises(NoteRefused) as caught:
            Notes(session).add(key(session, address), "synthetic")
        assert caught.value.text == NOT_THERE
        assert Notes(session).of_subject("01-001") == ()


def test_a_note_needs_a_form_and_a_row_that_are_not_removed(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        ecog, variant = key(session, ECOG), key(session, "01-001/SCR/MRD/MRDV#2/VAF")
        Notes(session).add(variant, "synthetic")
        book.remove(variant.row, TYPO)
        for gone in (ecog.form, ecog.form.event):
            book.remove(gone, TYPO)
            with pytest.raises(NoteRefused):
                Notes(session).add(ecog, "synthetic")
            book.restore(gone, TYPO)
        with pytest.raises(NoteRefused):
            Notes(session).add(variant, "synthetic")
        Notes(session).add(ecog, "synthetic")
        assert len(Notes(session).of_subject("01-001")) == 2


def test_who_may_not_write_and_what_does_not_exist(charted: Clinic) -> None:
    with charted.open() as session:
        ecog = key(session, ECOG)
        with pytest.raises(NotFound):
            Notes(session).add(ecog._replace(item="NONE"), "x")
    with charted.open("aud") as auditor, pytest.raises(PermissionDenied):
        Notes(auditor).add(ecog, "seen")
