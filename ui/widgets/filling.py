"""A few questions under a heading, answered one after the other, and the button that keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.texts import Text
from ui.context import Context
from ui.keys import ENTER
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note


class Filling(Card):
    """The questions.

    Attributes:
        heading: may be shown anew, for what the questions are about.

    Signals:
        wanted: the answers are to be kept.
        left: Esc was pressed.
    """

    wanted = Signal()
    left = Signal()

    def __init__(
        self, context: Context, heading: Text, fields: Sequence[Asked], keep: Text
    ) -> None:
        super().__init__(context)
        self.fields = tuple(fields)
        self.heading = Note(context, heading, strong=True)
        self.message = Note(context, size=Type.NOTE, ink=Ink.HARD, wrap=True)
        self.button = Button(context, keep, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.button.clicked.connect(self.wanted)
        foot = QHBoxLayout()
        foot.addWidget(self.message, 1)
        foot.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GRID)
        column.addWidget(self.heading)
        for field in self.fields:
            column.addWidget(field)
        column.addLayout(foot)

    def begin(self) -> None:
        """The caret goes to the first question."""
        self.fields[0].line.setFocus()
        self.fields[0].line.selectAll()

    def clear(self) -> None:
        """Forget the answers."""
        self.approve()
        for field in self.fields:
            field.line.clear()

    def approve(self) -> None:
        """Nothing is wrong, as far as is known."""
        self.message.show_text("")
        for field in self.fields:
            field.approve()

    def refuse(self, why: Text, field: Asked | None = None) -> None:
        """Say why nothing was kept: below the answer that it is about, where the caret goes.

        What is about none stands beside the button: the caret goes there, and it comes into sight.
        """
        if field is None:
            self.message.show_text(why)
            QTimer.singleShot(0, self.button, self.button.setFocus)  # it is held until the job ends
        else:
            field.ask_anew(why, keeps=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, from the last question it keeps; Ctrl+Enter keeps, Esc leaves."""
        lines = [field.line for field in self.fields]
        here = next((n for n, line in enumerate(lines) if line.hasFocus()), None)
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in ENTER and (held or here == len(lines) - 1):
            self.wanted.emit()
        elif event.key() in ENTER and here is not None:
            lines[here + 1].setFocus()
            lines[here + 1].selectAll()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def chosen(codes: Sequence[str], typed: str) -> str:
    """The code of a digit, counted from 1; ``""`` where it is none of them."""
    number = int(typed) if typed.isdecimal() and len(typed) < 3 else 0
    return codes[number - 1] if 0 < number <= len(codes) else ""


def numbered(texts: Sequence[Text]) -> Text:
    """Choices with the digit that is typed for each."""
    return Text(
        "  ".join(f"{n} {t.en}" for n, t in enumerate(texts, 1)),
        "  ".join(f"{n} {t.zh}" for n, t in enumerate(texts, 1)),
    )
