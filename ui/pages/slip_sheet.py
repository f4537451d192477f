"""A package's slip in place of a list, with what one does with it: print it, or go back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.texts import Text
from mrd_desktop.transfer.transmittal import Transmittal
from ui.context import Context
from ui.icons import Glyph
from ui.print.slip import ask_and_print
from ui.theme import Size
from ui.widgets.button import Button, Rank
from ui.widgets.slip import SlipPicture

PRINT = Text("Print…", "打印…")


class SlipSheet(QWidget):
    """The slip at the left, its two buttons beside it; the caret goes to printing.

    Signals:
        back: the slip may be put away.
        said: a sentence for the status line.

    Args:
        back: what the second button says.
    """

    back = Signal()
    said = Signal(object)

    def __init__(self, context: Context, back: Text) -> None:
        super().__init__()
        self.picture = SlipPicture(context)
        self.print = Button(context, PRINT, glyph=Glyph.PRINT)
        self.print.clicked.connect(
            lambda: ask_and_print(self.picture, self.window(), self.said.emit)
        )
        self.again = Button(context, back, rank=Rank.QUIET, key="Esc")
        self.again.clicked.connect(self.back)
        self.setFocusProxy(self.print)
        acts = QVBoxLayout()
        acts.setSpacing(Size.GAP)
        acts.addWidget(self.print, 0, Qt.AlignmentFlag.AlignLeft)
        acts.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        acts.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Size.PAD)
        row.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(acts)
        row.addStretch(1)

    def show_slip(self, sent: Transmittal) -> None:
        """Show another package's slip."""
        self.picture.show_slip(sent)
