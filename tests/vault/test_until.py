"""An account with a last day: it works until then, ends by itself, and the history tells of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mrd_desktop.insight.reports.delegation import duties, on_day
from mrd_desktop.vault import users
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
        return {d.user: d.role for d in on_day(found, at)}

    assert told("2000-01-01T00:00:00.000Z") == {}
    assert told(before) == {
        "admin": "siteadmin", "crc": "coordinator", "inv": "investigator", "cra": "monitor",
        "aud": "auditor",
    }  # fmt: skip
    assert told(changed) == {**told(before), "insp": "auditor", "cra": "auditor"}
    assert "crc" not in told(closed)
    assert "insp" in told(closed)
    assert "insp" not in told(later)


def test_who_cannot_sign_in_any_more_does_not_keep_another_from_the_own_key(
    clinic: Clinic,
) -> None:
    with clinic.open("admin") as admin:
        users.add_user(
            admin, "adm2", "siteadmin", password=password_of("adm2"), until=admin.today()
        )
        assert users.others_manage(admin)
        with pytest.raises(OwnAccount) as refused:
            users.confirm_user(admin, "admin", "id_card")
        assert "siteadmin" not in refused.value.text.zh
        assert "另一位管理用户的人员" in refused.value.text.zh
        admin.clock.shift += timedelta(days=1)
        assert not users.others_manage(admin)
        users.confirm_user(admin, "admin", "id_card")


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
