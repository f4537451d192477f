"""The inner zip: written in one pass without knowing sizes, read with every freedom taken away.

Written members follow each other without gaps, deflated, with fixed times and rights; the reader
accepts only that. Parts are named by a closed list of shapes and never become paths.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final, cast

from mrd_desktop.transfer.errors import Damaged, TooLarge
from mrd_desktop.transfer.manifest import PartEntry

MOST_PARTS: Final = 10_000
LARGEST_PART: Final = (1 << 31) - 1
LARGEST_WHOLE: Final = 16 << 30
HIGHEST_RATIO: Final = 100
SPLIT: Final = 256 << 20
"""Bytes after which a list of records goes on in the next part."""

_CHUNK: Final = 1 << 18
_RATIO_FROM: Final = 1 << 20
_LEVEL: Final = 4
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_RIGHTS: Final = 0o100600 << 16
_STREAMED: Final = 0x08
_LOCAL: Final = 30
_DESCRIPTOR: Final = 16
_END: Final = struct.Struct("<4s4H2LH")


@dataclass(frozen=True, slots=True)
class Part:
    """A part to be written: its name and its bytes, made while they are written."""

    name: str
    chunks: Iterable[bytes]


def split(stem: str, lines: Iterable[bytes], limit: int = SPLIT) -> Iterator[Part]:
    """Lines as parts ``<stem>-0001.jsonl`` …, each at most ``limit`` bytes; none for no lines.

    Each part must be consumed before the next one is asked for.
    """
    source = iter(lines)
    pending = next(source, None)
    number = 0
    while pending is not None:
        number += 1
        taken = _Taken(source, pending, limit)
        yield Part(f"{stem}-{number:04}.jsonl", taken)
        pending = taken.pending


class _Taken:
    def __init__(self, source: Iterator[bytes], first: bytes, limit: int) -> None:
        self._source = source
        self._limit = limit
        self.pending: bytes | None = first

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        block: list[bytes] = []
        held = 0
        while self.pending is not None and (size == 0 or size + len(self.pending) <= self._limit):
            block.append(self.pending)
            size += len(self.pending)
            held += len(self.pending)
            self.pending = next(self._source, None)
            if held >= _CHUNK:
                yield b"".join(block)
                block, held = [], 0
        if block:
            yield b"".join(block)


class Writer:
    """Makes the bytes of the archive as they are asked for."""

    def __init__(self) -> None:
        self._sink = _Sink()
        sink = cast(BinaryIO, self._sink)
        self._zip = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, allowZip64=False)
        self.entries: list[PartEntry] = []

    def part(self, part: Part) -> Iterator[bytes]:
        """The archive's bytes for one part, which is then in ``entries``."""
        info = zipfile.ZipInfo(part.name, _TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = _RIGHTS
        info.create_system = 3
        info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # 3.13 makes it public
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w") as member:
            for chunk in part.chunks:
                size += len(chunk)
                if size > LARGEST_PART:
                    raise TooLarge(part.name)
                digest.update(chunk)
                member.write(chunk)
                yield self._sink.take()
        self.entries.append(PartEntry(part.name, size, digest.hexdigest()))
        yield self._sink.take()

    def finish(self) -> bytes:
        """The directory at the end."""
        self._zip.close()
        return self._sink.take()


class _Sink:
    """Where zipfile writes; it cannot go back, so the archive is made in one pass."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Everything is taken anyway."""

    def take(self) -> bytes:
        taken = b"".join(self._held)
        self._held.clear()
        return taken


# What zipfile raises for bytes somebody altered: RuntimeError where they claim a version, method or
# encryption that a package never has, UnicodeDecodeError where a part's own name is no text. All of
# it means the same to whoever opens the package: this is not what was sent.
_NO_ARCHIVE: Final = (zipfile.BadZipFile, RuntimeError, ValueError, OverflowError)
_NO_PART: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, UnicodeDecodeError)


class Archive:
    """An opened archive. Reading raises Damaged, or TooLarge where a limit is passed."""

    def __init__(self, file: BinaryIO) -> None:
        self._end, count = _end_of(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except _NO_ARCHIVE:
            raise Damaged("the archive") from None
        self._members = {info.filename: info for info in self._zip.infolist()}
        if len(self._zip.infolist()) != count:
            raise Damaged("the archive")
        self._check()

    @property
    def names(self) -> tuple[str, ...]:
        """The parts in the order in which they stand."""
        return tuple(self._members)

    def _check(self) -> None:
        infos = self._zip.infolist()
        if len(self._members) != len(infos):
            raise Damaged("two parts of one name")
        if sum(info.file_size for info in infos) > LARGEST_WHOLE:
            raise TooLarge("the unpacked size")
        at = 0
        for info in infos:
            plain = (
                info.flag_bits == _STREAMED
                and info.compress_type == zipfile.ZIP_DEFLATED
                and info.external_attr == _RIGHTS
                and info.header_offset == at
                and not info.extra
                and not info.comment
                and info.filename == info.orig_filename
                and info.filename.isascii()
            )
            if not plain:
                raise Damaged("a part written in another way")
            if info.file_size > LARGEST_PART or (
                info.file_size > _RATIO_FROM and info.file_size > HIGHEST_RATIO * info.compress_size
            ):
                raise TooLarge("a part that unpacks to very much")
            at += _LOCAL + len(info.filename) + info.compress_size + _DESCRIPTOR
        if at != self._end:
            raise Damaged("bytes between the parts")

    def read(self, name: str, limit: int) -> bytes:
        """A small part whole."""
        info = self._members.get(name)
        if info is None:
            raise Damaged(f"{name} is not there")
        if info.file_size > limit:
            raise TooLarge(name)
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """A part in pieces of at most 256 KiB."""
        if name not in self._members:
            raise Damaged(f"{name} is not there")
        try:
            with self._zip.open(self._members[name]) as member:
                while chunk := member.read(_CHUNK):
                    yield chunk
        except _NO_PART:
            raise Damaged(name) from None

    def check(self, entry: PartEntry) -> None:
        """Compare a part with what the manifest says of it."""
        digest, size = hashlib.sha256(), 0
        for chunk in self.chunks(entry.name):
            size += len(chunk)
            digest.update(chunk)
            if size > entry.size:
                break
        if size != entry.size or digest.hexdigest() != entry.sha256:
            raise Damaged(f"{entry.name} is not what the manifest says")

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()


def _end_of(file: BinaryIO) -> tuple[int, int]:
    """Where the directory begins and how many parts it tells, limited before it is read."""
    whole = file.seek(0, io.SEEK_END)
    if whole < _END.size:
        raise Damaged("the archive")
    file.seek(whole - _END.size)
    mark, disk, start, here, count, size, offset, comment = _END.unpack(file.read(_END.size))
    if count > MOST_PARTS:
        raise TooLarge(f"more than {MOST_PARTS} parts")
    sound = (
        mark == b"PK\x05\x06"
        and (disk, start, comment) == (0, 0, 0)
        and here == count
        and offset + size + _END.size == whole
    )
    if not sound:
        raise Damaged("the archive")
    return int(offset), int(count)
