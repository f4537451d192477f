"""Records as lines: exact bytes out and in, every other writing refused."""

from __future__ import annotations

import pytest

from mrd_desktop.ledger.chain import genesis, seal
from mrd_desktop.ledger.ids import new_chain_id, new_session_id
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.transfer.errors import Damaged
from mrd_desktop.transfer.lines import (
    NumberedOpening,
    header_line,
    joined,
    opening_line,
    read_header,
    read_opening,
)


class Signer:
    session = new_session_id()

    def sign(self, message: bytes, /) -> bytes:
        return SigningKey.from_bytes(bytes(32)).sign(message)


def made(count: int = 4) -> tuple[Record, ...]:
    texts = ["plain", 'a "quoted", salt":"x" text', "第二行\n", '},"seq":9}']
    entries = [
        Entry(Kind.NOTE_ADDED, RecordClass.CODED, {"text": texts[n % 4]}) for n in range(count)
    ]
    head = genesis(new_chain_id())
    return seal(head, 1, entries, Signer(), "2026-03-16T08:15:30.123Z")


def lines(records: tuple[Record, ...]) -> tuple[list[bytes], list[bytes]]:
    headers = [header_line(r).rstrip(b"\n") for r in records]
    openings = [opening_line(r.header.seq, r.opening).rstrip(b"\n") for r in records if r.opening]
    return headers, openings


def test_records_come_back_as_they_were() -> None:
    records = made()
    headers, openings = lines(records)
    assert tuple(joined(headers, openings)) == records


def test_withheld_contents_are_absent() -> None:
    records = made()
    headers, openings = lines(records)
    found = list(joined(headers, openings[1:3]))
    assert [r.opening is not None for r in found] == [False, True, True, False]


def test_late_contents_come_before_the_first_header() -> None:
    records = made()
    headers, openings = lines(records)
    late: list[NumberedOpening] = []
    found = list(joined(headers[2:], openings, late))
    assert [one.seq for one in late] == [1, 2]
    assert [r.opening for r in found] == [r.opening for r in records[2:]]
    with pytest.raises(Damaged):
        list(joined(headers[2:], openings))


def test_contents_out_of_order_or_without_record_are_refused() -> None:
    headers, openings = lines(made())
    for wrong in (openings[::-1], [*openings, openings[0]], [openings[0], openings[0]]):
        with pytest.raises(Damaged):
            list(joined(headers, wrong, []))
    with pytest.raises(Damaged):
        list(joined(headers[:2], openings, []))
    with pytest.raises(Damaged):
        list(joined(headers[2:], [openings[1], openings[0]], []))


def test_other_writings_are_refused() -> None:
    headers, openings = lines(made())
    for line in (b"", b"{}", headers[0] + b" ", headers[0][:-1], openings[0], b"\xff" * 40):
        with pytest.raises(Damaged):
            read_header(line)
    assert headers[-1].endswith(b'=="}')
    for line in (
        b"",
        headers[0],
        openings[0] + b"\n",
        openings[0].replace(b'"seq":1', b'"seq":01'),
    ):
        with pytest.raises(Damaged):
            read_opening(line)
    at = headers[-1].rindex(b'=="}') - 1
    other = headers[-1][:at] + bytes([headers[-1][at] + 1]) + headers[-1][at + 1 :]
    with pytest.raises(Damaged):  # unused bits of base64 set: the same signature written otherwise
        read_header(other)
