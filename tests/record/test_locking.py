"""Freeze, lock and unlock: who may, with a reason, in which order, and what a lock keeps out."""

from __future__ import annotations

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, NotFound, SaveRefused
from mrd_desktop.record.locking import (
    LockAct,
    NoLockReason,
    QueriesOpen,
    WrongLockState,
    acts,
    change_lock,
    lock_history,
)
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.signing import NotSignable, show, sign_form
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.record.views import FormState
from mrd_desktop.texts import Language
from mrd_desktop.vault.errors import PermissionDenied, WrongPassword
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.test_entry import form, key

TYPO = ChangeReason("TYPO")
WHY = ChangeReason("OTHER", "synthetic: data review is done")
PS = "01-001/SCR/PS"


def act(session: Session, what: LockAct, why: ChangeReason = WHY) -> None:
    change_lock(session, form(session, PS), what, why, password_of(session.user))


def save(session: Session) -> None:
    entry = Casebook(session).open(form(session, PS))
    entry.type(key(session, f"{PS}/ECOG"), "2")
    entry.save(complete=True, reason=TYPO)


@pytest.mark.parametrize(
    ("what", "cause"), [(LockAct.FREEZE, Cause.FROZEN), (LockAct.LOCK, Cause.LOCKED)]
)
@pytest.mark.parametrize("user", ["crc", "inv"])
def test_nobody_writes_to_a_frozen_or_locked_form_until_it_is_unlocked(
    charted: Clinic, what: LockAct, cause: Cause, user: str
) -> None:
    with charted.open("cra") as session:
        act(session, what)
    with charted.open(user) as session:
        book = Casebook(session)
        for write in (
            lambda: save(session),
            lambda: book.remove(form(session, PS), TYPO),
            lambda: book.remove(form(session, PS).event, TYPO),
        ):
            with pytest.raises(SaveRefused) as refused:
                write()
            assert refused.value.cause is cause
    with charted.open("cra") as session:
        act(session, LockAct.UNLOCK)
    with charted.open(user) as session:
        save(session)


@pytest.mark.parametrize("shut", [LockAct.FREEZE, LockAct.LOCK])
def test_opening_again_is_signed_with_the_own_password(charted: Clinic, shut: LockAct) -> None:
    with charted.open("cra") as session:
        place = form(session, PS)
        act(session, shut)
        before = session.head()
        for password in ("", "not the password", password_of("inv")):
            with pytest.raises(WrongPassword):
                change_lock(session, place, LockAct.UNLOCK, WHY, password)
        assert session.head() == before
        act(session, LockAct.UNLOCK)
        with session.reading() as conn:
            chain = session.folder.chain
            last = [store.record(conn, chain, store.head(conn, chain).seq - n) for n in (1, 0)]
        unlocked, signed = last
        assert (unlocked.kind, signed.kind) == (Kind.FORM_UNLOCKED, Kind.SIGNATURE_MADE)
        assert unlocked.header.txn == signed.header.txn
        assert signed.body["unlocking"] == {"form": str(place), "reason": "OTHER"}
        assert "synthetic" not in str(signed.body), "words of a reason can be erased, this cannot"
        assert [c.name for c in verify_folder(session) if c.ok is False] == []


@pytest.mark.parametrize("user", ["crc", "inv", "aud", "admin"])
def test_only_the_monitor_locks(charted: Clinic, user: str) -> None:
    with charted.open(user) as session:
        for what in LockAct:
            with pytest.raises(PermissionDenied):
                act(session, what)


def test_each_act_needs_a_reason_and_fits_the_state(charted: Clinic) -> None:
    with charted.open("cra") as session:
        for reason in (ChangeReason("OTHER", " "), ChangeReason("NO SUCH"), ChangeReason("HIDDEN")):
            with pytest.raises(NoLockReason):
                act(session, LockAct.LOCK, reason)
        with pytest.raises(WrongLockState):
            act(session, LockAct.UNLOCK)
        act(session, LockAct.FREEZE)
        with pytest.raises(WrongLockState):
            act(session, LockAct.FREEZE)
        act(session, LockAct.LOCK)
        for what in (LockAct.LOCK, LockAct.FREEZE):
            with pytest.raises(WrongLockState):
                act(session, what)
        with pytest.raises(NoLockReason):
            act(session, LockAct.UNLOCK, ChangeReason("OTHER"))
        act(session, LockAct.UNLOCK, ChangeReason("SOURCE"))
        lines = lock_history(session, form(session, PS))
        assert [line.act for line in lines] == [LockAct.FREEZE, LockAct.LOCK, LockAct.UNLOCK]
        assert [line.reason for line in lines] == [WHY, WHY, ChangeReason("SOURCE")]
        assert {line.user for line in lines} == {"cra"}
        assert [c.name for c in verify_folder(session) if c.ok is False] == []


def test_acts_that_fit_a_state() -> None:
    assert acts("") == (LockAct.FREEZE, LockAct.LOCK)
    assert acts("frozen") == (LockAct.LOCK, LockAct.UNLOCK)
    assert acts("locked") == (LockAct.UNLOCK,)


def test_a_form_with_queries_that_are_not_closed_is_frozen_and_not_locked(
    charted: Clinic,
) -> None:
    with charted.open("cra") as session:
        queries = Queries(session)
        queries.open(str(key(session, f"{PS}/ECOG")), "synthetic question")
        name = queries.all(state="open")[0].query
        with pytest.raises(QueriesOpen):
            act(session, LockAct.LOCK)
        act(session, LockAct.FREEZE)
    with charted.open() as session:
        Queries(session).answer(name, "synthetic answer")
    with charted.open("cra") as session:
        with pytest.raises(QueriesOpen):
            act(session, LockAct.LOCK)
        Queries(session).close(name)
        act(session, LockAct.LOCK)


def test_a_query_of_a_form_with_a_like_name_does_not_matter(charted: Clinic) -> None:
    with charted.open("cra") as session:
        Queries(session).open(f"{form(session, PS)}0/A#1/ECOG", "synthetic question")
        act(session, LockAct.LOCK)


def test_what_was_not_saved_or_was_removed_is_not_locked(charted: Clinic) -> None:
    with charted.open() as session:
        Casebook(session).remove(form(session, "01-001/SCR/VS"), TYPO)
    with charted.open("cra") as session:
        for address in ("01-001/C0/TC", "01-001/SCR/VS", "01-009/SCR/PS"):
            with pytest.raises(NotFound):
                change_lock(session, form(session, address), LockAct.LOCK, WHY)


def test_a_locked_form_is_not_signed_and_a_frozen_one_is(charted: Clinic) -> None:
    with charted.open("cra") as session:
        act(session, LockAct.FREEZE)
        change_lock(session, form(session, "01-001/SCR/VS"), LockAct.LOCK, WHY)
    with charted.open("inv") as session:
        frozen = show(session, form(session, PS), Language.ZH)
        sign_form(session, frozen, password_of("inv"), language=Language.ZH)
        assert Casebook(session).open(frozen.key).state is FormState.SIGNED
        locked = show(session, form(session, "01-001/SCR/VS"), Language.ZH)
        with pytest.raises(NotSignable):
            sign_form(session, locked, password_of("inv"), language=Language.ZH)
