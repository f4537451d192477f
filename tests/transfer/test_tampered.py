"""Altered packages: none is accepted; each is refused for its reason, soon and in little room.

Who alters a file may know the format: raw edits are met by its frame, edits that mend the frame by
the signatures. ``expected`` says for each way of altering which reasons are true.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.container import PACKAGE, opened
from mrd_desktop.transfer.errors import PackageError
from mrd_desktop.transfer.manifest import Manifest, PartEntry
from tests.pace import in_time
from tests.transfer.parcel import OTHER_KEY, SITE_KEY, SPONSOR, manifest, packed, parts
from tests.vectors.package.make import members_of, zipped

Fraction = Callable[[int, int], int]

FRAME = frozenset({"damaged", "foreign", "too_large"})
SEALED = frozenset({"forged"})
LABEL = frozenset({"forged", "damaged", "newer_format"})
SIGNATURE = frozenset({"forged", "unknown_key", "damaged"})
SECONDS, MIB = 2.0, 256


@dataclass(frozen=True)
class Originals:
    """Two sound packages of one site, and one of another site."""

    first: bytes
    second: bytes
    other: bytes


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    root = tmp_path_factory.mktemp("originals")

    def later(entries: tuple[PartEntry, ...]) -> Manifest:
        return replace(manifest(entries), number=2, previous="0" * 64)

    content = [*parts(), Part("openings-0002.jsonl", [b'{"more":"synthetic"}\n'] * 40)]
    return Originals(
        packed(root).path.read_bytes(),
        packed(root, content, later).path.read_bytes(),
        packed(root, key=OTHER_KEY).path.read_bytes(),
    )


def bits(chance: Random, data: bytes, count: int = 1) -> bytes:
    changed = bytearray(data)
    for at in chance.sample(range(len(data)), count):
        changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def edited(chance: Random, data: bytes) -> bytes:
    """Bytes cut out, put in, doubled, exchanged or blanked."""
    a, b = sorted(chance.sample(range(len(data)), 2))
    return chance.choice(
        (
            lambda: data[:a],
            lambda: data[:a] + data[b:],
            lambda: data[:b] + data[a:],
            lambda: data[:a] + chance.randbytes(chance.randint(1, 64)) + data[a:],
            lambda: data + chance.randbytes(chance.randint(1, 64)),
            lambda: data[:a] + bytes(b - a) + data[b:],
            lambda: data[b:] + data[a:b] + data[:a],
        )
    )()


def altered(chance: Random, originals: Originals) -> Iterator[tuple[str, bytes, frozenset[str]]]:
    """Without end: what was done, the bytes, and the reasons that would be true."""
    good = originals.first
    loose, twin = members_of(good), members_of(originals.second)
    names = ("package.age", "outer.json", "outer.json.sig")
    cipher, label, signature = (loose[n] for n in names)
    reasons = dict(zip(names, (SEALED, LABEL, SIGNATURE), strict=True))
    while True:
        yield "bits in the file", bits(chance, good, chance.randint(1, 3)), FRAME
        yield "the file edited", edited(chance, good), FRAME
        for how, change in (("bits in", bits), ("edited", edited)):
            name = chance.choice(names)
            mended = {**loose, name: change(chance, loose[name])}
            yield f"{how} {name}", zipped(*(mended[n] for n in names), []), reasons[name]
        name = chance.choice(names)
        mixed = {**loose, name: twin[name]}
        yield f"{name} of another package", zipped(*(mixed[n] for n in names), []), SEALED
        fields = json.loads(label)
        said = chance.choice(("study", "site", "chain", "manifest", "sha256", "number", "size"))
        value = fields[said]
        fields[said] = (
            value + 1 if isinstance(value, int) else value[::-1] + "x" * (said == "study")
        )
        if fields[said] != value:
            lying = json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
            yield f"another {said}", zipped(cipher, lying, signature, []), LABEL
        yield "of another site", originals.other, frozenset({"unknown_key"})
        extra = [(chance.choice(("x", "../x", "outer.json")), b"x")]
        yield "a member more", zipped(cipher, label, signature, extra), FRAME


def each_bit(data: bytes) -> Iterator[bytes]:
    for at in range(8 * len(data)):
        yield data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]


def heads(good: bytes) -> Iterator[tuple[str, bytes, frozenset[str]]]:
    """Each bit of all that stands before and around the payload, as it is and in a mended frame."""
    loose = members_of(good)
    cipher, label, signature = loose["package.age"], loose["outer.json"], loose["outer.json.sig"]
    head = cipher.index(b"\n---") + 48  # the header of age with its code
    for data in each_bit(label):
        yield "label", zipped(cipher, data, signature, []), LABEL
    for data in each_bit(signature):
        yield "signature", zipped(cipher, label, data, []), SIGNATURE
    for data in each_bit(cipher[:head]):
        yield "age header", zipped(data + cipher[head:], label, signature, []), SEALED
    at = good.index(cipher[:head])
    end = at + len(cipher)
    for data in each_bit(good[: at + head]):
        yield "frame before", data + good[at + head :], FRAME
    for data in each_bit(good[end:]):
        yield "frame behind", good[:end] + data, FRAME


@pytest.mark.soak
def test_no_bit_of_what_leads_to_the_payload_can_be_changed(
    originals: Originals,
    tmp_path: Path,
    seed: int,
    fraction: Fraction,
    record_property: Callable[[str, object], None],
) -> None:
    path = tmp_path / "altered.mrdpkg"
    one_in = fraction(1, 40)
    first = Random(seed).randrange(one_in)
    told: Counter[str] = Counter()
    for number, (where, data, expected) in enumerate(heads(originals.first)):
        if number % one_in != first:
            continue
        path.write_bytes(data)
        code = refusal(path)
        if code == "accepted":  # armour of a signature may say the same in other letters
            assert (where, "signature") == ("signature", where)
            assert _same_signature(data, originals.first)
            code = "the same signature"
        else:
            assert code in expected, (number, where, code)
        told[f"{where}: {code}"] += 1
    record_property("refusals", json.dumps(told))
    assert sum(told.values()) >= 16_000 // one_in


def _same_signature(changed: bytes, good: bytes) -> bool:
    """Whether two files differ in unused bits of base64 alone: both say the same bytes."""
    one, other = (
        base64.b64decode(b"".join(members_of(f)["outer.json.sig"].splitlines()[1:-1]))
        for f in (changed, good)
    )
    return one == other


def refusal(path: Path) -> str:
    """The code with which a reader refuses; fails where it does not."""
    try:
        with opened(path, PACKAGE, lambda _: [SITE_KEY.public.raw], [SPONSOR]):
            return "accepted"
    except PackageError as refused:
        assert refused.text.en
        assert refused.text.zh
        return refused.code


@pytest.mark.soak
def test_no_altered_package_is_accepted(
    originals: Originals,
    tmp_path: Path,
    seed: int,
    fraction: Fraction,
    record_property: Callable[[str, object], None],
) -> None:
    path = tmp_path / "altered.mrdpkg"
    whole = fraction(10_000, 1_000)
    told: Counter[str] = Counter()
    slowest = 0.0
    for number, (how, data, expected) in enumerate(altered(Random(seed), originals)):
        if number == whole:
            break
        if data == originals.first:  # an edit may put back what was there
            continue
        path.write_bytes(data)
        began = time.process_time()
        code = refusal(path)
        slowest = max(slowest, time.process_time() - began)
        assert code in expected, (number, how, code)
        told[code] += 1
    record_property("refusals", json.dumps(told))
    assert in_time(slowest, SECONDS)
    assert {"damaged", "forged", "foreign", "unknown_key"} <= set(told)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_untouched_packages_open(originals: Originals, tmp_path: Path) -> None:
    for data in (originals.first, originals.second):
        (tmp_path / "good").write_bytes(data)
        assert refusal(tmp_path / "good") == "accepted"


_LARGE = """
import os, resource, sys, time
from pathlib import Path
from random import Random
from mrd_desktop.transfer.archive import Part
from tests.transfer.parcel import packed
from tests.transfer.test_tampered import bits, edited, refusal
from tests.vectors.package.make import members_of, zipped

