"""How long a refusal takes tells nothing about which names exist (E-28)."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from random import Random

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from mrd_desktop.vault import attempts, crypto
from mrd_desktop.vault.errors import WrongPassword
from tests.conftest import SOAK
from tests.vault.kit import Site

ALPHA = 0.001
WRONG = "not the password"


def taken(site: Site, user: str) -> float:
    """Seconds of a refused sign-in."""
    begun = time.perf_counter()
    with pytest.raises(WrongPassword):
        site.open(user, WRONG)
    return time.perf_counter() - begun


def chance_of(longer: int, pairs: int) -> float:
    """Two-sided sign test: how likely so uneven a split is where both take the same."""
    off = abs(longer - pairs / 2) - 0.5
    return math.erfc(max(off, 0) / math.sqrt(pairs / 2))


@pytest.mark.soak
def test_an_unknown_name_and_a_wrong_password_take_the_same(
    site: Site, seed: int, fraction: Callable[[int, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pairs, in drawn order. The suite leaves Argon2id out, the same run for both."""
    if SOAK:
        monkeypatch.setattr(crypto, "Argon2id", Argon2id)
    chance, longer, differences = Random(seed), 0, []
    pairs = fraction(1_000, 60)
    for user in ("crc", "nobody"):
        taken(site, user)
    for _ in range(pairs):
        (site.path / attempts.LOG_FILE).unlink(missing_ok=True)
        order = chance.sample(("crc", "nobody"), 2)
        found = {user: taken(site, user) for user in order}
        differences.append(found["nobody"] - found["crc"])
        longer += differences[-1] > 0
    begun = time.perf_counter()
    Argon2id(salt=bytes(16), length=32, iterations=3, lanes=4, memory_cost=65536).derive(b"x")
    cost = time.perf_counter() - begun
    assert abs(statistics.median(differences)) < cost / 100, "far below what Argon2id varies by"
    if SOAK:
        assert chance_of(longer, pairs) > ALPHA, (longer, pairs)


@pytest.mark.parametrize(
    ("longer", "pairs", "likely"), [(500, 1000, True), (540, 1000, True), (560, 1000, False)]
)
def test_the_sign_test_itself(longer: int, pairs: int, *, likely: bool) -> None:
    assert (chance_of(longer, pairs) > ALPHA) is likely
