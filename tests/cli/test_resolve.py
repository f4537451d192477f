"""``mrd-sponsor resolve``: list, compare, decide; exit codes and shapes."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.vault import users
from tests.cli.shell import Shell
from tests.transfer.route import Route
from tests.transfer.test_receive import new_subject

LEAD = "synthetic-lead-password"


def test_two_histories_are_listed_compared_and_decided(
    shell: Shell, route: Route, tmp_path: Path
) -> None:
    new_subject(route)
    assert route.carry().fine
    (tmp_path / "stick2").mkdir()
    other = Route(route.clinic.copy(tmp_path / "copied"), route.store, tmp_path / "stick2")
    new_subject(route)
    assert route.carry().fine
    new_subject(other, ICVER="V9.9")
    store, sent = route.store.path, other.send(full=True).path
    assert shell.sponsor("receive", store, sent).code == 1
    (fork,) = shell.sponsor("resolve", store).data
    assert (fork["number"], fork["decision"]) == (2, None)
    told = shell.sponsor("resolve", store, sent)
    assert told.code == 0
    assert told.data["held"][0]["seq"] == told.data["other"][0]["seq"]
    assert shell.sponsor("resolve", store, tmp_path / "nowhere").code == 2
    why = ("--reason", "Synthetic: an old copy was used")
    assert shell.sponsor("resolve", store, sent, *why).code == 2
    with route.store.open() as session:
        users.add_user(session, "lead", "sponsor", password=LEAD)
    second = ("--second", "lead", "--second-password-file", shell.password_file("lead", LEAD))
    short = shell.sponsor("resolve", store, sent, "--reason", "no", *second)
    assert (short.code, short.error["code"]) == (1, "branch_reason")
    made = shell.sponsor("resolve", store, sent, *why, *second)
    assert (made.code, made.data["second"]) == (0, "lead")
    (site,) = shell.sponsor("status", store).data
    assert site["forks"][0]["decision"]["reason"] == why[1]
    address = "01-002/SCR/IC/ICVER"
    assert [r["value"] for r in shell.sponsor("trace", store, address).data] == ["V1.0"]
    rows = shell.sponsor("trace", store, address, "--all").data
    assert [(r["value"], "decided_against" in r) for r in rows] == [("V1.0", False), ("V9.9", True)]
