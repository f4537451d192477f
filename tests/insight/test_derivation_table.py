"""The table of docs/derivations.md is true; properties that hold over all derivations."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from mrd_desktop.insight.cohort import cohort
from mrd_desktop.insight.detail import RULES, detail
from mrd_desktop.insight.pfs import Analysis, progression_free_survival
from tests.insight.cases import CONTINUED, PAUSED, going, progressed, seen
from tests.insight.crowd import crowd

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "derivations.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`([a-z_/0-9]+\.py)::(\w+)`", PAGE)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_function_and_test_of_the_table_is_there(path: str, name: str) -> None:
    if name.startswith("test_"):
        assert f"\ndef {name}(" in (ROOT / "tests" / path).read_text("utf-8")
    else:
        module = path.removesuffix(".py").replace("/", ".")
        assert callable(getattr(importlib.import_module(f"mrd_desktop.{module}"), name))


def test_every_section_and_every_edge_case_has_a_row() -> None:
    for section in range(1, 13):
        assert f"\n| 3.{section} |" in PAGE
    for case in range(1, 16):
        assert re.search(rf"\n\| {case} ", PAGE)


def test_every_derivation_says_its_rule() -> None:
    told = detail(cohort([seen(PAUSED), seen(CONTINUED)]))
    assert told["rules"] == RULES
    assert all(re.fullmatch(r"3\.\d+/\d+", rule) for rule in RULES.values())
    assert f"| {RULES['PFS']} |" in PAGE


def test_the_true_conversion_lies_in_an_interval() -> None:
    def told(*edits: str) -> object:
        return detail(cohort([seen(PAUSED, *edits)]))["subjects"][PAUSED]["CONVERSION"]

    plain = {
        "after": "2026-04-21",
        "date": "2026-07-21",
        "status": "CONFIRMED",
        "assay_changed": False,
    }
    assert told() == plain
    assert told("MRD@M09.ASSAY=OTHER-MRD") == plain | {"assay_changed": True}
    assert detail(cohort([seen(CONTINUED)]))["subjects"][CONTINUED]["CONVERSION"] is None


def test_sensitivity_analyses_order_as_they_must() -> None:
    """Later censoring never comes earlier: S1 is at least, S2 and S3 are at most the main one."""
    members = [*crowd(50).cohort.members, going(PAUSED, progressed("2027-05-10", "CLIN"))]
    for scene, course in members:
        times = {a: progression_free_survival(scene, course, a) for a in Analysis}
        main = times[Analysis.MAIN]
        assert main is not None
        after, off, one_line, proven = (
            times[a]
            for a in (
                Analysis.AFTER_GAP,
                Analysis.OFF_TREATMENT,
                Analysis.ONE_LINE,
                Analysis.PROVEN,
            )
        )
        assert after is not None
        assert off is not None
        assert one_line is not None
        assert proven is not None
        assert (after.days, after.event) >= (main.days, main.event)
        assert off.days <= main.days
        assert one_line.days <= main.days
        assert off.event <= main.event
        assert one_line.event <= main.event
        assert proven.event <= main.event or proven.days > main.days


def test_no_estimate_stands_without_its_interval() -> None:
    told = detail(crowd(300).cohort)
    for state in told["as_treated"]:
        assert (state["per_100_years"] is None) == (state["lower"] is None)
    for share in ("sensitivity", "specificity", "ppv", "npv"):
        for table in (*told["mrd_performance"].values(), told["mrd_samples"]):
            assert table[share] is None or table[share]["lower"] is not None
    for group in told["incidence"].values():
        assert all(s["lower"] is not None for s in group if 0 < s["incidence"] < 1)
    for curve in told["km"]["PFS"].values():
        assert all(r["lower"] is not None for r in curve["rows"] if 0 < r["survival"] < 1)
    assert told["delays"]["report"]["median"]["lower"] is not None
    assert set(told["conversion"]["after_60_days"]) == {"treated", "not_treated"}
