"""A consent that a study does not ask for withholds nothing; what was taken back does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrd_desktop.study.model import Study
from mrd_desktop.transfer.release import Reason, consents, unrecorded
from tests.transfer.route import Route, fill
from tests.transfer.test_receive import new_subject


@pytest.mark.parametrize(
    ("unasked", "answers", "refuses"),
    [
        ({"IC.ICDATA", "IC.ICSENS", "IC.ICHGR"}, {"ICDATA": "N", "ICSENS": "N"}, None),
        ({"IC.ICSENS"}, {"ICSENS": "N"}, None),
        ({"IC.ICSENS"}, {"ICDATA": "N", "ICSENS": "N"}, Reason.CONSENT),
        (set(), {"ICSENS": "N"}, Reason.CONSENT),
    ],
)
def test_a_consent_that_the_study_does_not_ask_for_withholds_nothing(
    route: Route, unasked: set[str], answers: dict[str, str], refuses: Reason | None
) -> None:
    subject = new_subject(route, **answers)
    with route.clinic.open() as session, session.reading() as conn:
        study = without(session.study, unasked)
        found = consents(conn, study)[subject]
        assert found.refuses() is refuses
        assert found.genes
        asks = bool({"IC.ICDATA", "IC.ICSENS"} - unasked)
        assert (unrecorded(study).refuses() is Reason.CONSENT) is asks


def test_a_withdrawal_holds_whatever_the_study_asks(route: Route) -> None:
    subject = new_subject(route)
    with route.clinic.open() as session:
        answers = {"DSDECOD": "WITHDRAWAL OF CONSENT", "DSSTDAT": "2027-06-20", "DATAUSE": "N"}
        fill(session, f"{subject}/EOS/EOS", answers, complete=False)
        with session.reading() as conn:
            study = without(session.study, {"IC.ICDATA", "IC.ICSENS", "IC.ICHGR"})
            assert consents(conn, study)[subject].refuses() is Reason.WITHDRAWN


def without(study: Study, items: set[str]) -> Study:
    """The study as if it did not ask for these items."""
    forms = tuple(
        replace(
            form,
            groups=tuple(
                replace(g, items=tuple(i for i in g.items if i.oid not in items))
                for g in form.groups
            ),
        )
        for form in study.forms
    )
    return replace(study, forms=forms)
