"""Removing and restoring: only what was named, and only what went with it."""

from __future__ import annotations

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, SaveRefused, UnsavedTyping
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.record.reading import recorded_forms
from mrd_desktop.study.address import EventKey, RowKey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.test_drafts import add_term, terms
from tests.record.test_entry import TYPO, consent, form, key, kinds_since


def removed(session: Session, subject: str) -> dict[str, bool]:
    with session.reading() as conn:
        return {f.key.form: f.removed for f in recorded_forms(conn, subject, session.box)}


def screened(session: Session) -> str:
    """A subject with consent and performance status at screening."""
    book = Casebook(session)
    subject = book.create_subject()
    consent(book, subject)
    entry = book.open(form(session, f"{subject}/SCR/PS"))
    entry.type(key(session, f"{subject}/SCR/PS/ECOG"), "1")
    entry.save(complete=False)
    return subject


def test_a_restored_visit_brings_back_only_the_forms_that_went_with_it(clinic: Clinic) -> None:
    with clinic.open() as session:
        subject = screened(session)
        book, visit = Casebook(session), EventKey(subject, "SCR")
        book.remove(form(session, f"{subject}/SCR/PS"), TYPO)
        book.remove(visit, TYPO)
        assert removed(session, subject) == {"IC": True, "PS": True}
        book.restore(visit, TYPO)
        assert removed(session, subject) == {"IC": False, "PS": True}


@pytest.mark.parametrize("words", ["患者合成某某要求", "call 010-62345678 first"])
def test_a_reason_names_nobody(clinic: Clinic, words: str) -> None:
    with clinic.open() as session:
        subject = screened(session)
        person = Casebook(session).open(form(session, f"{subject}/SCR/ID"))
        person.type(key(session, f"{subject}/SCR/ID/PATNAME"), "合成某某")
        person.save(complete=False)
        book, visit = Casebook(session), EventKey(subject, "SCR")
        before = session.head().seq
        for place in (visit, form(session, f"{subject}/SCR/PS")):
            with pytest.raises(NamesAPerson):
                book.remove(place, ChangeReason("OTHER", words))
        assert kinds_since(session, before) == []
        book.remove(visit, ChangeReason("OTHER", "wrong visit"))


def test_what_is_set_aside_already_is_not_recorded_again(clinic: Clinic) -> None:
    with clinic.open() as session:
        subject = screened(session)
        book, visit = Casebook(session), EventKey(subject, "SCR")
        book.remove(visit, TYPO)
        before = session.head().seq
        book.remove(visit, TYPO)
        book.remove(form(session, f"{subject}/SCR/PS"), TYPO)
        assert kinds_since(session, before) == []
        book.restore(visit, TYPO)
        assert removed(session, subject) == {"IC": False, "PS": False}


@pytest.mark.parametrize("user", ["cra", "aud", "admin"])
def test_a_visit_without_forms_is_set_aside_only_by_who_may_and_with_a_reason(
    clinic: Clinic, user: str
) -> None:
    """No form of it is left that could be refused."""
    with clinic.open() as session:
        subject = screened(session)
        book, visit = Casebook(session), EventKey(subject, "SCR")
        for name in ("PS", "IC"):
            book.remove(form(session, f"{subject}/SCR/{name}"), TYPO)
        with pytest.raises(SaveRefused) as refused:
            book.remove(visit, ChangeReason("NO SUCH"))
        assert refused.value.cause is Cause.NO_REASON
    for act in (Casebook.remove, Casebook.restore):
        with clinic.open(user) as session:
            before = session.head().seq
            with pytest.raises(SaveRefused) as refused:
                act(Casebook(session), visit, TYPO)
            assert refused.value.cause is Cause.PERMISSION
            assert "event." not in "".join(kinds_since(session, before))
        with clinic.open() as session:
            act(Casebook(session), visit, TYPO)


def test_removing_a_row_saves_no_unsaved_typing_along(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        place = form(session, f"{subject}/SCR/MH")
        entry = book.open(place)
        add_term(entry, "invented condition")
        entry.save(complete=False)
        entry = book.open(place)
        add_term(entry, "half typ")
        entry.keep_draft()
        before = session.head().seq
        with pytest.raises(UnsavedTyping):
            book.remove(RowKey(place, "MHO", 1), TYPO)
        assert kinds_since(session, before) == []
        assert terms(book.open(place)) == ["invented condition", "half typ"]
