"""The demo is the smoke test of the whole: it plays through the real windows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

from tests.faults.offline import can_forbid, forbid

RUN = "import sys; from ui.main import main; sys.exit(main(sys.argv[1:]))"


def _run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, *args],
        capture_output=True, text=True, check=False, timeout=240,
        preexec_fn=forbid if can_forbid() else None,  # a month needs no network (E-19)
    )  # fmt: skip


def test_a_clinic_month_through_the_real_windows(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = _run("demo", "--out", str(out), "--lang", "zh")
    assert done.returncode == 0, done.stderr
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["received"] == "accepted"
    assert summary["reply"]["queries"] >= 1
    assert summary["reply"]["receipts"] == 1
    assert summary["subjects"] == ["01-001", "01-002", "01-003", "01-004"]
    assert summary["keys"] > 300
    assert (out / "package" / summary["package"]["name"]).is_file()
    assert any((out / "datasets").rglob("*.csv"))
    pictures = [p for scene in summary["scenes"] for p in scene["pictures"]]
    assert len(pictures) >= 25
    for name in pictures:
        both = [QImage(str(out / "screens" / f"{name}.{x}.png")) for x in ("zh", "en")]
        assert all(not image.isNull() for image in both)
        assert both[0] != both[1], f"{name} looks the same in both languages"
    page = (out / "summary.html").read_text("utf-8")
    assert all(f"screens/{name}.zh.png" in page for name in pictures)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = _run("demo", "--out", str(tmp_path), "--lang", "en")
    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
