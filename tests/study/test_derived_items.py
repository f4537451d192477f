"""Derived items of the stories against section 5.6 of the CRF reference, and their edges."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.scene import Scene
from tests.study.edits import edited
from tests.study.stories import SUBJECTS, scene


def value(seen: Scene, oid: str, place: int = 0) -> str | None:
    """A derived item of one filled form, or row, as canonical text."""
    study = seen.study
    group = study.form_of[oid].group_of[oid]
    lines = seen.rows(group.name) if group.repeating else seen.forms(study.form_of[oid].oid)
    answer = lines[place].answer(oid)
    return answer.text if answer else None


EXPECTED = {
    "01-001": ("52", None, [("POSITIVE", None), ("POSITIVE", None)], (64, 64, 0), "NOT ELIGIBLE"),
    "01-002": ("47", "36.1", [("POSITIVE", "1")], (65, 62, 3), "ELIGIBLE"),
    "01-004": ("43", "35.4", [("POSITIVE", None)], (62, 47, 15), "ELIGIBLE"),
}
RELATIVE = {"01-001": "0.728", "01-002": "0.452", "01-004": "0.392"}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_story_values(subject: str) -> None:
    seen = scene(load_study(), subject)
    age, duration, her2, lvef, auto = EXPECTED[subject]
    assert value(seen, "DM.AGE") == age
    assert value(seen, "CR.CRDUR") == duration
    rows = range(len(seen.rows("PATH")))
    assert [(value(seen, "PATH.HER2CALC", n), value(seen, "PATH.ISHGRP", n)) for n in rows] == her2
    base, lowest, drop = lvef
    records = range(len(seen.forms("CV")))
    assert {value(seen, "CV.BASE", n) for n in records} == {str(base)}
    assert min(x.number("CV.LVEF") or 0 for x in seen.forms("CV")) == lowest
    assert max(x.number("CV.DROP") or 0 for x in seen.forms("CV")) == drop
    assert value(seen, "IE.AUTO") == auto


@pytest.mark.parametrize("subject", SUBJECTS)
def test_relative_marker(subject: str) -> None:
    first = scene(load_study(), subject).forms("TM")[0]
    number, limit = first.number("TM.CA153VAL"), first.number("TM.CA153ULN")
    assert number is not None
    assert limit is not None
    assert round(number / limit, 3) == Decimal(RELATIVE[subject])


def test_conversion_of_the_intermission_story() -> None:
    seen = scene(load_study(), "01-002")
    assert value(seen, "CONV.FPDAT") == "2026-07-21"
    assert value(seen, "CONV.FPSAMP") == "B0001-S05"
    assert value(seen, "CONV.LASTNEG") == "2026-04-21"
    assert value(seen, "CONV.CA153") == "NORMAL"


@pytest.mark.parametrize(
    ("oid", "edits", "expected"),
    [
        ("EOS.SFCRIT", (), "INCL06"),
        ("EOS.SFCRIT", ("IE.EXCL02=Y",), "INCL06;EXCL02"),
        ("BCH.DFI", (), "45.4"),
        ("BCH.DFI", ("+PRX@SCR TYPE=MAST; INTENT=CUR; STDAT=2018-12-01",), "39.4"),
        ("BCH.DFI", ("+PRX@SCR TYPE=MAST; INTENT=PAL; STDAT=2018-12-01",), "45.4"),
        ("BCH.OLIGO", (), "Y"),
        ("BCH.OLIGO", ("BCH/MET#1.NLES=4",), "N"),
        ("BCH.OLIGO", ("BCH/MET#1.NLES=DIFF",), "N"),
        ("BCH.OLIGO", ("BCH/MET#1.NLES=?UNK",), None),
        ("BCH.OLIGO", ("BCH/MET#1.NLES=?UNK", "BCH/MET#2.NLES=GT5"), "N"),
        ("BCH.VISC", ("BCH/MET#1.LOC=BONE",), "N"),
        ("BCH.VISC", ("-BCH/MET",), None),
        ("BCH.VISC", ("-BCH/MET", "BCH.METYN=N"), "N"),
        ("TM.CA153IND", ("TM.CA153VAL=25.0",), "NORMAL"),
        ("TM.CA153IND", ("TM.CA153VAL=25.0", "TM.CA153QUAL=GT"), "HIGH"),
        ("TM.CA153IND", ("TM.CA153VAL=25.0", "TM.CA153QUAL=?UNK"), "NORMAL"),
        ("TM.CA153IND", ("TM.CA153VAL=?NAV",), None),
        ("TM.CA153NEG", ("TM.CA153VAL=25.01",), "N"),
        ("TM.CA125IND", (), None),
        ("VS.BMI", (), "22.9"),
        ("VS.BSA", (), "1.61"),
        ("LAB.ALTIND", (), "NORMAL"),
        ("LAB.ALTIND", ("LAB.ALTVAL=40.1",), "HIGH"),
        ("LAB.ALTIND", ("LAB.ALTVAL=6.9",), "LOW"),
        ("LAB.ALTIND", ("LAB.ALTVAL=6.9", "LAB.ALTLLN="), "NORMAL"),
        ("LAB.ALTIND", ("LAB.ALTULN=",), None),
        ("PATH.SPID", (), "P01"),
        ("PRT.LINEID", (), "L01"),
        ("ID.LNKSUBJ", (), "01-001"),
        ("DM.SITEID", (), "01"),
        ("DM.BRTHYR", (), "1973"),
    ],
)
def test_derived_value(oid: str, edits: tuple[str, ...], expected: str | None) -> None:
    assert value(edited(load_study(), "01-001", edits), oid) == expected


def test_height_of_screening_serves_later_weights() -> None:
    seen = edited(load_study(), "01-001", ("+VS@UNS PERF=Y; VSDAT=2026-01-20; WEIGHT=64.0",))
    assert value(seen, "VS.BMI", 1) == "25.0"


def test_event_numbers_follow_the_forms() -> None:
    seen = scene(load_study(), "01-004")
    assert [value(seen, "AE.AESPID", n) for n in range(3)] == ["1", "2", "3"]


def test_every_derived_item_is_derived() -> None:
    study = load_study()
    derived = {i.oid for f in study.forms for i in f.items if i.derived}
    assert {d.item for d in study.derivations} == derived
