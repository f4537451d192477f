"""Reports with one row for each test: read as one row for each sample. All of it is synthetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.record.importing.by_test import read_report
from mrd_desktop.record.importing.errors import MappingRefused
from mrd_desktop.record.importing.guess import guess_mapping, likely_form
from mrd_desktop.record.importing.mapping import check_mapping, unmapped_tests
from mrd_desktop.record.importing.run import import_report
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.record.importing.trial import try_report
from mrd_desktop.study.load import load_study
from tests.clinic import Clinic
from tests.record.importing.kit import report
from tests.record.importing.test_import import open_unscheduled, verdicts

HEAD = "受试者,采样日期,访视,实验室,项目,结果,单位,参考范围,提示"


def line(test: str, value: str, unit: str, day: str = "2027-06-20", flag: str = "") -> str:
    return f"01-001,{day},UNS#9,合成检验科,{test},{value},{unit},{test} 的范围,{flag}"


BLOOD = (
    line("白细胞", "5.1", "10^9/L"),
    line("血红蛋白", "12.0", "g/dL", flag="↓"),
    line("中性粒细胞", "60", "%"),
    line("中性粒细胞", "3.06", "10^9/L"),
    line("未知项目", "7", "x"),
)


def read(path: Path) -> ReportTable:
    return read_report(load_study(), path)


def test_every_test_becomes_a_column_with_its_unit(tmp_path: Path) -> None:
    table = read(report(tmp_path, *BLOOD, head=HEAD))
    (row,) = table.rows
    assert row.number == 2
    said = {c: table.cell(row, c) for c in table.columns}
    assert said == {
        "受试者": "01-001",
        "采样日期": "2027-06-20",
        "访视": "UNS#9",
        "实验室": "合成检验科",
        "白细胞": "5.1",
        "白细胞单位": "10^9/L",
        "血红蛋白": "12.0",
        "血红蛋白单位": "g/dL",
        "中性粒细胞 (%)": "60",
        "中性粒细胞 (%)单位": "%",
        "中性粒细胞 (10^9/L)": "3.06",
        "中性粒细胞 (10^9/L)单位": "10^9/L",
        "未知项目": "7",
        "未知项目单位": "x",
    }
    assert table.remark is not None
    assert "1 个样本" in table.remark.zh
    assert "参考范围、提示" in table.remark.zh


def test_samples_stay_apart_and_a_second_result_is_no_correction(tmp_path: Path) -> None:
    later = line("白细胞", "4.0", "10^9/L", day="2027-06-27")
    again = line("白细胞", "9.9", "10^9/L")
    table = read(report(tmp_path, *BLOOD, later, again, BLOOD[0], head=HEAD))
    assert [(r.number, table.cell(r, "白细胞")) for r in table.rows] == [
        (2, "5.1"),
        (7, "4.0"),
        (8, "9.9"),
    ]
    assert table.cell(table.rows[2], "血红蛋白") == ""


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("结果", "说明"),  # no column of results
        HEAD.replace("项目", "备注"),  # none of tests
        HEAD.replace("受试者", "姓名代码").replace("采样日期", "时间"),
    ],
)
def test_another_table_stays_as_it_is(tmp_path: Path, head: str) -> None:
    lines = BLOOD if "受试者" in head else [x.replace("01-001", "synthetic") for x in BLOOD]
    table = read(report(tmp_path, *lines, head=head))
    assert len(table.rows) == len(BLOOD)
    assert not table.tests
    assert table.remark is None


def test_names_nobody_knows_make_no_report_by_test(tmp_path: Path) -> None:
    table = read(report(tmp_path, line("甲", "1", "x"), line("乙", "2", "x"), head=HEAD))
    assert not table.tests


def test_it_is_taken_in_like_any_report(charted: Clinic, tmp_path: Path) -> None:
    path = report(tmp_path, *BLOOD, head=HEAD)
    with charted.open() as session:
        open_unscheduled(session)
        study = session.study
        table = read_report(study, path)
        form = likely_form(study, table)
        assert form is not None
        assert form.oid == "LAB"
        mapping = guess_mapping(study, form, table)
        filled = {u.item: u.column for u in mapping.columns}
        assert filled["LAB.NEUTVAL"] == "中性粒细胞 (10^9/L)"
        assert verdicts(try_report(session, table, mapping)) == ["new"]
        done = import_report(session, table, mapping)
        assert done.forms == 1
        assert verdicts(try_report(session, table, mapping)) == ["same"]
        twice = read_report(
            study, report(tmp_path, *BLOOD, line("白细胞", "9", "10^9/L"), head=HEAD)
        )
        assert verdicts(try_report(session, twice, mapping)) == ["same", "refused"]


def test_a_remembered_mapping_fits_a_file_with_fewer_tests_and_names_new_ones(
    tmp_path: Path,
) -> None:
    study = load_study()
    mapping = guess_mapping(
        study, study.by_form["LAB"], read(report(tmp_path, *BLOOD, head=HEAD)), "合成"
    )
    fewer = read(report(tmp_path, BLOOD[0], line("血小板", "200", "10^9/L"), head=HEAD))
    check_mapping(study, mapping, fewer)
    said = unmapped_tests(mapping, fewer)
    assert said is not None
    assert "血小板" in said.zh
    assert "白细胞" not in said.zh
    other = read(report(tmp_path, line("血小板", "1", ""), line("谷丙转氨酶", "2", ""), head=HEAD))
    with pytest.raises(MappingRefused):
        check_mapping(study, mapping, other)
