"""Export and receive: what leaves, what came, and what goes to the site's other computers."""

from __future__ import annotations

from collections.abc import Iterator

from mrd_desktop.texts import Text
from ui.context import Context
from ui.page import Page
from ui.pages.coming import RECEIVE, ComingPart
from ui.pages.handing import COMPUTERS, HandingPart
from ui.pages.leaving import LeavingPart
from ui.pages.leaving_words import EXPORT
from ui.pages.parted import PartedPage
from ui.work import Desk

HEADING = Text("Export and receive", "导出与接收")


class TransferPage(PartedPage):
    """A part for what leaves, what comes and what is handed over, each for who may do it."""

    def __init__(self, context: Context, desk: Desk) -> None:
        def parts() -> Iterator[tuple[str, Text, Page]]:
            if desk.session.allows("export"):
                yield "leave", EXPORT, LeavingPart(context, desk)
            if desk.session.allows("import"):
                yield "come", RECEIVE, ComingPart(context, desk)
            if desk.session.allows("export") and desk.session.has_vault:
                yield "hand", COMPUTERS, HandingPart(context, desk)

        super().__init__(context, HEADING, parts())
