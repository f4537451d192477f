"""A signature is bound to what was shown, made with the signer's own key, and told superseded."""

from __future__ import annotations

import base64

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.certificates import signature_statement
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.signing import NotSignable, content_digest, sign_form
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.record.views import FormState
from mrd_desktop.texts import Language
from mrd_desktop.vault.errors import PermissionDenied, WrongPassword
from tests.clinic import STORIES, Clinic, password_of
from tests.record.test_entry import form, key

TYPO = ChangeReason("TYPO")
PS = "01-001/SCR/PS"


def test_a_signature_verifies_and_a_change_supersedes_it(charted: Clinic) -> None:
    with charted.open("inv") as session:
        sign_form(session, form(session, PS), password_of("inv"), language=Language.ZH)
        entry = Casebook(session).open(form(session, PS))
        assert entry.state is FormState.SIGNED
        with session.reading() as conn:
            body = next(
                dict(r.body)
                for r in store.records(conn, session.folder.chain)
                if r.opening and r.kind is Kind.SIGNATURE_MADE
            )
            assert body["content"] == content_digest(conn, entry, Language.ZH)
            assert body["content"] != content_digest(conn, entry, Language.EN)
        signature = base64.b64decode(str(body.pop("signature")))
        for extra in ("key", "kind"):
            body.pop(extra)
        user_key = PublicKey.from_base64(session.account.key)
        user_key.verify(signature, signature_statement(body))
        entry.type(key(session, f"{PS}/ECOG"), "2")
        entry.save(complete=True, reason=TYPO)
        assert entry.state is FormState.COMPLETE
        assert entry.recorded is not None
        assert entry.recorded.superseded


def test_who_may_not_sign_and_a_wrong_password_leave_nothing(charted: Clinic) -> None:
    with charted.open() as session, pytest.raises(PermissionDenied):
        sign_form(session, form(session, PS), password_of("crc"), language=Language.ZH)
    with charted.open("inv") as session:
        before = session.head()
        with pytest.raises(WrongPassword):
            sign_form(session, form(session, PS), password_of("crc"), language=Language.ZH)
        assert session.head() == before


def test_an_incomplete_form_is_not_signed(charted: Clinic) -> None:
    with charted.open("inv") as session, pytest.raises(NotSignable):
        sign_form(session, form(session, "01-001/C0/TC"), password_of("inv"), language=Language.ZH)


def test_the_choice_stays_once_it_is_signed(clinic: Clinic) -> None:
    choice = "01-002/C0/TC"
    with clinic.open() as session:
        load_story(Casebook(session), read_story(STORIES / "01-002.json"))
    with clinic.open("inv") as session:
        sign_form(session, form(session, choice), password_of("inv"), language=Language.ZH)
    with clinic.open() as session:
        entry = Casebook(session).open(form(session, choice))
        entry.type(key(session, f"{choice}/CERTAIN"), "8")
        entry.save(complete=True, reason=TYPO)
        entry.type(key(session, f"{choice}/GROUP"), "CONTINUE")
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True, reason=TYPO)
        assert refused.value.cause is Cause.CHOICE_SIGNED
