"""A package's slip in place of a list, with what one does with it: print, copy, or go back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.texts import Text
from mrd_desktop.transfer.transmittal import Transmittal
from ui.context import Context
from ui.icons import Glyph
from ui.print.slip import ask_and_print
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note
from ui.widgets.slip import SlipPicture

PRINT = Text("Print…", "打印…")
COPY = Text("Copy the file…", "复制文件…")
TO = Text("Copy the package to", "将数据包复制到")
WHILE = Text(
    "A live site's file is copied only while all of it may still leave; otherwise export a full "
    "package.",
    "正式中心的文件，仅在其中全部内容目前仍可传出时才会复制；否则请导出完整包。",
)


class SlipSheet(QWidget):
    """The slip at the left, its buttons beside it; the caret goes to printing.

    Signals:
        back: the slip may be put away.
        said: a sentence for the status line.
        copied: a folder was chosen to which the package is to be copied once more.

    Args:
        back: what the last button says.
        copies: the package may be copied from here.
    """

    back = Signal()
    said = Signal(object)
    copied = Signal(object)

    def __init__(self, context: Context, back: Text, *, copies: bool = False) -> None:
        super().__init__()
        self._context = context
        self.picture = SlipPicture(context)
        self.print = Button(context, PRINT, glyph=Glyph.PRINT)
        self.print.clicked.connect(
            lambda: ask_and_print(self.picture, self.window(), self.said.emit)
        )
        self.copy = Button(context, COPY, glyph=Glyph.TRANSFER)
        self.copy.clicked.connect(self.choose)
        self.while_allowed = Note(context, WHILE, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.while_allowed.setFixedWidth(Size.POPUP)
        if not copies:
            self.copy.hide()
            self.while_allowed.hide()
        self.again = Button(context, back, rank=Rank.QUIET, key="Esc")
        self.again.clicked.connect(self.back)
        self.setFocusProxy(self.print)
        acts = QVBoxLayout()
        acts.setSpacing(Size.GAP)
        acts.addWidget(self.print, 0, Qt.AlignmentFlag.AlignLeft)
        acts.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        acts.addWidget(self.while_allowed)
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

    def choose(self) -> None:
        """Ask with the system's dialog where the package is to be copied to."""
        chosen = QFileDialog.getExistingDirectory(self, self._context.say(TO))
        if chosen:
            self.copied.emit(Path(chosen))
