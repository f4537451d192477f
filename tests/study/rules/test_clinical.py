"""Smaller clinical rules: stages, body sites, tumour assessment, LVEF, doses, visits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules import RULES
from mrd_desktop.study.rules.body_sites import REGIONS, uncovered
from mrd_desktop.study.rules.doses import CYCLE_DAYS, cycle_delay
from mrd_desktop.study.rules.lvef import lvef_baseline, lvef_grade
from mrd_desktop.study.rules.overall_response import response
from mrd_desktop.study.rules.staging import possible_stages
from mrd_desktop.study.rules.treatment_status import on_treatment
from tests.study.edits import edited


@pytest.mark.parametrize(
    ("t", "n", "m", "stages"),
    [
        ("TIS", "N0", "M0", {"0"}),
        ("T1", "N0", "M0", {"IA"}),
        ("T1", "N1", "M0", {"IB", "IIA"}),
        ("T0", "N1", "M0", {"IB", "IIA"}),
        ("T2", "N0", "M0", {"IIA"}),
        ("T2", "N1", "M0", {"IIB"}),
        ("T3", "N0", "M0", {"IIB"}),
        ("T3", "N1", "M0", {"IIIA"}),
        ("T1", "N2", "M0", {"IIIA"}),
        ("T4D", "N0", "M0", {"IIIB"}),
        ("T1", "N3", "M0", {"IIIC"}),
        ("TX", "NX", "M1", {"IV"}),
        ("TX", "N0", "M0", None),
        ("T0", "N0", "M0", None),
    ],
)
def test_anatomic_stages(t: str, n: str, m: str, stages: set[str] | None) -> None:
    assert possible_stages(t, n, m) == stages


def test_every_site_and_region_of_the_table_is_a_code() -> None:
    lists = load_study().codelists
    assert set(REGIONS) <= set(lists["METSITE"].by_code)
    assert {r for regions in REGIONS.values() for r in regions} <= set(lists["BODYREG"].by_code)
    assert set(lists["METSITE"].by_code) - set(REGIONS) == {"SKIN", "SOFT TISSUE", "OTHER"}


def test_uncovered_regions_are_named_once() -> None:
    sites = ["LIVER", "SPLEEN", "BRAIN", "SKIN", "AXILLARY LYMPH NODE", None]
    assert uncovered(sites, frozenset({"CHEST"})) == ["ABD", "BRAIN"]
    assert uncovered(sites, frozenset({"WB"})) == ["BRAIN"]


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((), ("CR", False)),
        (("/NL#1.CERT=UNEQUIVOCAL",), ("PD", False)),
        (("/NL#1.CERT=UNEQUIVOCAL", "/NL#1.BXRES=SECOND"), ("CR", False)),
        (("/TAL#1.STATE=PRESENT", "/NL#1.CERT=EQUIVOCAL"), ("PD", False)),
        (("/NL#1.CERT=EQUIVOCAL", "/TAL#1.STATE=NE"), ("EQUIVOCAL", False)),
        (("/TAL#1.STATE=NE", ".REGION=[CHEST]"), ("NE", False)),
        ((".REGION=[CHEST]",), ("NE", True)),
    ],
)
def test_overall_assessment(edits: tuple[str, ...], expected: tuple[str, bool]) -> None:
    scene = edited(load_study(), "01-002", [f"TA@M12{e}" for e in edits])
    line = next(x for x in scene.forms("TA") if x.event.event == "M12")
    assert response(line) == expected


@pytest.mark.parametrize(
    ("lvef", "grade"),
    [
        ("19", 4),
        ("20", 3),
        ("39", 3),
        ("40", 3),
        ("45", 3),
        ("46", 2),
        ("50", 2),
        ("55", 2),
        ("56", 0),
    ],
)
def test_lvef_grade(lvef: str, grade: int) -> None:
    # the baseline is 65: a fall of 20 or more is grade 3, of 10 to 19 grade 2
    scene = edited(load_study(), "01-002", (f"CV@M12.LVEF={lvef}",))
    line = next(x for x in scene.forms("CV") if x.event.event == "M12")
    assert lvef_grade(line) == Decimal(grade)


@pytest.mark.parametrize(("lvef", "grade"), [("40", 2), ("39", 3)])
def test_a_low_lvef_is_graded_without_a_fall(lvef: str, grade: int) -> None:
    line = edited(load_study(), "01-001", (f"CV.LVEF={lvef}",)).forms("CV")[0]
    assert lvef_grade(line) == Decimal(grade)


@pytest.mark.parametrize(("day", "base"), [("2025-10-20", 60), ("2025-10-21", 65)])
def test_the_baseline_is_the_last_lvef_up_to_the_choice(day: str, base: int) -> None:
    scene = edited(load_study(), "01-002", (f"+CV@C0 PERF=Y; CVDAT={day}; LVEF=60",))
    assert lvef_baseline(scene.forms("CV")[0]) == Decimal(base)


def test_a_lvef_of_50_without_a_fall_is_grade_2() -> None:
    line = edited(load_study(), "01-001", ("CV.LVEF=50",)).forms("CV")[0]
    assert lvef_grade(line) == Decimal(2)


def test_cycle_delay_counts_from_the_former_dose_of_the_drug() -> None:
    scene = edited(load_study(), "01-004", ())
    delays = {cycle_delay(x) for x in scene.forms("TX") if x.text("TX.DRUG") == "PERT"}
    assert delays == {None, Decimal(0), Decimal(84)}


def test_every_fixed_frequency_has_an_interval() -> None:
    codes = set(load_study().codelists["FREQ"].by_code)
    assert set(CYCLE_DAYS) <= codes
    assert codes - set(CYCLE_DAYS) == {"QD", "BID", "TID", "ONCE", "PRN", "UNKNOWN"}


def test_treatment_at_a_visit() -> None:
    scene = edited(load_study(), "01-002", ())
    found = {x.event.event: on_treatment(x) for x in scene.forms("SV")}
    assert found["M06"] is False
    assert found["M12"] is True
    assert found["SCR"] is None


def test_rules_read_what_exists() -> None:
    study = load_study()
    groups = {g.name for f in study.forms for g in f.groups}
    known = set(study.by_item) | set(study.by_form) | groups
    for rule in RULES.values():
        assert set(rule.reads) <= known, rule.name


def test_every_rule_is_used_by_the_definition() -> None:
    study = load_study()
    expressions = [c.fires for c in study.checks]
    expressions += [p for c in study.checks for p in c.params.values()]
    expressions += [d.value for d in study.derivations]
    expressions += [w for e in study.events for w in e.when.values()]
    text = " ".join(e.source for e in expressions)
    assert [name for name in RULES if f"{name}(" not in text] == []
