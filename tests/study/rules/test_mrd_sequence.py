"""Conversion, confirmation and lead time; the edge cases of section 3.13 of the reference."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules.mrd_sequence import (
    conversion_form_missing,
    conversion_of,
    conversions,
    first_conversion,
    lead_time,
    marker_at_conversion,
    mrd_before_progression,
)
from mrd_desktop.study.scene import Scene
from tests.study.edits import edited

CONTINUED, PAUSED, FAILURE = "01-004", "01-002", "01-001"
LATER = ("-MRD@UNS", "-MRD@M09", "-MRD@M12", "-MRD@M15", "-MRD@M18")
"""Without the samples after the first positive of the continued patient."""


def seen(subject: str, *edits: str) -> Scene:
    return edited(load_study(), subject, edits)


def found(subject: str, *edits: str) -> list[tuple[str, str]]:
    return [(c.day.isoformat(), c.status) for c in conversions(seen(subject, *edits))]


def test_a_second_positive_confirms() -> None:
    assert found(PAUSED) == [("2026-07-21", "CONFIRMED")]


def test_a_negative_without_treatment_between_makes_it_transient() -> None:
    assert found(CONTINUED) == [("2026-06-04", "TRANSIENT")]
    assert first_conversion(seen(CONTINUED)) is None


def test_failed_and_indeterminate_results_are_skipped() -> None:
    assert found(CONTINUED, "MRD@UNS.RESULT=FAILED") == [("2026-06-04", "TRANSIENT")]
    assert found(PAUSED, "MRD@M06.RESULT=INDETERMINATE") == [("2026-07-21", "CONFIRMED")]


def test_a_change_of_group_counts_as_treatment_only_if_treatment_starts() -> None:
    negative = "MRD@UNS.RESULT=NEGATIVE"
    starts = "+GS@LOG GSDAT=2026-07-25; FROM=INTERMISSION; TO=CONTINUE"
    assert found(PAUSED, negative, starts) == [("2026-07-21", "NOTDONE")]
    assert found(CONTINUED, "GS.GSDAT=2026-06-10", "-*TX") == [("2026-06-04", "TRANSIENT")]


def test_treatment_of_the_day_of_the_first_positive_came_after_it() -> None:
    edits = ("MRD@UNS.RESULT=NEGATIVE", "RES.RESDAT=2026-07-21")
    assert found(PAUSED, *edits) == [("2026-07-21", "NOTDONE")]


def test_a_negative_under_new_treatment_confirms_nothing() -> None:
    assert found(PAUSED, "MRD@UNS.RESULT=FAILED") == [("2026-07-21", "NOTDONE")]
    assert found(CONTINUED, "CONV.ACTION=CHANGE") == [("2026-06-04", "NOTDONE")]


@pytest.mark.parametrize(
    ("day", "status"), [("2026-08-20", "TRANSIENT"), ("2026-08-21", "NOTDONE")]
)
def test_a_sample_of_the_day_treatment_restarts_was_taken_before(day: str, status: str) -> None:
    edits = ("MRD@UNS.RESULT=NEGATIVE", f"MRD@UNS.SAMPDAT={day}")
    assert found(PAUSED, *edits) == [("2026-07-21", status)]


@pytest.mark.parametrize(
    ("today", "status"), [("2026-07-16", "PENDING"), ("2026-07-17", "NOTDONE")]
)
def test_a_confirmation_is_awaited_for_42_days(today: str, status: str) -> None:
    assert found(CONTINUED, *LATER, f"TODAY={today}") == [("2026-06-04", status)]


def test_after_a_transient_positive_the_search_goes_on() -> None:
    edits = ("MRD@M12.RESULT=POSITIVE", "MRD@M15.RESULT=POSITIVE")
    assert found(CONTINUED, *edits) == [("2026-06-04", "TRANSIENT"), ("2026-12-02", "CONFIRMED")]
    event = first_conversion(seen(CONTINUED, *edits))
    assert event is not None
    assert (event.day, event.last_negative) == (date(2026, 12, 2), date(2026, 9, 2))


def test_a_positive_at_screening_is_no_conversion() -> None:
    assert found(FAILURE) == []
    assert found(PAUSED, "MRD@SCR.RESULT=POSITIVE", "MRD@W06.RESULT=POSITIVE") == [
        ("2026-07-21", "CONFIRMED")
    ]


def test_a_positive_on_the_day_of_the_choice_is_no_conversion() -> None:
    edits = ("MRD@W06.SAMPDAT=2025-10-20", "MRD@W06.RESULT=POSITIVE")
    assert found(PAUSED, *edits) == [("2026-07-21", "CONFIRMED")]


def test_the_patient_may_be_informed_on_the_day_of_the_sample() -> None:
    found = conversion_of(seen(CONTINUED, "CONV.INFDAT=2026-06-04").forms("CONV")[0])
    assert found is not None
    assert conversion_of(seen(CONTINUED, "CONV.INFDAT=2026-06-03").forms("CONV")[0]) is None


@pytest.mark.parametrize(("day", "indicator"), [("2026-09-01", "HIGH"), ("2026-09-02", None)])
def test_a_marker_describes_a_conversion_for_42_days(day: str, indicator: str | None) -> None:
    marker = f"+TM@M09 LBDAT={day}; CA153VAL=26; CA153ULN=25"
    assert marker_at_conversion(seen(PAUSED, "-*TM", marker).forms("CONV")[0]) == indicator
    assert marker_at_conversion(seen(CONTINUED, "CONV.INFDAT=2026-06-03").forms("CONV")[0]) is None


def test_forms_belong_to_the_conversion_the_patient_was_informed_of() -> None:
    edits = (
        "MRD@M12.RESULT=POSITIVE",
        "+CONV@LOG INFDAT=2026-12-20",
        "+CONV@LOG STATUS=PENDING",
    )
    scene = seen(CONTINUED, *edits)
    days = [c and c.day.isoformat() for c in map(conversion_of, scene.forms("CONV"))]
    assert days == ["2026-06-04", "2026-12-02", None]


def test_each_conversion_needs_its_own_form() -> None:
    scene = seen(CONTINUED, "MRD@M12.RESULT=POSITIVE")
    late = {x.event.event for x in scene.forms("MRD") if conversion_form_missing(x)}
    assert late == {"M12"}


@pytest.mark.parametrize(("today", "late"), [("2026-06-18", False), ("2026-06-19", True)])
def test_without_a_report_date_the_form_is_due_after_the_sample(today: str, late: bool) -> None:
    scene = seen(CONTINUED, "-CONV", "MRD@M06.RPTDAT=?UNK", f"TODAY={today}")
    assert any(conversion_form_missing(x) for x in scene.forms("MRD")) is late


def test_the_last_result_may_be_of_the_day_of_progression() -> None:
    scene = seen(PAUSED, "+PD@LOG PDDAT=2026-07-21")
    assert mrd_before_progression(scene.forms("PD")[0]) == "POSITIVE"
    undated = seen(PAUSED, "+PD@LOG BASIS=[NEWLES]").forms("PD")[0]
    assert (mrd_before_progression(undated), lead_time(undated)) == (None, None)


def test_lead_time_counts_from_the_conversion_event() -> None:
    scene = seen(PAUSED, "+PD@LOG PDDAT=2027-01-01")
    progression = scene.forms("PD")[0]
    assert lead_time(progression) == Decimal(164)
    assert mrd_before_progression(progression) == "NEGATIVE"


@pytest.mark.parametrize(("day", "days"), [("2026-06-04", 0), ("2026-06-01", -3)])
def test_a_first_positive_at_progression_leads_by_nothing(day: str, days: int) -> None:
    scene = seen(CONTINUED, f"+PD@LOG PDDAT={day}")
    assert conversions(scene) == ()
    assert lead_time(scene.forms("PD")[0]) == Decimal(days)


def test_without_any_positive_there_is_no_lead_time() -> None:
    scene = seen(CONTINUED, "MRD@M06.RESULT=NEGATIVE", "+PD@LOG PDDAT=2027-01-01")
    assert lead_time(scene.forms("PD")[0]) is None
