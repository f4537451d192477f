"""The table of requirements names only files that are there, and says something of each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith(("| R-", "| E-"))
]
NAMED = sorted(set(re.findall(r"`([\w./-]+/[\w.-]+|dev\.py|\w+\.lock)`", TABLE)))
WRITTEN_BY_A_RUN = "docs/evidence/"


@pytest.mark.parametrize("name", [n for n in NAMED if not n.startswith(WRITTEN_BY_A_RUN)])
def test_what_the_table_names_is_there(name: str) -> None:
    assert (ROOT / name).exists()


def test_every_row_has_a_state_and_what_is_met_has_a_test() -> None:
    assert len({row[0] for row in ROWS}) == len(ROWS) > 100
    for row in ROWS:
        state = row[2]
        assert state.startswith(("met", "part", "open", "site", "not applicable")), row[0]
        if state.startswith("met"):
            assert "`tests/" in row[-1], row[0]
