"""Known issues say what they risk and what to do; one that touches data is not shipped without."""

from __future__ import annotations

import pytest

from mrd_desktop.known_issues import issue_of, known_issues

WHOLE = {
    "id": "KI-9", "date": "2026-01-01", "gxp": True, "en": "a", "zh": "甲", "risk_en": "b",
    "risk_zh": "乙", "workaround_en": "c", "workaround_zh": "丙",
}  # fmt: skip


def test_the_list_is_whole_and_each_number_is_used_once() -> None:
    issues = known_issues()
    assert issues
    assert len({i.oid for i in issues}) == len(issues)
    assert issue_of(WHOLE).risk.zh == "乙"


@pytest.mark.parametrize("part", ["en", "zh", "risk_en", "risk_zh", "workaround_en"])
def test_an_issue_that_touches_data_needs_risk_and_way_round(part: str) -> None:
    with pytest.raises(ValueError, match="KI-9"):
        issue_of({**WHOLE, part: " "})
    with pytest.raises(ValueError, match="KI-9"):
        issue_of({k: v for k, v in WHOLE.items() if k != part})
    if part.startswith(("risk", "work")):
        issue_of({**WHOLE, part: "", "gxp": False})
