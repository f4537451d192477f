"""Items that point at a row elsewhere: what may be pointed at, and what is told of it."""

from __future__ import annotations

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.study.referring import referable
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text
from tests.study.stories import records, scene
from tests.study.test_echo import told

SUBJECT = "01-004"


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(cached=False)


@pytest.fixture(scope="module")
def story(study: Study) -> Scene:
    return scene(study, SUBJECT)


def test_the_definition_says_which_items_point_at_what(study: Study) -> None:
    pointing = {oid: i.refers.to for oid, i in study.by_item.items() if i.refers is not None}
    assert pointing == {
        "CM.AENO": "AE.AESPID",
        "TX.ADJAE": "AE.AESPID",
        "MRD.TISSREF": "PATH.SPID",
        "TAL.LNKID": "CRL.LNKID",
    }


def test_each_adverse_event_is_offered_by_its_number_with_term_and_start(
    study: Study, story: Scene
) -> None:
    offered = referable(story, study.by_item["CM.AENO"])
    events = [r for r in records(SUBJECT) if r["form"] == "AE"]
    assert events and len(offered) == len(events)
    assert [r.value for r in offered] == [str(n) for n in range(1, len(events) + 1)]
    for line, found in zip(story.forms("AE"), offered, strict=True):
        term, start = line.text("AE.TERM"), line.date("AE.STDAT")
        assert start is not None
        assert found.said == Text(f"{term} · {start.text}", f"{term} · {start.text}")


def test_rows_of_a_section_are_offered_with_their_codes_in_words(
    study: Study, story: Scene
) -> None:
    offered = referable(story, study.by_item["MRD.TISSREF"])
    assert [r.value for r in offered] == [r.text("PATH.SPID") for r in story.rows("PATH")]
    place = study.by_item["PATH.SPECLOC"].codelist
    code = story.rows("PATH")[0].text("PATH.SPECLOC")
    assert place is not None and code is not None
    assert offered[0].said.zh.startswith(place.by_code[code].text.zh)
    assert offered[0].said.en.startswith(place.by_code[code].text.en)


def test_an_item_that_points_at_nothing_offers_nothing(study: Study, story: Scene) -> None:
    assert referable(story, study.by_item["CM.DOSE"]) == ()


def test_what_a_number_points_at_is_told_beside_it(study: Study, story: Scene) -> None:
    first = referable(story, study.by_item["CM.AENO"])[0]
    assert told(story, "CM.AENO", "1", "LOG") == first.said


def test_a_ctcae_term_is_told_in_chinese_and_other_words_are_not(story: Scene) -> None:
    assert told(story, "AE.CTC", "Nausea", "LOG") == Text("Nausea", "恶心")
    with pytest.raises(AssertionError):
        told(story, "AE.CTC", "Nauseous", "LOG")
