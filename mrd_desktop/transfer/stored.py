"""The outermost layer: an uncompressed zip whose every byte is determined by its members.

Any zip tool opens it. The reader makes the directory again from the members it met and compares,
so there is no room for hidden members, other names, comments or gaps: one content, one file.

Source: APPNOTE.TXT 6.3 of the zip format, sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from mrd_desktop.transfer.errors import Damaged, NotAPackage, TooLarge

LARGEST = 512 * 1024 * 1024
"""Bytes of a whole file at most; well under what needs the 64-bit form of zip."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION = 20
_TIME, _DATE = 0, 0x0021  # 1980-01-01: the file says nothing of when it was written
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member's bytes stand in the file."""

    name: str
    offset: int
    size: int
    crc: int


class Writer:
    """Writes members one after another into a seekable file; ``finish`` closes the directory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: list[Member] = []

    def begin(self, name: str) -> io.BufferedIOBase:
        """A stream that takes the bytes of the next member; close it before the next one."""
        return _MemberStream(self._file, name, self._members)

    def add(self, name: str, data: bytes) -> None:
        """A small member at once."""
        with self.begin(name) as stream:
            stream.write(data)

    def finish(self) -> None:
        """Write the directory."""
        self._file.write(_directory(self._members, self._file.tell()))


class _MemberStream(io.BufferedIOBase):
    def __init__(self, file: BinaryIO, name: str, members: list[Member]) -> None:
        self._file = file
        self._name = name
        self._members = members
        self._start = file.tell()
        self._size = 0
        self._crc = 0
        file.write(_local(name, 0, 0))

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]
        self._size += len(data)
        if self._start + self._size > LARGEST:
            raise TooLarge(f"more than {LARGEST >> 20} MiB")
        self._crc = zlib.crc32(data, self._crc)
        self._file.write(data)
        return len(data)

    def close(self) -> None:
        if self.closed:
            return
        end = self._file.tell()
        self._file.seek(self._start)
        self._file.write(_local(self._name, self._crc, self._size))
        self._file.seek(end)
        self._members.append(Member(self._name, self._start, self._size, self._crc))
        super().close()


def read(file: BinaryIO, names: Sequence[str], limits: Mapping[str, int]) -> Mapping[str, Member]:
    """The members of a file that holds exactly ``names`` in this order.

    Args:
        limits: most bytes allowed of a member; without one, what is left of the file.

    Returns:
        Members by name, their CRC checked, ``offset`` at the first content byte.

    Raises:
        NotAPackage: another kind of file.
        Damaged: cut, longer, or changed.
        TooLarge: over a limit.
    """
    whole = file.seek(0, io.SEEK_END)
    if whole > LARGEST:
        raise TooLarge(f"more than {LARGEST >> 20} MiB")
    at = 0
    members: list[Member] = []
    for number, name in enumerate(names):
        file.seek(at)
        size, crc = _header(file, name, first=number == 0)
        if size > limits.get(name, LARGEST):
            raise TooLarge(name)
        offset = file.tell()
        if _crc(file, size) != crc:
            raise Damaged(name)
        members.append(Member(name, at, size, crc))
        at = offset + size
    file.seek(at)
    if file.read(whole - at) != _directory(members, at):
        raise Damaged("the directory at its end")
    return {
        m.name: Member(m.name, m.offset + _LOCAL.size + len(m.name), m.size, m.crc) for m in members
    }


def _header(file: BinaryIO, name: str, *, first: bool) -> tuple[int, int]:
    head = file.read(_LOCAL.size + len(name))
    if first and not head.startswith(b"PK\x03\x04"):
        raise NotAPackage
    if len(head) < _LOCAL.size + len(name):
        raise Damaged(name)
    size, crc = _LOCAL.unpack_from(head)[7], _LOCAL.unpack_from(head)[6]
    if head != _local(name, crc, size):
        raise NotAPackage if first else Damaged(name)
    return size, crc


def _crc(file: BinaryIO, size: int) -> int:
    crc = 0
    while size:
        chunk = file.read(min(size, _CHUNK))
        if not chunk:
            return -1
        crc = zlib.crc32(chunk, crc)
        size -= len(chunk)
    return crc


def _local(name: str, crc: int, size: int) -> bytes:
    encoded = name.encode("ascii")
    fields = (b"PK\x03\x04", _VERSION, 0, 0, _TIME, _DATE, crc, size, size, len(encoded), 0)
    return _LOCAL.pack(*fields) + encoded


def _directory(members: Sequence[Member], at: int) -> bytes:
    entries = b"".join(
        _CENTRAL.pack(
            b"PK\x01\x02", _VERSION, _VERSION, 0, 0, _TIME, _DATE,
            m.crc, m.size, m.size, len(m.name), 0, 0, 0, 0, 0, m.offset,
        )
        + m.name.encode("ascii")
        for m in members
    )  # fmt: skip
    count = len(members)
    return entries + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(entries), at, 0)
