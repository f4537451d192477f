"""What an amendment changes is told, and what it may not change is told as such."""

from __future__ import annotations

import pytest

from mrd_desktop.study.compare import Change, Subject, diff
from mrd_desktop.study.load import definition_bytes, load_study, study_from_bytes
from mrd_desktop.study.model import Study
from tests.study.test_load import SMALL, STUDY, TM, sources


def study(**changed: str) -> Study:
    return study_from_bytes(definition_bytes(sources(**changed)))


def one(a: Study, b: Study) -> Change:
    (found,) = diff(a, b)
    return found


def test_a_version_does_not_differ_from_itself() -> None:
    assert diff(study(), study()) == []
    shipped = load_study(cached=False)
    assert diff(shipped, shipped) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "forms/TM.yaml",
            "en: Value",
            "en: Result",
            Change(Subject.ITEM, "TM.VALUE", "en", "Value", "Result"),
        ),
        (
            "forms/TM.yaml",
            "        show_when: \"TM.MARKER = 'Y'\"\n",
            "",
            Change(Subject.ITEM, "TM.VALUE", "show_when", "TM.MARKER = 'Y'", None),
        ),
        (
            "forms/TM.yaml",
            "zh: 不能为7。",
            "zh: 不得为7。",
            Change(Subject.CHECK, "TM.VALUE.H2", "zh", "不能为7。", "不得为7。"),
        ),
        (
            "forms/TM.yaml",
            "required: RC",
            "required: R",
            Change(Subject.ITEM, "TM.VALUE", "required", "RC", "R"),
        ),
        (
            "forms/TM.yaml",
            "groups:",
            "second_entry: true\ngroups:",
            Change(Subject.FORM, "TM", "second_entry", "False", "True"),
        ),
        (
            "checks.yaml",
            "> 100",
            "> 90",
            Change(Subject.CHECK, "EC-001", "fires", "TM.VALUE > 100", "TM.VALUE > 90"),
        ),
        (
            "derivations.yaml",
            "2 * TM",
            "3 * TM",
            Change(Subject.DERIVATION, "TM.DOUBLE", "value", "2 * TM.VALUE", "3 * TM.VALUE"),
        ),
        (
            "schedule.yaml",
            "after: 0",
            "after: 7",
            Change(Subject.EVENT, "SCR", "after", "0", "7"),
        ),
        (
            "study.yaml",
            "[subject.see]",
            "[subject.see, audit.see]",
            Change(Subject.ROLE, "monitor", "operations", "subject.see", "audit.see subject.see"),
        ),
        (
            "codelists/NY.yaml",
            'en: "N"',
            'en: "No"',
            Change(Subject.CODE, "NY.N", "en", "N", "No"),
        ),
        (
            "drugs.yaml",
            "antibody",
            "ADC",
            Change(Subject.DRUG, "TRAS", "class", "antibody", "ADC"),
        ),
        (
            "terms.yaml",
            "EIA",
            "EIA 2",
            Change(Subject.LISTED, "TM.METHOD ELISA", "also", "EIA", "EIA 2"),
        ),
        (
            "forms/TM.yaml",
            "        capitals: true\n",
            "",
            Change(Subject.ITEM, "TM.METHOD", "capitals", "True", "False"),
        ),
        (
            "ctcae.yaml",
            "[1, 4, 5]",
            "[1, 5]",
            Change(Subject.TERM, "Asystole", "grades", "1 4 5", "1 5"),
        ),
    ],
)
def test_one_change_is_one_difference(file: str, old: str, new: str, expected: Change) -> None:
    text = SMALL[file]
    assert old in text
    found = one(study(), study(**{file: text.replace(old, new, 1)}))
    assert found == expected
    assert not found.forbidden
    assert expected.name in found.sentence.en and expected.name in found.sentence.zh


def test_a_heading_of_reports_is_told() -> None:
    more = {"headings.yaml": "headings:\n  TM.VALUE: [Result, 结果]\n"}
    assert one(study(), study(**more)) == Change(Subject.HEADING, "TM.VALUE", "", None, "TM.VALUE")


def test_a_heading_that_needs_a_unit_from_now_on_is_told() -> None:
    said = study(**{"headings.yaml": "headings:\n  TM.VALUE: [Result]\n"})
    wary = study(**{"headings.yaml": "headings: {}\nwith_unit:\n  TM.VALUE: [Result]\n"})
    assert {c.fact for c in diff(said, wary)} == {"names", "with_unit"}


@pytest.mark.parametrize(
    ("policy", "name", "before", "after"),
    [
        ("idle_minutes: 15", "sessions", "5", "15"),
        ("session_hours: 8", "sessions", "12", "8"),
        ("confirmed_by_another: false", "confirmation", "True", "False"),
        ("password_days: 90", "passwords", "0", "90"),
        ("retention_years: 30", "retention", "25", "30"),
        ("data_key_days: 180", "data_key", "365", "180"),
    ],
)
def test_each_policy_is_told(policy: str, name: str, before: str, after: str) -> None:
    asking = STUDY.replace("parameters:", f"oversight: {{{policy}}}\nparameters:")
    (found,) = diff(study(), study(**{"study.yaml": asking}))
    assert (found.subject, found.name) == (Subject.OVERSIGHT, name)
    assert (found.before, found.after) == (before, after)


def test_a_policy_at_its_default_is_the_same_definition() -> None:
    said = "idle_minutes: 5, session_hours: 12, data_key_days: 365"
    asking = STUDY.replace("parameters:", f"oversight: {{{said}}}\nparameters:")
    assert study(**{"study.yaml": asking}).digest == study().digest


def test_a_parameter_reaches_the_window_that_uses_it() -> None:
    found = diff(study(), study(**{"study.yaml": STUDY.replace("SCRWIN: 42", "SCRWIN: 49")}))
    assert found == [
        Change(Subject.EVENT, "SCR", "before", "42", "49"),
        Change(Subject.PARAMETER, "SCRWIN", "value", "42", "49"),
    ]


def test_additions_are_allowed() -> None:
    item = "      - {oid: TM.NOTE, en: Note, zh: 备注, type: T(60), required: O}\n"
    found = diff(study(), study(**{"forms/TM.yaml": TM + item}))
    assert [(c.subject, c.name, c.added) for c in found if not c.fact] == [
        (Subject.ITEM, "TM.NOTE", True)
    ]
    assert not any(c.forbidden for c in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "name", "fact"),
    [
        ("forms/TM.yaml", 'unit: "U/mL"', 'unit: "kU/L"', "TM.VALUE", "unit"),
        ("forms/TM.yaml", "type: F(9.2)", "type: F(9.3)", "TM.VALUE", "type"),
        ("forms/TM.yaml", "\nrepeating: true", "", "TM", "repeating"),
        ("codelists/NY.yaml", '  - {code: "N", en: "N", zh: "N"}\n', "", "NY.N", ""),
    ],
)
def test_what_would_take_the_meaning_from_data_is_forbidden(
    file: str, old: str, new: str, name: str, fact: str
) -> None:
    found = diff(study(), study(**{file: SMALL[file].replace(old, new, 1)}))
    (bad,) = [c for c in found if c.forbidden]
    assert (bad.name, bad.fact, bad.removed) == (name, fact, not fact)


def test_a_removed_item_is_forbidden() -> None:
    gone = TM[: TM.index("      - oid: TM.DOUBLE")]
    found = diff(study(), study(**{"forms/TM.yaml": gone, "derivations.yaml": "[]\n"}))
    assert [c.name for c in found if c.forbidden] == ["TM.DOUBLE"]
