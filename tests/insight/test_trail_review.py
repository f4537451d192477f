"""The signed review of the trail: bound to what was shown, asked for when due, kept at the site."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mrd_desktop.insight.audit.limits import limits
from mrd_desktop.insight.audit.review import MEANING, ReviewRefused, reviews, sign_off, survey
from mrd_desktop.insight.audit.rules import Flag
from mrd_desktop.insight.care import care
from mrd_desktop.insight.worklist import mine, site_tasks
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, RecordClass
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from mrd_desktop.vault.errors import PermissionDenied, WrongPassword
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of

WEIGHT = ItemKey(RowKey(FormKey(EventKey("01-001", "SCR"), "VS"), "A"), "WEIGHT")
WORDS = "synthetic: each compared with the source"


def change(clinic: Clinic, value: str) -> None:
    with clinic.open() as session:
        entry = Casebook(session).open(WEIGHT.form)
        entry.type(WEIGHT, value)
        entry.save(complete=True, reason=ChangeReason("TYPO"))


def sign(session: Session, words: str = WORDS, user: str = "inv") -> None:
    shown = survey(session)
    sign_off(session, shown, frozenset(shown.open), words, password_of(user), language=Language.EN)


def test_a_review_says_which_records_and_the_next_one_begins_behind_it(charted: Clinic) -> None:
    with charted.open("inv") as session:
        shown = survey(session)
        assert shown.after == 0
        assert [line.seq for line in shown.lines] == list(range(1, shown.head.seq + 1))
        assert Flag.LATE in {f for said in shown.flags.values() for f in said}
        sign(session)
        (made,) = reviews(session)
        assert (made.after, made.upto, made.records) == (0, shown.head.seq, shown.head.seq)
        assert (made.user, made.text) == ("inv", WORDS)
        assert sum(made.flagged.values()) >= len(shown.open)
        again = survey(session)
        assert again.after == shown.head.seq
        assert again.open == ()
    change(charted, "61.5")
    with charted.open("cra") as session:
        assert reviews(session)[0].text == WORDS
        sign(session, "", "cra")  # nothing is flagged: no words are needed
        assert [r.after for r in reviews(session)] == [shown.head.seq, 0]


def test_the_signature_verifies_and_the_words_stay_at_the_site(charted: Clinic) -> None:
    with charted.open("inv") as session:
        sign(session)
        with session.reading() as conn:
            *_, note, signed = store.records(conn, session.folder.chain)
        assert (note.kind, note.header.cls) == (Kind.REVIEW_NOTED, RecordClass.SITE)
        assert (signed.kind, signed.header.cls) == (Kind.SIGNATURE_MADE, RecordClass.CODED)
        assert signed.body["meaning"] == MEANING
        assert WORDS not in str(signed.body)
        assert "01-001" not in str(signed.body)
        assert all(c.ok is not False for c in verify_folder(session))
        with session.writing() as conn:
            assert projection.rebuild(conn) == []
        assert reviews(session)[0].text == WORDS


def test_nothing_is_signed_blindly(charted: Clinic) -> None:
    with charted.open("inv") as session:
        shown, before = survey(session), session.head()
        some, *rest = shown.open
        looked = frozenset(shown.open)
        for case, seen, words in (
            (shown, frozenset(rest), WORDS),
            (shown, looked, "  "),
            (replace(shown, digest="0" * 64), looked, WORDS),
            (replace(shown, after=shown.head.seq), looked, WORDS),
        ):
            with pytest.raises(ReviewRefused):
                sign_off(session, case, seen, words, password_of("inv"), language=Language.ZH)
        with pytest.raises(WrongPassword):
            sign_off(session, shown, looked, WORDS, "synthetic wrong", language=Language.ZH)
        assert session.head() == before
        assert some not in rest


@pytest.mark.parametrize("user", ["crc", "aud"])
def test_who_enters_and_who_only_looks_sign_no_review(charted: Clinic, user: str) -> None:
    with charted.open(user) as session:
        shown = survey(session)
        with pytest.raises(PermissionDenied):
            sign_off(
                session, shown, frozenset(shown.open), WORDS, password_of(user),
                language=Language.EN,
            )  # fmt: skip


def test_the_administrator_sees_no_trail(charted: Clinic) -> None:
    with charted.open("admin") as session, pytest.raises(PermissionDenied):
        survey(session)


def test_a_review_is_asked_for_when_it_is_due(charted: Clinic) -> None:
    with charted.open("inv") as session:

        def due() -> list[str]:
            return [t.kind for t in mine(site_tasks(care(session)), session.allows)]

        assert "trail" not in due()
        session.clock.shift += limits().every + timedelta(days=1)
        assert "trail" in due()
        assert "never" in next(t.text.en for t in site_tasks(care(session)) if t.kind == "trail")
        sign(session)
        assert "trail" not in due()
        session.clock.shift += limits().every + timedelta(days=1)
        assert "31 days" in next(t.text.en for t in site_tasks(care(session)) if t.kind == "trail")
    with charted.open("crc") as session:
        assert not session.allows("audit.review")
