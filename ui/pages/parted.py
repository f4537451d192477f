"""A page of several parts, one in front, turned by chips under the heading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from mrd_desktop.texts import Text
from ui.context import Context
from ui.page import Page
from ui.theme import Size, Type
from ui.widgets.chips import Chips, Choice, GroupedChips
from ui.widgets.note import Note

PARTS = Text("Parts", "分类")


class PartedPage(Page):
    """Its parts by key, in the order in which they stand.

    Args:
        parts: key, name on the chip, page; the first one is in front.
        groups: names of groups and the keys in each, where there are too many for a glance.
    """

    def __init__(
        self,
        context: Context,
        heading: Text,
        parts: Iterable[tuple[str, Text, Page]],
        groups: Sequence[tuple[Text, Sequence[str]]] = (),
    ) -> None:
        super().__init__(context)
        self._heading = heading
        self.parts: dict[str, Page] = {}
        self.stack = QStackedWidget()
        choices = []
        for key, name, part in parts:
            part.said.connect(self.said)
            self.parts[key] = part
            self.stack.addWidget(part)
            choices.append(Choice(key, name))
        front = choices[0].key
        order = [key for _, keys in groups for key in keys]
        choices.sort(key=lambda c: order.index(c.key) if c.key in order else len(order))
        self.chips = GroupedChips(context, PARTS, groups) if groups else Chips(context, PARTS)
        self.chips.show_choices(choices)
        self.chips.choose(front)
        self.stack.setCurrentWidget(self.parts[front])
        self.chips.chosen.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, heading, size=Type.TITLE, strong=True))
        column.addWidget(self.chips)
        column.addWidget(self.stack, 1)

    def title(self) -> Text:
        """Its name."""
        return self._heading

    def enter(self) -> None:
        """The part in front reads anew."""
        QTimer.singleShot(0, self, self._enter_front)

    def show_part(self, key: str) -> Page:
        """Turn to a part."""
        self.chips.choose(key)
        return self.parts[key]

    def _enter_front(self) -> None:
        self.parts[self.chips.key].enter()

    def _turn(self, key: str) -> None:
        self.stack.setCurrentWidget(self.parts[key])
        self.parts[key].enter()
