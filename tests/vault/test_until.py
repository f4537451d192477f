"""An account with a last day: it works until then, ends by itself, and the history tells of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mrd_desktop.insight.reports.delegation import (
    Duty,
    at_moment,
    delegation_log,
    duties,
    on_day,
    spans,
)
from mrd_desktop.insight.reports.model import Table
from mrd_desktop.vault import confirming, users
from mrd_desktop.vault.clock import Zone
from mrd_desktop.vault.errors import AccountEnded, OwnAccount, PermissionDenied
from tests.clinic import Clinic, password_of


def test_an_inspectors_account_ends_by_itself(clinic: Clinic) -> None:
    with clinic.open("admin") as admin:
        last = admin.today() + timedelta(days=3)
        secret = password_of("insp")
        users.add_user(admin, "insp", "auditor", password=secret, until=last)
    with clinic.open("insp") as inspector:
        assert inspector.allows("audit.see")
        assert not inspector.allows("form.edit")
        inspector.clock.shift += timedelta(days=3)
        assert inspector.allows("audit.see")
        inspector.clock.shift += timedelta(days=1)
        with pytest.raises(PermissionDenied):
            inspector.require("audit.see")
        inspector.announce()  # the next session runs on from this time
    with pytest.raises(AccountEnded, match=last.isoformat()):
        clinic.open("insp")
    with clinic.open("admin") as admin:
        users.grant_role(admin, "insp", "auditor", until=admin.today())
    with clinic.open("insp") as inspector:
        assert inspector.allows("audit.see")
    with clinic.open("admin") as admin:
        users.grant_role(admin, "insp", "auditor")
        admin.clock.shift += timedelta(days=400)
        admin.announce()
    clinic.open("insp").close()


def test_who_could_do_what_is_told_for_any_moment(clinic: Clinic) -> None:
    with clinic.open("admin") as admin:
        before = admin.now()
        admin.clock.shift += timedelta(hours=1)
        users.add_user(
            admin, "insp", "auditor", password=password_of("insp"),
            until=admin.today() + timedelta(days=1),
        )  # fmt: skip
        users.grant_role(admin, "cra", "auditor")
        changed = admin.now()
        admin.clock.shift += timedelta(hours=1)
        users.close_user(admin, "crc", "left")
        closed = admin.now()
        admin.clock.shift += timedelta(days=5)
        found, later = duties(admin), admin.now()

    def told(at: str) -> dict[str, str]:
        return {d.user: d.role for d in at_moment(found, at, admin.clock.zone)}

    assert told("2000-01-01T00:00:00.000Z") == {}
    assert told(before) == {
        "admin": "siteadmin", "crc": "coordinator", "inv": "investigator", "cra": "monitor",
        "aud": "auditor",
    }  # fmt: skip
    assert told(changed) == {**told(before), "insp": "auditor", "cra": "auditor"}
    assert "crc" not in told(closed)
    assert "insp" in told(closed)
    assert "insp" not in told(later)


def test_a_last_day_ends_at_midnight_of_the_place() -> None:
    zone = Zone("CST", 480)
    duty = Duty("insp", "insp", "auditor", "2027-03-01T01:00:00.000Z", "admin", until="2027-03-05")
    for at, able in (
        ("2027-03-05T15:59:59.999Z", True),  # one moment before midnight there
        ("2027-03-05T16:00:00.000Z", False),
        ("2027-03-05T23:59:00.000Z", False),  # the fifth still, in UTC
    ):
        assert bool(at_moment([duty], at, zone)) is able, at


@pytest.mark.parametrize(
    ("day", "able"),
    [(1, False), (2, True), (3, True), (5, True), (6, False)],
)
def test_a_day_is_one_of_the_place(day: int, able: bool) -> None:
    zone = Zone("CST", 480)
    duty = Duty("crc", "crc", "coordinator", "2027-03-01T16:30:00.000Z", "admin",
                end="2027-03-05T15:00:00.000Z")  # fmt: skip
    assert bool(on_day([duty], date(2027, 3, day), zone)) is able


def test_the_log_of_a_day_is_a_list_made_by_hand(clinic: Clinic) -> None:
    """As of five dates (R-ACC-04)."""
    with clinic.open("admin") as admin:
        first = admin.today()
        admin.clock.shift += timedelta(days=2)
        users.add_user(
            admin, "insp", "auditor", password=password_of("insp"),
            until=admin.today() + timedelta(days=1),
        )  # fmt: skip
        admin.clock.shift += timedelta(days=2)
        users.grant_role(admin, "cra", "auditor")
        admin.clock.shift += timedelta(days=3)
        users.close_user(admin, "crc", "left")
        admin.clock.shift += timedelta(days=2)
        staff = {"admin": "siteadmin", "crc": "coordinator", "inv": "investigator"}
        looking = {"cra": "monitor", "aud": "auditor"}
        by_hand = {
            -1: {},
            1: {**staff, **looking},
            3: {**staff, **looking, "insp": "auditor"},
            5: {**staff, "cra": "auditor", "aud": "auditor"},
            8: {"admin": "siteadmin", "inv": "investigator", "cra": "auditor", "aud": "auditor"},
        }
        for n, expected in by_hand.items():
            day = first + timedelta(days=n)
            told = {d.user: d.role for d in on_day(duties(admin), day, admin.clock.zone)}
            assert told == expected, n
            report = delegation_log(admin, day)
            table = next(b for b in report.blocks if isinstance(b, Table))
            assert len(table.rows) == len(expected)
            assert report.about == day.isoformat()
        found = spans(admin)
        turned = {first + timedelta(days=n) for n in (7, 4, 2, 0)}
        assert turned <= {a for a, b in found if a == b}
        assert sum((b - a).days + 1 for a, b in found) == (admin.today() - first).days + 1


def test_who_cannot_sign_in_any_more_does_not_keep_another_from_the_own_key(
    clinic: Clinic,
) -> None:
    with clinic.open("admin") as admin:
        users.add_user(
            admin, "adm2", "siteadmin", password=password_of("adm2"), until=admin.today()
        )
        assert users.others_manage(admin)
        with pytest.raises(OwnAccount) as refused:
            confirming.confirm_user(admin, "admin", "id_card")
        assert "siteadmin" not in refused.value.text.zh
        assert "另一位管理用户的人员" in refused.value.text.zh
        admin.clock.shift += timedelta(days=1)
        assert not users.others_manage(admin)
        confirming.confirm_user(admin, "admin", "id_card")


def test_another_last_day_leaves_role_and_identities(clinic: Clinic) -> None:
    with clinic.open("crc") as crc:
        assert crc.has_vault
    with clinic.open("admin") as admin:
        joint = "coordinator+siteadmin"
        users.grant_role(admin, "cra", joint, exception="synthetic exception")
        day = admin.today() + timedelta(days=9)
        users.set_last_day(admin, "crc", day)
        users.set_last_day(admin, "cra", day)
        assert users.last_days(admin) == {"crc": day, "cra": day}
        with pytest.raises(OwnAccount):
            users.set_last_day(admin, "admin", day)
        found = duties(admin)
    crc_duties = [d for d in found if d.user == "crc"]
    assert [d.end is None for d in crc_duties] == [False, True]
    assert crc_duties[1].vault == crc_duties[0].vault
    assert [d.reason for d in found if d.role == joint] == ["synthetic exception"] * 2
    with clinic.open("crc") as crc:
        assert crc.has_vault
        assert crc.until == day
        with pytest.raises(PermissionDenied):
            users.set_last_day(crc, "cra", None)
    with clinic.open("admin") as admin:
        users.set_last_day(admin, "crc", None)
        assert users.last_days(admin) == {"cra": day}
