"""The clock by command: how it stands, and a signature where it stood behind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mrd_desktop.study.load import load_study
from mrd_desktop.vault import accounts, schema
from tests.cli.shell import Said, Shell
from tests.transfer.route import Route
from tests.vault.live_kit import PASSWORD, make_live


def test_a_clock_behind_is_explained_by_command(shell: Shell, route: Route) -> None:
    site = route.clinic.path
    with route.clinic.open() as crc:
        now = crc.clock.wall()
        crc.clock.shift += timedelta(days=46)
        crc.announce()
    at = ("--now", now.isoformat())
    said = shell.desktop("clock", site, *at)
    assert said.data["behind"] is True
    assert shell.desktop("clock", site, *at, "--reason", "abc").error["code"] == "clock_note"
    refused = shell.desktop("clock", site, *at, "--reason", "synthetic", user="cra")
    assert refused.error["code"] == "permission_denied"
    said = shell.desktop("clock", site, *at, "--reason", "synthetic: month was wrong")
    assert (said.code, said.data["behind"]) == (0, False)


def test_a_store_has_a_clock_too(shell: Shell, route: Route) -> None:
    assert shell.sponsor("clock", route.store.path).data["behind"] is False


def test_a_date_in_doubt_is_said_to_be_right_by_command(shell: Shell, tmp_path: Path) -> None:
    """Who types the day has looked; a script that says yes every day has not."""
    live = make_live(tmp_path, load_study())
    secret = shell.password_file("live", PASSWORD.format("crc"))

    def clock(*more: object) -> Said:
        who = ("--user", "crc", "--password-file", secret)
        return shell.desktop("clock", live.path, *who, *more, user=None)

    with live.open("crc") as crc, crc.writing() as conn:
        schema.put_setting(conn, accounts.CLOCK_DOUBT, "ahead")
        today = crc.today()
    assert clock().data["doubt"] == "ahead"
    refused = clock("--right", today - timedelta(days=1))
    assert refused.error["code"] == "clock_note"
    assert clock().data["doubt"] == "ahead"
    said = clock("--right", today)
    assert (said.code, said.data["doubt"]) == (0, "")
    assert clock().data["doubt"] == ""
    with live.open("crc") as crc:
        crc.announce()
        assert crc.clock.quality() == "computer"
