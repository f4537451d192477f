"""Turn pytest's JUnit report of the long counts into a page: REPORT.xml PAGE.md.

Seeds and counts are those the fixtures ``seed`` and ``fraction`` noted. A run of some tests leaves
the lines of the others as they were: each line says when and on which commit it was made.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.evidence import commit, row, today, write

HEAD = (
    "# The long counts, each as last run in full",
    "",
    "Written by `python3 dev.py soak`.",
    "",
    "| test | seed | counts | seconds | outcome | when (UTC) | commit | on |",
    "|---|---|---|---|---|---|---|---|",
)


def summary(report: Path) -> dict[str, str]:
    """One row per test of a report."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    return {_name(case): _line(case) for case in cases}


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname')}.{case.get('name')}".removeprefix("tests.").replace("|", "/")


def _line(case: ElementTree.Element) -> str:
    noted: dict[str, list[str]] = {"seed": [], "count": []}
    for entry in case.iter("property"):
        noted.setdefault(entry.get("name", ""), []).append(entry.get("value", ""))
    bad = [kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
    return row(
        _name(case),
        ", ".join(noted["seed"]),
        ", ".join(noted["count"]),
        f"{float(case.get('time', '0')):.1f}",
        bad[0] if bad else "passed",
        today(),
        commit(),
        f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} processors",
    )


if __name__ == "__main__":
    write(Path(sys.argv[2]), HEAD, summary(Path(sys.argv[1])))
