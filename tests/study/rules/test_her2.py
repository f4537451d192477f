"""HER2 status and ISH group against every line of the rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules.her2 import her2_status, ish_group
from mrd_desktop.study.scene import Line
from tests.study.edits import edited


def specimen(**values: str) -> Line:
    """A specimen that holds only these values."""
    names = ("HER2IHC", "ISHYN", "ISHPROBE", "HER2RAT", "HER2CN")
    edits = [f"BCH/PATH#1.{name}={values.get(name, '')}" for name in names]
    return edited(load_study(), "01-002", edits).rows("PATH")[0]


@pytest.mark.parametrize(
    ("score", "expected"),
    [("3+", "POSITIVE"), ("2+", "UNDET"), ("1+", "NEGATIVE"), ("0", "NEGATIVE")],
)
def test_without_ish_the_score_decides(score: str, expected: str) -> None:
    assert her2_status(specimen(HER2IHC=score, ISHYN="N")) == expected


@pytest.mark.parametrize(
    ("ratio", "copies", "group", "with_2plus", "with_1plus"),
    [
        ("2.0", "4.0", 1, "POSITIVE", "POSITIVE"),
        ("2.0", "3.99", 2, "NEGATIVE", "NEGATIVE"),
        ("1.99", "6.0", 3, "POSITIVE", "NEGATIVE"),
        ("1.99", "5.99", 4, "NEGATIVE", "NEGATIVE"),
        ("1.99", "4.0", 4, "NEGATIVE", "NEGATIVE"),
        ("1.99", "3.99", 5, "NEGATIVE", "NEGATIVE"),
    ],
)
def test_dual_probe_groups(
    ratio: str, copies: str, group: int, with_2plus: str, with_1plus: str
) -> None:
    for score, expected in (("2+", with_2plus), ("1+", with_1plus), ("3+", "POSITIVE")):
        line = specimen(HER2IHC=score, ISHYN="Y", ISHPROBE="DUAL", HER2RAT=ratio, HER2CN=copies)
        assert ish_group(line) == Decimal(group)
        assert her2_status(line) == expected


@pytest.mark.parametrize(
    ("copies", "expected"),
    [("6.0", "POSITIVE"), ("5.9", "UNDET"), ("4.0", "UNDET"), ("3.9", "NEGATIVE"), ("", "UNDET")],
)
def test_single_probe(copies: str, expected: str) -> None:
    line = specimen(HER2IHC="2+", ISHYN="Y", ISHPROBE="SINGLE", HER2CN=copies)
    assert her2_status(line) == expected
    assert ish_group(line) is None


def test_numbers_without_an_ish_form_no_group() -> None:
    numbers = {"ISHPROBE": "DUAL", "HER2RAT": "4.8", "HER2CN": "9.6"}
    assert ish_group(specimen(HER2IHC="2+", ISHYN="N", **numbers)) is None


def test_a_missing_number_leaves_the_status_open() -> None:
    line = specimen(HER2IHC="2+", ISHYN="Y", ISHPROBE="DUAL", HER2RAT="4.8")
    assert her2_status(line) == "UNDET"
    assert her2_status(specimen(ISHYN="N")) is None
