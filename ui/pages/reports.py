"""Laboratory reports: import of tables, and the reference ranges of the laboratories."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from mrd_desktop.texts import Text
from ui.context import Context
from ui.page import Page
from ui.pages.report_import import ImportPart
from ui.pages.report_ranges import RangesPart
from ui.theme import Size, Type
from ui.widgets.chips import Chips, Choice
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Laboratory reports", "检验报告")
PARTS = Text("Parts", "分类")


class ReportsPage(Page):
    """Two parts; who may not enter data sees the ranges alone."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.parts: dict[str, Page] = {}
        if desk.session.allows("form.edit"):
            self.parts["import"] = ImportPart(context, desk)
        self.parts["ranges"] = RangesPart(context, desk)
        self.stack = QStackedWidget()
        for part in self.parts.values():
            part.said.connect(self.said)
            self.stack.addWidget(part)
        self.chips = Chips(context, PARTS)
        self.chips.show_choices([Choice(key, part.title()) for key, part in self.parts.items()])
        self.chips.chosen.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        column.addWidget(self.chips)
        column.addWidget(self.stack, 1)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """The part in front reads anew."""
        QTimer.singleShot(0, self, self._enter_part)

    def _enter_part(self) -> None:
        self.parts[self.chips.key].enter()

    def show_part(self, key: str) -> Page:
        """Turn to a part."""
        self.chips.choose(key)
        return self.parts[key]

    def _turn(self, key: str) -> None:
        self.stack.setCurrentWidget(self.parts[key])
        self.parts[key].enter()
