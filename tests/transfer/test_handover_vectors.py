"""The frozen cards and hand-over files: good ones open, bad ones are refused as they are named."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from mrd_desktop.ledger import rotations
from mrd_desktop.ledger.record import Opening
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.retold import Retold
from mrd_desktop.transfer.container import Outer, for_whom, opened
from mrd_desktop.transfer.errors import PackageError
from mrd_desktop.transfer.handover.judging import records_in
from mrd_desktop.transfer.handover.manifest import HANDOVER, key_context, private_context
from mrd_desktop.vault import crypto
from mrd_desktop.vault.computers import read_card
from mrd_desktop.vault.errors import TrustError

FOLDER = Path(__file__).parents[1] / "vectors" / "handover"
LISTED = json.loads((FOLDER / "vectors.json").read_text())
RECORDS = json.loads((FOLDER / "records.json").read_text())
FILES = sorted(n for n in LISTED["digests"] if n.endswith(".mrdhandover") and "records" not in n)
CARDS = sorted(n for n in LISTED["digests"] if n.endswith(".mrdcomputer"))


def read(path: Path) -> str:
    """What a computer that knows the sender answers."""
    site, identity = bytes.fromhex(LISTED["keys"]["site"]), LISTED["keys"]["receiver"]

    def known(outer: Outer) -> tuple[bytes, ...]:
        return rotations.reached([site], outer.changes, outer.chain)

    try:
        with opened(path, HANDOVER, known, [identity]) as package:
            for_whom(package, LISTED["recipient"])
            said = package.manifest
            assert [len(list(package.lines(f"private.{c.chain}"))) for c in said.chains] == [1]
            sealed = base64.b64decode(said.key)
            secret = bytes.fromhex(LISTED["keys"]["vault"])
            assert crypto.unseal(secret, sealed, key_context(said.chain, said.to)) == bytes(32)
    except PackageError as refusal:
        assert refusal.text.zh != refusal.text.en
        return refusal.code
    return "good"


def test_the_vectors_are_the_ones_that_were_frozen() -> None:
    files = sorted([*FOLDER.glob("*.mrdhandover"), *FOLDER.glob("*.mrdcomputer")])
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert found == LISTED["digests"]
    whole = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    assert whole == "b89c1d5c4a9415e387b09f2b4e3e7c8ac8bdb45b572de6075efefca4c2ee9a74"


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_answered_as_its_name_says(name: str) -> None:
    kind, _, rest = name.removesuffix(".mrdhandover").partition("-")
    assert read(FOLDER / name) == ("good" if kind == "good" else rest.partition("-")[0])


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_answered_as_its_name_says(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    if name.startswith("bad-"):
        with pytest.raises(TrustError) as refused:
            read_card(data)
        assert refused.value.text.zh != refused.value.text.en
        return
    card = read_card(data)
    assert card.identity.sign.raw.hex() == LISTED["keys"]["site"]
    assert card.vault == crypto.box_public(bytes.fromhex(LISTED["keys"]["vault"]))
    assert (card.numbers is None) == ("without" in name)
    assert len(card.changes) == (("changed" in name) + ("twice" in name))


def test_a_file_of_real_chains_verifies_to_the_last_record() -> None:
    site, identity = bytes.fromhex(RECORDS["site"]), RECORDS["receiver"]
    path = FOLDER / "good-records.mrdhandover"
    with opened(path, HANDOVER, lambda _: [site], [identity]) as package:
        said = package.manifest
        context = key_context(said.chain, said.to)
        key = crypto.unseal(bytes.fromhex(RECORDS["vault"]), base64.b64decode(said.key), context)
        private: dict[str, bytes] = {}
        for stretch in said.chains:
            faults: list[str] = []
            records = list(Retold().passing(records_in(package, stretch.chain), faults))
            verdict = verify_records(records, stretch.chain, private=False)
            assert (verdict.ok, faults) == (True, [])
            assert verdict.head.digest.hex() == stretch.after.digest
            held = {r.header.seq: r.header.c for r in records}
            for line in map(json.loads, package.lines(f"private.{stretch.chain}")):
                seq, owner = line["seq"], line["owner"]
                place = private_context(stretch.chain, owner, seq)
                data = crypto.unwrap(key, base64.b64decode(line["data"]), place)
                assert Opening(data[:32], data[32:]).commitment() == held[seq]
                private[f"{owner} {seq}"] = data[32:]
    assert said.subjects == ("01-001",)
    assert any("合成甲".encode() in data for data in private.values())
