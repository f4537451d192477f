"""Fingerprints of keys as they are read out."""

from __future__ import annotations

_EACH = 4


def grouped(key: str) -> str:
    """A fingerprint in groups of four."""
    return " ".join(key[at : at + _EACH] for at in range(0, len(key), _EACH))
