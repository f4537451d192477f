"""Reports as PDF: A4, fonts embedded, words that can be searched and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

from ui.print.searchable import mended
from ui.print.sheet import LONG_SIDE, Leaf

_RESOLUTION = 1440
"""Dots an inch: one dot is one unit of the layout."""


def pdf_bytes(leaves: Sequence[Leaf], title: str) -> bytes:
    """The pages as a PDF file."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_RESOLUTION)
    writer.setTitle(title)
    writer.setCreator("MRD Desktop")
    writer.setPageLayout(layout_of(leaves[0]))
    painter = QPainter(writer)
    for number, leaf in enumerate(leaves):
        if number:
            writer.newPage()
        leaf.draw(painter)
    painter.end()
    buffer.close()
    return mended(bytes(held.data()), "".join(leaf.text for leaf in leaves))


def layout_of(leaf: Leaf) -> QPageLayout:
    """A4 as the page lies, the margins our own."""
    lying = leaf.width == LONG_SIDE
    way = QPageLayout.Orientation.Landscape if lying else QPageLayout.Orientation.Portrait
    layout = QPageLayout(QPageSize(QPageSize.PageSizeId.A4), way, QMarginsF(0, 0, 0, 0))
    layout.setMode(QPageLayout.Mode.FullPageMode)
    return layout
