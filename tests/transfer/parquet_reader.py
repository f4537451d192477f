"""A small reader of Parquet, by the format's own description: flat, one page a column, plain."""

from __future__ import annotations

import struct
from typing import Any


def read_parquet(data: bytes) -> list[dict[str, Any]]:
    """The rows of a file; null is None."""
    assert data[:4] == data[-4:] == b"PAR1"
    (size,) = struct.unpack("<I", data[-8:-4])
    footer, end = _struct(data, len(data) - 8 - size)
    assert end == len(data) - 8
    count = footer[3]
    (group,) = footer[4]
    columns = {}
    leaves = footer[2][1:]
    assert footer[2][0][5] == len(leaves) == len(group[1])
    for leaf, chunk in zip(leaves, group[1], strict=True):
        meta = chunk[3]
        name = leaf[4].decode()
        assert meta[3] == [leaf[4]]
        assert meta[4] == 0
        assert meta[5] == count
        columns[name] = _page(data, meta[9], count, text=leaf[1] == 6, optional=leaf[3] == 1)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def metadata_of(data: bytes) -> dict[str, str]:
    """What the file says of itself by key."""
    (size,) = struct.unpack("<I", data[-8:-4])
    footer, _ = _struct(data, len(data) - 8 - size)
    return {pair[1].decode(): pair[2].decode() for pair in footer[5]}


def _page(data: bytes, at: int, count: int, *, text: bool, optional: bool) -> list[Any]:
    header, at = _struct(data, at)
    assert header[1] == 0
    assert header[5][1] == count
    end = at + header[3]
    present = [1] * count
    if optional:
        (size,) = struct.unpack_from("<I", data, at)
        present, stop = [], at + 4 + size
        at += 4
        while at < stop:
            run, at = _varint(data, at)
            assert run & 1 == 0
            present += [data[at]] * (run >> 1)
            at += 1
    assert len(present) == count
    values: list[Any] = []
    for there in present:
        if not there:
            values.append(None)
        elif text:
            (size,) = struct.unpack_from("<I", data, at)
            values.append(data[at + 4 : at + 4 + size].decode())
            at += 4 + size
        else:
            values.append(struct.unpack_from("<i", data, at)[0])
            at += 4
    assert at == end
    return values


def _struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    found: dict[int, Any] = {}
    place = 0
    while data[at]:
        place += data[at] >> 4
        found[place], at = _value(data, at + 1, data[at] & 15)
    return found, at + 1


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (5, 6):
        number, at = _varint(data, at)
        return number >> 1 ^ -(number & 1), at
    if kind == 8:
        size, at = _varint(data, at)
        return data[at : at + size], at + size
    if kind == 12:
        return _struct(data, at)
    assert kind == 9
    size, inside = data[at] >> 4, data[at] & 15
    at += 1
    if size == 15:
        size, at = _varint(data, at)
    items = []
    for _ in range(size):
        item, at = _value(data, at, inside)
        items.append(item)
    return items, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return number, at
