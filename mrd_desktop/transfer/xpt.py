"""SAS transport files, version 5 (XPORT), written by the format's own description.

The format is old and narrow: names of 8 letters, labels of 40 bytes, texts of 200 bytes, numbers in
the floating point of IBM mainframes, no word on the code page. What does not fit is told, cell by
cell, in a report beside the files; nothing is cut in silence. Text is UTF-8.

The bytes depend on the rows and the time of the head record alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from mrd_desktop.transfer.tabulation import Column, Row, Value

NAME_BYTES: Final = 8
LABEL_BYTES: Final = 40
TEXT_BYTES: Final = 200
REPORT_COLUMNS: Final = ("DATASET", "ROW", "VARIABLE", "LIMIT", "WHOLE")
ENCODING: Final = "utf-8"

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                  "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")  # fmt: skip
_RECORD: Final = 80
_MISSING: Final = b"." + bytes(7)
_ZEROS: Final = "0" * 30
_NAMESTR: Final = struct.Struct(">4h8s40s8s3h2s8s2hi52s")


@dataclass
class Report:
    """What did not fit, in the order in which it was met.

    Attributes:
        rows: dataset, row (0: the whole dataset), variable, limit, the whole text.
    """

    rows: list[tuple[str, ...]] = field(default_factory=list)

    def tell(self, dataset: str, row: int, variable: str, limit: str, whole: str) -> None:
        """One thing more."""
        self.rows.append((dataset, str(row), variable, limit, whole))


def transport(
    name: str,
    label: str,
    columns: Sequence[Column],
    lengths: Sequence[int],
    rows: Iterator[Row],
    created: str,
    report: Report,
) -> Iterator[bytes]:
    """The file in pieces.

    Args:
        lengths: the longest text of each column in bytes.
        created: UTC time of the head record.
    """
    writer = _Writer(name, columns, lengths, report)
    yield from writer.head(label, created)
    size = 0
    for number, row in enumerate(rows, start=1):
        data = writer.row(number, row)
        size += len(data)
        yield data
    yield b" " * (-size % _RECORD)
    writer.tell_foreign()


class _Writer:
    def __init__(
        self, name: str, columns: Sequence[Column], lengths: Sequence[int], report: Report
    ) -> None:
        self._name: Final = name
        self._columns: Final = columns
        self._report: Final = report
        self._widths: Final = [
            min(max(longest, 1), TEXT_BYTES) if column.type == "string" else 8
            for column, longest in zip(columns, lengths, strict=True)
        ]
        self._foreign: Final[dict[str, int]] = {}

    def head(self, label: str, created: str) -> Iterator[bytes]:
        at = _time(created)
        yield _title("LIBRARY", _ZEROS)
        yield _line(f"SAS     SAS     SASLIB  {'9.4':8}{'':8}{'':24}{at}")
        yield _line(at)
        yield _title("MEMBER", "000000000000000001600000000140")
        yield _title("DSCRPTR", _ZEROS)
        name = self._fit(self._name, NAME_BYTES, "", "name")
        yield _line(f"SAS     {name:8}SASDATA {'9.4':8}{'':8}{'':24}{at}")
        told = self._fit(label, LABEL_BYTES, "", "label")
        yield _line(at.encode() + b" " * 16 + _pad(told, LABEL_BYTES) + b" " * 8)
        yield _title("NAMESTR", f"000000{len(self._columns):04}" + "0" * 20)
        names = b"".join(self._namestrs())
        yield names + b" " * (-len(names) % _RECORD)
        yield _title("OBS", _ZEROS)

    def _namestrs(self) -> Iterator[bytes]:
        position = 0
        for number, (column, width) in enumerate(
            zip(self._columns, self._widths, strict=True), start=1
        ):
            name = self._fit(column.name, NAME_BYTES, column.name, "name")
            label = self._fit(column.text.en, LABEL_BYTES, column.name, "label")
            kind = 2 if column.type == "string" else 1
            yield _NAMESTR.pack(
                kind, 0, width, number, _pad(name, NAME_BYTES), _pad(label, LABEL_BYTES),
                b" " * 8, 0, 0, 0, bytes(2), b" " * 8, 0, 0, position, bytes(52),
            )  # fmt: skip
            position += width

    def row(self, number: int, row: Row) -> bytes:
        cells = zip(self._columns, self._widths, row, strict=True)
        return b"".join(self._cell(number, column, width, value) for column, width, value in cells)

    def _cell(self, number: int, column: Column, width: int, value: Value) -> bytes:
        if column.type != "string":
            return self._number(number, column, value)
        if value is None:
            return b" " * width
        data = str(value).encode(ENCODING)
        if not data.isascii():
            self._foreign[column.name] = self._foreign.get(column.name, 0) + 1
        if len(data) > width:
            self._report.tell(self._name, number, column.name, "200 bytes", str(value))
            data = _shortened(data, width)
        return data.ljust(width)

    def _number(self, number: int, column: Column, value: Value) -> bytes:
        if value is None:
            return _MISSING
        near = float(value)
        if Decimal(repr(near)) != Decimal(str(value)):
            self._report.tell(self._name, number, column.name, "precision", str(value))
        return ibm(near)

    def _fit(self, text: str, size: int, variable: str, what: str) -> str:
        data = text.encode(ENCODING)
        if len(data) <= size:
            return text
        self._report.tell(self._name, 0, variable, f"{what}: {size} bytes", text)
        return _shortened(data, size).decode(ENCODING)

    def tell_foreign(self) -> None:
        """Say which variables need to be read as UTF-8."""
        for column in self._columns:
            count = self._foreign.get(column.name)
            if count:
                self._report.tell(
                    self._name, 0, column.name, "not ASCII: read as UTF-8", f"{count}"
                )


def ibm(number: float) -> bytes:
    """A number as eight bytes of the floating point of IBM mainframes; every double fits."""
    if number == 0:
        return bytes(8)
    sign = 0x80 if number < 0 else 0
    numerator, denominator = abs(number).as_integer_ratio()
    exponent = 64
    # value = fraction * 16 ** (exponent - 64), with 1/16 <= fraction < 1
    while numerator >= denominator:
        denominator *= 16
        exponent += 1
    while numerator * 16 < denominator:
        numerator *= 16
        exponent -= 1
    if not 0 <= exponent < 128:
        raise OverflowError(number)
    return bytes([sign | exponent]) + ((numerator << 56) // denominator).to_bytes(7, "big")


def _time(at: str) -> str:
    """``16MAR26:08:15:30``, whatever language the computer speaks."""
    moment = datetime.fromisoformat(at)
    return f"{moment:%d}{_MONTHS[moment.month - 1]}{moment:%y:%H:%M:%S}"


def _shortened(data: bytes, size: int) -> bytes:
    """At most so many bytes, ending with a whole character."""
    return data[:size].decode(ENCODING, "ignore").encode(ENCODING)


def _pad(text: str, size: int) -> bytes:
    return text.encode(ENCODING).ljust(size)


def _title(what: str, digits: str) -> bytes:
    return _line(f"HEADER RECORD*******{what:8}HEADER RECORD!!!!!!!{digits}")


def _line(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return data.ljust(_RECORD)
