"""Treatment-free intervals, time off treatment, OUTGRP and DCSUP."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.intervals import OffTreatment, off_treatment
from mrd_desktop.insight.outcome import TimeToEvent
from mrd_desktop.insight.outcome_group import decision_support, outcome_group
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

SECOND_PAUSE = "+GS@LOG GSDAT=2027-06-15; FROM=CONTINUE; TO=INTERMISSION; TRIG=MRDNEG; AUTON=Y"


def breaks(subject: str, *edits: str) -> OffTreatment:
    return off_treatment(*going(subject, *edits))


def row(time: TimeToEvent | None) -> tuple[int, str, str, str]:
    assert time
    return time.days, time.state.name, time.end.isoformat(), time.reason.text.en


def test_resumption_ends_the_first_interval() -> None:
    found = breaks(PAUSED)
    assert row(found.first) == (304, "EVENT", "2026-08-20", "resumption")
    assert row(found.from_last_dose)[0] == 315
    assert (found.days, str(found.share)[:6], found.later) == (304, "0.5083", ())


def test_resumption_without_conversion_ends_it_too() -> None:
    found = breaks(PAUSED, "MRD@M09.RESULT=NEGATIVE", "-*CONV", "RES.TRIG=PATIENT")
    assert row(found.first)[:2] == (304, "EVENT")


def test_other_systemic_treatment_ends_it_endocrine_therapy_does_not() -> None:
    drug = "+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[{}]; STDAT=2026-06; ONGO=Y"
    found = breaks(PAUSED, *UNTIL_M06, drug.format("TDXD"))
    assert row(found.first) == (224, "EVENT", "2026-06-01", "new treatment")
    found = breaks(PAUSED, *UNTIL_M06, drug.format("LETR"))
    assert row(found.first) == (183, "CENSORED", "2026-04-21", "last contact")


def test_of_a_partial_date_the_earliest_day_of_the_interval_counts() -> None:
    drug = "+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[TDXD]; STDAT={}; ONGO=Y"
    found = breaks(PAUSED, *UNTIL_M06, drug.format("2025-10")).first
    assert found
    assert (row(found)[:2], found.imputed) == ((0, "EVENT"), "D")
    before = breaks(PAUSED, *UNTIL_M06, drug.format("2025-09")).first
    assert before
    assert row(before)[1] == "CENSORED"
    found = breaks(PAUSED, *UNTIL_M06, drug.format("2026")).first
    assert found
    assert (row(found)[2], found.imputed) == ("2026-01-01", "M")


def test_local_therapy_is_flagged_and_ends_nothing() -> None:
    local = "+PRX@LOG TYPE=SBRT; INTENT=CONS; STDAT=2026-05-01"
    assert breaks(PAUSED, local).local_therapy
    assert row(breaks(PAUSED, local).first)[0] == 304
    assert not breaks(PAUSED).local_therapy


def test_death_competes() -> None:
    found = breaks(PAUSED, *UNTIL_M06, died("2026-06-30"))
    assert row(found.first) == (253, "COMPETING", "2026-06-30", "death")


def test_contact_prolongs_an_interval_only_without_treatment() -> None:
    told = "+SS@SFU SSDAT=2026-11-20; SURV=ALIVE; LSTALV=2026-11-20; NEWTX={}"
    assert row(breaks(PAUSED, *UNTIL_M06, told.format("N")).first)[2] == "2026-11-20"
    assert row(breaks(PAUSED, *UNTIL_M06, told.format("U")).first)[2] == "2026-04-21"
    left = ended("2026-09-02", "LOST TO FOLLOW-UP", "2026-09-01")
    assert row(breaks(PAUSED, *UNTIL_M06, left).first)[2] == "2026-09-01"


def test_a_second_intermission_is_added() -> None:
    found = breaks(PAUSED, SECOND_PAUSE, "+SV@UNS VISIT=UNS; STAT=DONE; VISDAT=2027-06-25; TXYN=N")
    assert [row(x) for x in found.later] == [(10, "CENSORED", "2027-06-25", "last contact")]
    assert found.days == 314


def test_a_pause_of_the_continued_group_stands_apart() -> None:
    found = breaks(CONTINUED)
    assert found.first is found.from_last_dose is None
    assert [row(x)[:3] for x in found.later] == [(85, "CENSORED", "2027-06-03")]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("edit", "item"),
    [
        ("TC.INTSTDAT=", "TC.INTSTDAT"),
        ("TC.INTSTDAT=2026-08-25", "TC.INTSTDAT"),
        ("TC.LASTDOSE=", "TC.LASTDOSE"),
    ],
)
def test_what_cannot_be_used_is_told(edit: str, item: str) -> None:
    found = breaks(PAUSED, edit)
    assert [p.item for p in found.problems] == [item]
    assert found.from_last_dose is None
    assert (found.first is None) == (item == "TC.INTSTDAT")


DOSE = "+TX@LOG CAT=RESUME; LINENO=2; CYCLE=1; DRUG=TRAS; STDAT={}"
TWICE = ("MRD@M03.RESULT=POSITIVE", "MRD@M09.RESULT=NEGATIVE")
"""A transient positive, and a conversion on 2026-08-11."""
HIGH = "TM@M06.CA153VAL=31.0"


@pytest.mark.parametrize(
    ("edits", "group"),
    [
        (UNTIL_M06, "A"),
        ((), "B"),
        (("-*RES", "-*TX"), "B"),
        ((*UNTIL_M06, HIGH), "B"),
        (("MRD@M09.RESULT=NEGATIVE", "MRD@UNS.RESULT=NEGATIVE"), "B"),
        ((*UNTIL_M06, progressed("2026-06-30")), "C"),
        ((progressed("2026-08-12"),), "D"),
        ((*UNTIL_M06, HIGH, progressed("2026-06-30")), "D"),
        ((progressed("2026-08-20"),), "D"),
        # A conversion or a marker rise found on the day of progression is not earlier than it.
        ((*TWICE, progressed("2026-08-11")), "C"),
        ((*TWICE, progressed("2026-08-12")), "D"),
        ((*UNTIL_M06, HIGH, progressed("2026-04-21")), "C"),
        ((*UNTIL_M06, HIGH, progressed("2026-04-22")), "D"),
        # Death without progression is no success of an intermission.
        ((*UNTIL_M06, died("2026-06-01")), "U"),
        ((*UNTIL_M06, "+DTH@LOG CAUSE=BC; DTHDAT=?UNK"), "U"),
        ((*UNTIL_M06, HIGH, died("2026-06-01")), "B"),
        ((progressed("2027-04-22"),), "B"),
        ((*UNTIL_M06, ended("2027-01-05", "LOST TO FOLLOW-UP", "2026-07-01")), "U"),
        ((*UNTIL_M06, "-MRD@W06", "-MRD@M03", "-MRD@M06"), "U"),
        ((*UNTIL_M06, "-MRD@W06", "-MRD@M03", "-MRD@M06", progressed("2026-06-30")), "U"),
        ((*UNTIL_M06, DOSE.format("2026-05-05")), "B"),
        ((*UNTIL_M06, DOSE.format("2025-10-20")), "A"),
    ],
)
def test_how_the_intermission_went(edits: tuple[str, ...], group: str) -> None:
    assert outcome_group(*going(PAUSED, *edits)) == group


def test_the_last_dose_of_the_day_a_pause_begins_does_not_end_it() -> None:
    """The continued patient got a dose on 2027-02-25 and pauses from that day on."""
    found = breaks(CONTINUED, "GS.GSDAT=2027-02-25")
    assert [row(x) for x in found.later] == [(98, "CENSORED", "2027-06-03", "last contact")]
    given = "+TX@LOG CAT=CONT; LINENO=2; CYCLE=99; DRUG=TRAS; STDAT=2027-02-26"
    found = breaks(CONTINUED, "GS.GSDAT=2027-02-25", given)
    assert [row(x) for x in found.later] == [(1, "EVENT", "2027-02-26", "new treatment")]


def test_an_intermission_within_an_intermission_is_the_same_one() -> None:
    again = "+GS@LOG GSDAT=2026-01-20; FROM=INTERMISSION; TO=INTERMISSION; TRIG=PATIENT"
    plain, found = breaks(PAUSED, *UNTIL_M06), breaks(PAUSED, *UNTIL_M06, again)
    assert (found.days, found.later) == (plain.days, ()) == (183, ())
    assert found.share == plain.share
    assert found.share is not None
    assert found.share <= 1


def test_a_last_dose_after_the_end_of_the_interval_gives_no_interval_and_is_told() -> None:
    found = breaks(PAUSED, "TC.LASTDOSE=2026-12-01")
    assert found.from_last_dose is None
    assert [p.item for p in found.problems] == ["TC.LASTDOSE"]
    assert row(found.first)[0] == 304


def test_the_interval_from_the_last_dose_says_that_its_end_was_imputed() -> None:
    drug = "+PST@LOG LINENO=3; REGIMEN=x; DRUGS=[TDXD]; STDAT=2026-05; ONGO=Y"
    found = breaks(PAUSED, *UNTIL_M06, drug).from_last_dose
    assert found
    assert (row(found)[:3], found.imputed) == ((204, "EVENT", "2026-05-01"), "D")


def test_a_death_without_a_date_leaves_only_intervals_that_treatment_ended() -> None:
    undated = "+DTH@LOG CAUSE=BC; DTHDAT=?UNK"
    assert row(breaks(PAUSED, undated).first)[:2] == (304, "EVENT")
    found = breaks(PAUSED, *UNTIL_M06, undated)
    assert found.first is found.from_last_dose is None


def test_the_continued_group_has_no_outcome_group() -> None:
    assert outcome_group(*going(CONTINUED)) is None


def test_decision_support_counts_kinds() -> None:
    assert decision_support(seen(PAUSED, "TC.AID=[LEAFLET|TIME]")) == 2
    assert decision_support(seen(PAUSED, "TC.AID=[NONE]")) == 0
    assert decision_support(seen(FAILURE)) is None
