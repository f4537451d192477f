"""What the definition says about comparing with the source: shares and critical items."""

from __future__ import annotations

import pytest

from mrd_desktop.study.compare import diff
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.load import definition_bytes, load_study, read_sources, shipped
from mrd_desktop.study.load import study_from_bytes as study_of


def changed(old: str, new: str) -> bytes:
    """The shipped definition with other words in ``study.yaml``."""
    sources = dict(read_sources(shipped()))
    text = sources["study.yaml"].decode()
    assert text.count(old) == 1
    return definition_bytes({**sources, "study.yaml": text.replace(old, new).encode()})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[IE, TC,", "[IE.IEYNX, TC,", "there is no item IE.IEYNX"),
        ("[IE, TC,", "[IE.AUTO, TC,", "IE.AUTO is derived and has no source"),
        ("[IE, TC,", "[ID.BRTHDAT, TC,", "ID.BRTHDAT is an identity item"),
        ("[IE, TC,", "[IEX, TC,", "there is no form IEX"),
        ("[IE, TC,", "[ID, TC,", "ID is an identity form"),
        ("[IE, TC,", "[ie, TC,", "“ie” is no name of this kind; write it like IE or MRD.RESULT"),
        ("percent: 20", "percent: 101", "101 is no share of all"),
        ("percent: 20", "percent: -1", "-1 is no share of all"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_place(old: str, new: str, told: str) -> None:
    with pytest.raises(DefinitionError, match=told) as refused:
        changed(old, new)
    assert "study.yaml:" in str(refused.value)


def test_an_amendment_of_the_plan_is_told() -> None:
    before = load_study()
    after = study_of(changed("{percent: 20", "{percent: 30"))
    assert after.sdv.percent == 30
    assert [(c.fact, c.after) for c in diff(before, after)] == [("sdv", "30 % NCT07132502")]
    fewer = study_of(changed("[IE, TC,", "[TC,"))
    assert [c.fact for c in diff(before, fewer)] == ["critical"]


def test_a_form_stands_for_all_that_people_enter_in_it() -> None:
    study = load_study()
    for oid in ("IE", "TC", "PD", "DTH"):
        entered = {i.oid for i in study.by_form[oid].items if not i.derived}
        assert entered <= study.critical, oid
    assert {i.oid for i in study.by_form["MRD"].items} & study.critical == {
        "MRD.SAMPDAT", "MRD.RESULT",
    }  # fmt: skip
    assert not {o for o in study.critical if study.by_item[o].derived}


def test_a_study_may_ask_for_a_second_entry_of_every_critical_form() -> None:
    before = load_study()
    assert not any(f.second_entry for f in before.forms)
    line = "sdv: {percent: 20"
    after = study_of(changed(line, f"second_look: second_entry\n{line}"))
    twice = {f.oid for f in after.forms if f.second_entry}
    assert twice == {"IE", "TC", "PD", "DTH", "MRD", "IC", "CR", "RES", "CONV"}
    told = [(c.name, c.fact, c.after) for c in diff(before, after)]
    assert told[0] == (before.oid, "second_look", "second_entry")
    assert {name for name, fact, _ in told if fact == "second_entry"} == twice
    with pytest.raises(DefinitionError, match="write one of monitor, second_entry"):
        changed(line, f"second_look: nobody\n{line}")
