"""The first proposal for a file: by names that say the same, never by place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.record.importing.errors import MappingRefused
from mrd_desktop.record.importing.guess import guess_mapping, likely_form
from mrd_desktop.record.importing.mapping import check_mapping
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.study.load import load_study
from tests.record.importing.kit import report


def test_columns_are_known_by_name(tmp_path: Path) -> None:
    study = load_study()
    head = "编号,打印日期,采样日期,访视,白细胞计数,HGB,血型"
    path = report(tmp_path, "01-001,2027-06-21,2027-06-20,SCR,5.1,120,O", head=head)
    table = read_table(path)
    found = guess_mapping(study, study.by_form["LAB"], table)
    assert (found.subject, found.date, found.event) == ("编号", "采样日期", "访视")
    assert [(u.column, u.item, u.unit) for u in found.columns] == [
        ("白细胞计数", "LAB.WBCVAL", "10^9/L"),
        ("HGB", "LAB.HGBVAL", "g/L"),
    ]
    check_mapping(study, found, table)


def test_a_marker_brings_its_sign(tmp_path: Path) -> None:
    path = report(tmp_path, "01-001,2027-06-20,<0.5", head="no,day,CEA")
    found = guess_mapping(load_study(), load_study().by_form["TM"], read_table(path))
    assert [(u.item, u.qualifier) for u in found.columns] == [("TM.CEAVAL", "TM.CEAQUAL")]


def test_what_is_not_named_is_not_guessed(tmp_path: Path) -> None:
    path = report(tmp_path, "S1,x,5.1", head="a,b,c")
    found = guess_mapping(load_study(), load_study().by_form["LAB"], read_table(path))
    assert (found.subject, found.date, found.columns) == ("", "", ())


def uses(folder: Path, head: str, cells: str) -> dict[str, tuple[str, str | None, str | None]]:
    path = report(folder, f"01-001,2027-06-20,{cells}", head=f"编号,采样日期,{head}")
    study = load_study()
    found = guess_mapping(study, study.by_form["LAB"], read_table(path))
    return {u.column: (u.item.removeprefix("LAB."), u.unit, u.unit_column) for u in found.columns}


@pytest.mark.parametrize(
    ("item", "headings"),
    [
        ("WBCVAL", "白细胞 白细胞计数 WBC wbc ＷＢＣ 白细胞(WBC) WBC（白细胞） 白细胞数"),
        ("NEUTVAL", "中性粒细胞绝对值 NEUT# ANC 中性粒细胞计数"),
        ("LYMVAL", "LYM# 淋巴细胞绝对值 LYM(#) 淋巴细胞（绝对值） 淋巴细胞(LYM#)"),
        ("HGBVAL", "血红蛋白 HGB Hb 血红蛋白（HGB） Hemoglobin 血色素"),
        ("PLATVAL", "血小板 血小板计数 PLT 血小板(PLT)"),
        ("ALTVAL", "ALT 谷丙转氨酶 丙氨酸氨基转移酶 丙氨酸氨基转移酶(ALT) GPT"),
        ("ASTVAL", "AST 谷草转氨酶 天门冬氨酸氨基转移酶(AST) GOT"),
        ("ALPVAL", "ALP 碱性磷酸酶 AKP"),
        ("BILIVAL", "总胆红素 TBIL T-BIL 总胆红素(TBIL)"),
        ("ALBVAL", "白蛋白 ALB"),
        ("CREATVAL", "肌酐 血肌酐 Cr CREA SCr"),
        ("LDHVAL", "LDH 乳酸脱氢酶"),
        ("KVAL", "钾 血钾 K 钾(K)"),
        ("TROPONIVAL", "肌钙蛋白I 肌钙蛋白Ⅰ 心肌肌钙蛋白I(cTnI) hs-cTnI"),
        ("BNPPRONTVAL", "NT-proBNP N末端脑钠肽前体 NTproBNP"),
    ],
)
def test_every_test_is_known_by_what_laboratories_call_it(
    tmp_path: Path, item: str, headings: str
) -> None:
    for heading in headings.split():
        assert [u[0] for u in uses(tmp_path, heading, "5").values()] == [item], heading


def test_every_value_of_the_blood_test_has_names_of_its_own() -> None:
    study = load_study()
    values = {i.oid for i in study.by_form["LAB"].items if i.name.endswith("VAL")}
    assert len(values) == 15
    assert values <= set(study.headings)


@pytest.mark.parametrize(
    ("head", "cells", "unit", "unit_column"),
    [
        ("血红蛋白(g/dL)", "13.1", "g/dL", None),
        ("血红蛋白（g/L）", "131", "g/L", None),
        ("HGB g/dL", "13.1", "g/dL", None),
        ("HGB,单位", "13.1,g/dL", None, "单位"),
        ("HGB,血型,HGB单位", "13.1,O,g/dL", None, "HGB单位"),
        ("HGB", "131", "g/L", None),
        ("HGB(g/dL),单位", "131,g/L", "g/dL", "单位"),
        ("HGB(g/dL),血型,HGB单位", "131,O,g/L", "g/dL", "HGB单位"),
    ],
)
def test_the_unit_is_the_one_the_file_says(
    tmp_path: Path, head: str, cells: str, unit: str | None, unit_column: str | None
) -> None:
    assert list(uses(tmp_path, head, cells).values()) == [("HGBVAL", unit, unit_column)]


def test_a_unit_that_cannot_be_converted_is_kept_and_refused(tmp_path: Path) -> None:
    study = load_study()
    path = report(tmp_path, "01-001,2027-06-20,8.1", head="编号,采样日期,血红蛋白(mmol/L)")
    table = read_table(path)
    found = guess_mapping(study, study.by_form["LAB"], table)
    assert [u.unit for u in found.columns] == ["mmol/L"]
    with pytest.raises(MappingRefused) as refused:
        check_mapping(study, found, table)
    assert "mmol/L" in refused.value.text.zh and "改选" in refused.value.text.zh


def test_brackets_that_say_something_else_are_not_passed_over(tmp_path: Path) -> None:
    assert uses(tmp_path, "白细胞(尿),中性粒细胞%,白细胞酯酶", "5,60,1") == {}


@pytest.mark.parametrize(
    ("head", "cells", "expected"),
    [
        (
            "中性粒细胞,中性粒细胞绝对值,淋巴细胞,淋巴细胞绝对值",
            "65.2,3.52,25.1,1.35",
            {"中性粒细胞绝对值": "NEUTVAL", "淋巴细胞绝对值": "LYMVAL"},
        ),
        (
            "中性粒细胞(%),中性粒细胞(10^9/L),淋巴细胞(%),淋巴细胞(10^9/L)",
            "65.2,3.52,25.1,1.35",
            {"中性粒细胞(10^9/L)": "NEUTVAL", "淋巴细胞(10^9/L)": "LYMVAL"},
        ),
        ("NEUT%,NEUT#,LYM%,LYM#", "65.2,3.52,25.1,1.35", {"NEUT#": "NEUTVAL", "LYM#": "LYMVAL"}),
        ("NEUT,ANC", "65.2,3.52", {"ANC": "NEUTVAL"}),
        ("中性粒细胞绝对值,NEU(10^9/L)", "3.52,3.52", {"NEU(10^9/L)": "NEUTVAL"}),
        ("NEUT,单位,LYM,单位", "65.2,%,1.35,10^9/L", {"LYM": "LYMVAL"}),
        ("NEUT,单位,NEUT,单位", "65.2,%,3.52,10^9/L", {"NEUT (2)": "NEUTVAL"}),
        ("白细胞(个/HP),白细胞(10^9/L)", "3,5.1", {"白细胞(10^9/L)": "WBCVAL"}),
        ("血红蛋白(mmol/L),HGB", "8.1,131", {"HGB": "HGBVAL"}),
        ("中性粒细胞(%)", "65.2", {}),
    ],
)
def test_a_count_is_not_taken_from_the_column_of_its_percentage(
    tmp_path: Path, head: str, cells: str, expected: dict[str, str]
) -> None:
    assert {c: u[0] for c, u in uses(tmp_path, head, cells).items()} == expected


@pytest.mark.parametrize(
    "name", ["中性粒细胞", "淋巴细胞", "NEUT", "NEU", "Neutrophils", "LYM", "LYMPH", "Lymphocytes"]
)
def test_a_name_of_counts_and_percentages_needs_a_unit(tmp_path: Path, name: str) -> None:
    assert uses(tmp_path, name, "1.5") == {}
    assert uses(tmp_path, f"{name}(mmol/L)", "1.5") == {}
    assert [u[1] for u in uses(tmp_path, f"{name}(10^9/L)", "1.5").values()] == ["10^9/L"]
    assert [u[2] for u in uses(tmp_path, f"{name},单位", "1.5,10^9/L").values()] == ["单位"]


def test_the_form_is_the_one_whose_tests_are_named(tmp_path: Path) -> None:
    study = load_study()
    for head, form in (("WBC,血小板", "LAB"), ("CEA,CA153", "TM"), ("x,y", None)):
        path = report(tmp_path, "01-001,2027-06-20,1,2", head=f"编号,采样日期,{head}")
        likely = likely_form(study, read_table(path))
        assert (likely.oid if likely else None) == form


def test_a_row_with_a_sampling_date_says_that_blood_was_tested(tmp_path: Path) -> None:
    study = load_study()
    path = report(tmp_path, "01-001,2027-06-20,5", head="编号,采样日期,WBC")
    assert guess_mapping(study, study.by_form["LAB"], read_table(path)).constants == {
        "LAB.PERF": "Y"
    }
