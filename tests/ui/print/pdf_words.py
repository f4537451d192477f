"""The words of a PDF that Qt wrote, read as a viewer reads them: by the maps of its fonts."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\s*(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\n?endstream", re.DOTALL)
_SHOWN = re.compile(rb"/F(\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj|\b(ET)\b")
_RANGE = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4})> (?:\[([^\]]*)\]|<([0-9A-F]{4})>)")


def pdf_words(pdf: bytes) -> str:
    """All text, a line for each piece that was drawn."""
    objects = {int(n): body for n, body in _OBJECT.findall(pdf)}  # the latest version counts
    maps = {n: _map(objects, body) for n, body in objects.items() if b"/Type0" in body}
    pieces: list[str] = []
    for body in objects.values():
        content = _plain(body)
        if b" Tf" not in content:
            continue
        font, said = 0, ""
        for name, glyphs, end in _SHOWN.findall(content):
            if name:
                font = int(name)
            elif end:
                pieces.append(said)
                said = ""
            else:
                codes = (glyphs[n : n + 4] for n in range(0, len(glyphs), 4))
                said += "".join(maps[font].get(int(c, 16), "\ufffd") for c in codes)
    return "\n".join(pieces)


def embedded(pdf: bytes) -> bool:
    """Every font's outlines are in the file."""
    fonts = re.findall(rb"/FontDescriptor\s*\n?/FontName.*?endobj", pdf, re.DOTALL)
    return bool(fonts) and all(b"/FontFile2" in f for f in fonts)


def _map(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    found = re.search(rb"/ToUnicode (\d+) 0 R", font)
    assert found is not None
    words: dict[int, str] = {}
    for first, last, array, begin in _RANGE.findall(_plain(objects[int(found[1])])):
        codes = [int(c, 16) for c in re.findall(rb"<([0-9A-F]{4})>", array)]
        count = int(last, 16) - int(first, 16) + 1
        if begin:
            codes = list(range(int(begin, 16), int(begin, 16) + count))
        assert len(codes) == count
        words.update((int(first, 16) + n, chr(code)) for n, code in enumerate(codes))
    return words


def _plain(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    try:
        return zlib.decompress(found[1])
    except zlib.error:
        return found[1]
