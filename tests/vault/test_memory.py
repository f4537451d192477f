"""Keys that lie in a process's memory after lock and close are counted (E-27).

Python, Qt and OpenSSL copy what they are given, and nobody can wipe those copies: how many there
are is told, and that they do not grow with each lock.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from mrd_desktop.vault.keyring import open_slot
from tests.faults.processes import ROOT
from tests.vault.kit import PASSWORDS, Site

CYCLES, FEW = 20, 4
SETTLED = 2
"""Cycles after which no more copies may come: what the interpreter keeps for itself is there."""
WORK = """
import sys
from pathlib import Path
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import folder
from tests.vault.kit import fold, note
path, cycles = Path(sys.argv[1]), int(sys.argv[2])
password = sys.stdin.readline().rstrip("\\n")
session = folder.open_folder(path, "crc", password, study=load_study(), fold=fold)
def told(what):
    print(what, flush=True)
    sys.stdin.readline()
told("open")
for _ in range(cycles):
    session.commit([note()])
    session.lock()
    told("locked")
    session.unlock("crc", password)
session.close()
del session, password
told("closed")
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/mem").exists(), reason="needs Linux, which shows a process's memory"
)


def copies(pid: int, secrets: Mapping[str, bytes]) -> dict[str, int]:
    """How often each secret lies in what a process may write."""
    found = dict.fromkeys(secrets, 0)
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in _writable(pid):
            memory.seek(start)
            try:
                data = memory.read(end - start)
            except OSError:
                continue
            for name, secret in secrets.items():
                found[name] += data.count(secret)
    return found


def _writable(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if span:
            yield int(span[1], 16), int(span[2], 16)


@pytest.mark.soak
def test_copies_of_keys_are_counted_and_do_not_grow(
    site: Site,
    fraction: Callable[[int, int], int],
    record_property: Callable[[str, object], None],
) -> None:
    with site.open("crc") as session:
        data, vault = session.with_keys()
        manifest = session.manifest
    assert vault is not None
    ring = open_slot(manifest, manifest.slot_name("crc"), PASSWORDS["crc"])
    assert ring.sign is not None
    secrets = {
        "data key": data,
        "vault key": vault,
        "user's key": ring.sign.to_bytes(),
        "password": PASSWORDS["crc"].encode(),
    }
    cycles = fraction(CYCLES, FEW)
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(site.path), str(cycles)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    seen: list[dict[str, int]] = []
    process.stdin.write(PASSWORDS["crc"].encode() + b"\n")
    for expected in ("open", *["locked"] * cycles, "closed"):
        process.stdin.flush()
        assert process.stdout.readline().decode().strip() == expected
        seen.append(copies(process.pid, secrets))
        process.stdin.write(b"\n")
    process.stdin.close()
    assert process.wait() == 0
    opened, *locked, closed = seen
    print("open", opened, "locked", locked, "closed", closed)
    assert opened["data key"] > 0, "the search finds what is there"
    assert opened["vault key"] > 0
    for name in secrets:
        assert max(s[name] for s in locked[SETTLED:]) <= max(s[name] for s in locked[:SETTLED]) + 2
        assert closed[name] <= opened[name] + 2, name
        record_property("count", f"{name}: open {opened[name]}, locked {locked[-1][name]},"
                                 f" closed {closed[name]}")  # fmt: skip
