"""The first proposal for a file: by names that say the same, never by place."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.record.importing.guess import guess_mapping
from mrd_desktop.record.importing.mapping import check_mapping
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.study.load import load_study
from tests.record.importing.kit import report


def test_columns_are_known_by_name(tmp_path: Path) -> None:
    study = load_study()
    head = "编号,打印日期,采样日期,访视,白细胞计数,HGB,血型"
    path = report(tmp_path, "01-001,2027-06-21,2027-06-20,SCR,5.1,120,O", head=head)
    table = read_table(path)
    found = guess_mapping(study.by_form["LAB"], table)
    assert (found.subject, found.date, found.event) == ("编号", "采样日期", "访视")
    assert [(u.column, u.item, u.unit) for u in found.columns] == [
        ("白细胞计数", "LAB.WBCVAL", "10^9/L"),
        ("HGB", "LAB.HGBVAL", "g/L"),
    ]
    check_mapping(study, found, table.columns)


def test_a_marker_brings_its_sign(tmp_path: Path) -> None:
    path = report(tmp_path, "01-001,2027-06-20,<0.5", head="no,day,CEA")
    found = guess_mapping(load_study().by_form["TM"], read_table(path))
    assert [(u.item, u.qualifier) for u in found.columns] == [("TM.CEAVAL", "TM.CEAQUAL")]


def test_what_is_not_named_is_not_guessed(tmp_path: Path) -> None:
    path = report(tmp_path, "S1,x,5.1", head="a,b,c")
    found = guess_mapping(load_study().by_form["LAB"], read_table(path))
    assert (found.subject, found.date, found.columns) == ("", "", ())
