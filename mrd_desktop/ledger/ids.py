"""Identifiers: 128 bits shown as 26 lower-case base32 characters."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Final

#: An identifier as it is written.
ID: Final = re.compile(r"[a-z2-7]{25}[aeimquy4]")

_KEY_TAG = b"MRD-KEY-v1\x00"
_BYTES = 16


def new_chain_id() -> str:
    """A fresh random chain id."""
    return _show(secrets.token_bytes(_BYTES))


def new_session_id() -> str:
    """A fresh random session id."""
    return _show(secrets.token_bytes(_BYTES))


def key_id(public: bytes) -> str:
    """The id of a raw 32-byte Ed25519 public key."""
    return _show(hashlib.sha256(_KEY_TAG + public).digest()[:_BYTES])


def _show(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
