"""Accounts are reviewed at intervals, signed for as shown; and why a person cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.insight.care import care
from mrd_desktop.insight.task import Urgency
from mrd_desktop.insight.worklist import mine, site_tasks
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, RecordClass
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.transfer.export import overdue
from mrd_desktop.vault import account_review, golive, statements, training, undertaking, users
from mrd_desktop.vault.account_review import AccountsRefused
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.errors import (
    NotTrained,
    PermissionDenied,
    UndertakingMissing,
    WrongPassword,
)
from mrd_desktop.vault.readiness import WAY_OUT, WORDS, Bar
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import undertake
from tests.confirmed import confirmed
from tests.vault.live_kit import ANSWERS, PASSWORD, Live, make_live, train

ADMIN = PASSWORD.format("admin")
NOTE = "synthetic words on the accounts"


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """An activated site with records, as a program left it that asked for no statements."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(undertaking, "asked_of", lambda _: False)
        live = make_live(tmp_path_factory.mktemp("former"), load_study(), stated=False)
        with live.store.open() as sponsor:
            data = golive.make_activation(sponsor, "02", ethics=Ethics("SYN-1", "2026-02-03"))
        with live.open("admin") as admin:
            golive.install(admin, data, ANSWERS)
        with live.open("crc") as crc:
            consent(crc)
    return live


@pytest.fixture(scope="module")
def template(former: Live, tmp_path_factory: pytest.TempPathFactory) -> Live:
    live = former.copy(tmp_path_factory.mktemp("live-accounts"))
    for user in ("admin", "crc"):
        with live.open(user) as session:
            undertake(session, PASSWORD.format(user), Language.EN)
    train(live, "crc")
    return live


@pytest.fixture
def live(template: Live, tmp_path: Path) -> Live:
    return template.copy(tmp_path / "live")


@pytest.fixture
def admin(live: Live) -> Iterator[Session]:
    with live.open("admin") as session:
        yield session


def consent(session: Session) -> None:
    """The next subject with a day of consent."""
    book = Casebook(session)
    form = FormKey(EventKey(book.create_subject(), "SCR"), "IC")
    entry = book.open(form)
    entry.type(ItemKey(RowKey(form, "A"), "RFICDAT"), session.today().isoformat())
    entry.save(complete=False)


def sign(session: Session, **more: str) -> None:
    shown = account_review.survey(session)
    account_review.sign_off(session, shown, ADMIN, language=Language.EN, **more)


def test_it_comes_due_after_the_days_of_the_study_and_signing_clears_it(admin: Session) -> None:
    days = admin.study.oversight.accounts_days
    admin.clock.shift += timedelta(days=days)
    assert not account_review.standing(admin).overdue(admin.today())
    admin.clock.shift += timedelta(days=1)
    assert account_review.standing(admin).overdue(admin.today())
    assert overdue(admin) == ("accounts",)
    (task,) = [t for t in site_tasks(care(admin)) if t.kind == "accounts"]
    assert task.urgency is Urgency.OVERDUE
    for operation in ("user.manage", "form.sign"):
        assert task in mine([task], operation.__eq__)
    assert mine([task], "form.edit".__eq__) == ()
    sign(admin)
    found = account_review.standing(admin)
    assert not found.overdue(admin.today())
    assert found.last is not None and (found.last.user, found.last.open) == ("admin", 2)
    assert found.due == admin.today() + timedelta(days=days)
    assert overdue(admin) == ()
    assert not [t for t in site_tasks(care(admin)) if t.kind == "accounts"]


def test_the_signature_says_who_was_there_and_the_words_stay_at_the_site(admin: Session) -> None:
    sign(admin, words=NOTE)
    with admin.reading() as conn:
        *_, note, signed = store.records(conn, admin.folder.chain)
        assert statements.last(conn, admin.folder.chain, "accounts") == signed
    assert (note.kind, note.header.cls) == (Kind.REVIEW_NOTED, RecordClass.SITE)
    assert (signed.kind, signed.header.cls) == (Kind.SIGNATURE_MADE, RecordClass.CODED)
    assert signed.body["meaning"] == "accounts"
    said = statements.said(signed)
    assert said["open"] == [
        {"user": "admin", "role": "siteadmin"}, {"user": "crc", "role": "coordinator"},
    ]  # fmt: skip
    assert NOTE not in str(signed.body)
    assert all(c.ok is not False for c in verify_folder(admin))


