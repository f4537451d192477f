"""Cells of reports: nothing is guessed, and no shorthand of the keyboard counts."""

from __future__ import annotations

import pytest

from mrd_desktop.record.importing.cells import Read, read_cell
from mrd_desktop.record.importing.mapping import ColumnUse
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.load import load_study


def said(item: str, cell: str, unit: str = "", **use: object) -> Read | None:
    study = load_study()
    made = ColumnUse(column="c", item=item, **use)  # type: ignore[arg-type]
    return read_cell(study, study.by_item[item], made, cell, unit)


@pytest.mark.parametrize(
    ("item", "cell", "unit", "gives"),
    [
        ("LAB.LBDAT", "2027-6-3", "", "2027-06-03"),
        ("LAB.LBDAT", "2027/06/03", "", "2027-06-03"),
        ("LAB.LBDAT", "2027.6.3", "", "2027-06-03"),
        ("LAB.LBDAT", "20270603", "", "2027-06-03"),
        ("LAB.LBDAT", "2027年6月3日", "", "2027-06-03"),
        ("LAB.LBDAT", "2027-06-03 08:30:00", "", "2027-06-03"),
        ("MRD.SAMPTIM", "2027-06-03 8:30", "", "08:30"),
        ("MRD.RESULT", "positive", "", "POSITIVE"),
        ("MRD.RESULT", "阳性", "", "POSITIVE"),
        ("MRD.RESULT", "Negative", "", "NEGATIVE"),
        ("MRD.RESULT", "阴性(未检出ctDNA)", "", "NEGATIVE"),
        ("MRD.SAMPID", "00123", "", "00123"),
        ("LAB.HGBVAL", "13.2 ↑", "g/dL", "132"),
        ("LAB.HGBVAL", "132.0", "g/L", "132.0"),
        ("MRD.MVAF", "0.12%", "", "0.12"),
    ],
)
def test_what_a_cell_says(item: str, cell: str, unit: str, gives: str) -> None:
    assert said(item, cell, unit) == Read(gives)


@pytest.mark.parametrize(
    ("item", "cell", "unit"),
    [
        ("LAB.LBDAT", "16", ""),
        ("LAB.LBDAT", "t", ""),
        ("LAB.LBDAT", "03/06/2027", ""),
        ("LAB.LBDAT", "27-06-03", ""),
        ("LAB.LBDAT", "2027-02-30", ""),
        ("LAB.LBDAT", "46176", ""),
        ("MRD.RESULT", "2", ""),
        ("MRD.RESULT", "pos", ""),
        ("MRD.SAMPTIM", "830", ""),
        ("LAB.HGBVAL", "13.2", ""),
        ("LAB.HGBVAL", "13.2", "mg/dL"),
        ("LAB.HGBVAL", "12%", "g/L"),
        ("LAB.HGBVAL", "<20", "g/L"),
    ],
)
def test_what_is_refused(item: str, cell: str, unit: str) -> None:
    with pytest.raises(ValueRefused):
        said(item, cell, unit)


def test_an_empty_cell_says_nothing() -> None:
    assert said("LAB.HGBVAL", "  ") is None


def test_a_text_is_read_as_the_mapping_says() -> None:
    assert said("MRD.RESULT", "+", read_as={"+": "POSITIVE"}) == Read("POSITIVE")
    assert said("LAB.HGBVAL", "未检", read_as={"未检": ""}) is None


@pytest.mark.parametrize(("cell", "sign"), [("<0.50", "LT"), (">1000", "GT"), ("0.50", "EQ")])
def test_a_sign_goes_where_the_mapping_says(cell: str, sign: str) -> None:
    read = said("TM.CEAVAL", cell, "ng/mL", qualifier="TM.CEAQUAL")
    assert read == Read(cell.lstrip("<>"), sign)
