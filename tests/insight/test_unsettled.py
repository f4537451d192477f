"""A choice that a check refuses is planned by, marked, first on the list, and told as a problem."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.cohort import cohort
from mrd_desktop.insight.status import Flag, standing
from mrd_desktop.insight.unsettled import unsettled
from mrd_desktop.insight.worklist import mine, tasks
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.load import load_study
from tests.insight.cases import CONTINUED, FAILURE, PAUSED, seen
from tests.insight.charts import charted

REFUSED = "-IE"
"""Whether she is eligible was never decided."""


def test_what_the_stories_chose_is_valid() -> None:
    for subject in (FAILURE, PAUSED, CONTINUED):
        assert unsettled(seen(subject)) is None
        assert Flag.UNSETTLED not in standing(seen(subject)).flags


@pytest.mark.parametrize(
    ("edit", "item"),
    [
        (REFUSED, "TC.TCDAT"),
        ("IE.IEYN=N", "TC.TCDAT"),
        ("IE.IEDAT=2025-10-21", "TC.TCDAT"),
    ],
)
def test_a_refused_choice_is_a_problem_and_stays_in_the_full_set(edit: str, item: str) -> None:
    found = cohort([seen(PAUSED, edit), seen(CONTINUED)])
    assert [scene.data.subject for scene, _ in found.members] == [PAUSED, CONTINUED]
    first = found.problems[0]
    assert (first.subject, first.item, first.used) == (PAUSED, item, True)
    assert first.address.startswith(f"{PAUSED}/C0")


def test_it_is_marked_first_on_the_list_and_its_visits_stay_planned() -> None:
    chart = charted(PAUSED, REFUSED, "-*SV")
    assert standing(chart.scene).flags[0] is Flag.UNSETTLED
    found = mine(tasks(load_study(), chart), lambda _: True)
    assert any(t.kind in ("visit", "missed") for t in found)
    first = found[0]
    assert first.kind == "unsettled"
    assert isinstance(first.place, ItemKey)
    assert (first.place.form.form, first.place.item) == ("TC", "TCDAT")
    assert "入选与排除标准" in first.text.zh


def test_what_is_wrong_elsewhere_on_the_form_leaves_the_choice_valid() -> None:
    assert unsettled(seen(PAUSED, "TC.REASMAIN=OTHER", "TC.CERTAIN=11")) is None
