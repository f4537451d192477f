"""Parquet, divided by site and by the month of entry, for those whom one machine is too small.

``<TABLE>/SITE=01/MONTH=2027-06/part-0.parquet``: the tables of the CSV files, every value as the
text it is, null where there is none, numbers only in the keys. What the columns mean, in both
languages, stands in the file's metadata under ``columns``.

Of the format only what this needs is written: one row group, plain pages, no compression, because
compressors differ from machine to machine and the bytes shall not.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from mrd_desktop import __version__
from mrd_desktop.transfer.datasets import KEYS, Source, Table, column_of

NUMBERS: Final = frozenset({"EVENTREP", "FORMREP", "ROWNO"})
PATTERN: Final = "*/SITE=*/MONTH=*/part-0.parquet"
"""Where the files stand below their folder."""
_SITE: Final = KEYS.index("SITEID")
_MAGIC: Final = b"PAR1"
_INT32, _BYTES = 1, 6
_REQUIRED, _OPTIONAL = 0, 1
_PLAIN, _RLE = 0, 3


def files(source: Source) -> Iterator[tuple[str, bytes, int]]:
    """Name, bytes and rows of each file; one site of one table is held at a time."""
    for table in source.tables():
        about = json.dumps(_about(table), ensure_ascii=False, separators=(",", ":"))
        for site, dated in groupby(table.dated(), key=lambda pair: pair[1][_SITE]):
            months: dict[str, list[Sequence[str]]] = {}
            for month, cells in dated:
                months.setdefault(month, []).append(cells)
            for month, rows in sorted(months.items()):
                name = f"{table.name}/SITE={site}/MONTH={month}/part-0.parquet"
                yield name, file_bytes(table.columns, rows, {"columns": about}), len(rows)


def _about(table: Table) -> dict[str, dict[str, str]]:
    about = {}
    for _, item, _at in table.places():
        said = {"item": item.oid, "label_en": item.text.en, "label_zh": item.text.zh}
        about[column_of(item)] = said | ({"unit": item.unit} if item.unit else {})
    return about


def file_bytes(
    columns: Sequence[str], rows: Sequence[Sequence[str]], metadata: Mapping[str, str]
) -> bytes:
    """A whole file of text columns; those of :data:`NUMBERS` are integers."""
    body = bytearray(_MAGIC)
    chunks = []
    for place, name in enumerate(columns):
        chunk = _Struct()
        start = len(body)
        body += _page([row[place] for row in rows], number=name in NUMBERS)
        size = len(body) - start
        meta = _Struct()
        meta.number(1, _INT32 if name in NUMBERS else _BYTES)
        meta.numbers(2, (_PLAIN, _RLE))
        meta.texts(3, (name,))
        meta.number(4, 0)  # not compressed
        meta.number(5, len(rows), wide=True)
        meta.number(6, size, wide=True)
        meta.number(7, size, wide=True)
        meta.number(9, start, wide=True)
        chunk.number(2, start, wide=True)
        chunk.struct(3, meta)
        chunks.append(chunk)
    group = _Struct()
    group.structs(1, chunks)
    group.number(2, len(body) - len(_MAGIC), wide=True)
    group.number(3, len(rows), wide=True)
    footer = _Struct()
    footer.number(1, 1)
    footer.structs(2, _schema(columns))
    footer.number(3, len(rows), wide=True)
    footer.structs(4, [group])
    footer.structs(5, [_pair(key, value) for key, value in metadata.items()])
    footer.text(6, f"MRD Desktop {__version__}")
    end = footer.bytes()
    return bytes(body + end + struct.pack("<I", len(end)) + _MAGIC)


def _schema(columns: Sequence[str]) -> list[_Struct]:
    root = _Struct()
    root.text(4, "schema")
    root.number(5, len(columns))
    made = [root]
    for name in columns:
        one = _Struct()
        one.number(1, _INT32 if name in NUMBERS else _BYTES)
        one.number(3, _REQUIRED if name in NUMBERS else _OPTIONAL)
        one.text(4, name)
        if name not in NUMBERS:
            one.number(6, 0)  # UTF-8, as old readers know it, and as new ones do
            string = _Struct()
            string.struct(1, _Struct())
            one.struct(10, string)
        made.append(one)
    return made


def _pair(key: str, value: str) -> _Struct:
    pair = _Struct()
    pair.text(1, key)
    pair.text(2, value)
    return pair


def _page(cells: Sequence[str], *, number: bool) -> bytes:
    """One column's only page with its header; an empty cell is null."""
    if number:
        data = b"".join(struct.pack("<i", int(cell)) for cell in cells)
    else:
        levels = b"".join(
            _varint(sum(1 for _ in run) << 1) + bytes([present])
            for present, run in groupby(bool(cell) for cell in cells)
        )
        texts = (cell.encode() for cell in cells if cell)
        data = struct.pack("<I", len(levels)) + levels
        data += b"".join(struct.pack("<I", len(text)) + text for text in texts)
    page = _Struct()
    page.number(1, len(cells))
    page.number(2, _PLAIN)
    page.number(3, _RLE)
    page.number(4, _RLE)
    header = _Struct()
    header.number(1, 0)  # a data page
    header.number(2, len(data))
    header.number(3, len(data))
    header.struct(5, page)
    return header.bytes() + data


class _Struct:
    """A structure in Thrift's compact protocol; fields are put in rising order."""

    def __init__(self) -> None:
        self._made = bytearray()
        self._last = 0

    def _field(self, place: int, kind: int) -> None:
        self._made.append((place - self._last) << 4 | kind)
        self._last = place

    def number(self, place: int, value: int, *, wide: bool = False) -> None:
        """A 32-bit or (wide) 64-bit integer that is not negative."""
        self._field(place, 6 if wide else 5)
        self._made += _varint(value << 1)

    def text(self, place: int, value: str) -> None:
        """A text."""
        self._field(place, 8)
        self._made += _text(value)

    def struct(self, place: int, value: _Struct) -> None:
        """A structure inside."""
        self._field(place, 12)
        self._made += value.bytes()

    def numbers(self, place: int, values: Sequence[int]) -> None:
        """A list of 32-bit integers."""
        self._list(place, 5, [_varint(v << 1) for v in values])

    def texts(self, place: int, values: Sequence[str]) -> None:
        """A list of texts."""
        self._list(place, 8, [_text(v) for v in values])

    def structs(self, place: int, values: Sequence[_Struct]) -> None:
        """A list of structures."""
        self._list(place, 12, [v.bytes() for v in values])

    def _list(self, place: int, kind: int, items: Sequence[bytes]) -> None:
        self._field(place, 9)
        if len(items) < 15:
            self._made.append(len(items) << 4 | kind)
        else:
            self._made.append(0xF0 | kind)
            self._made += _varint(len(items))
        self._made += b"".join(items)

    def bytes(self) -> bytes:
        """The structure, ended."""
        return bytes(self._made) + b"\x00"


def _text(value: str) -> bytes:
    data = value.encode()
    return _varint(len(data)) + data


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
