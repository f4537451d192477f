"""The stories enter without a hard finding and give exactly the soft ones expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.insight.derived import subject_values, window_rows
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import BadSubjectNumber, StoryError, SubjectExists
from mrd_desktop.record.story import Loaded, Story, load_story, read_story
from mrd_desktop.record.views import FormState
from tests.clinic import STORIES, Clinic

SOFT = {
    "01-001": [],
    "01-002": [("EC-086", "01-002/M15#1/SV#1/A#1/VISDAT", "Visit is 5 days outside the window.")],
    "01-004": [("EC-130", "01-004/M09#1/CV#1/A#1/LVEF", None)],
}
WINDOWS = {
    "01-002": {"M15": ("2027-01-20", "2027-01-06", "2027-02-03", "2027-02-08", False)},
    "01-004": {"M18": ("2027-06-03", "2027-05-20", "2027-06-17", "2027-06-03", True)},
}
VISITS = {"01-002": (7, 7, 6), "01-004": (7, 7, 7)}


def test_a_story_enters_whole(clinic: Clinic) -> None:
    with clinic.open() as session:
        told: list[Loaded] = []
        story = read_story(STORIES / "01-001.json")
        results = load_story(Casebook(session), story, told.append)
        assert [(r.key, r.reasons) for r in results if r.status != "complete"] == []
        assert len(told) == len(results) == len(story.records)


@pytest.mark.parametrize("subject", ["01-001", "01-002", "01-004"])
def test_a_story_stands_whole(stories_template: Clinic, tmp_path: Path, subject: str) -> None:
    with stories_template.copy(tmp_path / "site").open() as session:
        book = Casebook(session)
        records = read_story(STORIES / f"{subject}.json").records
        forms = [f.state for f in book.chart(subject).forms]
        assert set(forms) == {FormState.COMPLETE}
        assert len(forms) == sum(r.repeat.times if r.repeat else 1 for r in records)
        found = book.findings(subject)
        assert [(f.check.id, str(f.key)) for f in found] == [s[:2] for s in SOFT[subject]]
        for f, (_, _, text) in zip(found, SOFT[subject], strict=True):
            assert text in (None, f.text.en)
        scene = book.chart(subject).scene
        if subject in VISITS:
            rows = {w["visit"]: w for w in window_rows(scene)}
            for visit, expected in WINDOWS[subject].items():
                w = rows[visit]
                assert expected == (
                    w["target"], w["opens"], w["closes"], w["done"], w["in_window"],
                )  # fmt: skip
            assert tuple(subject_values(scene)["VISITS"].values()) == VISITS[subject]


def test_a_number_is_never_used_again(charted: Clinic) -> None:
    with charted.open() as session, pytest.raises(SubjectExists):
        load_story(Casebook(session), read_story(STORIES / "01-001.json"))


@pytest.mark.parametrize(
    "broken",
    [
        b"not json",
        b"{}",
        b'{"subject": "01-001", "site": "01", "records": [{"form": "ID"}]}',
        b'{"subject": "01-001", "site": "01", "records": [{"form": "ID", "visit": "SCR", "x": 1}]}',
        b'{"subject": "01-001", "site": "01", "records": 7}',
    ],
)
def test_a_broken_story_is_refused_in_words(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "story.json"
    file.write_bytes(broken)
    with pytest.raises(StoryError):
        read_story(file)


def test_a_hard_finding_keeps_the_form_incomplete_and_names_the_check(
    clinic: Clinic, tmp_path: Path
) -> None:
    story: Any = json.loads((STORIES / "01-001.json").read_text())
    cr = next(r for r in story["records"] if r["form"] == "CR")
    cr["items"]["CONFDAT"] = "2024-12-20"
    file = tmp_path / "story.json"
    file.write_text(json.dumps(story))
    with clinic.open() as session:
        results = load_story(Casebook(session), read_story(file))
    (wrong,) = (r for r in results if r.status == "incomplete")
    assert wrong.key.form == "CR"
    assert {r.check for r in wrong.reasons} == {"EC-031"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"form": "NONE"}, "there is no form NONE at SCR"),
        ({"visit": "NEVER"}, "there is no form CR at NEVER"),
        ({"items": {"NOTHING": "1"}}, "CR has no item NOTHING"),
        ({"items": {"CRDAT": {"missing": "LAZY"}}}, "CR.CRDAT: there is no missing reason LAZY"),
        ({"items": {"CRDAT": {}}}, "CR.CRDAT: there is no missing reason None"),
        ({"rows": {"NONE": []}}, "form CR has no rows NONE"),
        ({"rows": {"CRL": [{"NOTHING": "1"}]}}, "CRL has no item NOTHING"),
        ({"seq": 2}, "form CR does not repeat"),
        ({"repeat": {"every_days": 21, "times": 2}}, "repeat needs a full date"),
    ],
)
def test_what_the_study_does_not_have_is_refused_before_anything_is_entered(
    clinic: Clinic, change: dict[str, Any], told: str
) -> None:
    text = (STORIES / "01-001.json").read_text()
    body: Any = json.loads(text, parse_int=str, parse_float=str)
    at = next(n for n, r in enumerate(body["records"]) if r["form"] == "CR")
    body["records"][at] |= change
    with clinic.open() as session:
        book = Casebook(session)
        with pytest.raises(StoryError, match=rf"record {at}: {told}"):
            load_story(book, Story.model_validate(body))
        assert book.subjects() == ()


@pytest.mark.parametrize(("subject", "site"), [("01-001", "02"), ("02-001", "01"), ("1", "01")])
def test_a_subject_of_another_site_is_refused(clinic: Clinic, subject: str, site: str) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        with pytest.raises(BadSubjectNumber):
            load_story(book, Story(subject=subject, site=site, records=[]))
        assert book.subjects() == ()
