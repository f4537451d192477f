"""Records that contradict each other are listed with their place, and the rest of the subject
stands."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.cohort import cohort
from tests.insight.cases import CONTINUED, PAUSED, UNTIL_M06, died, progressed, seen


def told(subject: str, *edits: str) -> list[tuple[str, str]]:
    return [(p.item, p.text.en) for p in cohort([seen(subject, *edits)]).problems]


LESION = ("TA@M18/NL#1.LNKID=N01", "TA@M18/NL#1.CERT=EQUIVOCAL", "TA@M18.OVRL=EQUIVOCAL")


@pytest.mark.parametrize(
    ("subject", "edits", "item", "words"),
    [
        (
            CONTINUED,
            ("MRD@SCR.RESULT=FAILED", "MRD@W06.RESULT=POSITIVE", "MRD@M03.RESULT=POSITIVE"),
            "MRD.RESULT",
            "without a negative",
        ),
        (PAUSED, ("TA@M12.PERF=N", "TA@M12.OVRL=PD"), "TA.OVRL", "not used"),
        (PAUSED, ("MRD@M03.PERF=N", "MRD@M03.RESULT=POSITIVE"), "MRD.RESULT", "not used"),
        (PAUSED, ("-*RES", "-*CONV"), "TX.STDAT", "without a resumption"),
        (
            PAUSED,
            (*UNTIL_M06, "+GS@LOG GSDAT=2026-01-20; FROM=INTERMISSION; TO=INTERMISSION"),
            "GS.TO",
            "changes nothing",
        ),
        (
            PAUSED,
            (*LESION, "TA@M18/NL#1.DAT=2027-04-21"),
            "NL.DAT",
            "outside its assessment",
        ),
        (
            PAUSED,
            (*LESION, "TA@M18/NL#1.DAT=2027-01-20"),
            "NL.DAT",
            "later assessment with complete response",
        ),
        (PAUSED, (*UNTIL_M06, died("2026-06-30")), "DTH.CAUSE", "without a recorded progression"),
    ],
)
def test_what_contradicts_itself_is_told(
    subject: str, edits: tuple[str, ...], item: str, words: str
) -> None:
    ((oid, text),) = told(subject, *edits)
    assert oid == item
    assert words in text


def test_contradictory_results_of_one_day_are_both_told() -> None:
    extra = "+MRD@UNS PERF=Y; SAMPDAT=2026-12-02; RESULT=POSITIVE"
    problems = cohort([seen(CONTINUED, extra)]).problems
    assert [p.item for p in problems] == ["MRD.RESULT", "MRD.RESULT"]
    assert len({p.address for p in problems}) == 2
    timed = (f"{extra}; SAMPTIM=15:00", "MRD@M12.SAMPTIM=09:00")
    assert told(CONTINUED, *timed) == []


def test_a_resumption_without_its_date_and_the_doses_after_it_are_both_told() -> None:
    assert [item for item, _ in told(PAUSED, "RES.RESDAT=")] == ["RES.RESDAT", "TX.STDAT"]


def test_a_death_after_progression_or_of_another_cause_is_not_told() -> None:
    assert told(PAUSED, *UNTIL_M06, progressed("2026-06-01"), died("2026-06-30")) == []
    assert told(PAUSED, *UNTIL_M06, died("2026-06-30", "OTHER")) == []