folder, chance = Path(sys.argv[1]), Random(7)
lines = (os.urandom(1 << 20) for _ in range(19))
good = packed(folder, [Part("headers-0001.jsonl", lines)]).path.read_bytes()
loose = members_of(good)
names = ("package.age", "outer.json", "outer.json.sig")
mended = [
    {**loose, "package.age": bits(chance, loose["package.age"])},
    {**loose, "outer.json": bits(chance, loose["outer.json"])},
    {**loose, "outer.json.sig": bits(chance, loose["outer.json.sig"])},
]
files = [good[:-1], bits(chance, good), edited(chance, good)]
files += [zipped(*(m[n] for n in names), []) for m in mended]
for number, data in enumerate(files):
    (folder / f"{number}.altered").write_bytes(data)
"""

_MEASURED = """
import re, sys, time
from pathlib import Path
from tests.transfer.test_tampered import refusal

for path in sorted(Path(sys.argv[1]).glob("*.altered")):
    began = time.process_time()
    code = refusal(path)
    took = time.process_time() - began
    # The peak of this program alone: getrusage counts that of the process it was forked from too.
    peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
    print(code, took, int(peak[1]) >> 10)
"""


def test_twenty_mebibytes_are_refused_quickly_and_in_little_room(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    run = [sys.executable, "-c"]
    subprocess.run([*run, _LARGE, str(tmp_path)], cwd=root, check=True)
    assert all(p.stat().st_size > 10 << 20 for p in tmp_path.glob("*.altered") if p.stem != "2")
    done = subprocess.run(
        [*run, _MEASURED, str(tmp_path)], cwd=root, check=True, capture_output=True, text=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == 6
    for code, seconds, mib in lines:
        assert code in FRAME | LABEL | SIGNATURE
        assert in_time(float(seconds), SECONDS)
        assert int(mib) < MIB
