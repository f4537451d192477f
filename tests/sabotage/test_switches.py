"""The list itself: every switch has a place to act on, tests that exist, and a name of its own.

That each switch has turned its tests red since it was last changed, the run of ``dev.py sabotage``
says at its end: the suite asks only that the page of it tells nothing that is wrong.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.evidence import page, row, rows_of, write
from tests.sabotage.__main__ import HEAD, NO, behind, line, named
from tests.sabotage.switches import SWITCHES, Switch

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "evidence" / "sabotage.md"


@pytest.mark.parametrize("switch", SWITCHES, ids=[s.name for s in SWITCHES])
def test_a_switch_acts_on_what_is_there(switch: Switch) -> None:
    module, _, path = switch.target.partition(":")
    place: object = importlib.import_module(module)
    for name in path.split("."):
        place = getattr(place, name)
    assert switch.off(place) is not place
    assert switch.files
    assert all((ROOT / file).is_file() for file in switch.files)


def test_names_are_unique() -> None:
    assert len({s.name for s in SWITCHES}) == len(SWITCHES)


def test_the_page_tells_of_no_switch_that_is_gone_and_of_none_that_stayed_green() -> None:
    rows = rows_of(PAGE.read_text("utf-8"))
    assert rows.keys() <= {s.name for s in SWITCHES}
    assert [name for name, told in rows.items() if NO in told] == []


def test_each_rule_of_the_reference_has_its_switches() -> None:
    text = (ROOT / "docs" / "compliance.md").read_text("utf-8")
    listed = rows_of(text[text.index("| rule of E.2 |") :])
    told = {rule: line.split("|")[2].strip() for rule, line in listed.items()}
    assert len(told) == 23
    assert [rule for rule, said in told.items() if said.startswith("none: ")] == []
    names = {n for said in told.values() if not said.startswith("none: ") for n in said.split("; ")}
    assert names <= {s.name for s in SWITCHES}


def test_a_switch_without_a_run_or_with_other_tests_is_told() -> None:
    rows = {s.name: row(*named(s), "yes, 1 failed") for s in SWITCHES}
    assert behind(page(HEAD, rows, "")) == []
    one = SWITCHES[1]
    older = {one.name: rows[one.name].replace(one.files[0], "tests/test_former.py")}
    assert behind(page(HEAD, rows | older, "")) == [one.name]
    del rows[one.name]
    assert behind(page(HEAD, rows, "")) == [one.name]


def test_a_row_goes_with_its_switch(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    write(file, HEAD, {"gone": row("gone", "yes"), "kept": row("kept", "yes")})
    write(file, HEAD, {"new": row("new", "yes")}, known={"kept", "new"})
    assert rows_of(file.read_text("utf-8")).keys() == {"kept", "new"}


def test_a_file_that_stays_green_is_named() -> None:
    switch = SWITCHES[0]
    assert NO in line(switch, 3, switch.files)
    assert NO not in line(switch, 3, ())
