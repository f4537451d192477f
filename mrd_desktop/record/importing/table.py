"""Reading a report: CSV or XLSX, every cell as text.

Nothing is made smaller on the way: ``001`` stays ``001``, a number formatted as a per cent keeps
its sign, a date becomes ISO text. Only the first sheet is read; others are named.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.utils.exceptions import InvalidFileException

from mrd_desktop.record.importing.errors import ReportUnreadable
from mrd_desktop.texts import Text

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_UNPACKED: Final = 64 * 1024 * 1024
MOST_DIRECTORY: Final = 256 * 1024
MOST_TAGS: Final = 1_500_000
HIGHEST_RATIO: Final = 100
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 500
MOST_LINES: Final = 10 * MOST_ROWS
MOST_CELLS: Final = 1_000_000
_MOST_SIGNS: Final = 100_000
_RATIO_FROM: Final = 1 << 20
_END_MARK: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x07"
_END_BYTES: Final = 22
_LONGEST_END: Final = _END_BYTES + 0xFFFF
_DOCTYPE: Final = b"<!DOCTYPE"
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\x00", b"\x00<", b"\x00")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_DELIMITERS: Final = (",", ";", "\t", "|")
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
_OWNER_MARK: Final = "~$"
_ZEROS: Final = re.compile("0{2,}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row; ``number`` as a spreadsheet counts, the first row of the file being 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ReportTable:
    """A report as read.

    Attributes:
        columns: names of the heading, made unique (``Result``, ``Result (2)``).
        rows: without empty ones.
        sha256: of the file, in hex.
        sheet: name of the sheet that was read; empty for a CSV file.
        unread: names of the other sheets that hold something.
        tests: the tests that had a row each, by name; empty where a row was a sample. A test that
            another file of the laboratory has may be missing here.
        left_out: columns that said something else for each test and are not read.
    """

    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    sha256: str
    sheet: str = ""
    unread: tuple[str, ...] = ()
    tests: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()

    @cached_property
    def place(self) -> dict[str, int]:
        """The position of each column."""
        return {name: n for n, name in enumerate(self.columns)}

    def cell(self, row: TableRow, column: str) -> str:
        """The text of a cell, blanks around it cut; of a test that is not in this file, nothing."""
        if self.tests and column not in self.place:
            return ""
        return row.cells[self.place[column]].strip()

    @property
    def remark(self) -> Text | None:
        """How else than as it stands the file was read, in words; None where just as it stands."""
        said: list[Text] = []
        if self.unread:
            said.append(_listed(_ONE_SHEET, self.unread, sheet=self.sheet))
        if self.tests:
            said.append(_BY_TEST.filled(n=len(self.rows)))
        if self.left_out:
            said.append(_listed(_LEFT_OUT, self.left_out))
        if not said:
            return None
        return Text(" ".join(t.en for t in said), "".join(t.zh for t in said))


def _listed(words: Text, names: Sequence[str], **filled: str) -> Text:
    return Text(
        words.en.format(others=", ".join(names), **filled),
        words.zh.format(others="、".join(names), **filled),
    )


def read_table(path: Path) -> ReportTable:
    """The table of a file.

    Raises:
        ReportUnreadable: too big, no table, held by another program, or an encoding that is not
            known.
        OSError: the file cannot be read.
    """
    if path.name.startswith(_OWNER_MARK):
        raise ReportUnreadable(_OWNER)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ReportUnreadable(_TOO_BIG)
        data = path.read_bytes()
    except PermissionError:
        raise ReportUnreadable(_HELD) from None
    sheet, unread = "", list[str]()
    if data.startswith(b"PK\x03\x04"):
        rows: Iterable[list[str]] = _sheet(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ReportUnreadable(_OLD_EXCEL)
    else:
        rows = _csv(data)
    try:
        table = _table(rows, hashlib.sha256(data).hexdigest())
    except csv.Error:
        raise ReportUnreadable(_NO_TABLE) from None
    if data.startswith(b"PK\x03\x04"):
        sheet, *unread = _sheets(data)
    return replace(table, sheet=sheet, unread=tuple(unread))


def _table(rows: Iterable[Sequence[str]], digest: str) -> ReportTable:
    numbered = ((n, r) for n, r in enumerate(rows, 1) if any(c.strip() for c in r))
    _, head = next(numbered, (0, ()))
    while head and not head[-1].strip():
        head = head[:-1]
    if len(head) < 2:
        raise ReportUnreadable(_NO_COLUMNS)
    if len(head) > MOST_COLUMNS:
        raise ReportUnreadable(_TOO_BIG)
    found: list[TableRow] = []
    cells = 0
    for number, row in numbered:
        if any(c.strip() for c in row[len(head) :]):
            raise ReportUnreadable(_LONG_ROW.filled(n=number))
        cells += min(len(row), len(head))
        if len(found) == MOST_ROWS or cells > MOST_CELLS:
            raise ReportUnreadable(_TOO_BIG)
        padded = (*row, *[""] * (len(head) - len(row)))
        found.append(TableRow(number, tuple(padded[: len(head)])))
    if not found:
        raise ReportUnreadable(_NO_ROWS)
    return ReportTable(tuple(unique(head)), tuple(found), digest)


def unique(head: Iterable[str]) -> Iterator[str]:
    """The names of columns, a repeated one with its number and an empty one with its place."""
    seen: set[str] = set()
    for number, cell in enumerate(head, 1):
        plain = " ".join(cell.split()) or f"#{number}"
        name, again = plain, 2
        while name in seen:
            name, again = f"{plain} ({again})", again + 1
        seen.add(name)
        yield name


# --- CSV


def _csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    if max(text.count("\n"), text.count("\r")) > MOST_LINES:
        raise ReportUnreadable(_TOO_BIG)
    widths = {d: _width(text, d) for d in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda d: widths[d])  # of equally wide ones the first
    if not widths[best]:
        raise ReportUnreadable(_NO_TABLE)
    return _split(text, best)


def _split(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows, each made when it is asked for: a file may have very many."""
    lines = (found[0] for found in _LINE.finditer(text))
    return csv.reader(_narrow(lines, delimiter), delimiter=delimiter, strict=True)


