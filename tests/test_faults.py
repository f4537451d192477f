"""What nobody foresaw is told by its place, never by its message: standard error is often a log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VALUE = "SYNTHETIC-张三-13900001111"
RAISE = f"int({VALUE!r})"
SABOTAGE = "from tests.sabotage.plugin import throw_named; throw_named()"
DOORS = {
    "window": f"""
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from ui.app import catch_faults, compose
app = QApplication([])
program = compose()
catch_faults(app, program)
QTimer.singleShot(0, lambda: {RAISE})
QTimer.singleShot(200, app.quit)
sys.exit(app.exec() or 1)
""",
    "thread": f"""
import sys, threading
from mrd_desktop.faults import tell_places_only
tell_places_only()
one = threading.Thread(target=lambda: {RAISE})
one.start(); one.join()
sys.exit(1)
""",
    "last breath": f"""
import sys
from mrd_desktop.faults import tell_places_only
tell_places_only()
class Left:
    def __del__(self): {RAISE}
one = Left(); del one
sys.exit(1)
""",
    "mrd-desktop": f"""
import sys
from mrd_desktop.cli import desktop
desktop.main = lambda *_: {RAISE}
from ui.main import main
sys.argv[1:] = ["installation"]
main()
""",
    "mrd-sponsor": f"""
import sys
from mrd_desktop.cli import sponsor
sponsor.run = lambda *_: {RAISE}
sponsor.main()
""",
}


@pytest.mark.parametrize("door", DOORS)
def test_no_value_leaves_by_standard_error(door: str, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", SABOTAGE + DOORS[door]],
        cwd=tmp_path, env=env, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    told = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 1, told
    assert "ValueError" in told
    assert "13900001111" not in told
    assert "张三" not in told
