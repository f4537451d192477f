"""MRD-free interval, time after conversion and lead time; cases of 3.13 of the reference."""

from __future__ import annotations

from datetime import date

import pytest

from mrd_desktop.insight.mrd_time import (
    Lead,
    LeadTime,
    conversion,
    lead_time,
    mrd_free_interval,
    since_conversion,
)
from mrd_desktop.insight.outcome import Reason, State
from tests.insight.cases import CONTINUED, PAUSED, UNTIL_M06, died, going, progressed, seen

Row = tuple[int, str, str]


def interval(subject: str, *edits: str, any_positive: bool = False) -> Row:
    found = mrd_free_interval(*going(subject, *edits), any_positive=any_positive)
    assert found
    return found.days, found.state.name, found.end.isoformat()


def test_conversion_ends_the_interval_on_the_day_of_the_sample() -> None:
    assert interval(PAUSED) == (275, "EVENT", "2026-07-21")
    assert interval(PAUSED, any_positive=True) == (275, "EVENT", "2026-07-21")


def test_a_transient_positive_counts_only_as_any_positive() -> None:
    assert interval(CONTINUED) == (548, "CENSORED", "2027-06-03")
    assert interval(CONTINUED, any_positive=True) == (184, "EVENT", "2026-06-04")


def test_after_a_transient_positive_the_second_is_the_event() -> None:
    edits = ("MRD@M12.RESULT=POSITIVE", "MRD@M15.RESULT=POSITIVE")
    assert interval(CONTINUED, *edits) == (365, "EVENT", "2026-12-02")


def test_two_positives_and_negatives_under_treatment_stay_a_conversion() -> None:
    assert interval(PAUSED, "MRD@UNS.RESULT=FAILED") == (275, "EVENT", "2026-07-21")


def test_a_new_assay_keeps_the_event() -> None:
    assert interval(PAUSED, "MRD@M09.ASSAY=OTHER-MRD") == (275, "EVENT", "2026-07-21")


def test_without_a_valid_sample_the_length_is_1() -> None:
    assert interval(PAUSED, "-*MRD") == (1, "CENSORED", "2025-10-20")


def test_who_was_never_negative_is_told_apart_from_who_was_never_sampled() -> None:
    always = [f"MRD@{v}.RESULT=POSITIVE" for v in ("W06", "M03", "M06", "UNS", "M09", "M12")]
    edits = ("MRD@SCR.RESULT=FAILED", *always, "-MRD@M15", "-MRD@M18")
    found = mrd_free_interval(*going(CONTINUED, *edits))
    assert found
    assert (found.days, found.state, found.reason) == (1, State.CENSORED, Reason.NEVER_NEGATIVE)
    never = mrd_free_interval(*going(CONTINUED, "-*MRD"))
    assert never
    assert never.reason is Reason.NO_SAMPLE


def test_a_dose_in_the_intermission_is_treatment_without_a_resumption_form() -> None:
    """First positive 2026-07-21, doses from 2026-08-20 on, the next result negative under them."""
    edits = ("-*RES", "-*CONV", "MRD@UNS.RESULT=FAILED")
    assert interval(PAUSED, *edits) == (275, "EVENT", "2026-07-21")
    # Without the doses the negative one of 2026-12 makes the positive transient.
    assert interval(PAUSED, *edits, "-*TX")[1] == "CENSORED"
    found = since_conversion(*going(PAUSED, "-*RES", "-*CONV"))
    assert found
    assert found.treated


def test_an_undated_death_takes_nothing_from_what_came_before_it() -> None:
    undated = "+DTH@LOG CAUSE=BC; DTHDAT=?UNK"
    assert interval(PAUSED, undated) == (275, "EVENT", "2026-07-21")
    assert interval(PAUSED, progressed("2026-06-30"), undated) == (254, "COMPETING", "2026-06-30")
    assert mrd_free_interval(*going(PAUSED, *UNTIL_M06, undated)) is None
    found = lead_time(*going(PAUSED, progressed("2027-01-10"), undated))
    assert found == LeadTime(173, Lead.MRD)
    since = since_conversion(*going(PAUSED, progressed("2027-01-10"), undated))
    assert since
    assert since.time.days == 173
    assert since_conversion(*going(PAUSED, undated)) is None


def test_a_result_left_on_a_form_that_says_not_done_is_no_event() -> None:
    assert interval(PAUSED, "MRD@M03.RESULT=POSITIVE", any_positive=True)[0] == 93
    left = ("MRD@M03.PERF=N", "MRD@M03.RESULT=POSITIVE")
    assert interval(PAUSED, *left, any_positive=True) == interval(PAUSED)


def test_of_contradictory_results_of_one_day_the_positive_one_stands_in_either_order() -> None:
    later = "MRD@M15.RESULT=POSITIVE"
    extra = "+MRD@UNS PERF=Y; SAMPDAT=2026-12-02; RESULT={}"
    first = (extra.format("POSITIVE"), later)
    second = ("MRD@M12.RESULT=POSITIVE", extra.format("NEGATIVE"), later)
    told = [conversion(seen(CONTINUED, *edits)) for edits in (first, second)]
    assert [(c.day, c.last_negative, c.status) for c in told if c] == [
        (date(2026, 12, 2), date(2026, 9, 2), "CONFIRMED")
    ] * 2
    # With their times known they follow each other: positive, then negative, is transient.
    timed = (*second[:1], f"{second[1]}; SAMPTIM=15:00", "MRD@M12.SAMPTIM=09:00")
    assert conversion(seen(CONTINUED, *timed)) is None