def _narrow(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    for line in lines:
        if len(line) > MOST_COLUMNS and line.count(delimiter) > _MOST_SIGNS:
            raise ReportUnreadable(_TOO_BIG)
        yield line


def _width(text: str, delimiter: str) -> int:
    """Columns of the first row that says something; none where the text is no such table."""
    width = 0
    try:
        for row in _split(text, delimiter):
            if not width and any(c.strip() for c in row):
                width = len(row)
    except csv.Error:
        return 0
    return width


def _decoded(data: bytes) -> str:
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise ReportUnreadable(_NO_ENCODING)


# --- XLSX


_BROKEN: Final = (
    *(zipfile.BadZipFile, InvalidFileException, ParseError, EOFError),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OSError),
    *(zlib.error, struct.error, ArithmeticError, RuntimeError),  # a way of packing not known here
)
"""What the reader of workbooks raises over a file that is not whole."""


def _sheet(data: bytes) -> Iterator[list[str]]:
    try:
        _refuse_bomb(data)
        shown, written = (_first_sheet(data, values=values) for values in (True, False))
        for number, pair in enumerate(zip(shown, written, strict=True), 1):
            if all(cell is EMPTY_CELL for row in pair for cell in row):
                yield []  # rows that a sheet leaves out come as wide as all
            else:
                yield [_told(number, *cells) for cells in zip(*pair, strict=True)]
    except _BROKEN as wrong:
        raise ReportUnreadable(_NO_TABLE) from wrong


def _refuse_bomb(data: bytes) -> None:
    """Refuse a workbook that grows: judged by its bytes before anything is made of them.

    Raises:
        ReportUnreadable: too many parts or too much in them, or a part declares a document type.
        Those of ``_BROKEN``: a part is not what the directory says.
    """
    at = data.rfind(_END_MARK, max(0, len(data) - _LONGEST_END))
    if at < 0 or len(data) - at < _END_BYTES:
        raise ReportUnreadable(_NO_TABLE)
    (directory,) = struct.unpack_from("<L", data, at + 12)
    if directory > MOST_DIRECTORY or data[max(0, at - 20) : at].startswith(_END_64):
        raise ReportUnreadable(_TOO_BIG)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        infos = packed.infolist()
        if sum(i.file_size for i in infos) > MOST_UNPACKED or any(_grows(i) for i in infos):
            raise ReportUnreadable(_TOO_BIG)
        tags = 0
        for info in infos:
            before = b""
            with packed.open(info) as part:
                while chunk := part.read(1 << 18):
                    seen = before + chunk
                    if _DOCTYPE in seen or (not before and seen.startswith(_WIDE)):
                        raise ReportUnreadable(_NO_TABLE)
                    tags += chunk.count(b"<")
                    before = chunk[-len(_DOCTYPE) :]
            if tags > MOST_TAGS:
                raise ReportUnreadable(_TOO_BIG)


def _grows(info: zipfile.ZipInfo) -> bool:
    return info.file_size > _RATIO_FROM and info.file_size > HIGHEST_RATIO * info.compress_size


