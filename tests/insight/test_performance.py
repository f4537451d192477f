"""MRD performance: each cell, each way out of the table, each sensitivity analysis."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.performance import NEVER_NEGATIVE, Cell, Variant, performance, place
from tests.insight.cases import CONTINUED, PAUSED, UNTIL_M06, going, progressed

SECOND = ("MRD@M12.RESULT=POSITIVE", "MRD@M15.RESULT=POSITIVE")
"""A conversion on 2026-12-02 after the transient positive of June."""
UNTREATED = ("-*RES", "-*TX", "-*CONV")


@pytest.mark.parametrize(
    ("subject", "edits", "cell"),
    [
        (PAUSED, (progressed("2027-04-22"),), Cell.TP),
        (PAUSED, (*UNTIL_M06, progressed("2026-08-19")), Cell.FN),
        (PAUSED, (progressed("2026-07-20"),), Cell.FN),
        (PAUSED, UNTREATED, None),
        (PAUSED, (*UNTREATED, "TA@M18.STDAT=2027-07-21", "TODAY=2027-07-30"), Cell.FP),
        (PAUSED, (*UNTREATED, "TA@M18.STDAT=2027-07-20", "TODAY=2027-07-30"), None),
        (CONTINUED, (), Cell.TN),
        (CONTINUED, (*SECOND, progressed("2026-12-02")), Cell.TP),
        (CONTINUED, ("TODAY=2026-11-01",), None),
        (PAUSED, (), None),
        (PAUSED, (*UNTIL_M06, progressed("2026-08-20")), None),
        (PAUSED, ("-*MRD",), None),
        (PAUSED, (progressed("2025-10-01"),), None),
    ],
)
def test_where_a_subject_stands(subject: str, edits: tuple[str, ...], cell: Cell | None) -> None:
    found = place(*going(subject, *edits))
    assert found.cell is cell
    assert (found.reason is None) == (cell is not None)


@pytest.mark.parametrize(
    ("variant", "cell"),
    [
        (Variant.MAIN, None),
        (Variant.MODIFIED_FP, Cell.FP),
        (Variant.MODIFIED_TP, Cell.TP),
        (Variant.ANY_POSITIVE, None),
    ],
)
def test_the_treatment_modified(variant: Variant, cell: Cell | None) -> None:
    assert place(*going(PAUSED), variant).cell is cell
    same_day = going(PAUSED, "RES.RESDAT=2026-07-21")
    assert place(*same_day, variant).cell is cell


def test_a_new_line_after_conversion_modifies_the_subject() -> None:
    followed = (*UNTREATED, "TA@M18.STDAT=2027-07-21", "TODAY=2027-07-30")
    dose = "+TX@LOG CAT=NEXT; LINENO=3; CYCLE={}; DRUG=CAPE; STDAT={}"
    first, second = dose.format(1, "2026-07-20"), dose.format(2, "2026-08-10")
    assert place(*going(PAUSED, *followed)).cell is Cell.FP
    assert place(*going(PAUSED, *followed, second)).cell is None
    assert place(*going(PAUSED, *followed, second), Variant.MODIFIED_TP).cell is Cell.TP
    # A line begun before the conversion was not started because of it.
    assert place(*going(PAUSED, *followed, first, second)).cell is Cell.FP


ALWAYS = tuple(
    f"MRD@{visit}.RESULT=POSITIVE"
    for visit in ("W06", "M03", "M06", "UNS", "M09", "M12", "M15", "M18")
)
"""Every sample after T0 of the continued patient is positive."""
AT_T0 = "+MRD@UNS PERF=Y; SAMPDAT=2025-12-03; RESULT=POSITIVE"


@pytest.mark.parametrize("before", ["MRD@SCR.RESULT=FAILED", AT_T0])
@pytest.mark.parametrize("variant", list(Variant))
def test_the_always_positive_are_no_true_negatives(before: str, variant: Variant) -> None:
    for more in ((), (progressed("2027-06-03"),)):  # nor false negatives once they progress
        found = place(*going(CONTINUED, before, *ALWAYS, *more), variant)
        assert (found.cell, found.reason) == (None, NEVER_NEGATIVE)


def test_a_conversion_after_a_negative_counts_whatever_came_before_it() -> None:
    edits = ("MRD@SCR.RESULT=FAILED", "MRD@W06.RESULT=POSITIVE", *SECOND)
    assert place(*going(CONTINUED, *edits, progressed("2027-06-03"))).cell is Cell.TP


def test_a_dose_after_conversion_modifies_the_subject_without_a_resumption_form() -> None:
    followed = ("TA@M18.STDAT=2027-07-21", "TODAY=2027-07-30")
    assert place(*going(PAUSED, "-*RES", "-*CONV", *followed)).cell is None
    assert place(*going(PAUSED, *UNTREATED, *followed)).cell is Cell.FP


def test_an_undated_death_leaves_the_cell_of_a_progression_before_it() -> None:
    undated = "+DTH@LOG CAUSE=BC; DTHDAT=?UNK"
    assert place(*going(PAUSED, progressed("2027-01-10"), undated)).cell is Cell.TP
    assert place(*going(CONTINUED, undated)).cell is None


def test_any_positive_counts_the_transient_one() -> None:
    edits = ("TA@M18.STDAT=2027-06-04",)
    assert place(*going(CONTINUED, *edits), Variant.ANY_POSITIVE).cell is Cell.FP
    assert place(*going(CONTINUED, *edits)).cell is Cell.TN


def test_the_table_counts_and_lists_the_rest() -> None:
    subjects = [
        going(PAUSED),
        going(CONTINUED),
        going(PAUSED, progressed("2027-04-22")),
        going(PAUSED, progressed("2026-07-20")),
    ]
    found = performance(subjects)
    assert (found.tp, found.fp, found.tn, found.fn) == (1, 0, 1, 1)
    assert found.sensitivity is not None
    assert (found.sensitivity.hits, found.sensitivity.n) == (1, 2)
    assert found.npv is not None
    assert (found.npv.hits, found.npv.n) == (1, 2)
    assert [p.subject for p in found.unplaced] == [PAUSED]


def test_a_zero_denominator_gives_nothing() -> None:
    found = performance([going(CONTINUED)])
    assert found.sensitivity is None
    assert found.ppv is None
    assert found.specificity is not None
