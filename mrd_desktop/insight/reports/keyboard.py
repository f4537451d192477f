"""The keyboard map, to lie beside the computer."""

from __future__ import annotations

from collections.abc import Sequence

from mrd_desktop.insight.reports.model import Block, Cell, Column, Heading, Report, Table
from mrd_desktop.texts import Text

TITLE = Text("Keyboard map", "按键一览")
COLUMNS = (Column(Text("Key", "按键"), 1.2), Column(Text("What it does", "作用"), 3.0))

Keys = Sequence[tuple[str, Text]]


def keyboard_map(tables: Sequence[tuple[Text, Keys]]) -> Report:
    """The keys of each place of the program, as the screens define them."""
    blocks: list[Block] = []
    for heading, keys in tables:
        rows = tuple((Cell(key, strong=True), Cell(text)) for key, text in keys)
        blocks += [Heading(heading, 2), Table(COLUMNS, rows)]
    return Report("keys", TITLE, tuple(blocks))
