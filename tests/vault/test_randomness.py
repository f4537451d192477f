"""Nonces, salts and ids never come twice, after a fork neither (E-23).

That nothing else than the system's own source is used is check 11 of ``test_attack_surface``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from mrd_desktop.ledger.ids import new_chain_id, new_session_id
from mrd_desktop.vault import crypto
from tests.vault.kit import Site, note

_NONCE = 12
_EPHEMERAL = 32
KEY, BOX = bytes(32), crypto.box_public(b"\x07" * 32)
MADE: dict[str, Callable[[], bytes]] = {
    "nonce of a wrap": lambda: crypto.wrap(KEY, b"x", b"")[:_NONCE],
    "key of a sealed box": lambda: crypto.seal(BOX, b"x", b"")[:_EPHEMERAL],
    "chain": lambda: new_chain_id().encode(),
    "session": lambda: new_session_id().encode(),
}
FULL, SHORT = 1_000_000, 4_000


@pytest.mark.soak
@pytest.mark.parametrize("what", MADE)
def test_none_comes_twice(what: str, fraction: Callable[[int, int], int]) -> None:
    make, count = MADE[what], fraction(FULL, SHORT)
    assert len({make() for _ in range(count)}) == count


@pytest.mark.soak
def test_no_salt_of_a_record_comes_twice(site: Site, fraction: Callable[[int, int], int]) -> None:
    many, salts = fraction(100_000, 2_000), set()
    with site.open("crc") as session:
        for _ in range(0, many, 1_000):
            made = session.commit([note(str(n)) for n in range(1_000)])
            salts |= {r.opening.salt for r in made if r.opening is not None}
    assert len(salts) == many


@pytest.mark.skipif(sys.platform == "win32", reason="Windows forks no process")
@pytest.mark.parametrize("what", MADE)
def test_a_forked_process_draws_its_own(what: str) -> None:
    make, many = MADE[what], 200
    make()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, b"".join(make() for _ in range(many)))
        os._exit(0)
    os.close(writing)
    ours = [make() for _ in range(many)]
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    size = len(ours[0])
    theirs = {told[n : n + size] for n in range(0, len(told), size)}
    assert len(theirs) == many
    assert not theirs & set(ours)


def test_the_same_entry_has_another_commitment_each_time(site: Site) -> None:
    with site.open("crc") as session:
        found = {r.header.c for _ in range(50) for r in session.commit([note("the same")])}
    assert len(found) == 50
