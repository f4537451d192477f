"""Nobody makes an account and alone says whose it is, where somebody else of the site can look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.texts import Language
from mrd_desktop.vault import confirming, users
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
from tests.vault.kit import LIVE_PASSWORD, Site, fold

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
        return [r for r in found if r.kind is Kind.USER_CONFIRMED][-1]


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
        users.reset_user(admin, "pi")  # until the code is used nobody can sign as pi
        assert confirming.needs(admin, "crc") is Needs.REASON


def test_a_second_person_who_did_not_sign_is_found_out(live: Site) -> None:
    with live.open("crc") as crc:
        undertake(crc, CRC, Language.EN)
    with live.open("admin") as admin:
        confirmed(admin, "crc")
        joins(live, admin, "pi", "investigator")
    with live.open("admin") as admin:
        confirm_user(admin, "pi", "passport", delegation=LISTED, second="crc", second_password=CRC)
        said = {k: v for k, v in last(admin).body.items() if k != "kind"}
        assert holds(admin)
        for more in ({"user": "cra"}, {"delegation": "another line"}, {"signed": []}):
            body = {**said, **more}
            admin.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, body)])
            assert not holds(admin), more


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
