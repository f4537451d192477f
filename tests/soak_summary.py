"""Turn pytest's JUnit report of the long counts into a page: REPORT.xml PAGE.md.

Seeds and counts are those the fixtures ``seed`` and ``fraction`` noted. A run of some tests leaves
the lines of the others as they were: each line says when and on which commit it was made.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

_HEAD = (
    "# The long counts, each as last run in full",
    "",
    "Written by `python3 dev.py soak`.",
    "",
    "| test | seed | counts | seconds | outcome | when (UTC) | commit | on |",
    "|---|---|---|---|---|---|---|---|",
)


def summary(report: Path, before: str = "") -> str:
    """The page: one line per test.

    Args:
        before: the page as it was; its lines of tests that the report does not hold are kept.
    """
    cases = ElementTree.parse(report).getroot().iter("testcase")
    lines = _kept(before) | {_name(case): _line(case) for case in cases}
    return "\n".join((*_HEAD, *(lines[name] for name in sorted(lines)))) + "\n"


def _kept(page: str) -> Mapping[str, str]:
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    return {row.split("|")[1].strip(): row for row in rows}


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname')}.{case.get('name')}".removeprefix("tests.").replace("|", "/")


def _line(case: ElementTree.Element) -> str:
    noted: dict[str, list[str]] = {"seed": [], "count": []}
    for entry in case.iter("property"):
        noted.setdefault(entry.get("name", ""), []).append(entry.get("value", ""))
    bad = [kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
    cells = (
        _name(case),
        ", ".join(noted["seed"]),
        ", ".join(noted["count"]),
        f"{float(case.get('time', '0')):.1f}",
        bad[0] if bad else "passed",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        _commit(),
        f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} processors",
    )
    return f"| {' | '.join(cells)} |"


def _commit() -> str:
    if shutil.which("git") is None:
        return "unknown"
    asked = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    page = Path(sys.argv[2])
    page.parent.mkdir(parents=True, exist_ok=True)
    former = page.read_text("utf-8") if page.is_file() else ""
    page.write_text(summary(Path(sys.argv[1]), former), "utf-8")
