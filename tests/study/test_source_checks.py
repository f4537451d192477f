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
        ("IE.IEYN, TC.TCDAT", "IE.IEYNX, TC.TCDAT", "there is no item IE.IEYNX"),
        ("IE.IEYN, TC.TCDAT", "IE.AUTO, TC.TCDAT", "IE.AUTO is derived and has no source"),
        ("IE.IEYN, TC.TCDAT", "ID.BRTHDAT, TC.TCDAT", "ID.BRTHDAT is an identity item"),
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
    fewer = study_of(changed("IE.IEYN, TC.TCDAT", "TC.TCDAT"))
    assert [c.fact for c in diff(before, fewer)] == ["critical"]
