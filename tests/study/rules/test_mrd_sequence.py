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
