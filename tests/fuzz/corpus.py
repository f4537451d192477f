"""The inputs that led to new paths, kept as text: one file a reader, one input a line in Base64."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "corpus"
MOST: Final = 150
"""Inputs kept of a reader, the shortest first: what a longer one adds is found again in a run."""


def kept(name: str) -> Iterator[bytes]:
    """The inputs of a reader."""
    path = FOLDER / f"{name}.txt"
    if path.is_file():
        yield from map(base64.b64decode, path.read_text("ascii").split("\n"))


def keep(name: str, inputs: Iterable[bytes]) -> None:
    """Keep these inputs of a reader."""
    shortest = sorted(set(inputs), key=lambda x: (len(x), x))[:MOST]
    text = "\n".join(base64.b64encode(data).decode() for data in shortest)
    (FOLDER / f"{name}.txt").write_text(text, "ascii")
