"""``mrd-desktop import-report``: rows as JSON, exit codes, and nothing taken in by half."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.record.casebook import Casebook
from tests.cli.shell import Shell
from tests.clinic import Clinic
from tests.record.importing.kit import LAB, report

ROW = {"row", "subject", "address", "verdict", "reason"}


def mapping_file(folder: Path) -> Path:
    path = folder / "mapping.json"
    path.write_text(LAB.model_copy(update={"event": None}).model_dump_json(), encoding="utf-8")
    return path


def consented(shell: Shell, clinic: Clinic) -> str:
    assert shell.desktop("set", clinic.path, "01-001/SCR/IC/RFICDAT", "2027-06-01").code == 0
    return "01-001"


def test_dry_run_run_and_run_again(shell: Shell, clinic: Clinic, tmp_path: Path) -> None:
    with clinic.open() as session:
        Casebook(session).create_subject()
    subject = consented(shell, clinic)
    path = report(tmp_path, f"{subject},2027-06-20,,5.1,12.0,g/dL")
    tried = shell.desktop(
        *("import-report", clinic.path, path, "--mapping", mapping_file(tmp_path), "--dry-run")
    )
    assert tried.code == 0
    assert [set(r) for r in tried.data] == [ROW]
    assert tried.data[0]["verdict"] == "new"
    assert tried.data[0]["address"] == f"{subject}/SCR#1/LAB#1"
    command = ("import-report", clinic.path, path, "--mapping", LAB.name)
    assert [r["verdict"] for r in shell.desktop(*command, "--dry-run").data] == ["new"]
    assert shell.desktop(*command).code == 0
    assert [r["verdict"] for r in shell.desktop(*command).data] == ["same"]
    assert shell.desktop("verify", clinic.path).code == 0


def test_a_changed_value_without_a_reason_ends_with_one(
    shell: Shell, charted: Clinic, tmp_path: Path
) -> None:
    found = shell.desktop("set", charted.path, "01-001/SCR/LAB/WBCVAL", "6.66", "--reason", "TYPO")
    assert found.code == 0
    mapping = LAB.model_copy(update={"event": None, "constants": {}})
    file = tmp_path / "m.json"
    file.write_text(mapping.model_dump_json(), encoding="utf-8")
    with charted.open() as session:
        line = Casebook(session).chart("01-001").scene.forms("LAB")[0]
        day = line.day("LAB.LBDAT")
    path = report(tmp_path, f"01-001,{day},,7.77,,")
    command = ("import-report", charted.path, path, "--mapping", file)
    said = shell.desktop(*command)
    assert said.code == 1
    assert [r["verdict"] for r in said.data] == ["refused"]
    assert "nothing was taken in" in said.err
    said = shell.desktop(*command, "--reason", "SOURCE")
    assert (said.code, [r["verdict"] for r in said.data]) == (0, ["different"])


def test_what_is_not_there(shell: Shell, clinic: Clinic, tmp_path: Path) -> None:
    path = report(tmp_path, "01-001,2027-06-20,,5.1,12.0,g/dL")
    said = shell.desktop("import-report", clinic.path, path, "--mapping", "no such mapping")
    assert said.error["code"] == "mapping"
    said = shell.desktop("import-report", clinic.path, tmp_path / "no.csv", "--mapping", "x")
    assert said.code == 2
