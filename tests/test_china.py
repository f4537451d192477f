"""The table for the national baseline names requirements that exist and are met."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
ID = re.compile(r"R-[A-Z]+-\d+")


def states() -> dict[str, str]:
    """State by requirement, as ``compliance.md`` has it."""
    rows = (DOCS / "compliance.md").read_text("utf-8").splitlines()
    cells = [[c.strip() for c in r.split("|")] for r in rows if r.startswith("| R-")]
    return {c[1]: c[3].partition(":")[0].partition(" ")[0] for c in cells}


def controls() -> dict[str, str]:
    """Requirements by control of the baseline."""
    text = (DOCS / "china.md").read_text("utf-8")
    part = text.partition("## National baseline")[2].partition("\n## ")[0]
    rows = [r.split("|") for r in part.splitlines() if r.startswith("| ")][1:]
    return {r[1].strip(): r[2].strip() for r in rows}


def test_every_control_names_a_requirement_or_the_site() -> None:
    known = states()
    found = controls()
    assert len(found) >= 8
    for control, said in found.items():
        ids = ID.findall(said)
        assert said == "site" or ids, control
        assert not [i for i in ids if i not in known], control


def test_no_control_rests_on_open_requirements_alone() -> None:
    known = states()
    for control, said in controls().items():
        ids = ID.findall(said)
        assert not ids or any(known[i] == "met" for i in ids), control


def test_the_rules_of_the_study_type_and_of_codes_are_said() -> None:
    text = (DOCS / "china.md").read_text("utf-8")
    for requirement in ("R-CHN-03", "R-CHN-04", "R-DAT-07", "R-PRV-10", "R-PRV-09"):
        assert requirement in text
