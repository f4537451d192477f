"""Headers have one form; openings match their commitments."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.chain import genesis, is_time, seal
from mrd_desktop.ledger.errors import (
    CanonicalError,
    HeaderError,
    LedgerError,
    NewerFormat,
    OpeningMissing,
)
from mrd_desktop.ledger.ids import new_chain_id
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Entry, Header, Kind, Opening, Record, RecordClass
from tests.ledger.kit import AT, SessionKey, User, item, name, redaction

CHAIN = new_chain_id()
SIGNER = SessionKey(User("a"))
ONE = seal(genesis(CHAIN), 1, [item()], SIGNER, AT)[0]


def test_a_header_is_canonical_json_of_exactly_its_fields() -> None:
    fields = json.loads(ONE.header_bytes)
    assert sorted(fields) == sorted(
        ["v", "suite", "chain", "seq", "txn", "end", "class", "at", "session", "c", "prev"]
    )
    assert dumps(fields) == ONE.header_bytes
    assert Header.from_bytes(ONE.header_bytes) == ONE.header
    assert ONE.header.to_bytes() == ONE.header_bytes


def test_digests_and_commitments_are_what_the_format_says() -> None:
    opening = ONE.opening
    assert opening is not None
    tagged = b"MRD-PAYLOAD-v1\x00" + opening.salt + opening.payload
    assert ONE.header.c == hashlib.sha256(tagged).hexdigest()
    assert ONE.digest == hashlib.sha256(b"MRD-RECORD-v1\x00" + ONE.header_bytes).digest()
    start = hashlib.sha256(b"MRD-GENESIS-v1\x00" + CHAIN.encode()).hexdigest()
    assert ONE.header.prev == start
    assert ONE.signature is not None
    assert SIGNER.key.public.verify(ONE.signature, b"MRD-TXN-v1\x00" + ONE.digest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"at"', b' "at"'), (b'"end":true', b'"end":1'), (b'"seq":1', b'"seq":01'),
        (b'"seq":1', b'"seq":0'), (b'"seq":1', b'"seq":1.0'), (b'"seq":1', b'"seq":-1'),
        (b'"class":"coded"', b'"class":"secret"'), (b',"v":1', b',"v":1,"w":1'),
        (b',"v":1', b',"v":0'), (b"2026-03", b"2026-13"), (b"T08", b"T24"), (b".123Z", b"Z"),
        (b".123Z", b".123+00:00"), (b'"suite":1', b'"suite":"1"'), (b'{"at"', b'{"a":1,"at"'),
    ],
)  # fmt: skip
def test_other_headers_are_refused(old: bytes, new: bytes) -> None:
    assert old in ONE.header_bytes
    with pytest.raises(HeaderError):
        Header.from_bytes(ONE.header_bytes.replace(old, new))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b"1e999", b"null"])
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(HeaderError):
        Header.from_bytes(data)


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(HeaderError):
        Header.from_bytes(ONE.header_bytes + b"\n")


@pytest.mark.parametrize(("old", "new"), [(b',"v":1', b',"v":2'), (b'"suite":1', b'"suite":3')])
def test_a_newer_header_is_named_as_such(old: bytes, new: bytes) -> None:
    with pytest.raises(NewerFormat) as caught:
        Header.from_bytes(ONE.header_bytes.replace(old, new))
    assert "mrd-ledger/" in caught.value.text.en
    assert "later than" in caught.value.text.en


def test_an_unknown_kind_is_named_without_the_content() -> None:
    payload = dumps({"kind": "surgery.planned", "secret": "测试甲"})
    with pytest.raises(NewerFormat) as caught:
        _ = Record(ONE.header_bytes, None, Opening(bytes(32), payload)).kind
    assert "surgery.planned" in caught.value.text.en
    assert "测试甲" not in caught.value.text.zh
    odd = dumps({"kind": "a{b}\n", "x": 1})
    with pytest.raises(NewerFormat) as caught:
        _ = Record(ONE.header_bytes, None, Opening(bytes(32), odd)).kind
    assert "(?)" in caught.value.text.en


def test_a_closed_record_has_no_content() -> None:
    with pytest.raises(OpeningMissing):
        _ = ONE.without_opening().kind
    assert ONE.without_opening() != ONE


def test_a_payload_is_a_canonical_object() -> None:
    with pytest.raises(CanonicalError):
        _ = Record(ONE.header_bytes, None, Opening(bytes(32), b'{"kind": "item.set"}')).body
    with pytest.raises(HeaderError):
        _ = Record(ONE.header_bytes, None, Opening(bytes(32), b"[]")).body


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [Entry(Kind.ITEM_SET, RecordClass.PRIVATE, {})],
        [Entry(Kind.ITEM_SET, RecordClass.CODED, {}, "01-001")],
        [Entry(Kind.ITEM_SET, RecordClass.SITE, {}, "01-001")],
        [Entry(Kind.SESSION_OPENED, RecordClass.SITE, {})],
        [Entry(Kind.USER_CLOSED, RecordClass.PRIVATE, {}, "a")],
    ],
)
def test_entries_that_no_chain_takes(entries: list[Entry]) -> None:
    with pytest.raises(LedgerError):
        seal(genesis(CHAIN), 1, entries, SIGNER, AT)


def test_only_the_last_record_of_a_transaction_ends_and_signs_it() -> None:
    made = seal(genesis(CHAIN), 1, [item(), name(), item()], SIGNER, AT)
    assert [r.header.end for r in made] == [False, False, True]
    assert [r.signature is not None for r in made] == [False, False, True]
    assert [r.header.seq for r in made] == [1, 2, 3]
    assert {r.header.txn for r in made} == {1}
    assert made[1].header.prev == made[0].digest.hex()
    assert len({r.opening.salt for r in made if r.opening}) == 3


def test_the_transaction_number_follows_the_head() -> None:
    with pytest.raises(LedgerError):
        seal(genesis(CHAIN), 2, [item()], SIGNER, AT)


@pytest.mark.parametrize(
    "at",
    ["", "2026-03-16", "2026-03-16T08:15:30Z", "2026-02-30T08:15:30.123Z",
     "2026-03-16T08:15:30.123+00:00", "2026-03-16T24:00:00.000Z", "2026-03-16 08:15:30.123Z"],
)  # fmt: skip
def test_what_is_no_time(at: str) -> None:
    assert not is_time(at)
    with pytest.raises(LedgerError):
        seal(genesis(CHAIN), 1, [item()], SIGNER, at)


@given(st.datetimes())
def test_every_moment_has_one_spelling(moment: object) -> None:
    text = f"{moment.isoformat(timespec='milliseconds')}Z"  # type: ignore[attr-defined]
    assert is_time(text)


def test_the_list_of_kinds_is_closed() -> None:
    """Their number and spelling are frozen; a new kind needs a new minor program to read it."""
    spelled = "\n".join(sorted(kind.value for kind in Kind))
    assert len(Kind) == 64
    digest = hashlib.sha256(spelled.encode()).hexdigest()
    assert digest == "890ad31583f7b5d88718410d59162d159e13f6970d9a9eb91d0eed9ee03c3133"


def test_signing_keys_are_those_of_the_session() -> None:
    other = SigningKey.generate()
    assert ONE.signature is not None
    assert not other.public.verify(ONE.signature, b"MRD-TXN-v1\x00" + ONE.digest)


def test_erasures_are_entries_like_others() -> None:
    made = seal(genesis(CHAIN), 1, [redaction(3)], SIGNER, AT)
    assert made[0].body["seqs"] == [3]
