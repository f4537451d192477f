"""Freeze, lock, unlock and sdv: shapes and exit codes."""

from __future__ import annotations

from tests.cli.shell import Shell
from tests.clinic import Clinic

PS = "01-001/SCR#1/PS#1"
ECOG = f"{PS}/A#1/ECOG"


def test_a_form_is_frozen_locked_and_unlocked(shell: Shell, charted: Clinic) -> None:
    states = {"freeze": "frozen", "lock": "locked", "unlock": "unlocked"}
    for command, state in states.items():
        said = shell.desktop(
            command, charted.path, "01-001/SCR/PS", "--reason", "synthetic review", user="cra"
        )
        assert (said.code, said.data) == (0, {"address": PS, "state": state})
    refused = shell.desktop("set", charted.path, f"{PS}/A#1/ECOG", "2", "--reason", "TYPO")
    assert refused.code == 0
    assert shell.desktop("lock", charted.path, PS, "--reason", "synthetic review", user="cra").data
    refused = shell.desktop("set", charted.path, ECOG, "1", "--reason", "TYPO")
    assert (refused.code, refused.error["code"]) == (1, "save_refused")


def test_the_monitor_alone_and_a_reason_always(shell: Shell, charted: Clinic) -> None:
    said = shell.desktop("lock", charted.path, PS, "--reason", "synthetic", user="crc")
    assert (said.code, said.error["code"]) == (1, "permission_denied")
    said = shell.desktop("lock", charted.path, PS, "--reason", "", user="cra")
    assert (said.code, said.error["code"]) == (1, "no_lock_reason")
    said = shell.desktop("lock", charted.path, ECOG, "--reason", "synthetic", user="cra")
    assert said.code == 1
    said = shell.desktop("sdv", charted.path, ECOG, user="crc")
    assert (said.code, said.error["code"]) == (1, "permission_denied")


def test_values_are_marked_one_by_one_or_by_form(shell: Shell, charted: Clinic) -> None:
    said = shell.desktop("sdv", charted.path, "01-001/SCR/PS/ECOG", user="cra")
    assert said.data == {"address": ECOG, "state": "verified", "values": 1}
    said = shell.desktop("sdv", charted.path, ECOG, "--differs", "synthetic", user="cra")
    assert said.data["state"] == "differs"
    said = shell.desktop("sdv", charted.path, "01-001/SCR/IC", user="cra")
    assert (said.data["address"], said.data["state"]) == ("01-001/SCR#1/IC#1", "verified")
    assert said.data["values"] >= 1
    nothing = shell.desktop("sdv", charted.path, "01-001/C0/TC", user="cra")
    assert (nothing.code, nothing.error["code"]) == (1, "not_found")
