"""A live folder goes not back to an older program, but by an order that two people carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mrd_desktop import __version__
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.vault import session as sessions
from mrd_desktop.vault import users, versions
from mrd_desktop.vault.errors import NoSecondPerson, ProgramNotReleased
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.updating import confirmed
from mrd_desktop.vault.versions import parsed
from tests.vault.kit import Site
from tests.vault.live_kit import PASSWORD, Live
from tests.vault.test_unreleased import activated  # noqa: F401 - a fixture


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
    """Somebody signed in with another version of the program."""
    with program(version), live.open("crc") as crc:
        crc.announce()


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
    with live.open("crc") as crc:
        Casebook(crc).create_subject()


def test_an_order_carried_out_by_two_people_leads_back(live: Live) -> None:
    worked_with(live, "0.2.0")
    said = {"version": __version__, "from": "0.2.0", "back": True}
    with program("0.2.0"), live.open("admin") as admin:
        secret = PASSWORD.format("admin")
        users.confirm_user(admin, "crc", "staff_card")
        with pytest.raises(NoSecondPerson):
            confirmed(admin, secret, second="admin", second_password=secret)
        record = confirmed(admin, secret, second="crc", second_password=PASSWORD.format("crc"))
        record({**said, "back": False})
    with live.open("crc") as crc:
        assert crc.unreleased is not None
    with program("0.2.0"), live.open("admin") as admin:
        record = confirmed(admin, secret, second="crc", second_password=PASSWORD.format("crc"))
        record(said)
    with live.open("crc") as crc:
        Casebook(crc).create_subject()


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
