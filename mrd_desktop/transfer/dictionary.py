"""What stands beside plain tables: a data dictionary and a view for spreadsheets.

The dictionary, in both languages, says of each column what it means, its unit and code list. The
spreadsheet view protects cells that a spreadsheet would take for a formula; it is for looking at.
Exact values are in the tables themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mrd_desktop.study.model import Study
from mrd_desktop.transfer.datasets import Source, Table, column_of, lines

COLUMNS: Final = (
    "TABLE", "COLUMN", "ITEM", "LABEL_EN", "LABEL_ZH", "TYPE", "LENGTH", "DECIMALS", "UNIT",
    "CODELIST", "DERIVED",
)  # fmt: skip
CODES: Final = ("CODELIST", "CODE", "LABEL_EN", "LABEL_ZH", "NCIT")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell may begin with to be taken for a formula, full-width forms included."""
BOM: Final = b"\xef\xbb\xbf"


def columns(source: Source) -> Iterator[tuple[str, ...]]:
    """A row for each item of each table."""
    for table in source.tables():
        for _, item, _at in table.places():
            kind = item.type
            yield (
                table.name, column_of(item), item.oid, item.text.en, item.text.zh, kind.kind.value,
                str(kind.length or ""), str(kind.decimals or ""), item.unit or "",
                item.codelist.oid if item.codelist else "", "Y" if item.derived else "",
            )  # fmt: skip


def codes(study: Study) -> Iterator[tuple[str, ...]]:
    """A row for each code of each list; the list ``MISS`` holds the reasons."""
    for codelist in study.codelists.values():
        for code in codelist.codes:
            yield (codelist.oid, code.code, code.text.en, code.text.zh, code.ncit or "")


def sheet(table: Table) -> Iterator[bytes]:
    """A table for a spreadsheet program: a byte order mark, so that it is read as UTF-8."""
    yield BOM
    yield from lines(table.columns, (tuple(map(harmless, row)) for row in table.cells()))


def harmless(cell: str) -> str:
    """A cell with an apostrophe in front where a spreadsheet would compute it; numbers stay."""
    if not cell.startswith(FORMULA) or _number(cell):
        return cell
    return f"'{cell}"


def _number(cell: str) -> bool:
    digits = cell.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()
