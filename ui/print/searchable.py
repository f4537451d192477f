"""What a PDF says its glyphs mean, mended so that it is what was drawn.

A glyph of a Chinese font may stand for several characters: that of 日 also for the radical ⽇
(U+2F47). Qt names the first one it finds, so that a search for 日期 finds nothing. Here each such
name is replaced by the character that was really drawn with the glyph, in an incremental update.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

from PySide6.QtGui import QRawFont

from ui.print.sheet import Face, font

_STREAM = re.compile(rb"(\d+) 0 obj\s*<<(?:(?!endobj).)*?>>\s*stream\r?\n", re.DOTALL)
_CODE = re.compile(rb"<([0-9A-F]{4})>")
_RANGE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4})> (?:\[([^\]]*)\]|<([0-9A-F]{4})>)")
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s+(\d+)\s+%%EOF\s*$", re.DOTALL)


def mended(pdf: bytes, drawn: str) -> bytes:
    """The same file whose words can be searched for as they were drawn.

    Args:
        drawn: every text that was drawn.
    """
    trailer = _TRAILER.search(pdf)
    if trailer is None:
        return pdf
    names = _names(drawn)
    updates: dict[int, bytes] = {}
    for found in _STREAM.finditer(pdf):
        begin = found.end()
        content = pdf[begin : pdf.index(b"endstream", begin)]
        plain = _plain(content)
        if b"begincmap" not in plain:
            continue
        better = _renamed(plain, names)
        if better != plain:
            updates[int(found[1])] = better
    return _updated(pdf, updates, trailer) if updates else pdf


def _plain(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return content


def _names(drawn: str) -> Mapping[int, int]:
    """Characters that share a glyph with a drawn one, and which that is."""
    letters = sorted(set(drawn))
    found: dict[int, int] = {ord("\t"): ord(" ")}  # a tab is drawn as a blank
    for face in (Face(9), Face(9, strong=True)):
        raw = QRawFont.fromFont(font(face))
        by_glyph = {}
        for letter in letters:
            glyphs = raw.glyphIndexesForString(letter)
            if len(glyphs) == 1 and glyphs[0]:
                by_glyph[glyphs[0]] = ord(letter)
        for code in _AMBIGUOUS:
            glyphs = raw.glyphIndexesForString(chr(code))
            meant = by_glyph.get(glyphs[0]) if len(glyphs) == 1 else None
            if meant is not None and chr(code) not in drawn:
                found[code] = meant
    return found


_AMBIGUOUS = (
    *range(0x00A0, 0x0100),
    *range(0x2000, 0x3000),
    *range(0x3100, 0x3200),
)
"""Where Qt's search from below meets a twin before the character itself."""


def _renamed(cmap: bytes, names: Mapping[int, int]) -> bytes:
    """The map with other names; ranges are written out where one of theirs changes."""

    def name(found: re.Match[bytes]) -> bytes:
        code = int(found[1], 16)
        return b"<%04X>" % names.get(code, code)

    def ranged(found: re.Match[bytes]) -> bytes:
        first, last, listed, begin = found.groups()
        if listed is not None:
            return b"<%s> <%s> [%s]" % (first, last, _CODE.sub(name, listed))
        count = int(last, 16) - int(first, 16) + 1
        codes = range(int(begin, 16), int(begin, 16) + count)
        if not any(c in names for c in codes):
            return found[0]
        written = b" ".join(b"<%04X>" % names.get(c, c) for c in codes)
        return b"<%s> <%s> [%s]" % (first, last, written)

    return _RANGE.sub(ranged, cmap)


def _updated(pdf: bytes, updates: Mapping[int, bytes], trailer: re.Match[bytes]) -> bytes:
    """The file with newer versions of some streams appended (ISO 32000-1, 7.5.6)."""
    out = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    table = b"xref\n"
    for number, content in sorted(updates.items()):
        packed = zlib.compress(content)
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        head = b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n"
        out += head % (number, len(packed)) + packed + b"\nendstream\nendobj\n"
    start = len(out)
    fields = trailer[1].strip() + b"\n/Prev " + trailer[2]
    out += table + b"trailer\n<<\n" + fields + b"\n>>\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)
