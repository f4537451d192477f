"""Laboratory reports: import of tables, and the reference ranges of the laboratories."""

from __future__ import annotations

from collections.abc import Iterator

from mrd_desktop.texts import Text
from ui.context import Context
from ui.page import Page
from ui.pages.parted import PartedPage
from ui.pages.report_import import ImportPart
from ui.pages.report_ranges import RangesPart
from ui.work import Desk

HEADING = Text("Laboratory reports", "检验报告")


class ReportsPage(PartedPage):
    """Two parts; who may not enter data sees the ranges alone."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context, HEADING, _parts(context, desk))


def _parts(context: Context, desk: Desk) -> Iterator[tuple[str, Text, Page]]:
    if desk.session.allows("form.edit"):
        importing = ImportPart(context, desk)
        yield "import", importing.title(), importing
    ranges = RangesPart(context, desk)
    yield "ranges", ranges.title(), ranges
