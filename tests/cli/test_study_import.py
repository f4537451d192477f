"""``study import``: files and report, refusals with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.shell import Shell
from tests.study.importing.vectors import FOLDER


def test_a_definition_with_its_report(shell: Shell, tmp_path: Path) -> None:
    to = tmp_path / "study"
    said = shell.desktop("study", "import", FOLDER / "redcap.xml", "--to", to, user=None)
    assert said.code == 0
    assert json.loads((to / "import-report.json").read_text("utf-8")) == said.data
    assert said.data["forms"] == 3
    assert {r["fate"] for r in said.data["remarks"]} == {"left", "changed", "added"}
    assert {"at": "ItemDef race___0", "to": "DEMOGRAP.RACE"} in said.data["places"]
    checked = shell.desktop("study", "check", to, user=None)
    assert checked.data["digest"] == said.data["digest"]


def test_each_remark_is_a_line(shell: Shell, tmp_path: Path) -> None:
    file = FOLDER / "openclinica.xml"
    said = shell.desktop("study", "import", file, "--to", tmp_path / "s", user=None, json=False)
    assert "left: line 31: FormDef F_LUNG_V10: another version of the form is the" in said.out
    again = shell.desktop("study", "import", file, "--to", tmp_path / "s", user=None)
    assert (again.code, again.error["code"]) == (1, "odm")


def test_what_is_no_metadata_is_refused(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "file.xml"
    file.write_text("<html/>")
    to = tmp_path / "study"
    said = shell.desktop("study", "import", file, "--to", to, user=None)
    assert (said.code, said.error["code"]) == (1, "odm")
    assert not to.exists()
    assert shell.desktop("study", "import", tmp_path / "no", "--to", to, user=None).code == 2
