"""Derived items, conditions and circles. All data are synthetic."""

from __future__ import annotations

import pytest

from mrd_desktop.study.answer import Answer
from mrd_desktop.study.derivation import computations, refuse_cycles
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.expression import compile_derivation
from mrd_desktop.study.model import Derivation
from mrd_desktop.study.scene import Line
from mrd_desktop.study.visibility import is_shown, takes_rows
from tests.study.clinic import CATALOGUE, STUDY, filled, missing, scene


def test_a_derived_number_is_rounded_half_up_to_its_decimals() -> None:
    form = filled("MRD", {"MRD.MTM": "0.25", "MRD.NDET": "1"})
    line = Line(scene(form), form)
    assert line.answer("MRD.RATIO") == Answer("0.3")
    assert computations(STUDY)["MRD.RATIO"](line) == Answer("0.3")


def test_a_derived_item_is_empty_while_unknown_or_too_large() -> None:
    for answers in ({"MRD.MTM": "1"}, {"MRD.MTM": "99999", "MRD.NDET": "1"}):
        form = filled("MRD", answers)
        assert Line(scene(form), form).answer("MRD.RATIO") is None


def test_a_hidden_derived_item_is_empty() -> None:
    form = filled("MRD", {"MRD.PERF": "N", "MRD.MTM": "1", "MRD.NDET": "1"})
    assert Line(scene(form), form).answer("MRD.RATIO") is None


def test_a_recorded_value_stands_before_the_computed_one() -> None:
    form = filled("MRD", {"MRD.MTM": "1", "MRD.NDET": "1", "MRD.RATIO": "7.0"})
    where = scene(form)
    assert Line(where, form).answer("MRD.RATIO") == Answer("7.0")
    assert where.computed(Line(where, form), "MRD.RATIO") == Answer("1.0")


def test_truth_becomes_yes_and_no() -> None:
    form = filled("MRD", rows={"MRDV": [{"MRDV.VAF": "0.1"}]})
    assert Line(scene(form), form).answer("MRD.ANYDRV") == Answer("N")


def test_the_subjects_forms_feed_derived_items_elsewhere() -> None:
    visit = filled("SV")
    consent = filled("IC", {"IC.RFICDAT": "2026-01-01"})
    assert Line(scene(visit), visit).answer("SV.TARGET") is None
    assert Line(scene(consent, visit), visit).answer("SV.TARGET") == Answer("2026-04-01")


def test_circles_are_refused_by_name() -> None:
    def derivation(item: str, source: str) -> Derivation:
        return Derivation(item, compile_derivation(source, CATALOGUE, item))

    fine = [derivation("MRD.RATIO", "MRD.MTM * 2"), derivation("SV.TARGET", "TODAY")]
    refuse_cycles(STUDY.by_item, fine)
    round_trip = [
        derivation("MRD.RATIO", "choose(MRD.ANYDRV = 'Y', 1, 2)"),
        derivation("MRD.ANYDRV", "any(m in MRD: m.RATIO > 1)"),
    ]
    with pytest.raises(DefinitionError, match=r"MRD\.RATIO → MRD\.ANYDRV → MRD\.RATIO"):
        refuse_cycles(STUDY.by_item, round_trip)


# -- conditions


def shown(oid: str, *forms: object) -> bool:
    where = scene(*forms)  # type: ignore[arg-type]
    line = where.forms(STUDY.form_of[oid].oid)[-1]
    group = STUDY.places[oid][1]
    return is_shown(line.rows(group.name)[0] if group.repeating else line, STUDY.by_item[oid])


def test_an_unknown_condition_hides() -> None:
    assert shown("MRD.RESULT", filled("MRD", {"MRD.PERF": "Y"}))
    assert not shown("MRD.RESULT", filled("MRD", {"MRD.PERF": "N"}))
    assert not shown("MRD.RESULT", filled("MRD"))
    assert not shown("MRD.RESULT", filled("MRD", {"MRD.PERF": missing()}))


def test_a_condition_on_forms_that_are_not_filled_hides() -> None:
    mrd = filled("MRD")
    assert not shown("MRD.NDET", mrd)
    assert shown("MRD.NDET", filled("CR"), mrd)
    assert not shown("MRD.NDET", filled("CR", {"CR.CRDAT": "2025"}), mrd)


def test_the_first_items_condition_opens_a_section() -> None:
    rows = {"MRDV": [{"MRDV.GENE": "TP53"}]}
    positive = filled("MRD", {"MRD.RESULT": "POSITIVE"}, rows=rows)
    negative = filled("MRD", {"MRD.RESULT": "NEGATIVE"}, rows=rows)
    assert shown("MRDV.VAF", positive)
    assert not shown("MRDV.VAF", negative)
    assert takes_rows(Line(scene(positive), positive), "MRDV")
    assert not takes_rows(Line(scene(negative), negative), "MRDV")


def test_lines_are_found_by_key() -> None:
    form = filled("MRD", rows={"MRDV": [{"MRDV.GENE": "TP53"}]})
    where = scene(form)
    row = form.group("MRDV")[0]
    line = where.line(row.key)
    assert line is not None and line.text("MRDV.GENE") == "TP53"
    whole = where.line(form.key)
    assert whole is not None and whole.row is None
    assert where.line(filled("CR").key) is None


def test_reading_an_item_of_another_form_from_a_line_gives_nothing() -> None:
    consent = filled("IC", {"IC.RFICDAT": "2026-01-01"})
    form = filled("MRD")
    line = Line(scene(consent, form), form)
    assert line["IC.RFICDAT"] is None
    there = line.beside("IC.RFICDAT")
    assert there is not None and str(there.day("IC.RFICDAT")) == "2026-01-01"
