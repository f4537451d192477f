"""The frozen vectors of mrd-ledger/1. They are read for ever and altered never."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.ledger.canonical import dumps, loads
from mrd_desktop.ledger.certificates import enrolment_statement, session_statement
from mrd_desktop.ledger.errors import CanonicalError, WeakKeyError
from mrd_desktop.ledger.ids import key_id
from mrd_desktop.ledger.keys import WEAK_KEYS, PublicKey, SigningKey
from mrd_desktop.ledger.record import Opening, Record
from mrd_desktop.ledger.verify import verify_records

FOLDER = Path(__file__).parents[1] / "vectors" / "ledger"
FROZEN = {
    "canonical.json": "edb7485c1582616e902046fc49c0aa4caa112e04ced56c27b4026ccce4c2f7ab",
    "chains-bad.json": "2430715ceb079d9f9606ac6d971b6b9e00d3842370b366eef1556e641b3e820c",
    "chains-good.json": "6e420b258695b246cd02d52c988cc571ac25465f826d09617c7c7ea1c4f4414a",
    "keys.json": "9a4fe86bf0d7761af30a7cf5209cbd52d36706d6e1b25c873b198a2a7e95c1d6",
}

Vector = Mapping[str, Any]


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def record(vector: Vector) -> Record:
    """A record as a vector spells it."""
    opening = None
    if "salt" in vector:
        payload = (
            bytes.fromhex(vector["payload_hex"])
            if "payload_hex" in vector
            else vector["payload"].encode()
        )
        opening = Opening(bytes.fromhex(vector["salt"]), payload)
    signature = bytes.fromhex(vector["signature"]) if "signature" in vector else None
    return Record(vector["header"].encode(), signature, opening)


def records(vector: Vector) -> list[Record]:
    return [record(one) for one in vector["records"]]


CANONICAL = read("canonical.json")
KEYS = read("keys.json")
GOOD = read("chains-good.json")
BAD = read("chains-bad.json")


def test_nobody_altered_the_vectors() -> None:
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in FOLDER.glob("*.json")}
    assert found == FROZEN


@pytest.mark.parametrize("vector", CANONICAL["good"], ids=lambda v: v["hex"][:24])
def test_canonical_bytes(vector: Vector) -> None:
    data = bytes.fromhex(vector["hex"])
    assert dumps(vector["value"]) == data
    assert loads(data) == vector["value"]


@pytest.mark.parametrize("vector", CANONICAL["bad"], ids=lambda v: v["why"])
def test_bytes_that_are_not_canonical(vector: Vector) -> None:
    with pytest.raises(CanonicalError):
        loads(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize("vector", KEYS["good"], ids=lambda v: v["id"])
def test_key_ids(vector: Vector) -> None:
    public = bytes.fromhex(vector["public"])
    assert SigningKey.from_bytes(bytes.fromhex(vector["seed"])).public.raw == public
    assert PublicKey(public).id == key_id(public) == vector["id"]


@pytest.mark.parametrize("vector", KEYS["statements"], ids=lambda v: v["what"])
def test_statements(vector: Vector) -> None:
    chain, user = vector["chain"], vector["user"]
    statement = (
        enrolment_statement(chain, user, PublicKey.from_base64(vector["key"]))
        if vector["what"] == "enrolment"
        else session_statement(
            chain,
            vector["session"],
            PublicKey.from_base64(vector["session_key"]),
            user,
            vector["at"],
        )
    )
    assert statement.hex() == vector["statement"]
    key = SigningKey.from_bytes(bytes.fromhex(vector["seed"]))
    assert key.sign(statement).hex() == vector["signature"]


def test_refused_keys() -> None:
    assert {bytes.fromhex(raw) for raw in KEYS["weak"]} == WEAK_KEYS
    for raw in (*KEYS["weak"], *KEYS["not_canonical"]):
        with pytest.raises(WeakKeyError):
            PublicKey(bytes.fromhex(raw))


@pytest.mark.parametrize("vector", GOOD, ids=lambda v: v["name"])
def test_good_chains(vector: Vector) -> None:
    verdict = verify_records(
        records(vector), vector["chain"], vector["private"], complete=vector["complete"]
    )
    assert verdict.ok, verdict.checks
    assert verdict.head.digest.hex() == vector["head"]
    assert verdict.missing == vector["missing"]
    assert verdict.check("private").ok is (True if vector["private"] else None)


@pytest.mark.parametrize("vector", GOOD, ids=lambda v: v["name"])
def test_good_chains_by_the_written_rules_alone(vector: Vector) -> None:
    """No code of ours: what docs/ledger.md says, line by line."""
    prev = hashlib.sha256(b"MRD-GENESIS-v1\x00" + vector["chain"].encode()).hexdigest()
    for seq, one in enumerate(vector["records"], 1):
        header = json.loads(one["header"])
        assert (header["seq"], header["prev"], header["chain"]) == (seq, prev, vector["chain"])
        assert header["end"] is ("signature" in one)
        if "salt" in one:
            opening = bytes.fromhex(one["salt"]) + one["payload"].encode()
            assert header["c"] == hashlib.sha256(b"MRD-PAYLOAD-v1\x00" + opening).hexdigest()
        prev = hashlib.sha256(b"MRD-RECORD-v1\x00" + one["header"].encode()).hexdigest()
    assert prev == vector["head"]


@pytest.mark.parametrize("vector", BAD, ids=lambda v: v["name"])
def test_bad_chains(vector: Vector) -> None:
    verdict = verify_records(
        records(vector), vector["chain"], vector["private"], complete=vector["complete"]
    )
    assert {c.name: c.seq for c in verdict.checks if c.ok is False} == vector["fails"]
    assert verdict.watermark is None
