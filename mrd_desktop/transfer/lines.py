"""Records as lines: the exact header and payload bytes inside canonical JSON, never re-serialised.

A header line is ``{"header":<bytes>}`` or, on the last record of a transaction,
``{"header":<bytes>,"sig":"<base64>"}``. An opening line is
``{"payload":<bytes>,"salt":"<base64>","seq":<number>}``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mrd_desktop.ledger.canonical import JSON, loads
from mrd_desktop.ledger.record import KINDS, Kind, Opening, Record
from mrd_desktop.record import shapes
from mrd_desktop.transfer.errors import Damaged, RecordsRefused

_HEADER = re.compile(
    rb'\{"header":(\{[^{}]*"seq":([1-9][0-9]{0,14}),[^{}]*\})'
    rb'(?:,"sig":"([A-Za-z0-9+/]{86}==)")?\}'
)
_OPENING = re.compile(
    rb'\{"payload":(\{.*\}),"salt":"([A-Za-z0-9+/]{43}=)","seq":([1-9][0-9]{0,14})\}', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class NumberedOpening:
    """An opening with the number of its record."""

    seq: int
    opening: Opening

    def read(self) -> tuple[Kind, Mapping[str, JSON]]:
        """Kind and payload, judged like those of any record.

        Raises:
            RecordsRefused: of no known kind, or it does not hold what its kind holds.
        """
        body = loads(self.opening.payload)
        kind = KINDS.get(str(body.get("kind"))) if isinstance(body, Mapping) else None
        if kind is None or not isinstance(body, Mapping):
            raise RecordsRefused(f"record {self.seq} is of no known kind")
        fault = shapes.fault_of(kind, body)
        if fault:
            raise RecordsRefused(f"record {self.seq} {fault}")
        return kind, body


def header_line(record: Record) -> bytes:
    """A header as it travels, line end included."""
    if record.signature is None:
        return b'{"header":%s}\n' % record.header_bytes
    signature = base64.b64encode(record.signature)
    return b'{"header":%s,"sig":"%s"}\n' % (record.header_bytes, signature)


def opening_line(seq: int, opening: Opening) -> bytes:
    """An opening as it travels, line end included."""
    salt = base64.b64encode(opening.salt)
    return b'{"payload":%s,"salt":"%s","seq":%d}\n' % (opening.payload, salt, seq)


def read_header(line: bytes) -> tuple[int, bytes, bytes | None]:
    """Number, header bytes and signature of a record; raises Damaged."""
    found = _HEADER.fullmatch(line)
    if found is None:
        raise Damaged("a record header")
    header, seq, signature = found.groups()
    return int(seq), header, None if signature is None else _decoded(signature)


def read_opening(line: bytes) -> NumberedOpening:
    """An opening; raises Damaged."""
    found = _OPENING.fullmatch(line)
    if found is None:
        raise Damaged("the content of a record")
    payload, salt, seq = found.groups()
    return NumberedOpening(int(seq), Opening(_decoded(salt), payload))


def joined(
    headers: Iterable[bytes], openings: Iterable[bytes], late: list[NumberedOpening] | None = None
) -> Iterator[Record]:
    """Records in order, each with its opening where one is there.

    Args:
        late: takes the openings of records before the first header, in order.

    Raises:
        Damaged: a line of another shape, openings out of order, or one without its record.
    """
    source = map(read_opening, openings)
    pending = next(source, None)
    last = 0
    for line in headers:
        seq, header, signature = read_header(line)
        while pending is not None and pending.seq < seq:
            if late is None or pending.seq <= last or (late and late[-1].seq >= pending.seq):
                raise Damaged("the order of contents")
            late.append(pending)
            pending = next(source, None)
        last = seq
        if pending is not None and pending.seq == seq:
            yield Record(header, signature, pending.opening)
            pending = next(source, None)
        else:
            yield Record(header, signature)
    if pending is not None:
        raise Damaged("content without its record")


def _decoded(text: bytes) -> bytes:
    raw = base64.b64decode(text)
    if base64.b64encode(raw) != text:
        raise Damaged("an encoding that is not the only one")
    return raw
