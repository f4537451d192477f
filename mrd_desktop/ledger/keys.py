"""Ed25519 keys. A public key under which signatures can be made without a private one is refused.

OpenSSL loads the 14 encodings of small-order points and accepts forged signatures under them, so
the refusal is ours to make, at every place where a public key comes in.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from mrd_desktop.ledger.errors import WeakKeyError
from mrd_desktop.ledger.ids import key_id

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P = 2**255 - 19
_SIGN = 1 << 255
# y of the points of order 8; the other points of small order have y = 0, 1 or -1.
_ORDER_8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_SMALL_Y = (0, 1, _P - 1, _ORDER_8, _P - _ORDER_8, _P, _P + 1)

#: The 14 encodings of points of small order, canonical or not.
WEAK_KEYS: Final = frozenset(
    (y | sign).to_bytes(KEY_BYTES, "little") for y in _SMALL_Y for sign in (0, _SIGN)
)


class PublicKey:
    """A public key that passed the refusals."""

    __slots__ = ("_key", "id", "raw")

    def __init__(self, raw: bytes) -> None:
        """Takes the 32 raw bytes.

        Raises:
            WeakKeyError: wrong length, a small-order point, or an encoding that is not canonical.
        """
        if len(raw) != KEY_BYTES:
            raise WeakKeyError("it has not 32 bytes")
        if raw in WEAK_KEYS:
            raise WeakKeyError("anybody could sign under it")
        if int.from_bytes(raw, "little") & ~_SIGN >= _P:
            raise WeakKeyError("it is not written in the one canonical way")
        self.raw: Final = bytes(raw)
        self.id: Final = key_id(raw)
        self._key: Final = Ed25519PublicKey.from_public_bytes(raw)

    @classmethod
    def from_base64(cls, text: str) -> PublicKey:
        """Reads the text of :meth:`to_base64`; raises WeakKeyError as the constructor does."""
        raw = from_base64(text)
        if raw is None:
            raise WeakKeyError("it is not written in base64")
        return cls(raw)

    def to_base64(self) -> str:
        """44 characters of standard base64."""
        return to_base64(self.raw)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature over the message was made with this key's private half."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"PublicKey({self.id})"


class SigningKey:
    """A private key. Its bytes are shown to nobody but :meth:`to_bytes` callers."""

    __slots__ = ("_key", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key: Final = key
        self.public: Final = PublicKey(key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> SigningKey:
        """A fresh random key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> SigningKey:
        """A key from its 32 private bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """The 32 private bytes, to be wrapped at once."""
        return self._key.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of a message."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.id})"


def to_base64(raw: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(raw).decode()


def from_base64(text: str) -> bytes | None:
    """The bytes of standard base64, or None where the text is not their one encoding."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if to_base64(raw) == text else None
