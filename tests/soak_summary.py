"""Turn pytest's JUnit report of the long counts into a page: REPORT.xml PAGE.md.

Seeds and counts are those the fixtures ``seed`` and ``fraction`` noted.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree


def summary(report: Path) -> str:
    """The page: where and when, and one line per test."""
    lines = [
        "# The long counts, last run in full",
        "",
        f"- when: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"- commit: {_commit()}",
        f"- Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} processors",
        "",
        "| test | seed | counts | seconds | outcome |",
        "|---|---|---|---|---|",
    ]
    lines += [_line(case) for case in ElementTree.parse(report).getroot().iter("testcase")]
    return "\n".join(lines) + "\n"


def _line(case: ElementTree.Element) -> str:
    noted: dict[str, list[str]] = {"seed": [], "count": []}
    for entry in case.iter("property"):
        noted.setdefault(entry.get("name", ""), []).append(entry.get("value", ""))
    bad = [kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
    name = f"{case.get('classname')}.{case.get('name')}".removeprefix("tests.")
    seconds = float(case.get("time", "0"))
    return (
        f"| {name} | {', '.join(noted['seed'])} | {', '.join(noted['count'])}"
        f" | {seconds:.1f} | {bad[0] if bad else 'passed'} |"
    )


def _commit() -> str:
    if shutil.which("git") is None:
        return "unknown"
    asked = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    page = Path(sys.argv[2])
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(summary(Path(sys.argv[1])), "utf-8")
