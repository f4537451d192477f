"""Reading reports: every cell is text, whatever the file makes of it."""

from __future__ import annotations

import datetime
import hashlib
import zipfile
from pathlib import Path

import openpyxl
import pytest

from mrd_desktop.record.importing import table
from mrd_desktop.record.importing.errors import ReportUnreadable
from mrd_desktop.record.importing.table import read_table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "r.csv"
    lines = [["编号", "白细胞"], ["001", "4.50"], ["", ""], ["002", "5"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    path.write_bytes(text.encode(encoding))
    found = read_table(path)
    assert found.columns == ("编号", "白细胞")
    assert [(r.number, r.cells) for r in found.rows] == [(2, ("001", "4.50")), (4, ("002", "5"))]
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_sheets_that_are_not_read_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for name in ("first", "second", "empty"):
        sheet = book.create_sheet(name)
        if name != "empty":
            sheet.append(["no", "value"])
            sheet.append(["001", name])
    book.remove(book.worksheets[0])
    path = tmp_path / "several.xlsx"
    book.save(path)
    found = read_table(path)
    assert [r.cells for r in found.rows] == [("001", "first")]
    assert (found.sheet, found.unread) == ("first", ("second",))
    assert found.remark is not None
    assert "second" in found.remark.zh
    assert "second" in found.remark.en
    book.remove(book["second"])
    book.save(path)
    assert read_table(path).remark is None


def test_a_workbook_loses_nothing_that_stands_in_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["no", "barcode", "day", "vaf", "ratio", "noise", "time", "flag", "whole"])
    sheet.append(
        [
            "001",
            7,
            datetime.datetime(2027, 6, 20),  # noqa: DTZ001
            0.0012,
            13.0,
            0.1 + 0.2,
            datetime.time(8, 30),
            True,
            1234567,
        ]
    )
    sheet["B2"].number_format = "0000"
    sheet["D2"].number_format = "0.00%"
    path = tmp_path / "r.xlsx"
    book.save(path)
    assert read_table(path).rows[0].cells == (
        *("001", "0007", "2027-06-20", "0.12%", "13", "0.3", "08:30", "TRUE", "1234567"),
    )


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("no,result,result,,result\n1,2,3,4,5\n", encoding="utf-8")
    assert read_table(path).columns == ("no", "result", "result (2)", "#4", "result (3)")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"one column\n1\n2\n",
        b"a,b\n",
        b"a,b\n1,2,3\n",
        b"a,b\n1,\x00\n",
        b"\xff\xfea\x00,\x00b\x00",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old workbook",
        b"PK\x03\x04 no workbook",
        b'a,b\n"1,2\n',
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(data)
    with pytest.raises(ReportUnreadable):
        read_table(path)


@pytest.mark.parametrize(("limit", "value"), [("MOST_BYTES", 8), ("MOST_ROWS", 2)])
def test_a_file_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("a,b\n1,2\n3,4\n5,6\n", encoding="utf-8")
    assert len(read_table(path).rows) == 3
    monkeypatch.setattr(table, limit, value)
    with pytest.raises(ReportUnreadable):
        read_table(path)


def test_a_workbook_that_unpacks_too_far_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["a", "b"])
    book.active.append(["1", "2"])
    path = tmp_path / "r.xlsx"
    book.save(path)
    assert read_table(path).rows
    monkeypatch.setattr(table, "MOST_UNPACKED", 100)
    with pytest.raises(ReportUnreadable):
        read_table(path)


def test_a_workbook_with_more_zeros_than_its_limit_is_refused(tmp_path: Path) -> None:
    """The sheet itself is small and whole."""
    path = workbook(tmp_path / "r.xlsx")
    assert read_table(path).rows
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("xl/media/zeros.bin", "w") as member,
    ):
        for _ in range(257):
            member.write(bytes(1 << 20))
    with pytest.raises(ReportUnreadable):
        read_table(path)


def test_a_report_with_more_bytes_than_its_limit_is_refused(tmp_path: Path) -> None:
    """Few rows and few columns, each of an allowed length."""
    path = tmp_path / "r.csv"
    line = ",".join(["7" * 1_000] * 400) + "\n"
    path.write_text(line * 50, encoding="utf-8")
    assert len(read_table(path).rows) == 49
    path.write_text(line * 53, encoding="utf-8")
    with pytest.raises(ReportUnreadable):
        read_table(path)


def workbook(path: Path, **cells: object) -> Path:
    """A workbook with a heading and a row, some of its cells otherwise."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["no", "value"])
    sheet.append(["001", 7])
    for name, value in cells.items():
        sheet[name] = value
    book.save(path)
    return path


def test_a_formula_without_its_outcome_is_no_empty_cell(tmp_path: Path) -> None:
    assert read_table(workbook(tmp_path / "plain.xlsx")).rows[0].cells == ("001", "7")
    with pytest.raises(ReportUnreadable) as refused:
        read_table(workbook(tmp_path / "formula.xlsx", B2="=3+4"))
    assert "第 2 行含有未保存结果的公式" in refused.value.text.zh


def test_a_formula_that_went_wrong_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(ReportUnreadable) as refused:
        read_table(workbook(tmp_path / "wrong.xlsx", B2="#N/A"))
    assert "第 2 行显示 #N/A" in refused.value.text.zh


def test_cells_that_are_merged_stand_in_their_first_row_alone(tmp_path: Path) -> None:
    path = workbook(tmp_path / "merged.xlsx", B3=8)
    book = openpyxl.load_workbook(path)
    assert book.active is not None
    book.active.merge_cells("A2:A3")
    book.save(path)
    assert [r.cells for r in read_table(path).rows] == [("001", "7"), ("", "8")]


def test_a_file_that_another_program_holds_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    mark = tmp_path / "~$r.xlsx"
    mark.write_bytes(b"synthetic")
    with pytest.raises(ReportUnreadable) as refused:
        read_table(mark)
    assert "临时标记" in refused.value.text.zh

    def held(_: Path) -> bytes:
        raise PermissionError

    monkeypatch.setattr(Path, "read_bytes", held)
    with pytest.raises(ReportUnreadable) as refused:
        read_table(path)
    assert "请在该程序中关闭" in refused.value.text.zh


def test_a_workbook_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx").read_bytes()
    path = tmp_path / "changed.xlsx"
    refused = 0
    for at in range(0, len(whole), 61):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            read_table(path)
        except ReportUnreadable:
            refused += 1
    assert refused
