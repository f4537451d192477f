"""What a live site says of an update before anybody types a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop import __version__
from mrd_desktop.transfer.update import UpdateRefused, opened
from mrd_desktop.transfer.updating import by_two, look, unapproved
from tests.releasing import Releaser, releaser, started_from
from tests.vault.live_kit import PASSWORD, Live
from tests.vault.test_unreleased import activated  # noqa: F401 - a fixture
from tests.vault.test_versions import led_back


@pytest.fixture
def live(activated: Live, tmp_path: Path) -> Live:  # noqa: F811
    return activated.copy(tmp_path)


@pytest.fixture
def who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releaser:
    made = releaser(tmp_path, monkeypatch)
    started_from(made.program(tmp_path / "programs" / "mrd-desktop", __version__), monkeypatch)
    return made


def test_it_says_what_the_approval_covers(live: Live, who: Releaser, tmp_path: Path) -> None:
    with live.open("admin") as admin:
        found = look(who.update(tmp_path), admin)
        told = unapproved(admin, found)
        assert told is not None
        assert f"covers {__version__}, not 0.2.0" in told.en
        assert "0.2.0" in told.zh
        same = who.update(tmp_path, __version__)
        with opened(same) as update:
            assert unapproved(admin, update) is None


def test_a_version_that_was_left_by_order_is_not_installed_again(
    live: Live, who: Releaser, tmp_path: Path
) -> None:
    path = who.update(tmp_path)
    with live.open("admin") as admin:
        shown = look(path, admin)
    led_back(live).close()
    with live.open("admin") as admin:
        with pytest.raises(UpdateRefused, match=r"led back from version 0\.2\.0"):
            look(path, admin)
        with pytest.raises(UpdateRefused, match=r"led back from version 0\.2\.0"):
            by_two(
                admin, path, shown, PASSWORD.format("admin"), second="crc",
                second_password=PASSWORD.format("crc"),
            )  # fmt: skip
        look(who.update(tmp_path, "0.3.0"), admin)
