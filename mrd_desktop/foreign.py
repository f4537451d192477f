"""Files that somebody chose: no more of one is read than any reader of it may take."""

from __future__ import annotations

from pathlib import Path
from typing import Final

LARGEST: Final = 1 << 20
"""Bytes of a key, a card, a certificate, an activation, a list of files: each reader takes less."""


def first_bytes(path: Path, most: int = LARGEST) -> bytes:
    """The bytes of a file; of a longer one those up to one beyond the most.

    What is too long is left to its reader, who knows the limit and refuses it in words of its own.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return file.read(most + 1)
