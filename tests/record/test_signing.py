"""A signature is bound to what was shown, made with the signer's own key, and told superseded."""

from __future__ import annotations

import base64

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.certificates import signature_statement
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.endorsing import all_values, to_sign
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.signing import (
    IdentityNotSigned,
    NotAsShown,
    NotSeen,
    NotSignable,
    Shown,
    content_digest,
    derived_answers,
    saw,
    show,
    shown_under,
    sign_form,
    sign_forms,
)
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Language
from mrd_desktop.vault.errors import PermissionDenied, WrongPassword
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.test_entry import form, key

TYPO = ChangeReason("TYPO")
PS = "01-001/SCR/PS"
BCH = "01-001/SCR/BCH"


def seen(session: Session, address: str, language: Language = Language.ZH) -> Shown:
    return show(session, form(session, address), language)


def save_ecog(session: Session, value: str) -> None:
    entry = Casebook(session).open(form(session, PS))
    entry.type(key(session, f"{PS}/ECOG"), value)
    entry.save(complete=True, reason=TYPO)


def test_a_signature_verifies_and_a_change_supersedes_it(charted: Clinic) -> None:
    with charted.open("inv") as session:
        sign_form(session, seen(session, PS), password_of("inv"), language=Language.ZH)
        entry = Casebook(session).open(form(session, PS))
        assert entry.state is FormState.SIGNED
        with session.reading() as conn:
            body = next(
                dict(r.body)
                for r in store.records(conn, session.folder.chain)
                if r.opening and r.kind is Kind.SIGNATURE_MADE
            )
            chart = Casebook(session).chart("01-001")
            assert body["content"] == content_digest(conn, chart, entry.key, Language.ZH)
            assert body["content"] != content_digest(conn, chart, entry.key, Language.EN)
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
        sign_form(session, seen(session, PS), password_of("crc"), language=Language.ZH)
    with charted.open("inv") as session:
        before = session.head()
        with pytest.raises(WrongPassword):
            sign_form(session, seen(session, PS), password_of("crc"), language=Language.ZH)
        assert session.head() == before


def test_an_incomplete_form_is_not_signed(charted: Clinic) -> None:
    with charted.open("inv") as session, pytest.raises(NotSignable):
        sign_form(session, seen(session, "01-001/C0/TC"), password_of("inv"), language=Language.ZH)


def test_a_form_left_incomplete_or_with_unsaved_typing_is_not_signed(charted: Clinic) -> None:
    with charted.open("inv") as session:
        entry = Casebook(session).open(form(session, PS))
        entry.type(key(session, f"{PS}/ECOG"), "2")
        entry.keep_draft(None)
        with pytest.raises(NotSignable):
            sign_form(session, seen(session, PS), password_of("inv"), language=Language.ZH)
        entry.save(complete=False, reason=TYPO)
        with pytest.raises(NotSignable):
            sign_form(session, seen(session, PS), password_of("inv"), language=Language.ZH)
        assert form(session, PS) not in [w.shown.key for w in to_sign(session, Language.ZH)]


def test_the_choice_stays_once_it_is_signed(paused: Clinic) -> None:
    choice = "01-002/C0/TC"
    with paused.open("inv") as session:
        sign_form(session, seen(session, choice), password_of("inv"), language=Language.ZH)
    with paused.open() as session:
        entry = Casebook(session).open(form(session, choice))
        entry.type(key(session, f"{choice}/CERTAIN"), "8")
        entry.save(complete=True, reason=TYPO)
        entry.type(key(session, f"{choice}/GROUP"), "CONTINUE")
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True, reason=TYPO)
        assert refused.value.cause is Cause.CHOICE_SIGNED


def test_a_form_that_is_not_what_was_shown_is_refused(charted: Clinic) -> None:
    with charted.open("inv") as session:
        shown = seen(session, PS)
        save_ecog(session, "2")
        before = session.head()
        with pytest.raises(NotAsShown):
            sign_form(session, shown, password_of("inv"), language=Language.ZH)
        with pytest.raises(NotAsShown):
            sign_form(session, seen(session, PS), password_of("inv"), language=Language.EN)
        assert session.head() == before
        sign_form(session, seen(session, PS), password_of("inv"), language=Language.ZH)


def test_of_a_series_the_changed_form_is_refused_and_the_others_are_signed(
    charted: Clinic,
) -> None:
    with charted.open("inv") as session:
        waiting = to_sign(session, Language.ZH)
        assert len(waiting) > 10
        assert "ID" not in {w.shown.key.form for w in waiting}
        save_ecog(session, "2")
        shown = [w.shown for w in waiting]
        unseen = sign_forms(session, shown, password_of("inv"), language=Language.ZH)
        assert unseen.signed == (), "a list was shown, no form"
        for one in shown:
            saw(session, one)
        done = sign_forms(session, shown, password_of("inv"), language=Language.ZH)
        ((left, why),) = done.refused
        assert left == form(session, PS)
        assert isinstance(why, NotAsShown)
        assert len(done.signed) == len(waiting) - 1
        assert [w.shown.key for w in to_sign(session, Language.ZH)] == [left]
        chart = Casebook(session).chart("01-001")
        signed = {f.key for f in chart.forms if f.state is FormState.SIGNED}
        assert signed == set(done.signed)


