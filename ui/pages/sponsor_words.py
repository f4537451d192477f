"""What the sponsor wrote in plain words, and the button by which somebody says to have read it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout

from mrd_desktop.texts import Text
from mrd_desktop.transfer.words import Word
from ui.context import Context
from ui.icons import Glyph
from ui.theme import Ink, Size
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.note import Note

WROTE = Text("The sponsor wrote on {at} ({user}): {text}", "申办方于 {at} 留言（{user}）：{text}")
MORE = Text("{n} more follow after these.", "另有 {n} 条，阅读后显示。")
READ = Text("I have read it", "我已阅读")
_AT_ONCE = 5
_BEFORE = 2
"""Of those that were read, so many stay."""

Told = tuple[str, Word]
"""What was written, with the chain of the store that wrote it."""


class SponsorWords(Card):
    """What nobody here has read yet, oldest first; where all is read, the last of it.

    Signals:
        read: somebody has read what is shown; the last number of each store's chain.
    """

    read = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._shown: dict[str, int] = {}
        self.text = Note(context, wrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = Button(context, READ, glyph=Glyph.CHECK)
        self.button.clicked.connect(lambda: self.read.emit(dict(self._shown)))
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        row.setSpacing(Size.PAD)
        row.addWidget(self.text, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_words(self, written: Sequence[Told], unread: Collection[tuple[str, int]]) -> None:
        """Show them.

        Args:
            written: in the order in which they came.
            unread: chain and number of those that nobody here has read.
        """
        fresh = [(sender, word) for sender, word in written if (sender, word.seq) in unread]
        shown = fresh[:_AT_ONCE] or list(written[-_BEFORE:])[::-1]
        self._shown = {sender: word.seq for sender, word in fresh[:_AT_ONCE]}
        lines = [
            WROTE.filled(at=self._context.hours.moment(w.at), user=w.user, text=w.text)
            for _, w in shown
        ]
        if len(fresh) > _AT_ONCE:
            lines.append(MORE.filled(n=len(fresh) - _AT_ONCE))
        said = Text("\n".join(t.en for t in lines), "\n".join(t.zh for t in lines))
        self.text.show_text(said, Ink.TEXT if fresh else Ink.SECONDARY)
        self.button.setVisible(bool(fresh))
        self.setVisible(bool(shown))
