"""A live folder goes not back to an older program, but by an order that two people carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop import __version__
from mrd_desktop.installation import SIGNATURE
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.vault import accounts, schema, versions
from mrd_desktop.vault import session as sessions
from mrd_desktop.vault.activation import Activation
from mrd_desktop.vault.errors import NoSecondPerson, NotActivated, ProgramNotReleased
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.updating import confirmed
from mrd_desktop.vault.versions import parsed
from tests.confirmed import confirmed as key_confirmed
from tests.releasing import Releaser, started_from
from tests.vault.kit import Site
from tests.vault.live_kit import PASSWORD, Live
from tests.vault.test_unreleased import activated, who  # noqa: F401 - fixtures
from tests.vault.test_unreleased import program as program_  # noqa: F401 - a fixture


@pytest.fixture
def live(activated: Live, tmp_path: Path) -> Live:  # noqa: F811
    return activated.copy(tmp_path)


@contextmanager
def program(version: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "__version__", version)
        patch.setattr(versions, "__version__", version)
        yield


def worked_with(live: Live, version: str) -> None:
    """Somebody wrote clinical data with another version of the program."""
    with program(version), live.open("crc") as crc:
        Casebook(crc).create_subject()


def looked_with(live: Live, version: str) -> None:
    """Somebody signed in with another version of the program, and looked."""
    with program(version), live.open("crc") as crc:
        crc.come_in()


@contextmanager
def approved(*versions_: str) -> Iterator[None]:
    """The sponsor has approved further versions."""
    real = Activation.fault
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Activation, "fault",
            lambda self, here: real(replace(self, programs=(*self.programs, *versions_)), here),
        )  # fmt: skip
        yield


@pytest.fixture(autouse=True)
def approval() -> Iterator[None]:
    with approved("0.0.9", "0.1", "0.2.0", "0.3.0", "0.10.0"):
        yield


def led_back(live: Live, former: str = "0.2.0", to: str = __version__) -> Session:
    """Two people carried out an order; the session in which they did."""
    secret, other = PASSWORD.format("admin"), PASSWORD.format("crc")
    with program(former):
        admin = live.open("admin")
        admin.come_in()
        if not account_of(admin, "crc").confirmed:
            key_confirmed(admin, "crc", "staff_card")
        record = confirmed(admin, secret, second="crc", second_password=other)
        record({"version": to, "from": former, "back": True})
    return admin


def account_of(session: Session, user: str) -> accounts.Account:
    with session.reading() as conn:
        return accounts.account(conn, user)


def barred(live: Live) -> str:
    """Why the version that runs takes no live data; empty where it does."""
    with live.open("crc") as crc:
        if crc.unreleased is None:
            Casebook(crc).create_subject()
            return ""
        with pytest.raises(ProgramNotReleased):
            Casebook(crc).create_subject()
        return crc.unreleased.en


def test_an_older_program_takes_nothing_in_a_live_folder(live: Live) -> None:
    worked_with(live, "0.10.0")
    with live.open("crc") as crc:
        with pytest.raises(ProgramNotReleased, match=r"0\.10\.0") as caught:
            Casebook(crc).create_subject()
        assert f"{__version__} is older" in caught.value.text.en
        assert crc.allows("subject.see")
        assert crc.allows("backup")
        crc.announce()
    with live.open("crc") as crc:  # having looked does not make it the newest
        assert crc.unreleased is not None


def test_the_same_and_a_newer_one_work_on(live: Live) -> None:
    for version in ("0.0.9", "0.1", __version__):
        worked_with(live, version)
    assert barred(live) == ""


def test_who_only_looks_with_a_newer_one_shuts_nobody_out(live: Live) -> None:
    looked_with(live, "0.2.0")
    assert barred(live) == ""


def test_a_development_build_shuts_nobody_out(
    live: Live,
    program_: Path,  # noqa: F811
    who: Releaser,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (program_ / SIGNATURE).unlink()
    started_from(program_, monkeypatch)
    with program("0.3.0"), live.open("crc") as crc:
        crc.come_in()
        with pytest.raises(ProgramNotReleased, match="development build"):
            Casebook(crc).create_subject()
    who.listed(program_)
    started_from(program_, monkeypatch)
    assert barred(live) == ""


def test_a_version_that_the_approval_does_not_cover_yet_shuts_nobody_out(live: Live) -> None:
    with program("0.4.0"), live.open("crc") as crc:
        crc.come_in()
        with pytest.raises(NotActivated, match=r"0\.4\.0"):
            Casebook(crc).create_subject()
    assert barred(live) == ""


def test_no_setting_put_by_hand_outlives_the_next_data(live: Live) -> None:
    worked_with(live, "0.2.0")
    with live.open("crc") as crc, crc.writing() as conn:
        schema.put_setting(conn, "program.newest", "")
    with program("0.2.0"), live.open("crc") as crc:
        Casebook(crc).create_subject()
    assert "0.2.0" in barred(live)


def test_the_mark_is_folded_from_the_records(live: Live) -> None:
    worked_with(live, "0.2.0")
    with live.open("admin") as admin, admin.writing() as conn:
        schema.put_setting(conn, "program.newest", "0.0.1")
        accounts.rebuild(conn, admin.folder.chain)
    assert "0.2.0" in barred(live)


def test_an_order_carried_out_by_two_people_leads_back(live: Live) -> None:
    worked_with(live, "0.2.0")
    said = {"version": __version__, "from": "0.2.0", "back": True}
    with program("0.2.0"), live.open("admin") as admin:
        secret = PASSWORD.format("admin")
        key_confirmed(admin, "crc", "staff_card")
        with pytest.raises(NoSecondPerson):
            confirmed(admin, secret, second="admin", second_password=secret)
        record = confirmed(admin, secret, second="crc", second_password=PASSWORD.format("crc"))
        record({**said, "back": False})
    assert barred(live)
    led_back(live).close()
    assert barred(live) == ""


def test_the_version_that_was_left_writes_nothing_more(live: Live) -> None:
    """Not in the session that left it, nor behind a lock, nor at another sign-in."""
    worked_with(live, "0.2.0")
    with led_back(live) as admin, program("0.2.0"):
        assert admin.unreleased is not None
        assert f"Start version {__version__}" in admin.unreleased.en
        admin.lock()
        admin.unlock("admin", PASSWORD.format("admin"))
        assert admin.unreleased is not None
    with program("0.2.0"):
        assert "led this folder back from version 0.2.0" in barred(live)
    assert barred(live) == ""


def test_a_later_version_follows_an_order(live: Live) -> None:
    worked_with(live, "0.2.0")
    led_back(live).close()
    worked_with(live, "0.3.0")
    assert "0.3.0" in barred(live)
    led_back(live, former="0.3.0", to="0.2.0").close()
    with program("0.3.0"):
        assert "led this folder back" in barred(live)
    with program("0.2.0"):  # the new order names it
        assert barred(live) == ""


def test_an_order_is_about_the_version_that_it_leads_back_from(live: Live) -> None:
    worked_with(live, "0.3.0")
    led_back(live, former="0.2.0").close()
    assert "0.3.0" in barred(live)


def test_what_does_not_compare_is_never_the_newest(live: Live) -> None:
    with approved("0.2.0rc1"):
        worked_with(live, "0.2.0rc1")
        with live.open("crc") as crc, crc.writing() as conn:
            assert schema.setting(conn, "program.newest") is None
            schema.put_setting(conn, "program.newest", "0.2.0rc1")
        worked_with(live, "0.2.0")
        assert "0.2.0" in barred(live)
        with program("0.3.0rc1"):
            assert "cannot be told" in barred(live)


def test_training_takes_any_version(site: Site) -> None:
    def open_with(version: str) -> Session:
        with program(version):
            session = site.open("crc")
            session.announce()
        return session

    open_with("9.0").close()
    with open_with("0.0.1") as crc:
        assert crc.unreleased is None


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.9", "1.10"), ("0.9.9", "1.0"), ("1.0", "1.0.1"), ("0.1.0", "0.1.1"), ("2.0", "10.0")],
)
def test_versions_are_numbers(one: str, other: str) -> None:
    assert parsed(one) < parsed(other)
    assert parsed(one) == parsed(f"{one}.0")


@pytest.mark.parametrize(
    "text", ["", "1", "v1.0", "1.0rc1", "1..0", "1.0.0.0.0", "1.99999", "１.0"]
)
def test_what_is_no_version_is_told(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        parsed(text)
    assert caught.value.args == (text,)
