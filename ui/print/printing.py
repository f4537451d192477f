"""Pages given to a printer: it takes them first, then the print is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PySide6.QtGui import QPageLayout, QPainter
from PySide6.QtPrintSupport import QPrinter

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.texts import Text

Draw: TypeAlias = Callable[[QPainter], None]
Tell: TypeAlias = Callable[[int, int], None]


class NoPrinter(MrdError):
    """The printer does not take the pages."""

    code = "no_printer"
    template = Text(
        "No printer answers. Save as PDF with Ctrl+S.",
        "没有可用的打印机。可按 Ctrl+S 存为 PDF。",
    )


@dataclass(frozen=True, slots=True)
class Printed:
    """A print that was given to a printer."""

    copy: int
    pages: int


def print_out(
    printer: QPrinter,
    layout: QPageLayout,
    wide: float,
    issue: Callable[[], Stamp],
    pages: Callable[[Stamp], Sequence[Draw]],
    tell: Tell = lambda _done, _total: None,
) -> Printed:
    """Record a print and give its pages to a printer that was chosen.

    Args:
        wide: the width of the paper in the measure that the pages are drawn in.
        issue: records the print.
        pages: lays them out with the stamp of the print.
        tell: hears how many of how many pages are done.

    Raises:
        NoPrinter: the printer does not take them; if it fails at the start nothing is recorded.
        MrdError: the print may not be made; nothing is printed.
    """
    printer.setPageLayout(layout)
    printer.setFullPage(True)
    painter = QPainter()
    if not painter.begin(printer):
        raise NoPrinter
    try:
        stamp = issue()
    except MrdError:
        printer.abort()
        painter.end()
        raise
    drawn = pages(stamp)
    scale = printer.pageLayout().fullRectPixels(printer.resolution()).width() / wide
    for number, draw in enumerate(drawn):
        tell(number, len(drawn))
        if number:
            printer.newPage()
        painter.save()
        painter.scale(scale, scale)
        draw(painter)
        painter.restore()
    if not painter.end():
        raise NoPrinter
    return Printed(stamp.copy, len(drawn))
