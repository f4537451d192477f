"""What the sponsor wrote in plain words, and the button by which somebody says to have read it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.texts import Text
from mrd_desktop.transfer.words import Word
from ui.context import Context
from ui.icons import Glyph
from ui.theme import Ink, Size
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller

WROTE = Text("The sponsor wrote on {at} ({user}): {text}", "申办方于 {at} 留言（{user}）：{text}")
MORE = Text("{n} more follow after this.", "另有 {n} 条，阅读后显示。")
READ = Text("I have read it", "我已阅读")
_BEFORE = 2
"""Of those that were read, so many stay."""
_LINES = 5
"""More of them scroll: a small screen has no room for 500 characters beside the rest."""

Told = tuple[str, Word]
"""What was written, with the chain of the store that wrote it."""


class SponsorWords(Card):
    """What nobody here has read yet, one after the other; where all is read, the last of it.

    Up and Down scroll it from the button.

    Signals:
        read: somebody has read what is shown; the last number of each store's chain.

    Attributes:
        more: others are unread after what is shown.
    """

    read = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._shown: dict[str, int] = {}
        self.more = False
        self.text = Note(context, wrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = Button(context, READ, glyph=Glyph.CHECK)
        self.button.clicked.connect(lambda: self.read.emit(dict(self._shown)))
        ground = QWidget()
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 0, Size.GAP, 0)
        column.addWidget(self.text)
        self.scroller = Scroller(context, ground)
        for plain in (ground, self.scroller.viewport()):  # they lie on the card
            plain.setAutoFillBackground(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        row.setSpacing(Size.PAD)
        row.addWidget(self.scroller, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def show_words(self, written: Sequence[Told], unread: Collection[tuple[str, int]]) -> None:
        """Show them.

        Args:
            written: in the order in which they came.
            unread: chain and number of those that nobody here has read.
        """
        fresh = [(sender, word) for sender, word in written if (sender, word.seq) in unread]
        shown = fresh[:1] or list(written[-_BEFORE:])[::-1]
        self._shown = {sender: word.seq for sender, word in fresh[:1]}
        lines = [
            WROTE.filled(at=self._context.hours.moment(w.at), user=w.user, text=w.text)
            for _, w in shown
        ]
        self.more = len(fresh) > 1
        if self.more:
            lines.append(MORE.filled(n=len(fresh) - 1))
        said = Text("\n".join(t.en for t in lines), "\n".join(t.zh for t in lines))
        self.text.show_text(said, Ink.TEXT if fresh else Ink.SECONDARY)
        self.button.setVisible(bool(fresh))
        self.setVisible(bool(shown))
        self.scroller.verticalScrollBar().setValue(0)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down scroll what is longer than its place."""
        by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
        else:
            bar = self.scroller.verticalScrollBar()
            bar.setValue(bar.value() + by * self.text.fontMetrics().lineSpacing())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the lines elsewhere."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        """As high as the words, up to so many lines."""
        wide = self.scroller.width() - Size.GAP - Size.SCROLL
        most = _LINES * self.text.fontMetrics().lineSpacing()
        high = self.text.heightForWidth(wide)  # below zero where there are no words
        self.scroller.setFixedHeight(max(0, min(high, most)))
