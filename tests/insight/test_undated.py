"""Rows without their date, and dates in an impossible order, are listed with their place."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.cohort import Cohort, cohort
from mrd_desktop.insight.detail import detail
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.insight.undated import READ
from tests.insight.cases import CONTINUED, FAILURE, PAUSED, going, seen


def found(subject: str, *edits: str) -> Cohort:
    return cohort([seen(subject, *edits)])


def told(subject: str, *edits: str) -> list[tuple[str, str, bool]]:
    return [(p.item, p.address, p.used) for p in found(subject, *edits).problems]


def test_the_stories_have_no_such_row() -> None:
    assert told(PAUSED) == told(CONTINUED) == []


@pytest.mark.parametrize(
    ("edit", "item"),
    [
        ("SV@M06.VISDAT=", "SV.VISDAT"),
        ("MRD@M09.SAMPDAT=", "MRD.SAMPDAT"),
        ("MRD@M09.SAMPDAT=?UNK", "MRD.SAMPDAT"),
        ("TM@M06.LBDAT=", "TM.LBDAT"),
        ("TA@M06.STDAT=", "TA.STDAT"),
        ("+GS@LOG FROM=INTERMISSION; TO=CONTINUE", "GS.GSDAT"),
        ("TX.STDAT=", "TX.STDAT"),
        ("+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[TDXD]; ONGO=Y", "PST.STDAT"),
        ("CONV.ACTDAT=", "CONV.ACTDAT"),
        ("+SS@SFU SURV=ALIVE; LSTALV=2027-06-24; SRC=PATIENT", "SS.SSDAT"),
        ("+SS@SFU SSDAT=2027-06-25; SURV=ALIVE; SRC=PATIENT", "SS.LSTALV"),
        ("+EOS@EOS DSDECOD=COMPLETED; LSTCONT=2027-06-20", "EOS.DSSTDAT"),
        ("+EOS@EOS DSDECOD=COMPLETED; DSSTDAT=2027-06-20", "EOS.LSTCONT"),
        ("CV@M12.CVDAT=", "CV.CVDAT"),
        ("QOL@C0.QSDAT=", "QOL.QSDAT"),
        ("PS@M06.RSDAT=", "PS.RSDAT"),
        ("PRT.STDAT=", "PRT.STDAT"),
        ("+PRX@LOG TYPE=SBRT; INTENT=CONS", "PRX.STDAT"),
        ("+LAB@M06 PERF=Y", "LAB.LBDAT"),
        ("+VS@M06 PERF=Y", "VS.VSDAT"),
    ],
)
def test_a_row_without_its_date_is_told(edit: str, item: str) -> None:
    ((oid, address, used),) = told(PAUSED, edit)
    assert oid == item
    assert item in READ
    assert used
    assert address.startswith(f"{PAUSED}/")
    assert f"/{item.partition('.')[0]}#" in address
    assert address.endswith(f"/{item.partition('.')[2]}")


def test_what_was_not_done_needs_no_date() -> None:
    missed = "+SV@M21 VISIT=M21; STAT=MISSED; MISSRSN=NOCONT"
    assert told(PAUSED, missed, "+MRD@M21 PERF=N", "+LAB@M21 PERF=N") == []


def test_a_change_to_no_group_is_told() -> None:
    assert [t[0] for t in told(PAUSED, "+GS@LOG GSDAT=2027-06-15; FROM=CONTINUE")] == ["GS.TO"]


@pytest.mark.parametrize(
    ("edit", "item"),
    [
        ("+GS@LOG GSDAT=2025-10-19; FROM=INTERMISSION; TO=CONTINUE", "GS.GSDAT"),
        ("+RES@LOG RESDAT=2025-10-19; TRIG=PATIENT", "RES.RESDAT"),
        ("+TX@LOG CAT=NEXT; LINENO=3; CYCLE=1; DRUG=CAPE; STDAT=2025-10-19", "TX.STDAT"),
        ("+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[LETR]; STDAT=2025-09; ONGO=Y", "PST.STDAT"),
        ("IC.RFICDAT=2025-10-21", "IC.RFICDAT"),
        ("TA@M06.ENDAT=2026-01-01", "TA.ENDAT"),
        ("PRT.ENDAT=2021-10", "PRT.ENDAT"),
    ],
)
def test_dates_in_an_impossible_order_are_told(edit: str, item: str) -> None:
    assert item in [t[0] for t in told(PAUSED, edit)]


def test_a_report_before_its_sample_is_told_wherever_problems_stand() -> None:
    of = found(CONTINUED, "MRD@M18.RPTDAT=2027-06-01")
    assert [p["item"] for p in detail(of)["problems"]] == ["MRD.RPTDAT"]


def test_a_date_that_cannot_be_read_is_told_once() -> None:
    scene = seen(PAUSED, "MRD@M09.SAMPDAT=")
    (same,) = cohort([scene]).problems
    unread = Problem(PAUSED, "MRD.SAMPDAT", same.text, used=True, address=same.address)
    assert cohort([scene], unreadable=[unread]).problems == (unread,)


def test_of_who_is_not_enrolled_no_endpoint_reads_a_row() -> None:
    assert told(FAILURE, "MRD.SAMPDAT=") == []


def test_samples_without_a_valid_result_are_listed() -> None:
    scene, course = going(PAUSED, "MRD@M06.RESULT=FAILED", "MRD@M18.RPTDAT=2027-07-20")
    listed = detail(cohort([scene]))["subjects"][course.subject]["NO_VALID_RESULT"]
    assert listed == [
        {"date": "2026-04-21", "result": "FAILED"},
        {"date": "2027-04-22", "result": "PEND"},
    ]
