"""``study check``, ``diff`` and ``odm`` on the shipped definition and on copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lxml import etree

from mrd_desktop.study.load import shipped
from tests.cli.shell import Shell


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    to = tmp_path / "study"
    shutil.copytree(shipped(), to)
    return to


def test_the_shipped_definition_is_sound(shell: Shell) -> None:
    said = shell.desktop("study", "check", shipped(), user=None)
    assert said.code == 0
    assert said.data["oid"] == "NCT07132502"
    assert said.data["forms"] > 30
    assert len(said.data["digest"]) == 64
    assert said.data["practice_only"] == []


def test_what_keeps_a_definition_from_live_work_is_told(shell: Shell, copied: Path) -> None:
    file = copied / "forms" / "PS.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("purpose:")] + text[text.index("groups:") :], "utf-8")
    said = shell.desktop("study", "check", copied, user=None)
    assert said.code == 0
    assert [w["item"] for w in said.data["practice_only"]] == ["PS.PERF", "PS.RSDAT", "PS.ECOG"]
    shown = shell.desktop("study", "check", copied, user=None, json=False).out
    assert "good for practice only" in shown
    assert "PS.ECOG: no purpose" in shown


def test_a_typo_is_told_with_file_and_line(shell: Shell, copied: Path) -> None:
    file = copied / "checks.yaml"
    text = file.read_text(encoding="utf-8")
    line = text[: text.index("SV.INWIN")].count("\n") + 1
    file.write_text(text.replace("SV.INWIN", "SV.INWINN", 1), encoding="utf-8")
    said = shell.desktop("study", "check", copied, user=None)
    assert (said.code, said.error["code"]) == (1, "definition")
    assert "checks.yaml" in said.error["message_en"]
    assert f"{line}" in said.error["message_en"]


def test_a_diff_names_what_an_amendment_changes(shell: Shell, copied: Path) -> None:
    assert shell.desktop("study", "diff", shipped(), copied, user=None).data == []
    file = copied / "study.yaml"
    text = file.read_text(encoding="utf-8")
    assert "SCRWIN" in text
    at = text.index("SCRWIN")
    digits = next(i for i in range(at, len(text)) if text[i].isdigit())
    file.write_text(text[:digits] + "9" + text[digits:], encoding="utf-8")
    said = shell.desktop("study", "diff", shipped(), copied, user=None)
    assert said.code == 0
    assert any("SCRWIN" in str(change) for change in said.data)


def test_odm_goes_to_standard_output(shell: Shell) -> None:
    said = shell.desktop("study", "odm", shipped(), user=None, json=False)
    assert said.code == 0
    root = etree.fromstring(said.out.encode())
    assert root.tag == "{http://www.cdisc.org/ns/odm/v1.3}ODM"
