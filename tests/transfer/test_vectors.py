"""The frozen packages: good ones open, bad ones are refused with the reason in their names."""

from __future__ import annotations

import hashlib
import json
import time
import tracemalloc
from pathlib import Path

import pytest

from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.transfer.container import PACKAGE, for_whom, opened
from mrd_desktop.transfer.errors import PackageError
from mrd_desktop.transfer.lines import joined
from tests.pace import in_time

FOLDER = Path(__file__).parents[1] / "vectors" / "package"
LISTED = json.loads((FOLDER / "vectors.json").read_text())
SITE = bytes.fromhex(LISTED["keys"]["site"])
RECORDS = json.loads((FOLDER / "records.json").read_text())


def read(path: Path) -> str:
    """What a reader who trusts the site and holds the sponsor's key answers."""
    try:
        with opened(path, PACKAGE, lambda _: [SITE], [LISTED["keys"]["sponsor"]]) as package:
            for_whom(package, LISTED["recipient"])
            assert len(list(package.lines("headers"))) == package.manifest.counts.records
    except PackageError as refusal:
        assert refusal.text.zh != refusal.text.en
        return refusal.code
    return "good"


def test_the_vectors_are_the_ones_that_were_frozen() -> None:
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(FOLDER.glob("*.mrdpkg"))
    }
    assert found == LISTED["digests"]
    whole = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
    assert whole == "679854d86d480eb0cc40fd3ba3475fa4b5f3bb0c98c680c973201e1efb623831"


@pytest.mark.parametrize(
    "name", sorted(n for n in LISTED["digests"] if not n.startswith("good-records"))
)
def test_a_vector_is_answered_as_its_name_says(name: str, tmp_path: Path) -> None:
    kind, _, rest = name.removesuffix(".mrdpkg").partition("-")
    expected = "good" if kind == "good" else rest.partition("-")[0]
    tracemalloc.start()
    began = time.process_time()
    try:
        assert read(FOLDER / name) == expected
        assert tracemalloc.get_traced_memory()[1] < 256 << 20
    finally:
        tracemalloc.stop()
    assert in_time(time.process_time() - began, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["good-records-first", "good-records-full"])
def test_packages_of_a_real_chain_verify_to_the_last_record(name: str) -> None:
    site, identity = bytes.fromhex(RECORDS["site"]), RECORDS["sponsor"]
    path = FOLDER / f"{name}.mrdpkg"
    with opened(path, PACKAGE, lambda _: [site], [identity]) as package:
        manifest = package.manifest
        records = list(joined(package.lines("headers"), package.lines("openings")))
    verdict = verify_records(records, manifest.chain, private=False, complete=False)
    assert verdict.ok
    assert verdict.head.digest.hex() == manifest.after.digest
    assert len(records) == manifest.counts.records
    assert sum(r.opening is not None for r in records) == manifest.counts.opened
    addresses = {str(r.body.get("address", "")) for r in records if r.opening is not None}
    assert any(a.startswith("01-001/") for a in addresses)
    assert not any(a.startswith("01-002/") for a in addresses), "no consent"
