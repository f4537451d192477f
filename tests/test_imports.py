"""Nothing imports upwards, and a plant that does is caught."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _lint(tree: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [linter, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )


def test_the_floors_of_the_house_hold() -> None:
    done = _lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("mrd_desktop.study", "import mrd_desktop.vault"),
        ("mrd_desktop.ledger", "import mrd_desktop.record"),
        ("mrd_desktop.record", "import PySide6.QtCore"),
        ("mrd_desktop.insight", "import ui.theme"),
        ("mrd_desktop.transfer", "import mrd_desktop.insight"),
    ],
)
def test_an_upward_import_is_caught(tmp_path: Path, package: str, line: str) -> None:
    for name in ("mrd_desktop", "ui"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / package.replace(".", "/") / "planted.py").write_text(line + "\n", "utf-8")
    done = _lint(tmp_path)
    assert done.returncode != 0
    assert f"{package}.planted -> {line.removeprefix('import ').split('.Qt')[0]}" in done.stdout