def test_invalid_results_do_not_prolong_it() -> None:
    edits = (*UNTIL_M06, "MRD@M06.RESULT=INDETERMINATE")
    assert interval(PAUSED, *edits) == (93, "CENSORED", "2026-01-20")


def test_progression_and_death_before_it_compete() -> None:
    assert interval(PAUSED, progressed("2026-06-30")) == (254, "COMPETING", "2026-06-30")
    assert interval(PAUSED, *UNTIL_M06, died("2026-06-30")) == (254, "COMPETING", "2026-06-30")
    found = mrd_free_interval(*going(PAUSED, progressed("2026-06-30")))
    assert found
    assert found.event == 0


def test_a_positive_on_the_day_of_progression_is_no_conversion() -> None:
    edits = (progressed("2026-07-21"),)
    assert interval(PAUSED, *edits) == (275, "COMPETING", "2026-07-21")


def test_a_conversion_on_the_day_of_progression_counts_after_an_earlier_positive() -> None:
    edits = ("MRD@M12.RESULT=POSITIVE", "MRD@M15.RESULT=POSITIVE", progressed("2026-12-02"))
    assert interval(CONTINUED, *edits) == (365, "EVENT", "2026-12-02")


def test_a_result_reported_after_the_cut_is_awaited() -> None:
    assert interval(PAUSED, "TODAY=2026-07-30") == (184, "CENSORED", "2026-04-21")
    assert interval(PAUSED, "TODAY=2026-07-31") == (275, "EVENT", "2026-07-21")
    sample = seen(PAUSED, "TODAY=2026-07-30").forms("MRD")[-1]
    assert sample.missing("MRD.RESULT") == "PEND"
    assert sample.number("MRD.MTM") is None
    assert sample.rows("MRDV") == ()
    assert sample.day("MRD.SAMPDAT") is not None


def test_time_from_conversion_to_progression() -> None:
    scene, course = going(PAUSED, progressed("2027-04-22"))
    found = since_conversion(scene, course)
    assert found
    assert (found.time.days, found.time.state, found.treated) == (275, State.EVENT, True)
    scene, course = going(PAUSED)
    found = since_conversion(scene, course)
    assert found
    assert (found.time.days, found.time.state, found.treated) == (275, State.CENSORED, True)
    assert since_conversion(*going(CONTINUED)) is None


def test_the_landmark_leaves_out_who_ended_before_it() -> None:
    found = since_conversion(*going(PAUSED, progressed("2026-09-19")))
    assert found
    assert (found.time.days, found.treated) == (60, None)


@pytest.mark.parametrize(
    ("edits", "days", "category"),
    [
        (("2027-04-22",), 275, Lead.MRD),
        (("2026-07-21",), 0, Lead.TOGETHER),
        (("2026-07-07",), -14, Lead.TOGETHER),
        (("2026-07-06",), -15, Lead.IMAGING),
        (("2026-06-30", *UNTIL_M06), None, Lead.IMAGING),
        (("2026-08-19", *UNTIL_M06), None, Lead.IMAGING),
        (("2026-08-20", *UNTIL_M06), None, Lead.UNKNOWN),
        (("2026-06-30", "MRD@SCR.RESULT=POSITIVE", "-*MRD"), None, Lead.UNKNOWN),
    ],
)
def test_lead_time(edits: tuple[str, ...], days: int | None, category: Lead) -> None:
    found = lead_time(*going(PAUSED, progressed(edits[0]), *edits[1:]))
    assert found
    assert (found.days, found.category) == (days, category)


def test_without_progression_there_is_no_lead_time() -> None:
    assert lead_time(*going(PAUSED)) is None
    assert lead_time(*going(PAUSED, progressed("2025-10-19"))) is None


LESION = ("TA@M18/NL#1.LNKID=N01", "TA@M18/NL#1.CERT=UNEQUIVOCAL", "TA@M18.OVRL=PD")
"""The scan of 2027-04-22 shows progression."""


def test_lead_time_counts_to_the_scan_that_shows_progression() -> None:
    """One date of progression in every derivation: the earliest of the scan and the record."""
    for edits in (LESION, (*LESION, progressed("2027-05-20"))):
        scene, course = going(PAUSED, *edits)
        found = lead_time(scene, course)
        assert course.progression
        assert course.progression.day == date(2027, 4, 22)
        assert found == LeadTime(275, Lead.MRD)


def test_a_positive_after_the_scan_that_shows_progression_is_no_conversion() -> None:
    shown = ("TA@M06/NL#1.LNKID=N01", "TA@M06/NL#1.CERT=UNEQUIVOCAL", "TA@M06.OVRL=PD")
    late = progressed("2026-08-30")
    assert conversion(seen(PAUSED, late)) is not None
    scene, course = going(PAUSED, *shown, late)
    assert conversion(scene) is None
    assert lead_time(scene, course) == LeadTime(-90, Lead.IMAGING)
