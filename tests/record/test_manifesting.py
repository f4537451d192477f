"""The signer's printed name, the time with its zone and the meaning: 21 CFR 11.50 (R-SIG-01)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.insight.reports import catalogue
from mrd_desktop.insight.reports.catalogue import Wish
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.insight.reports.trail_rows import Teller
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import audit
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.manifesting import Standing, local, standing
from mrd_desktop.record.signing import MEANINGS, show, sign_form
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Language
from mrd_desktop.vault import users
from mrd_desktop.vault.errors import FullNameRefused, NameReasonMissing, PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.insight.reports.test_html import STAMP
from tests.record.test_entry import form, key

PS = "01-001/SCR/PS"
NAME = "测试研究者甲"
WHY = "synthetic: as on the delegation log"


def named(clinic: Clinic, name: str = NAME) -> None:
    with clinic.open("admin") as session:
        users.name_user(session, "inv", name, WHY)


def signed(clinic: Clinic) -> None:
    with clinic.open("inv") as session:
        shown = show(session, form(session, PS), Language.EN)
        sign_form(session, shown, password_of("inv"), language=Language.EN)


def stands(session: Session) -> Standing | None:
    return standing(session, Casebook(session).open(form(session, PS)).recorded)


def test_name_time_and_meaning_are_signed_and_stand_on_the_form(charted: Clinic) -> None:
    named(charted)
    signed(charted)
    with charted.open("crc") as session:
        found = stands(session)
        assert found is not None
        by, offset = found.by, session.clock.zone.offset
        assert (by.user, by.name, by.who) == ("inv", NAME, f"{NAME} (inv)")
        assert by.local.endswith(f" {offset}")
        assert by.text == MEANINGS["review"].en
        assert by.says() == MEANINGS["review"]
        assert found.superseded is None
        with session.reading() as conn:
            chain = session.folder.chain
            (record,) = [
                r for r in store.records(conn, chain) if r.opening and r.kind is Kind.SIGNATURE_MADE
            ]
        assert (record.body["name"], record.body["offset"]) == (NAME, offset)
        assert [c.name for c in verify_folder(session) if c.ok is False] == []


def test_who_superseded_it_and_when(charted: Clinic) -> None:
    named(charted)
    signed(charted)
    with charted.open("crc") as session:
        entry = Casebook(session).open(form(session, PS))
        ecog = key(session, f"{PS}/ECOG")
        entry.type(ecog, "2" if entry.field(ecog).text != "2" else "1")
        entry.save(complete=True, reason=ChangeReason("TYPO"))
        found = stands(session)
        assert found is not None
        assert found.superseded is not None
        assert (found.superseded.user, found.by.name) == ("crc", NAME)
        assert found.superseded.at >= session.now()[:10]


def test_another_name_does_not_rename_what_was_signed(charted: Clinic) -> None:
    named(charted)
    signed(charted)
    named(charted, "Synthetic Investigator")
    with charted.open("inv") as session:
        found = stands(session)
        assert found is not None
        assert found.by.name == NAME
        assert session.account.printed == "Synthetic Investigator"
        rebuilt = users.list_users(session)
        assert {a.user: a.full_name for a in rebuilt}["inv"] == "Synthetic Investigator"


def test_an_account_without_a_name_shows_its_login(charted: Clinic) -> None:
    signed(charted)
    with charted.open("crc") as session:
        found = stands(session)
        assert found is not None
        assert found.by.who == "inv"


@pytest.mark.parametrize("name", ["", " ", "X", "甲" * 81, "two\u0000parts", "a\u202ename"])
def test_what_is_no_name_is_refused(charted: Clinic, name: str) -> None:
    with charted.open("admin") as session:
        before = session.head()
        with pytest.raises(FullNameRefused):
            users.name_user(session, "inv", name, WHY)
        with pytest.raises(NameReasonMissing):
            users.name_user(session, "inv", NAME, " ")
        assert session.head() == before
    with charted.open("crc") as session, pytest.raises(PermissionDenied):
        users.name_user(session, "inv", NAME, WHY)


def test_a_new_account_is_made_with_its_name(charted: Clinic) -> None:
    with charted.open("admin") as session:
        users.add_user(
            session, "inv2", "investigator", password="synthetic inv2", full_name=f"  {NAME}  "
        )
        (made,) = [a for a in users.list_users(session) if a.user == "inv2"]
        assert (made.full_name, made.printed) == (NAME, NAME)


def test_in_print_and_in_the_trail(charted: Clinic, tmp_path: Path) -> None:
    named(charted)
    signed(charted)
    with charted.open("inv") as session:
        book = Casebook(session)
        found = stands(session)
        assert found is not None
        report = catalogue.make(book, "copy", Wish("01-001"))
        copy = to_html(report, STAMP, Tongue.ZH)
        table = copy[copy.rindex("签名人、角色") :]
        for what in (f"{NAME} (inv)", found.by.local, MEANINGS["review"].en):
            assert what in table
        lines = list(audit.trail(session))
        line = next(x for x in lines if x.kind == Kind.SIGNATURE_MADE.value)
        with session.reading() as conn:
            row = Teller(session, Language.ZH).row(conn, line)
        assert NAME in row.words
        assert MEANINGS["review"].en in row.words
        assert row.at.endswith(session.clock.zone.offset)


def test_local_time_is_that_of_the_place() -> None:
    assert local("2026-03-16T08:15:30.123Z", "+08:00") == "2026-03-16 16:15:30 +08:00"
    assert local("2026-03-16T02:15:30.123Z", "-03:30") == "2026-03-15 22:45:30 -03:30"