def test_what_was_listed_but_not_on_the_screen_is_not_signed(charted: Clinic) -> None:
    """EMA 6.3: signing follows real review. Another language is another content (R-SIG-10)."""
    with charted.open("inv") as session:
        listed = {w.shown.key: w.shown for w in to_sign(session, Language.ZH)}
        shown = listed[form(session, PS)]
        before = session.head()
        with pytest.raises(NotSeen):
            sign_form(session, shown, password_of("inv"), language=Language.ZH)
        assert session.head() == before
        english = show(session, shown.key, Language.EN)
        assert english.digest != shown.digest
        with pytest.raises(NotSeen):
            sign_form(session, shown, password_of("inv"), language=Language.ZH)
        saw(session, shown)
        sign_form(session, shown, password_of("inv"), language=Language.ZH)
    with charted.open("inv") as session:
        assert session.seen == set(), "what somebody saw once was not seen at this sign-in"


def test_the_list_of_a_first_signature_holds_all_that_is_signed(charted: Clinic) -> None:
    with charted.open("inv") as session:
        chart = Casebook(session).chart("01-001")
        for waiting in to_sign(session, Language.ZH, ["01-001"]):
            key, found = waiting.shown.key, all_values(session, waiting.shown.key)
            recorded = chart.recorded[key]
            gone = {row for row, removed in recorded.rows.items() if removed}
            kept = {k for k in recorded.items if k.row not in gone}
            with session.reading() as conn:
                words = shown_under(conn, chart, key)
            derived = {k for k, _ in derived_answers(chart.scene, key, words)}
            assert {c.key for c in found} == kept | derived
            assert len(found) == len(kept | derived)
            assert all(c.after == recorded.items[c.key].answer for c in found if c.key in kept)


def test_a_series_with_a_wrong_password_or_role_signs_nothing(charted: Clinic) -> None:
    with charted.open("inv") as session:
        shown = [w.shown for w in to_sign(session, Language.ZH)]
        before = session.head()
        with pytest.raises(WrongPassword):
            sign_forms(session, shown, "no password", language=Language.ZH)
        assert session.head() == before
    with charted.open("cra") as session:
        with pytest.raises(PermissionDenied):
            to_sign(session, Language.ZH)
        with pytest.raises(PermissionDenied):
            sign_forms(session, shown, password_of("cra"), language=Language.ZH)


def test_what_changed_since_the_signature_is_told_with_who_and_why(charted: Clinic) -> None:
    with charted.open("inv") as session:
        entry = Casebook(session).open(form(session, PS))
        was = entry.field(key(session, f"{PS}/ECOG")).answer
        sign_form(session, seen(session, PS), password_of("inv"), language=Language.ZH)
        assert form(session, PS) not in [w.shown.key for w in to_sign(session, Language.ZH)]
    with charted.open() as session:
        save_ecog(session, "3")
        save_ecog(session, "2")
    with charted.open("inv") as session:
        (line,) = [w for w in to_sign(session, Language.ZH) if w.shown.key == form(session, PS)]
        assert line.signed_at is not None
        assert line.saved_by == "crc"
        (change,) = line.changes
        assert change.key == key(session, f"{PS}/ECOG")
        assert (change.before, change.after) == (was, Answer("2"))
        assert (change.user, change.reason) == ("crc", TYPO)


def test_removing_a_row_supersedes_the_signature_and_is_told(charted: Clinic) -> None:
    with charted.open("inv") as session:
        bch = form(session, BCH)
        row = RowKey(bch, "MET", 2)
        first = seen(session, BCH)
        sign_form(session, first, password_of("inv"), language=Language.ZH)
        Casebook(session).remove(row, TYPO)
        line = next(f for f in Casebook(session).chart("01-001").forms if f.key == bch)
        assert line.superseded
        assert seen(session, BCH).digest != first.digest
        found = next(w for w in to_sign(session, Language.ZH) if w.shown.key == bch)
        assert [(c.key, c.act, c.reason) for c in found.changes if c.act] == [
            (row, "removed", TYPO)
        ]


def test_an_identity_form_is_not_signed(charted: Clinic) -> None:
    with charted.open("inv") as session:
        shown = show(session, form(session, "01-001/SCR/ID"), Language.ZH)
        with pytest.raises(IdentityNotSigned):
            sign_form(session, shown, password_of("inv"), language=Language.ZH)
