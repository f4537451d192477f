"""Nobody makes an account and alone says whose it is, where somebody else of the site can look."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.insight.reports.accounts import state_words
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.texts import Language
from mrd_desktop.vault import account_review, confirming, users
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault.confirming import Needs, confirm_user
from mrd_desktop.vault.errors import (
    ConfirmedAlone,
    MadeByYou,
    NoDelegation,
    NotConfirmed,
    OwnAccount,
    UndertakingMissing,
)
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import undertake
from mrd_desktop.vault.witness import NoOtherPerson, SecondPasswordWrong
from tests.confirmed import ALONE, LISTED, confirmed
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, fold

CRC = LIVE_PASSWORD.format("crc")


def joins(live: Site, maker: Session, name: str, role: str) -> None:
    """Somebody new, who has chosen a password and signed the undertaking."""
    code = users.add_user(maker, name, role).code
    assert code is not None
    maker.close()
    password = LIVE_PASSWORD.format(name)
    with folders.set_first_password(
        live.path, name, code, password, study=live.study, fold=fold
    ) as session:
        undertake(session, password, Language.EN)


def last(session: Session) -> Record:
    """The record of the last confirmation."""
    with session.reading() as conn:
        found = store.records(conn, session.folder.chain)
        return [r for r in found if r.opening and r.kind is Kind.USER_CONFIRMED][-1]


def holds(session: Session) -> bool:
    with session.reading() as conn:
        chain = session.folder.chain
        return verify_records(store.records(conn, chain), chain, private=False).ok


def of(session: Session, user: str) -> Any:
    return next(a for a in users.list_users(session) if a.user == user)


def test_a_maker_who_is_alone_gives_a_reason_that_is_told(live: Site) -> None:
    with live.open("admin") as admin:
        assert confirming.needs(admin, "crc") is Needs.REASON
        with pytest.raises(NoDelegation):
            confirm_user(admin, "crc", "passport", exception=ALONE)
        with pytest.raises(ConfirmedAlone):
            confirm_user(admin, "crc", "passport", delegation=LISTED, exception="no")
        assert not of(admin, "crc").confirmed
        confirmed(admin, "crc")
        record = last(admin)
        assert (record.body["delegation"], record.body["exception"]) == (LISTED, ALONE)
        assert confirming.exceptions(admin) == {"crc": ALONE}
        shown = account_review.survey(admin)
        told = {x.account.user: (x.alone, str(state_words(x).en)) for x in shown.lines}
        assert told["crc"][0] == ALONE
        assert told["crc"][1].endswith("confirmed by one person"), "on the screen and on paper"
        assert not told["admin"][0]


def test_where_somebody_else_can_look_that_person_signs(live: Site) -> None:
    with live.open("crc") as crc:
        undertake(crc, CRC, Language.EN)
    with live.open("admin") as admin:
        confirmed(admin, "crc")
        joins(live, admin, "pi", "investigator")
    pi = LIVE_PASSWORD.format("pi")
    with live.open("admin") as admin:
        assert confirming.needs(admin, "pi") is Needs.SECOND
        with pytest.raises(MadeByYou, match="crc"):
            confirmed(admin, "pi")  # no reason stands in for who is there
        looks = ("passport",)
        for second, password, why in (
            ("pi", pi, NoOtherPerson),
            ("admin", LIVE_PASSWORD.format("admin"), NoOtherPerson),
            ("cra", LIVE_PASSWORD.format("cra"), UndertakingMissing),
            ("crc", pi, SecondPasswordWrong),
        ):
            with pytest.raises(why):
                confirm_user(
                    admin, "pi", *looks, delegation=LISTED, second=second, second_password=password
                )
        assert not of(admin, "pi").confirmed
        confirm_user(admin, "pi", *looks, delegation=LISTED, second="crc", second_password=CRC)
        assert of(admin, "pi").confirmed
        body = last(admin).body
        assert (body["by"], body["second"]) == ("admin", "crc")
        assert "exception" not in body
        assert holds(admin)
        # Now somebody can look at the first one's key too, and the exception is over.
        assert confirming.exceptions(admin) == {"crc": ALONE}
        assert confirming.needs(admin, "crc") is Needs.SECOND
        confirm_user(admin, "crc", *looks, delegation=LISTED, second="pi", second_password=pi)
        assert confirming.exceptions(admin) == {}
        assert holds(admin)
        code = users.reset_user(admin, "pi").code
        assert code is not None
        # Whoever gave the code out is not rid of a second person by it, though nobody signs as pi.
        assert confirming.needs(admin, "crc") is Needs.SECOND
        with pytest.raises(SecondPasswordWrong):
            confirm_user(admin, "crc", *looks, delegation=LISTED, second="pi", second_password=code)
    folders.set_first_password(live.path, "pi", code, pi, study=live.study, fold=fold).close()
    with live.open("admin") as admin:  # a new key, which nobody has confirmed yet
        assert confirming.needs(admin, "crc") is Needs.REASON


def by_two(live: Site) -> dict[str, Any]:
    """The admin and crc have confirmed pi; what the record says."""
    with live.open("crc") as crc:
        undertake(crc, CRC, Language.EN)
    with live.open("admin") as admin:
        confirmed(admin, "crc")
        joins(live, admin, "pi", "investigator")
    with live.open("admin") as admin:
        confirm_user(admin, "pi", "passport", delegation=LISTED, second="crc", second_password=CRC)
        assert holds(admin)
        return {k: v for k, v in last(admin).body.items() if k != "kind"}


def says(site: Site, body: dict[str, Any]) -> bool:
    """Whether the chain still holds once the administrator has written this confirmation."""
    with site.open("admin") as admin:
        admin.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, body)])
        return holds(admin)


def test_a_second_person_who_did_not_sign_is_found_out(live: Site, tmp_path: Path) -> None:
    said = by_two(live)
    for n, more in enumerate(({"user": "cra"}, {"delegation": "another line"}, {"signed": []})):
        site = replace(live, path=tmp_path / f"variant{n}")
        shutil.copytree(live.path, site.path)
        assert not says(site, {**said, **more}), more
    assert says(live, said), "said once more, word for word"


def test_what_was_signed_of_a_key_says_nothing_of_another_key(live: Site) -> None:
    said = by_two(live)
    with live.open("admin") as admin:
        code = users.reset_user(admin, "pi").code
    assert code is not None
    pi = LIVE_PASSWORD.format("pi")
    folders.set_first_password(live.path, "pi", code, pi, study=live.study, fold=fold).close()
    assert not says(live, said)


def test_a_confirmation_of_a_former_key_confirms_nobody(live: Site) -> None:
    with live.open("admin") as admin:
        body = {"user": "crc", "by": "admin", "key": of(admin, "cra").key}
        admin.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, body)])
        assert not of(admin, "crc").confirmed
        body["key"] = of(admin, "crc").key
        admin.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, body)])
        assert of(admin, "crc").confirmed


def test_a_key_that_the_recovery_sheet_gave_takes_two_whoever_asks(live: Site) -> None:
    with live.open("crc") as crc:
        undertake(crc, CRC, Language.EN)
    with live.open("admin") as admin:
        confirmed(admin, "crc")
    m2, about = LIVE_PASSWORD.format("m2"), {"study": live.study, "fold": fold}
    with folders.recover(
        live.path, live.sheet, user="m2", role="siteadmin", password=m2, **about
    ) as session:
        undertake(session, m2, Language.EN)
    with live.open("admin") as admin:  # who may have held the sheet
        assert confirming.needs(admin, "m2") is Needs.SECOND
        with pytest.raises(MadeByYou, match="crc"):
            confirmed(admin, "m2")
        confirm_user(admin, "m2", "passport", delegation=LISTED, second="crc", second_password=CRC)
        assert confirming.needs(admin, "m2") is Needs.NOTHING
    with live.open("m2", m2) as session:  # neither made that account nor gave out a code for it
        assert confirming.needs(session, "crc") is Needs.NOTHING
    folders.recover(live.path, live.sheet, user="crc", role="", password=CRC, **about).close()
    with live.open("m2", m2) as session:
        assert not of(session, "crc").confirmed
        assert confirming.needs(session, "crc") is Needs.REASON
        with pytest.raises(ConfirmedAlone):
            confirm_user(session, "crc", "passport", delegation=LISTED)
        confirmed(session, "crc")
        assert confirming.exceptions(session) == {"crc": ALONE}
        # The same person saying it twice is no second person.
        assert confirming.needs(session, "crc") is Needs.REASON
        assert holds(session)


def test_another_who_manages_users_confirms_alone_once_confirmed(live: Site) -> None:
    with live.open("admin") as admin:
        joins(live, admin, "second", "siteadmin")
    with live.open("second") as second:
        assert confirming.needs(second, "crc") is Needs.NOTHING
        with pytest.raises(NotConfirmed):
            confirm_user(second, "crc", "passport", delegation=LISTED)
        with pytest.raises(OwnAccount):
            confirmed(second, "second")
    with live.open("admin") as admin:
        confirmed(admin, "second")
    with live.open("second") as second:
        confirm_user(second, "crc", "passport", delegation=LISTED)
        assert set(last(second).body) == {"kind", "user", "by", "key", "document", "delegation"}
        users.reset_user(second, "crc")  # who gave out the code is a maker too, as the first is
        assert confirming.needs(second, "crc") is Needs.REASON


def test_a_study_may_let_the_maker_confirm_alone(live: Site) -> None:
    with live.open("admin") as admin:
        lax = replace(admin.study.oversight, confirmed_by_another=False)
        vars(admin)["study"] = replace(admin.study, oversight=lax)
        confirm_user(admin, "crc", "passport", delegation=LISTED)
        assert confirming.exceptions(admin) == {}


def test_training_asks_for_nobody(site: Site) -> None:
    with site.open("admin") as admin:
        assert confirming.needs(admin, "crc") is Needs.NOTHING
        confirm_user(admin, "crc")
        with pytest.raises(SecondPasswordWrong):  # what is given is looked at all the same
            confirm_user(admin, "crc", second="cra", second_password="synthetic-wrong")
        confirm_user(admin, "crc", second="cra", second_password=PASSWORDS["cra"])
        assert last(admin).body["second"] == "cra"
        assert holds(admin)
