"""A form that was locked or signed while it was open is judged as it stands at Save."""

from __future__ import annotations

import pytest

from mrd_desktop.record import audit, entries
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import Cause, SaveRefused, SignedMeanwhile
from mrd_desktop.record.locating import locate
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of

TYPO = ChangeReason("TYPO")


def ecog(session: Session) -> ItemKey:
    key = locate(session.study, "01-001/SCR/PS/ECOG")
    assert isinstance(key, ItemKey)
    return key


@pytest.mark.parametrize("verb", ["frozen", "locked"])
def test_a_form_locked_meanwhile_is_not_saved_and_the_typing_stays(
    charted: Clinic, verb: str
) -> None:
    with charted.open() as session:
        book, item = Casebook(session), ecog(session)
        entry = book.open(item.form)
        entry.type(item, "2")
        session.commit([entries.form_state(verb, item.form, None)])
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True, reason=TYPO)
        assert refused.value.cause is Cause(verb)
        assert list(audit.trail(session))[-1].kind == "entry.refused"
        entry.reopen()
        assert entry.read_only is Cause(verb)
        assert entry.field(item).text == "0", "only what is recorded is shown"
        session.commit([entries.form_state("unlocked", item.form, None)])
        assert book.open(item.form).field(item).text == "2", "the draft waited"


def test_a_form_signed_meanwhile_asks_once_more(charted: Clinic) -> None:
    with charted.open("inv") as session:
        book, item = Casebook(session), ecog(session)
        entry = book.open(item.form)
        entry.type(item, "2")
        shown = show(session, item.form, Language.ZH)
        sign_form(session, shown, password_of("inv"), language=Language.ZH)
        with pytest.raises(SignedMeanwhile):
            entry.save(complete=True, reason=TYPO)
        assert book.history(item)[-1].answer == Answer("0")
        entry.reopen()
        assert entry.field(item).text == "2"
        entry.save(complete=True, reason=TYPO)
        assert book.history(item)[-1].answer == Answer("2")


@pytest.mark.parametrize("whole_visit", [False, True])
def test_a_form_removed_meanwhile_is_not_saved(charted: Clinic, whole_visit: bool) -> None:
    with charted.open() as session:
        book, item = Casebook(session), ecog(session)
        entry = book.open(item.form)
        entry.type(item, "2")
        book.remove(item.form.event if whole_visit else item.form, TYPO)
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True, reason=TYPO)
        assert refused.value.cause is Cause.REMOVED
        assert book.history(item)[-1].answer == Answer("0")
        assert book.open(item.form).read_only is Cause.REMOVED


def test_nothing_new_is_entered_in_a_removed_visit(charted: Clinic) -> None:
    with charted.open() as session:
        book, item = Casebook(session), ecog(session)
        fresh = FormEntry(session, FormKey(item.form.event, "AE", 1))
        fresh.type(
            next(v.key for g in fresh.groups() for r in g.rows for v in r.fields if not v.derived),
            "x",
        )
        book.remove(item.form.event, TYPO)
        with pytest.raises(SaveRefused) as refused:
            fresh.save(complete=False)
        assert refused.value.cause is Cause.REMOVED
