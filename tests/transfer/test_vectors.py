"""The frozen packages: good ones open, bad ones are refused with the reason in their names."""

from __future__ import annotations

import hashlib
import json
import time
import tracemalloc
from pathlib import Path

import pytest

from mrd_desktop.transfer.container import PACKAGE, for_whom, opened
from mrd_desktop.transfer.errors import PackageError

FOLDER = Path(__file__).parents[1] / "vectors" / "package"
LISTED = json.loads((FOLDER / "vectors.json").read_text())
SITE = bytes.fromhex(LISTED["keys"]["site"])


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
    assert whole == "9aab3e9eeb53d354fce27cd5f6882b355ecf67aa7fa275c46ee7e5cbb5af22b3"


@pytest.mark.parametrize("name", sorted(LISTED["digests"]))
def test_a_vector_is_answered_as_its_name_says(name: str, tmp_path: Path) -> None:
    kind, _, rest = name.removesuffix(".mrdpkg").partition("-")
    expected = "good" if kind == "good" else rest.partition("-")[0]
    tracemalloc.start()
    began = time.monotonic()
    try:
        assert read(FOLDER / name) == expected
        assert tracemalloc.get_traced_memory()[1] < 256 << 20
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 2
    assert list(tmp_path.iterdir()) == []