def _first_sheet(data: bytes, *, values: bool) -> Iterator[tuple[Any, ...]]:
    """The rows of the first sheet: what its cells show, or what is written in them."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    yield from sheet.iter_rows(max_col=MOST_COLUMNS + 1, max_row=MOST_ROWS + 1000)
    book.close()


def _sheets(data: bytes) -> list[str]:
    """The name of the first sheet, and of the others that hold something."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    first, *others = book.worksheets
    names = [first.title, *(s.title for s in others if _holds(s))]
    book.close()
    return names


def _holds(sheet: Any) -> bool:
    """Whether a sheet holds something; one that is broken does, for all that is known."""
    try:
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS, values_only=True)
        return any(cell is not None for row in rows for cell in row)
    except _BROKEN:
        return True


def _told(number: int, shown: Any, written: Any) -> str:
    """A cell's text; a formula whose outcome the file does not hold is no empty cell.

    Raises:
        ReportUnreadable: it is one, or went wrong in the sheet.
    """
    if shown.value is None and written.value is not None:
        raise ReportUnreadable(_NO_OUTCOME.filled(n=number))
    if shown.data_type == _ERROR:
        raise ReportUnreadable(_WRONG.filled(n=number, what=shown.value))
    return _cell(shown)


def _cell(cell: Any) -> str:
    """A cell's content as text, as near to what the sheet shows as is safe."""
    value = cell.value
    match value:
        case None:
            said = ""
        case bool():
            said = "TRUE" if value else "FALSE"
        case datetime():
            midnight = value.time() == time()
            said = value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
        case date():
            said = value.isoformat()
        case time():
            said = value.isoformat("minutes")
        case int() | float():
            said = _number(value, str(cell.number_format))
        case _:
            said = str(value)
    return said


def _number(value: float, shown: str) -> str:
    # A sheet keeps 15 digits; what lies beyond is noise of the binary fraction.
    exact = Decimal(str(value)) if isinstance(value, int) else Decimal(f"{value:.15g}")
    if shown.rstrip().endswith("%"):
        return f"{(exact * 100).normalize():f}%"
    plain = f"{exact.normalize():f}" if exact else "0"
    if _ZEROS.fullmatch(shown) and plain.isdigit():
        return plain.zfill(len(shown))
    return plain


_ERROR: Final = "e"
_OWNER: Final = Text(
    "This is the mark of a file that is open in another program. Choose the report itself.",
    "这是打开文件时的临时标记，请选择报告文件本身。",
)
_HELD: Final = Text(
    "Another program holds the file, or it may not be read. Close it there and try again.",
    "文件被其他程序占用或无权读取，请在该程序中关闭后重试。",
)
_NO_OUTCOME: Final = Text(
    "Row {n} holds a formula whose outcome is not in the file. Open it in the table program, "
    "save it there and choose it again.",
    "第 {n} 行含有未保存结果的公式，请用表格软件打开并保存后再选择。",
)
_WRONG: Final = Text(
    "Row {n} shows {what}: a formula went wrong in the sheet. Correct it there.",
    "第 {n} 行显示 {what}，表格中的公式有误，请在表格中更正。",
)
_TOO_BIG: Final = Text(
    "The file is too large for a report. Export fewer rows at a time.",
    "文件过大，请减少每次导出的行数。",
)
_OLD_EXCEL: Final = Text(
    "This is an old Excel file (.xls). Save it as .xlsx or CSV and choose that.",
    "这是旧版 Excel 文件（.xls），请另存为 .xlsx 或 CSV 后再选择。",
)
_NO_TABLE: Final = Text(
    "This file is no table. Choose a CSV or XLSX file.", "无法读取该文件，请选择 CSV 或 XLSX 文件。"
)
_NO_COLUMNS: Final = Text(
    "The first row must name the columns, two at least. Remove what stands above it.",
    "首行应为列标题（至少两列），请删除标题以上的内容。",
)
_ONE_SHEET: Final = Text(
    "Only the sheet “{sheet}” is read. Not read: {others}. Save such a sheet as a file of its own.",
    "仅读取工作表“{sheet}”，未读取：{others}。如需导入，请将该工作表另存为单独文件。",
)
_BY_TEST: Final = Text(
    "One row for each test: read as {n} samples.", "每行一个检验项目，已合并为 {n} 个样本。"
)
_LEFT_OUT: Final = Text(
    "Not read, because they differ from test to test: {others}.",
    "各项目不同、未读取的列：{others}。",
)
_NO_ROWS: Final = Text("There are no rows below the heading.", "列标题下没有数据。")
_LONG_ROW: Final = Text(
    "Row {n} has more cells than the heading. Check commas in its texts.",
    "第 {n} 行的单元格多于列标题，请检查文字中的分隔符。",
)
_NO_ENCODING: Final = Text(
    "The letters of the file cannot be read. Save it as UTF-8 or GB18030.",
    "无法识别文件编码，请另存为 UTF-8 或 GB18030。",
)
