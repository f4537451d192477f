"""Changes of an amendment are told by the names that people know, in both languages."""

from __future__ import annotations

import pytest

from mrd_desktop.study import compare
from mrd_desktop.study.compare import Change, Subject, diff
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.study.telling import FACTS, tell
from tests.study.test_compare import study
from tests.study.test_load import TM


@pytest.fixture(scope="module")
def shipped() -> Study:
    return load_study()


def test_every_fact_of_a_definition_has_a_name(shipped: Study) -> None:
    facts = {fact for _, said in compare._parts(shipped) for fact in said}
    assert facts <= FACTS.keys()


def test_every_part_of_the_shipped_study_is_told_by_name(shipped: Study) -> None:
    parts = [Change(s, name, after=name) for (s, name), _ in compare._parts(shipped)]
    for told in tell(shipped, shipped, parts):
        assert told.sentence.en
        assert "，" not in told.said.en
        known = told.change.subject in {Subject.FORM, Subject.ITEM, Subject.CODE, Subject.SECTION}
        if known:
            assert told.what.zh != told.change.name


def test_an_expression_names_its_questions(shipped: Study) -> None:
    change = Change(Subject.ITEM, "VS.TEMP", "show_when", None, "VS.PERF = 'Y'")
    (told,) = tell(shipped, shipped, [change])
    name = shipped.by_item["VS.PERF"].text
    assert told.said.en == f"asked when: “none” → “[{name.en}] = 'Y'”"
    assert told.said.zh == f"显示条件：“无” → “[{name.zh}] = 'Y'”"


def test_what_asks_for_more_comes_first_in_its_form() -> None:
    changed = TM.replace("en: Value", "en: Result").replace("required: RC", "required: R")
    assert "RC" in TM
    old, new = (
        study(**{"forms/TM.yaml": TM.replace("required: RC", "required: O")}),
        study(**{"forms/TM.yaml": changed}),
    )
    told = tell(old, new, diff(old, new))
    assert {t.change.fact for t in told} == {"en", "required"}
    assert told[0].asks
    assert told[0].said.en == "answer: “optional” → “required”"
    assert not told[1].asks


def test_a_removed_part_keeps_the_name_it_had(shipped: Study) -> None:
    change = Change(Subject.CODE, "ADJRSN.SUPPLY", before="ADJRSN.SUPPLY")
    (told,) = tell(shipped, shipped, [change])
    assert "Drug supply" in told.sentence.en
    assert "removed" in told.said.en
