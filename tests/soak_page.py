"""A plugin that keeps the page of the long counts: ``pytest -p tests.soak_page``.

Each test's row is written as it ends, so that a run that is cut off keeps what it did. Seeds and
counts are those the fixtures ``seed`` and ``fraction`` noted; rows of tests that did not run stay
as they were: each says when and on which commit it was made.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

import pytest

from tests.evidence import commit, row, today, write

VARIABLE: Final = "MRD_SOAK_PAGE"
"""Names the page; without it nothing is kept."""
HEAD: Final = (
    "# The long counts, each as last run in full",
    "",
    "Written by `python3 dev.py soak`.",
    "",
    "| test | seed | counts | seconds | outcome | when (UTC) | commit | on |",
    "|---|---|---|---|---|---|---|---|",
)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Once a test has run, or could not."""
    page = os.environ.get(VARIABLE)
    worker = os.environ.get("PYTEST_XDIST_WORKER")  # each report comes to the one who asked, too
    if page and not worker and (report.when == "call" or not report.passed):
        name = _name(report.nodeid)
        write(Path(page), HEAD, {name: _line(name, report)})


def _name(nodeid: str) -> str:
    path, _, test = nodeid.partition("::")
    module = path.removesuffix(".py").removeprefix("tests/").replace("/", ".")
    return f"{module}.{test}".replace("::", ".").replace("|", "/")


def _line(name: str, report: pytest.TestReport) -> str:
    noted = {"seed": "", "count": ""}
    for kind in noted:
        noted[kind] = ", ".join(str(v) for k, v in report.user_properties if k == kind)
    return row(
        name,
        noted["seed"],
        noted["count"],
        f"{report.duration:.1f}",
        report.outcome,
        today(),
        commit(),
        f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} processors",
    )
