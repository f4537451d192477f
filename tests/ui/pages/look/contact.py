"""Pictures of screens on disk, and one page that shows them all."""

from __future__ import annotations

from html import escape
from itertools import groupby
from pathlib import Path

from PySide6.QtGui import QImage

from mrd_desktop.vault.files import write_atomically

_SHARP = ("png", 80)
_QUICK = ("jpg", 92)
"""Ending and quality: a large picture takes twice as long to pack as a PNG."""
_LARGE = 1.5


def keep(folder: Path, name: str, variant: str, picture: QImage) -> None:
    """Put one picture down."""
    ending, quality = _QUICK if picture.devicePixelRatio() > _LARGE else _SHARP
    assert picture.save(str(folder / f"{name}.{variant}.{ending}"), None, quality)


def pictures_in(folder: Path, scene: str = "") -> list[Path]:
    """The pictures of a scene, or of all."""
    endings = {f".{ending}" for ending, _ in (_SHARP, _QUICK)}
    found = (p for p in folder.glob(f"{scene}-*" if scene else "*") if p.suffix in endings)
    return sorted(found)


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
