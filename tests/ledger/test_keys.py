"""Keys: identifiers, round trips, and the 14 encodings under which anybody can sign."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mrd_desktop.ledger.errors import WeakKeyError
from mrd_desktop.ledger.ids import ID, key_id, new_chain_id, new_session_id
from mrd_desktop.ledger.keys import WEAK_KEYS, PublicKey, SigningKey, from_base64, to_base64

IDENTITY = (1).to_bytes(32, "little")


def test_there_are_fourteen_weak_keys() -> None:
    assert len(WEAK_KEYS) == 14


@pytest.mark.parametrize("raw", sorted(WEAK_KEYS), ids=lambda raw: raw.hex()[:12])
def test_weak_keys_are_refused_at_every_door(raw: bytes) -> None:
    with pytest.raises(WeakKeyError):
        PublicKey(raw)
    with pytest.raises(WeakKeyError):
        PublicKey.from_base64(to_base64(raw))


def test_the_library_accepts_what_we_refuse() -> None:
    """The reason for the refusal: R = identity, S = 0 verifies without a private key."""
    forged = 0
    for raw in WEAK_KEYS:
        key = Ed25519PublicKey.from_public_bytes(raw)
        for n in range(16):
            try:
                key.verify(IDENTITY + bytes(32), bytes([n]))
            except InvalidSignature:
                continue
            forged += 1
            break
    assert forged >= 2


def test_encodings_beyond_the_field_are_refused() -> None:
    prime = 2**255 - 19
    for y in range(prime, 2**255):
        for sign in (0, 1 << 255):
            with pytest.raises(WeakKeyError):
                PublicKey((y | sign).to_bytes(32, "little"))


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33)])
def test_other_lengths_are_refused(raw: bytes) -> None:
    with pytest.raises(WeakKeyError):
        PublicKey(raw)


def test_sign_and_verify() -> None:
    key = SigningKey.generate()
    signature = key.sign(b"message")
    assert key.public.verify(signature, b"message")
    assert not key.public.verify(signature, b"massage")
    assert not SigningKey.generate().public.verify(signature, b"message")
    assert not key.public.verify(b"", b"message")
    again = SigningKey.from_bytes(key.to_bytes())
    assert again.public == key.public
    assert again.sign(b"message") == signature
    assert PublicKey.from_base64(key.public.to_base64()) == key.public


def test_a_signature_has_one_form() -> None:
    """S + L is refused, so that nobody makes a second signature out of the first."""
    order = 2**252 + 27742317777372353535851937790883648493
    key = SigningKey.generate()
    signature = key.sign(b"message")
    s = int.from_bytes(signature[32:], "little") + order
    assert not key.public.verify(signature[:32] + s.to_bytes(32, "little"), b"message")


def test_private_bytes_are_not_shown() -> None:
    key = SigningKey.generate()
    assert key.to_bytes().hex() not in repr(key)
    assert key.public.id in repr(key)


def test_key_id() -> None:
    raw = SigningKey.from_bytes(bytes(range(32))).public.raw
    digest = hashlib.sha256(b"MRD-KEY-v1\x00" + raw).digest()[:16]
    number = int.from_bytes(digest, "big") << 2
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    assert key_id(raw) == "".join(letters[(number >> 5 * n) & 31] for n in range(25, -1, -1))


def test_ids_are_fresh_and_have_one_form() -> None:
    ids = {new_chain_id() for _ in range(500)} | {new_session_id() for _ in range(500)}
    assert len(ids) == 1000
    assert all(ID.fullmatch(one) for one in ids)


@pytest.mark.parametrize("text", ["A", "AB==", "QUJD\n", "QUJ D", "QUJ-", "é"])
def test_base64_has_one_form(text: str) -> None:
    assert from_base64(text) is None
