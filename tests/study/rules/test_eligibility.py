"""Computed eligibility, criterion by criterion."""

from __future__ import annotations

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules.eligibility import automatic, computed, failed_criteria
from tests.study.edits import edited


def value(criterion: str, *edits: str) -> str | None:
    return computed(edited(load_study(), "01-002", edits), criterion)


@pytest.mark.parametrize("criterion", [f"INCL{n:02}" for n in range(1, 10)])
def test_the_enrolled_patient_meets_every_computed_criterion(criterion: str) -> None:
    assert value(criterion) == "Y"


@pytest.mark.parametrize(
    ("criterion", "edit", "expected"),
    [
        ("INCL01", "ID.BRTHDAT=2007-09-25", "N"),
        ("INCL01", "-ID", None),
        ("INCL02", "BCH/PATH#1.HER2IHC=1+", "Y"),  # still amplified, group 1
        ("INCL02", "BCH/PATH#1.HER2RAT=1.2", "Y"),  # group 3 with IHC 2+
        ("INCL02", "BCH/PATH#1.HER2CN=3.0", "N"),
        ("INCL02", "BCH/PATH#1.HER2RAT=?NAV", "Y"),  # the report is believed for lack of a number
        ("INCL02", "BCH/PATH#1.ISHYN=N", "N"),
        ("INCL02", "-BCH/PATH", None),
        ("INCL03", "BCH.ADVTYPE=", None),
        ("INCL04", "PRT#2.CRLINE=N", None),
        ("INCL05", "CR.SCRIMGD=2025-09-08", "Y"),
        ("INCL05", "CR.SCRIMGD=2025-09-07", "N"),
        ("INCL05", "CR.CRYN=N", "N"),
        ("INCL05", "CR.SCRRES=EQUIVOCAL", "N"),
        ("INCL05", "CR.SCRIMGD=", None),
        ("INCL06", "MRD@SCR.RESULT=POSITIVE", "N"),
        ("INCL06", "MRD@SCR.RESULT=?PEND", None),
        ("INCL06", "MRD@SCR.SAMPDAT=2025-09-08", "Y"),
        ("INCL06", "MRD@SCR.SAMPDAT=2025-09-07", "N"),
        ("INCL07", "TM@SCR.CA153VAL=25.0", "Y"),
        ("INCL07", "TM@SCR.CA153VAL=25.1", "N"),
        ("INCL07", "TM@SCR.LBDAT=2025-09-21", "N"),
        ("INCL07", "TM@SCR.LBDAT=2025-09-22", "Y"),
        ("INCL08", "PS@SCR.ECOG=2", "Y"),
        ("INCL08", "PS@SCR.ECOG=3", "N"),
        ("INCL09", "IC.RFICDAT=", None),
        ("INCL10", "IE.INCL10=N", None),
        ("EXCL01", "MH.SECMAL=Y", "Y"),
        ("EXCL01", "-MH", None),
        ("EXCL02", "-CR", None),
        ("EXCL02", "CR.CNSRES=EQUIVOCAL", "Y"),
    ],
)
def test_a_criterion_follows_the_data(criterion: str, edit: str, expected: str | None) -> None:
    assert value(criterion, edit) == expected


def test_a_reduced_age_counts_as_the_sponsor_reads_it() -> None:
    assert value("INCL01", "-ID", "DM.AGE=>89") == "Y"


def test_a_later_sample_stands_for_the_screening_one() -> None:
    later = "+MRD@SCR PERF=Y; SAMPDAT=2025-10-18; RESULT=POSITIVE"
    after = "+MRD@SCR PERF=Y; SAMPDAT=2025-10-21; RESULT=POSITIVE"
    assert value("INCL06", later) == "N"
    assert value("INCL06", after) == "Y"


def test_before_t0_windows_count_from_the_decision() -> None:
    assert value("INCL07", "-TC", "IE.IEDAT=2025-10-24") == "N"
    assert value("INCL07", "-TC", "IE.IEDAT=2025-10-23") == "Y"
    assert value("INCL07", "-TC", "IE.IEDAT=") is None


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((), "ELIGIBLE"),
        (("IE.INCL10=N",), "NOT ELIGIBLE"),
        (("IE.EXCL04=Y",), "NOT ELIGIBLE"),
        (("IE.EXCL03=NA",), "ELIGIBLE"),
        (("IE.INCL10=",), "PENDING"),
        (("MRD@SCR.RESULT=?PEND",), "PENDING"),
        (("MRD@SCR.RESULT=?PEND", "IE.INCL10=N"), "NOT ELIGIBLE"),
    ],
)
def test_automatic_eligibility(edits: tuple[str, ...], expected: str) -> None:
    assert automatic(edited(load_study(), "01-002", edits).forms("IE")[0]) == expected


def test_failed_criteria_fit_the_item() -> None:
    edits = [f"IE.INCL{n:02}=N" for n in range(1, 11)] + ["IE.EXCL01=Y"]
    line = edited(load_study(), "01-001", edits).forms("EOS")[0]
    text = failed_criteria(line)
    assert text is not None
    assert text.startswith("INCL01;INCL02;")
    assert len(text) <= 60
    assert not text.endswith(";")
