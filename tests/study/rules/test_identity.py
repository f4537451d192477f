"""Identity numbers against published and synthetic vectors; identifiers in free text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules.identity import (
    holds_identifier,
    resident_id_birth,
    resident_id_sex,
    sample_id_refused,
    valid_resident_id,
)
from mrd_desktop.study.scene import Line, Scene
from tests.study.edits import edited

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "identity" / "resident_id_vectors.json").read_text(
        encoding="utf-8"
    )
)
VALID = [
    v["value"] for k in ("valid", "residence_permit_hk_mo_tw", "lower_case_x") for v in VECTORS[k]
]
REFUSED = [v["value"] for k in ("invalid", "old_15_digit", "full_width") for v in VECTORS[k]]


@pytest.fixture(scope="module")
def line() -> Line:
    return edited(load_study(), "01-002", ("ID.KINNAME=欧阳 小惠", "ID.MRN=AB12")).forms("DV")[0]


@pytest.mark.parametrize("number", VALID)
def test_valid_numbers(line: Line, number: str) -> None:
    assert valid_resident_id(line, number) is True


@pytest.mark.parametrize("number", REFUSED)
def test_refused_numbers(line: Line, number: str) -> None:
    assert valid_resident_id(line, number) is False


@pytest.mark.parametrize("number", [v["value"] for v in VECTORS["valid"]])
def test_any_changed_digit_is_noticed(line: Line, number: str) -> None:
    for place in range(17):
        other = str((int(number[place]) + 1) % 10)
        assert valid_resident_id(line, number[:place] + other + number[place + 1 :]) is False


def test_birth_date_and_sex_are_read(line: Line) -> None:
    birth = resident_id_birth(line, "11010519491231002X")
    assert birth is not None
    assert birth.text == "1949-12-31"
    assert resident_id_sex(line, "11010519491231002X") == "F"
    assert resident_id_sex(line, "440524188001010014") == "M"
    assert resident_id_birth(line, "110105194913310020") is None
    assert resident_id_birth(line, "1101051949") is None


@pytest.mark.parametrize(
    "text",
    [
        "tel. 13800138000",
        "+86 138-0013-8000",
        "0086 15912345678",
        "166 0000 0000",
        "电话１３８００１３８０００",
        "身份证11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        "测试乙来电",
        "测试 乙",
        "欧阳小惠",
        "record ab12",
    ],
)
def test_identifiers_are_found(line: Line, text: str) -> None:
    assert holds_identifier(line, text) is True


@pytest.mark.parametrize(
    "text",
    [
        "12345678901",
        "1380013800",
        "138001380000",
        "call 400-800-8820",
        "测试",
        "record AB123",
        "B0001-S02, 20 mL",
        "c.524G>A 110000x",
    ],
)
def test_other_texts_are_left_alone(line: Line, text: str) -> None:
    assert holds_identifier(line, text) is False


def test_without_identity_items_the_patterns_still_hold() -> None:
    line = edited(load_study(), "01-002", ("-ID",)).forms("DV")[0]
    assert holds_identifier(line, "13800138000") is True
    assert holds_identifier(line, "测试乙") is False


def test_a_sample_of_another_subject_is_noticed() -> None:
    study = load_study()
    data = edited(study, "01-002", ()).data
    for used, refused in (("B0001-S03", 1), ("B0001-S99", 0)):
        seen = Scene(study, replace(data, sample_ids=frozenset({used})), vault=True)
        assert sum(sample_id_refused(x) for x in seen.forms("MRD")) == refused
