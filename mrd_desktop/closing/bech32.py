"""An X25519 public key as an age recipient (BIP 173: ``age1…``), so that a sheet's key opens it."""

from __future__ import annotations

from typing import Final

_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_STEPS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def recipient(public: bytes) -> str:
    """The age recipient of a public key of 32 bytes."""
    return encoded("age", public)


def encoded(prefix: str, data: bytes) -> str:
    """Bytes as bech32."""
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[n : n + 5], 2) for n in range(0, len(bits), 5)]
    ahead = [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix)]
    check = _check([*ahead, *values, *[0] * 6]) ^ 1
    tail = [check >> 5 * (5 - n) & 31 for n in range(6)]
    return f"{prefix}1{''.join(_LETTERS[v] for v in [*values, *tail])}"


def _check(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for n, step in enumerate(_STEPS):
            check ^= step if top >> n & 1 else 0
    return check
