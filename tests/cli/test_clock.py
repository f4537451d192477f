"""The clock by command: how it stands, and a signature where it stood behind."""

from __future__ import annotations

from datetime import timedelta

from tests.cli.shell import Shell
from tests.transfer.route import Route


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
