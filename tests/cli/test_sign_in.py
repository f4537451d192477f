"""What every command with a password does at its sign-in: a record, the daily check, a word."""

from __future__ import annotations

import pytest

from mrd_desktop.record import projection, soundness
from mrd_desktop.vault import attempts, tries
from mrd_desktop.vault.errors import WrongPassword
from mrd_desktop.vault.folder import open_folder
from tests.cli.shell import Shell
from tests.clinic import STORIES, Clinic
from tests.record.test_soundness import edit, forge_cell

ECOG = "FROM p_item WHERE item = 'ECOG' AND value IS NOT NULL"


def kinds(shell: Shell, clinic: Clinic) -> list[str]:
    return [r["kind"] for r in shell.desktop("audit", clinic.path).data]


def test_a_command_that_only_looks_is_a_record(shell: Shell, charted: Clinic) -> None:
    before = len(kinds(shell, charted))
    with charted.open() as session:
        closed = session.head().seq
    assert shell.desktop("audit", charted.path, user="cra").code == 0
    with charted.open() as session:
        assert session.head().seq == closed + 2
    trail = shell.desktop("audit", charted.path).data[before:]
    came = [(r["user"], r["kind"]) for r in trail if r["user"] == "cra"]
    assert came == [("cra", "session.opened"), ("cra", "session.closed")]


def test_the_first_command_of_a_day_walks_and_replays_the_whole(
    shell: Shell, charted: Clinic
) -> None:
    """Nothing else would find a changed cell before what is entered next stands upon it."""
    with charted.open() as session, session.reading() as conn:
        (value,) = conn.exec_driver_sql(f"SELECT DISTINCT value {ECOG}").scalars()
    edit(charted, forge_cell)
    new = STORIES / "01-004.json"
    assert shell.desktop("load", charted.path, new).error["code"] == "records_altered"
    looked = shell.desktop("audit", charted.path)
    assert looked.code == 0
    assert "call the sponsor" in looked.err
    with charted.open() as session:
        assert session.altered is not None
    edit(
        charted,
        lambda conn: conn.exec_driver_sql(
            "UPDATE p_item SET value = ? WHERE item = 'ECOG' AND value = '4'", (value,)
        ),
    )
    assert shell.desktop("audit", charted.path).err == ""
    assert shell.desktop("load", charted.path, new).code == 0


def test_it_is_done_once_a_day(
    shell: Shell, charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.desktop("audit", charted.path).code == 0
    monkeypatch.setattr(soundness, "check", lambda *_: pytest.fail("a second time"))
    assert shell.desktop("audit", charted.path).code == 0


def test_failed_sign_ins_are_told_once(shell: Shell, charted: Clinic) -> None:
    for _ in range(2):
        with pytest.raises(WrongPassword):
            open_folder(
                charted.path, "crc", "not the password", study=charted.study, fold=projection.fold
            )
    said = shell.desktop("audit", charted.path)
    assert said.code == 0
    assert said.err.startswith("sign-ins that failed with your name, 2: 20")
    assert shell.desktop("audit", charted.path).err == ""


def test_who_manages_users_is_told_of_tries_with_any_name(shell: Shell, charted: Clinic) -> None:
    assert shell.desktop("accounts", charted.path, user="admin").err == ""
    for _ in range(tries.MANY):
        with pytest.raises(WrongPassword):
            open_folder(
                charted.path, "crc", "not the password", study=charted.study, fold=projection.fold
            )
    assert shell.desktop("audit", charted.path, user="cra").err == ""
    said = shell.desktop("accounts", charted.path, user="admin")
    assert said.err == f"sign-ins that failed since yours before: crc {tries.MANY}\n"
    (charted.path / attempts.LOG_FILE).unlink()
    assert "signin.log" in shell.desktop("accounts", charted.path, user="admin").err
    assert shell.desktop("accounts", charted.path, user="admin").err == ""
