"""Key derivation, wrapping and sealing, all from ``cryptography``; nothing here knows a user.

- One Argon2id run over the password, then HKDF-SHA-256 to three key-encryption keys.
- A *wrap* is ChaCha20-Poly1305 with a random nonce: ``nonce(12) ‖ ciphertext ‖ tag(16)``.
- A *sealed box* is for the owner of an X25519 key, by anybody:
  ``ephemeral public(32) ‖ ciphertext ‖ tag(16)``, key by HKDF over the shared secret.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_MIB: Final = 1024


class Unopened(Exception):
    """A wrap or a sealed box that does not open: wrong key, or one bit changed."""


@dataclass(frozen=True, slots=True)
class KdfParameters:
    """Argon2id parameters: memory in KiB, passes, lanes."""

    memory: int
    passes: int
    lanes: int

    @property
    def allowed(self) -> bool:
        """Not below the floor, and not above what a crafted file may ask of a computer."""
        return (
            FLOOR.memory <= self.memory <= CEILING.memory
            and FLOOR.passes <= self.passes <= CEILING.passes
            and FLOOR.lanes <= self.lanes <= CEILING.lanes
        )


FLOOR: Final = KdfParameters(memory=64 * _MIB, passes=3, lanes=4)
CEILING: Final = KdfParameters(memory=1024 * _MIB, passes=10, lanes=8)
GUESS_SECONDS: Final = 0.5
"""What a guess at a live folder's slot costs one core at least, where 512 MiB reach it."""


@dataclass(frozen=True, slots=True)
class Keks:
    """The three key-encryption keys of one password."""

    data: bytes
    vault: bytes
    sign: bytes


def derive(secret: str, salt: bytes, parameters: KdfParameters) -> Keks:
    """The key-encryption keys of a password (NFC already applied).

    Raises:
        ValueError: parameters outside the floor and the ceiling.
    """
    if not parameters.allowed:
        raise ValueError("Argon2id parameters out of range")
    root = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=parameters.passes,
        lanes=parameters.lanes,
        memory_cost=parameters.memory,
    ).derive(secret.encode("utf-8"))
    return Keks(
        data=expand(root, b"mrd/kek/data/v1"),
        vault=expand(root, b"mrd/kek/vault/v1"),
        sign=expand(root, b"mrd/kek/sign/v1"),
    )


def calibrated() -> KdfParameters:
    """Parameters for a live folder made on this computer: a guess costs a core half a second.

    The least memory, up to 512 MiB, that costs so much of one core; on a slow computer the floor.
    Core time is what somebody pays who guesses on a copy; what else runs here does not count.
    """
    candidate = FLOOR
    for memory in (64 * _MIB, 128 * _MIB, 256 * _MIB, 512 * _MIB):
        candidate = replace(FLOOR, memory=memory)
        started = time.process_time()
        derive("calibration", bytes(SALT_BYTES), candidate)
        if time.process_time() - started >= GUESS_SECONDS:
            break
    return candidate


def expand(root: bytes, info: bytes) -> bytes:
    """A 32-byte key for one purpose from a root key."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(root)


def wrap(key: bytes, secret: bytes, context: bytes) -> bytes:
    """A secret under a key, bound to its context."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, secret, context)


def unwrap(key: bytes, wrapped: bytes, context: bytes) -> bytes:
    """The secret of a wrap.

    Raises:
        Unopened: another key, another context, or changed bytes.
    """
    try:
        return ChaCha20Poly1305(key).decrypt(
            wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context
        )
    except (InvalidTag, ValueError):
        raise Unopened from None


def box_public(private: bytes) -> bytes:
    """The X25519 public key of a private one."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def seal(public: bytes, secret: bytes, context: bytes) -> bytes:
    """A secret that only the owner of an X25519 key opens."""
    ephemeral = X25519PrivateKey.generate()
    sender = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    key = _box_key(shared, sender, public)
    return sender + ChaCha20Poly1305(key).encrypt(bytes(_NONCE_BYTES), secret, context)


def unseal(private: bytes, sealed: bytes, context: bytes) -> bytes:
    """The secret of a sealed box.

    Raises:
        Unopened: sealed for somebody else, another context, or changed bytes.
    """
    sender = sealed[:KEY_BYTES]
    try:
        own = X25519PrivateKey.from_private_bytes(private)
        shared = own.exchange(X25519PublicKey.from_public_bytes(sender))
        key = _box_key(shared, sender, own.public_key().public_bytes_raw())
        return ChaCha20Poly1305(key).decrypt(bytes(_NONCE_BYTES), sealed[KEY_BYTES:], context)
    except (InvalidTag, ValueError):
        raise Unopened from None


def _box_key(shared: bytes, sender: bytes, receiver: bytes) -> bytes:
    # The key is used for one message only (the sender's half is fresh), so the nonce is zero.
    info = b"mrd/box/v1" + sender + receiver
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(shared)
