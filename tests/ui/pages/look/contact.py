"""Pictures of screens on disk, and one page that shows them all."""

from __future__ import annotations

import struct
import zlib
from html import escape
from itertools import groupby
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from mrd_desktop.vault.files import write_atomically


def keep(folder: Path, name: str, variant: str, picture: QImage) -> None:
    """Put one picture down."""
    (folder / f"{name}.{variant}.png").write_bytes(png(picture))


def png(picture: QImage) -> bytes:
    """A picture as PNG: half the work of Qt's writer, which tries five filters on every line."""
    plain = picture.convertToFormat(QImage.Format.Format_RGB888)
    wide, high = plain.width(), plain.height()
    lines = np.zeros((high, 3 * wide + 1), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = np.frombuffer(plain.constBits(), np.uint8).reshape(high, -1)[:, : 3 * wide]
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines.tobytes(), 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def pictures_in(folder: Path, scene: str = "") -> list[Path]:
    """The pictures of a scene, or of all."""
    return sorted(folder.glob(f"{scene}-*.png" if scene else "*.png"))


def write_sheet(folder: Path) -> None:
    """The contact sheet of the pictures that are there."""
    names = [p.name for p in pictures_in(folder)]
    rows = "".join(
        f"<h2 id='{escape(screen)}'>{escape(screen)}</h2><p>{''.join(map(_shot, shots))}</p>"
        for screen, shots in groupby(names, lambda n: n.split(".")[0])
    )
    page = (
        "<!doctype html><meta charset='utf-8'><title>Screens</title>"
        "<style>body{font-family:sans-serif;margin:24px}p{display:flex;flex-wrap:wrap;gap:8px}"
        "figure{margin:0}img{width:340px;display:block;border:1px solid}</style>"
        f"<h1>Screens</h1>{rows}\n"
    )
    write_atomically(folder / "index.html", page.encode())


def _shot(name: str) -> str:
    variant = name.split(".", 1)[1].rpartition(".")[0]
    return (
        f"<figure><a href='{escape(name)}'><img loading='lazy' src='{escape(name)}'></a>"
        f"<figcaption>{escape(variant)}</figcaption></figure>"
    )
