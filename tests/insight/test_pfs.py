"""Progression-free and overall survival: the cases of tables 3.4 and 3.13 of the reference."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.course import Course, course
from mrd_desktop.insight.outcome import Problem, months
from mrd_desktop.insight.overall_survival import overall_survival
from mrd_desktop.insight.pfs import Analysis, progression_free_survival
from tests.insight.cases import (
    CONTINUED,
    FAILURE,
    PAUSED,
    UNTIL_M06,
    died,
    ended,
    going,
    progressed,
    seen,
)

NO_SCANS = ("-*TA",)
Row = tuple[int, int, str, str, int | None]


def pfs(subject: str, *edits: str, analysis: Analysis = Analysis.MAIN) -> Row | None:
    found = progression_free_survival(*going(subject, *edits), analysis)
    if found is None:
        return None
    return found.days, found.event, found.end.isoformat(), found.reason.text.en, found.case


def survival(subject: str, *edits: str) -> tuple[int, int, str, str | None]:
    found = overall_survival(going(subject, *edits)[1])
    assert found
    return found.days, found.event, found.end.isoformat(), found.imputed


def test_case_1_progression_counts_from_the_earliest_scan_showing_it() -> None:
    assert pfs(PAUSED, progressed("2027-04-22")) == (550, 1, "2027-04-22", "progression", 1)
    lesion = "TA@M18/NL#1"
    shown = (
        *("TA@M18.OVRL=PD", f"{lesion}.LNKID=N01", f"{lesion}.CERT=UNEQUIVOCAL"),
        f"{lesion}.DAT=2027-04-20",
    )
    assert pfs(PAUSED, progressed("2027-04-24"), *shown)[:3] == (548, 1, "2027-04-20")  # type: ignore[index]


def test_a_scan_with_progression_counts_without_a_pd_form_and_is_told() -> None:
    scene, found = going(PAUSED, "TA@M18.OVRL=PD")
    result = progression_free_survival(scene, found)
    assert result
    assert (result.event, result.end.isoformat()) == (1, "2027-04-22")
    assert [(p.item, p.used) for p in found.problems] == [("PD.PDDAT", True)]


def test_case_2_death_soon_after_an_assessment_is_an_event() -> None:
    edits = (*UNTIL_M06, died("2026-11-04"))
    assert pfs(PAUSED, *edits) == (381, 1, "2026-11-04", "death", 2)


def test_case_3_the_living_are_censored_at_the_last_adequate_assessment() -> None:
    assert pfs(PAUSED) == (550, 0, "2027-04-22", "last adequate assessment", 3)
    assert pfs(CONTINUED) == (548, 0, "2027-06-03", "last adequate assessment", 3)
    assert pfs(PAUSED, "TA@M18.OVRL=NE") == (478, 0, "2027-02-09", "last adequate assessment", 3)
    assert pfs(PAUSED, "TA@M18.PERF=N") == (478, 0, "2027-02-09", "last adequate assessment", 3)


def test_case_4_without_an_assessment_the_living_are_censored_on_t0() -> None:
    told = (1, 0, "2025-10-20", "no adequate assessment after T0", 4)
    assert pfs(PAUSED, *("-TA",) * 7) == told
    assert pfs(PAUSED, *("-TA",) * 6, "TA.STDAT=2025-10-20") == told


@pytest.mark.parametrize(("day", "event"), [("2026-05-04", 1), ("2026-05-05", 0)])
def test_case_5_death_before_the_first_assessment_counts_for_196_days(day: str, event: int) -> None:
    found = pfs(PAUSED, *UNTIL_M06, "-TA", "-TA", died(day))
    assert found
    assert found[1] == event
    assert found[4] == (5 if event else 6)
    assert found[2] == (day if event else "2025-10-20")


@pytest.mark.parametrize(("day", "event"), [("2026-11-04", 1), ("2026-11-05", 0)])
@pytest.mark.parametrize("what", [died, progressed])
def test_case_6_an_event_after_two_missed_assessments_is_censored(
    what: object, day: str, event: int
) -> None:
    assert callable(what)
    edits = (*UNTIL_M06, what(day))
    found = pfs(PAUSED, *edits)
    assert found
    assert (found[1], found[2]) == ((1, day) if event else (0, "2026-04-22"))
    again = pfs(PAUSED, *edits, analysis=Analysis.AFTER_GAP)
    assert again
    assert (again[1], again[2]) == (1, day)


@pytest.mark.parametrize(("day", "event"), [("2028-11-16", 1), ("2028-11-17", 0)])
def test_case_6_from_month_24_on_the_gap_is_393_days(day: str, event: int) -> None:
    scan = "+TA@M24 PERF=Y; STDAT=2027-10-20; ENDAT=2027-10-20; OVRL=CR"
    found = pfs(PAUSED, "TODAY=2029-01-01", scan, died(day))
    assert found
    assert (found[1], found[2]) == ((1, day) if event else (0, "2027-10-20"))


def test_case_7_the_lost_are_censored_at_the_last_adequate_assessment() -> None:
    told = pfs(PAUSED, ended("2027-06-20", "LOST TO FOLLOW-UP"))
    assert told == (550, 0, "2027-04-22", "last adequate assessment", 7)


def test_case_8_resumption_has_no_effect_but_censors_s2() -> None:
    told = (305, 0, "2026-08-20", "treatment resumed or changed", 8)
    assert pfs(PAUSED, analysis=Analysis.OFF_TREATMENT) == told
    edits = (progressed("2026-08-20"),)
    assert pfs(PAUSED, *edits, analysis=Analysis.OFF_TREATMENT) == pfs(PAUSED, *edits)
    assert pfs(CONTINUED, analysis=Analysis.OFF_TREATMENT)[:3] == (463, 0, "2027-03-10")  # type: ignore[index]


def test_case_9_a_new_line_has_no_effect_but_censors_s3() -> None:
    line = "+PST@LOG LINENO=3; REGIMEN=T-DXd; DRUGS=[TDXD]; STDAT=2027-01; ONGO=Y"
    assert pfs(PAUSED, line) == pfs(PAUSED)
    told = (439, 0, "2027-01-01", "new anti-cancer line", 9)
    assert pfs(PAUSED, line, analysis=Analysis.ONE_LINE) == told
    assert pfs(PAUSED, analysis=Analysis.ONE_LINE) == pfs(PAUSED)


@pytest.mark.parametrize(
    ("line", "days", "flag"),
    [
        ("+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[TDXD]; STDAT=2025-10; ONGO=Y", 1, "D"),
        ("+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[TDXD]; STDAT=2026; ONGO=Y", 74, "M"),
        ("+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[TDXD]; STDAT=2025-10-20; ONGO=Y", 1, None),
        ("+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[TDXD]; STDAT=2025-09; ONGO=Y", 550, None),
        ("+TX@LOG CAT=NEXT; LINENO=3; CYCLE=1; DRUG=CAPE; STDAT=2026-01-01", 74, None),
        ("+TX@LOG CAT=NEXT; LINENO=3; CYCLE=1; DRUG=CAPE; STDAT=2025-10-19", 550, None),
    ],
)
def test_s3_begins_with_the_earliest_day_of_a_line_but_never_before_t0(
    line: str, days: int, flag: str | None
) -> None:
    found = progression_free_survival(*going(PAUSED, line), Analysis.ONE_LINE)
    assert found
    assert (found.days, found.imputed) == (days, flag)


def test_a_line_of_before_t0_that_goes_on_is_no_new_one() -> None:
    dose = "+TX@LOG CAT=NEXT; LINENO=3; CYCLE={}; DRUG=CAPE; STDAT={}"
    edits = (dose.format(1, "2025-10-10"), dose.format(2, "2025-11-02"))
    assert pfs(PAUSED, *edits, analysis=Analysis.ONE_LINE) == pfs(PAUSED)


def test_a_resumption_of_before_t0_does_not_censor_s2() -> None:
    early = "+RES@LOG RESDAT=2025-10-01; TRIG=PATIENT"
    both = pfs(PAUSED, analysis=Analysis.OFF_TREATMENT)
    assert pfs(PAUSED, early, analysis=Analysis.OFF_TREATMENT) == both


def test_case_10_a_doubtful_scan_is_not_adequate_and_dates_a_later_progression_back() -> None:
    assert pfs(PAUSED, "TA@M18.OVRL=EQUIVOCAL")[2] == "2027-02-09"  # type: ignore[index]
    edits = ("TA@M15.OVRL=EQUIVOCAL", "TA@M18.OVRL=PD", progressed("2027-04-22"))
    assert pfs(PAUSED, *edits)[:3] == (478, 1, "2027-02-09")  # type: ignore[index]
    between = ("TA@M12.OVRL=EQUIVOCAL", "TA@M18.OVRL=PD", progressed("2027-04-22"))
    assert pfs(PAUSED, *between)[2] == "2027-04-22"  # type: ignore[index]


def test_case_10_another_lesion_dates_nothing_back() -> None:
    first, second = "TA@M15/NL#1", "TA@M18/NL#1"
    edits = (
        *("TA@M15.OVRL=EQUIVOCAL", f"{first}.LNKID=N01", f"{first}.CERT=EQUIVOCAL"),
        *("TA@M18.OVRL=PD", f"{second}.LNKID=N02", f"{second}.CERT=UNEQUIVOCAL"),
        *(f"{first}.DAT=2027-02-09", f"{second}.DAT=2027-04-22", progressed("2027-04-22")),
    )
    assert pfs(PAUSED, *edits)[2] == "2027-04-22"  # type: ignore[index]
    same = (*edits, f"{second}.LNKID=N01")
    assert pfs(PAUSED, *same)[2] == "2027-02-09"  # type: ignore[index]


def test_case_10_a_doubtful_scan_dates_back_what_pathology_proved_without_another_scan() -> None:
    """The scan of 2026-04-22 was doubtful, the biopsy of 2026-05-20 proved it: day 185."""
    doubtful = (*UNTIL_M06, "TA@M06.OVRL=EQUIVOCAL")
    proven = (*doubtful, progressed("2026-05-20", "PATH"))
    assert pfs(PAUSED, *proven) == (185, 1, "2026-04-22", "progression", 1)
    assert [(p.item, p.used) for p in going(PAUSED, *proven)[1].problems] == [("PD.PDDAT", True)]
    judged = (*doubtful, progressed("2026-05-20", "CLIN"))
    assert pfs(PAUSED, *judged) == (213, 1, "2026-05-20", "progression", 11)
    clear = (*UNTIL_M06, progressed("2026-05-20", "PATH"))
    assert pfs(PAUSED, *clear)[0] == 213  # type: ignore[index]


def test_an_assessment_that_was_not_done_shows_no_progression() -> None:
    assert pfs(PAUSED, "TA@M12.PERF=N", "TA@M12.OVRL=PD") == pfs(PAUSED)


def test_a_dose_in_the_intermission_censors_s2_without_a_resumption_form() -> None:
    told = (305, 0, "2026-08-20", "treatment resumed or changed", 8)
    assert pfs(PAUSED, "-*RES", "-*CONV", analysis=Analysis.OFF_TREATMENT) == told


def test_an_undated_death_takes_nothing_from_a_progression_before_it() -> None:
    undated = "+DTH@LOG CAUSE=BC; DTHDAT=?UNK"
    edits = (progressed("2027-01-10"), undated)
    scene, found = going(PAUSED, *edits)
    assert [(p.item, p.used) for p in found.problems] == [("DTH.DTHDAT", False)]
    assert overall_survival(found) is None
    for analysis in Analysis:
        plain = pfs(PAUSED, progressed("2027-01-10"), analysis=analysis)
        assert pfs(PAUSED, *edits, analysis=analysis) == plain
        assert pfs(PAUSED, undated, analysis=analysis) is None
    judged = (progressed("2027-01-10", "CLIN"), undated)
    assert pfs(PAUSED, *judged, analysis=Analysis.PROVEN) is None
    assert scene.forms("DTH")


def test_progression_dated_after_death_is_not_used_and_told() -> None:
    edits = (*UNTIL_M06, died("2026-06-05"), progressed("2026-06-06"))
    _, found = going(PAUSED, *edits)
    assert found.progression is None
    assert [(p.item, p.used) for p in found.problems] == [("PD.PDDAT", True)]
    assert pfs(PAUSED, *edits) == (229, 1, "2026-06-05", "death", 2)


def test_case_11_clinical_progression_is_an_event_but_not_in_s4() -> None:
    edits = (progressed("2027-05-10", "CLIN"),)
    assert pfs(PAUSED, *edits) == (568, 1, "2027-05-10", "progression", 11)
    assert pfs(PAUSED, *edits, analysis=Analysis.PROVEN) == pfs(PAUSED)
    proven = (progressed("2027-05-10", "CLIN|PATH"),)
    assert pfs(PAUSED, *proven, analysis=Analysis.PROVEN) == pfs(PAUSED, *proven)


def test_case_12_a_second_cancer_is_no_progression() -> None:
    lesion = "TA@M18/NL#1"
    edits = (f"{lesion}.LNKID=N01", f"{lesion}.CERT=UNEQUIVOCAL", f"{lesion}.BXRES=SECOND")
    assert pfs(PAUSED, *edits) == pfs(PAUSED)


def test_case_13_nothing_after_the_cut_is_used() -> None:
    late = ("TODAY=2027-03-31", progressed("2027-04-22"), died("2027-05-01"))
    assert pfs(PAUSED, *late) == (478, 0, "2027-02-09", "last adequate assessment", 3)


def test_progression_and_death_on_one_day_is_progression() -> None:
    found = pfs(PAUSED, progressed("2027-05-10"), died("2027-05-10"))
    assert found
    assert found[3] == "progression"


def test_an_event_on_t0_has_length_1() -> None:
    assert pfs(PAUSED, progressed("2025-10-20"))[:2] == (1, 1)  # type: ignore[index]
    assert survival(PAUSED, *UNTIL_M06, died("2025-10-20"))[:2] == (1, 1)


def test_overall_survival_of_the_living_ends_with_the_last_proof_of_life() -> None:
    assert survival(PAUSED) == (599, 0, "2027-06-10", None)
    assert survival(CONTINUED) == (548, 0, "2027-06-03", None)
    told = "+SS@SFU SSDAT=2027-06-25; SURV=ALIVE; LSTALV=2027-06-24; SRC=PATIENT"
    assert survival(CONTINUED, told)[2] == "2027-06-24"
    missed = "+SV@M21 VISIT=M21; STAT=MISSED; MISSRSN=NOCONT"
    assert survival(CONTINUED, missed)[2] == "2027-06-03"


def test_a_report_is_no_proof_of_life() -> None:
    assert survival(CONTINUED, "MRD@M18.RPTDAT=2027-06-28")[2] == "2027-06-03"


@pytest.mark.parametrize(
    ("told", "day", "flag"),
    [
        ("2026-07-09", "2026-07-09", None),
        ("2026-07", "2026-07-15", "D"),
        ("2026-04", "2026-04-23", "D"),
        ("2026", "2026-07-01", "M"),
    ],
)
def test_a_partial_death_date_is_imputed(told: str, day: str, flag: str | None) -> None:
    assert survival(PAUSED, *UNTIL_M06, died(told))[2:] == (day, flag)


def test_a_death_that_the_cut_cannot_know_is_not_used() -> None:
    assert survival(PAUSED, *UNTIL_M06, died("2027"), "TODAY=2027-01-31")[1] == 0


@pytest.mark.parametrize(
    ("edit", "item"),
    [
        (progressed("2025-10-19"), "PD.PDDAT"),
        ("+PD@LOG BASIS=[NEWLES]", "PD.PDDAT"),
        (died("2025-10-19"), "DTH.DTHDAT"),
        ("+DTH@LOG CAUSE=BC", "DTH.DTHDAT"),
    ],
)
def test_impossible_and_missing_dates_are_told_and_give_no_endpoint(edit: str, item: str) -> None:
    scene, found = going(PAUSED, *UNTIL_M06, edit)
    assert [(p.item, p.used) for p in found.problems] == [(item, False)]
    assert progression_free_survival(scene, found) is None
    assert (overall_survival(found) is None) == (item == "DTH.DTHDAT")


def test_activity_after_death_is_told() -> None:
    scene, found = going(PAUSED, died("2027-01-05"))
    assert [(p.item, p.used) for p in found.problems] == [("DTH.DTHDAT", True)]
    assert progression_free_survival(scene, found) is not None


def test_only_the_enrolled_have_a_course() -> None:
    assert course(seen(FAILURE)) is None
    assert course(seen(PAUSED, "TC.ENRYN=N")) is None
    assert course(seen(PAUSED, "TC.ENRYN=", "TC.GROUP=")) is None
    for edit in ("TC.ENRYN=", "TC.ENRYN=?UNK"):
        unsaid = course(seen(PAUSED, edit))
        assert isinstance(unsaid, Problem)
        assert unsaid.item == "TC.ENRYN"
    assert isinstance(course(seen(PAUSED, "TC.TCDAT=")), Problem)
    assert isinstance(course(seen(PAUSED, "TC.GROUP=")), Problem)
    assert isinstance(course(seen(PAUSED)), Course)


@pytest.mark.parametrize("day", ["2025-10-19", "2025-10-10", "2025-09-30"])
def test_before_the_choice_nobody_is_enrolled(day: str) -> None:
    assert course(seen(PAUSED, f"TODAY={day}")) is None


def test_months_have_one_decimal() -> None:
    scene, _ = going(PAUSED)
    assert str(months(scene, 550)) == "18.1"
