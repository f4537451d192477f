"""How one likes to type: which fields are left by themselves."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.advance import Advance
from ui.fields.habits import advance_of, keep_advance
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.tick import Tick
from ui.work import Desk

HEADING = Text("Go to the next field without Enter", "不按 Enter 自动跳到下一项")
FIXED = Text("Codes, dates and times", "选项、日期和时间")
FIXED_WHY = Text(
    "The field is left once the code is certain or the date is whole.",
    "选项已确定、日期已完整时跳到下一项。",
)
NUMBERS = Text("Numbers too", "数值也自动跳转")
NUMBERS_WHY = Text(
    "A number is left once no further digit could be within its permitted range; where a digit "
    "may still follow, Enter goes on.",
    "再输入任何数字都会超出允许范围时跳到下一项；仍可能有后续数字时，按 Enter 继续。",
)
HOLDS = Text(
    "Applies to forms opened from now on, for you alone, at this computer.",
    "对之后打开的表单生效，仅限您本人、本机。",
)
KEPT = Text("Kept.", "已保存。")


class TypingPart(Page):
    """Two boxes, each with the sentence that says what it does."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.fixed = Tick(context)
        self.numbers = Tick(context)
        card = Card(context)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        inside.setSpacing(Size.GRID)
        inside.addWidget(Note(context, HEADING, strong=True))
        inside.addSpacing(Size.GRID)
        for box, why in ((self.fixed, FIXED_WHY), (self.numbers, NUMBERS_WHY)):
            inside.addWidget(box)
            told = Note(context, why, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
            told.setContentsMargins(Size.MARGIN + Size.GRID, 0, 0, Size.GAP)
            inside.addWidget(told)
        inside.addWidget(Note(context, HOLDS, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        self._show()
        for box in (self.fixed, self.numbers):
            box.toggled.connect(self._keep)
        self.retranslate()

    def enter(self) -> None:
        """The caret goes to the first box."""
        self.fixed.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        """Say the boxes anew."""
        for box, text, why in (
            (self.fixed, FIXED, FIXED_WHY),
            (self.numbers, NUMBERS, NUMBERS_WHY),
        ):
            box.setText(self.context.say(text))
            box.setAccessibleDescription(self.context.say(why))

    def _show(self) -> None:
        chosen = advance_of(self.desk.session)
        self.fixed.setChecked(chosen.fixed)
        self.numbers.setChecked(chosen.numbers)

    def _keep(self) -> None:
        chosen = Advance(fixed=self.fixed.isChecked(), numbers=self.numbers.isChecked())
        try:
            keep_advance(self.desk.session, chosen)
        except MrdError as refused:
            self.said.emit(refused.text)
            return
        self.said.emit(KEPT)
