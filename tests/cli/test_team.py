"""``mrd-sponsor team``: a team's tables from the command line."""

from __future__ import annotations

from mrd_desktop.cli import sponsor
from tests.cli.shell import Shell
from tests.postgres import Server
from tests.transfer.route import SPONSOR, Route


def test_a_team_is_given_its_tables_and_they_follow(
    route: Route, shell: Shell, postgres: Server
) -> None:
    store = route.store.path
    assert shell.sponsor("team", store).data == {"address": None, "behind": None}
    address = postgres.new_database()
    assert shell.sponsor("team", store, "--address", address).data["behind"] == 0
    package = route.send().path
    received = shell.sponsor("receive", store, package)
    assert (received.code, received.err) == (0, "")
    assert shell.sponsor("team", store, "--only-look").data["behind"] == 0
    assert shell.sponsor("team", store, "--rebuild").data["behind"] == 0
    assert shell.sponsor("team", store, "--let-go").data["address"] is None


def test_a_server_that_is_away_is_told_and_the_package_is_received(
    route: Route, shell: Shell, postgres: Server
) -> None:
    store = route.store.path
    address = postgres.new_database()
    assert shell.sponsor("team", store, "--address", address).code == 0
    postgres.drop_database(address)
    received = shell.sponsor("receive", store, route.send().path)
    assert received.code == 0
    assert [a["verdict"] for a in received.data] == ["accepted"]
    assert "the store itself is well" in received.err
    looked = shell.sponsor("team", store)
    assert (looked.code, looked.data["error"]["code"]) == (1, "team_unreachable")


def test_a_store_is_kept_by_its_own_command(route: Route, shell: Shell) -> None:
    store = route.store.path
    listed = shell.sponsor("user", store, "list").data
    assert [(row["user"], row["role"]) for row in listed] == [(SPONSOR, "sponsor")]
    made = shell.sponsor("backup", store, "--to", route.stick).data
    assert shell.sponsor("drill", store, made["path"]).code == 0
    assert shell.sponsor("rebuild", store).data["differed"] is False
    assert shell.sponsor("verify", store).data["ok"] is True
    assert sponsor.main(["team", str(store), "--rebuild", "--let-go", "--json"]) == 2