def test_it_is_about_what_was_shown_and_needs_the_password(admin: Session) -> None:
    shown = account_review.survey(admin)
    with pytest.raises(WrongPassword):
        account_review.sign_off(admin, shown, "wrong", language=Language.EN)
    users.set_last_day(admin, "crc", admin.today())
    with pytest.raises(AccountsRefused):
        account_review.sign_off(admin, shown, ADMIN, language=Language.EN)
    assert account_review.standing(admin).last is None
    sign(admin)


def test_who_neither_manages_nor_signs_does_not_review(live: Live) -> None:
    with live.open("crc") as crc, pytest.raises(PermissionDenied):
        account_review.survey(crc)


def test_each_line_says_why_a_person_cannot_work_and_the_way_out(admin: Session) -> None:
    def found(user: str) -> tuple[Bar, ...]:
        lines = account_review.survey(admin).lines
        return next(x.bars for x in lines if x.account.user == user)

    assert found("crc") == (Bar.UNCONFIRMED,)
    confirmed(admin, "crc", "staff_card")
    assert found("crc") == ()
    users.add_user(admin, "fresh", "monitor")
    assert found("fresh") == (Bar.NO_KEY,)
    users.set_last_day(admin, "crc", admin.today())
    admin.clock.shift += timedelta(days=1)
    assert found("crc") == (Bar.ENDED,)
    users.grant_role(admin, "crc", "monitor")
    assert found("crc") == (Bar.UNTRAINED,)
    with admin.writing() as conn:  # the setting of a statement that was never made
        conn.exec_driver_sql("DELETE FROM vault_setting WHERE name LIKE 'statement.under%.crc'")
    assert found("crc") == (Bar.NO_UNDERTAKING, Bar.UNTRAINED)
    users.close_user(admin, "crc", "synthetic reason")
    assert found("crc") == (Bar.CLOSED,)
    assert account_review.survey(admin).lines[-1].account.user == "crc"
    assert set(WAY_OUT) == set(WORDS) == set(Bar)


def test_several_people_are_attested_by_one_signature_each_at_once(admin: Session) -> None:
    """An old live site whose people were never asked for training: one password, one screen."""
    users.grant_role(admin, "crc", "monitor")
    with admin.reading() as conn:
        before = store.head(conn, admin.folder.chain).seq
    training.attest_all(admin, ["crc", "admin"], ADMIN, language=Language.EN, words="synthetic")
    assert not [a for a in users.list_users(admin) if training.needs(admin, a)]
    with admin.reading() as conn:
        made = [r for r in store.records(conn, admin.folder.chain) if r.header.seq > before]
    assert {r.body["training"]["user"] for r in made if r.kind is Kind.SIGNATURE_MADE} == {
        "admin", "crc",
    }  # fmt: skip
    assert len({r.header.txn for r in made if r.kind is Kind.SIGNATURE_MADE}) == 1


def test_a_folder_of_the_former_program_finds_the_way_back_to_work(
    former: Live, tmp_path: Path
) -> None:
    """Nobody ever undertook or was attested: each refusal is answered, then the work goes on."""
    live = former.copy(tmp_path / "former")
    with live.open("crc") as crc:
        with pytest.raises(NotTrained) as refused:
            consent(crc)
        assert "管理 → 用户" in refused.value.text.zh
        assert crc.asks_undertaking
        undertake(crc, PASSWORD.format("crc"), Language.EN)
    with live.open("admin") as admin:
        assert admin.asks_undertaking
        with pytest.raises(UndertakingMissing):
            training.attest_all(admin, ["crc"], ADMIN, language=Language.EN, words="synthetic")
        undertake(admin, ADMIN, Language.EN)
        waiting = [a.user for a in users.list_users(admin) if training.needs(admin, a)]
        training.attest_all(admin, waiting, ADMIN, language=Language.EN, words="synthetic")
        confirmed(admin, "crc", "staff_card")
        sign(admin)
    with live.open("crc") as crc:
        consent(crc)
        assert len(Casebook(crc).subjects()) == 2
