"""``support``: shown first, written with ``--to``, also where nobody can sign in."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

from mrd_desktop.record.incidents import PROGRAM, Incidents
from tests.cli.shell import Shell
from tests.clinic import Clinic
from tests.record.test_incidents import local
from tests.transfer.route import Route

SLIP = "Synthetic: the chart stays white"


def test_it_is_shown_then_written_and_recorded(
    shell: Shell, clinic: Clinic, tmp_path: Path
) -> None:
    with clinic.open() as session:
        number = Incidents(session).note(PROGRAM, local(session), "", SLIP)
    shown = shell.desktop("support", clinic.path, json=False)
    assert shown.code == 0
    assert json.loads(shown.out)["inside"]["role"] == "coordinator"
    assert SLIP not in shown.out
    file = tmp_path / "help.zip"
    said = shell.desktop("support", clinic.path, "--to", file, "--words", number)
    assert said.code == 0 and said.data["recorded"] is True
    assert said.data["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("support.json")) == said.data["content"]
    (report,) = said.data["content"]["inside"]["reports"]
    assert (report["number"], report["words"]) == (number, SLIP)


def test_without_a_sign_in_it_tells_what_it_can(
    shell: Shell, clinic: Clinic, tmp_path: Path
) -> None:
    said = shell.desktop("support", clinic.path, "--to", tmp_path / "a.zip", user=None)
    assert said.code == 0
    assert (said.data["recorded"], said.data["content"]["inside"]) == (False, None)
    said = shell.desktop("support", clinic.path, "--to", tmp_path / "b.zip", user="nobody")
    assert said.code == 1 and said.err.count("\n") == 1
    assert said.data["content"]["refused"] == "wrong_password"
    assert (tmp_path / "b.zip").is_file()
    said = shell.desktop("support", clinic.path, "--to", clinic.path / "data.mrd", user=None)
    assert (said.code, said.error["code"]) == (1, "support_name")
    said = shell.desktop("support", tmp_path / "none", user=None)
    assert said.code == 2


def test_a_store_has_one_too(shell: Shell, route: Route) -> None:
    said = shell.sponsor("support", route.store.path)
    assert said.code == 0
    assert said.data["content"]["folder"]["kind"] == "store"
