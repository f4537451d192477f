"""``mrd-desktop review-pack``: one file, recorded with its period."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.insight.reports.periodic import SECTIONS
from tests.cli.shell import Shell
from tests.clinic import Clinic


def test_a_pack_is_one_file(shell: Shell, clinic: Clinic, tmp_path: Path) -> None:
    said = shell.desktop("review-pack", clinic.path, "--out", tmp_path, "--both", user="admin")
    assert said.code == 0
    assert set(said.data["sections"]) == {s.oid for s in SECTIONS}
    assert (said.data["first"], said.data["copy"]) == ("2027-06-30", 1)
    page = Path(said.data["path"]).read_text("utf-8")
    assert all(s.text.en in page and s.text.zh in page for s in SECTIONS)
    wrong = ("--from", "2027-06-30", "--to", "2027-06-29")
    said = shell.desktop("review-pack", clinic.path, "--out", tmp_path, *wrong, user="admin")
    assert (said.code, said.error["code"]) == (1, "period")
    said = shell.desktop("review-pack", clinic.path, "--out", tmp_path / "no", user="admin")
    assert said.code == 2
