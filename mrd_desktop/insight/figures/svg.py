"""Figures as SVG: words stay words, nothing is loaded from elsewhere."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape, quoteattr

from mrd_desktop.insight.figures.palette import FONTS, LIGHT
from mrd_desktop.insight.figures.sheet import Align, Circle, Label, Mark, Path, Sheet, Tone
from mrd_desktop.texts import Language

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def svg_bytes(sheet: Sheet, language: Language) -> bytes:
    """One page as a file of its own, on white."""
    return (_HEAD + svg_element(sheet, language)).encode()


def svg_element(sheet: Sheet, language: Language) -> str:
    """The element alone, to stand in a page of HTML."""
    size = f'width="{_n(sheet.width)}" height="{_n(sheet.height)}"'
    box = f'viewBox="0 0 {_n(sheet.width)} {_n(sheet.height)}"'
    speech = "zh-CN" if language is Language.ZH else "en"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img" xml:lang="{speech}"'
        f" font-family={quoteattr(FONTS)}>",
        f"<title>{escape(sheet.title)}</title>",
        f"<desc>{escape(sheet.description)}</desc>",
        f'<rect width="100%" height="100%" fill="{LIGHT[Tone.SURFACE]}"/>',
        *(_element(m) for m in sheet.marks),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _element(mark: Mark) -> str:
    match mark:
        case Path():
            return _path(mark)
        case Circle(x, y, radius, ink, width, fill):
            inside = LIGHT[fill] if fill else "none"
            return (
                f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{inside}"'
                f' stroke="{LIGHT[ink]}" stroke-width="{_n(width)}"/>'
            )
        case Label(x, y, text, size, ink, align, strong):
            anchor = "" if align is Align.LEFT else f' text-anchor="{align.value}"'
            weight = ' font-weight="600"' if strong else ""
            return (
                f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{LIGHT[ink]}"'
                f"{anchor}{weight}>{escape(text)}</text>"
            )


def _path(path: Path) -> str:
    points = " L".join(f"{_n(x)} {_n(y)}" for x, y in path.points)
    end = " Z" if path.closed else ""
    fill = f'fill="{LIGHT[path.fill]}"' if path.fill else 'fill="none"'
    if path.fill and path.alpha < 1:
        fill += f' fill-opacity="{_n(path.alpha)}"'
    stroke = ""
    if path.ink:
        stroke = f' stroke="{LIGHT[path.ink]}" stroke-width="{_n(path.width)}"'
        if path.dash:
            stroke += f' stroke-dasharray="{" ".join(map(_n, path.dash))}"'
    return f'<path d="M{points}{end}" {fill}{stroke}/>'


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
