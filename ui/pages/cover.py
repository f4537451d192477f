"""What start, sign-in and lock have in common: one calm column on an empty window."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.keys import presses
from ui.page import Page
from ui.pages.help import HEADING as HELP
from ui.pages.help import HelpPage
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller

LANGUAGE = Text("中文", "English")
OTHER_LANGUAGE = Text("Switch to Chinese", "切换为英文")
THEME = Text("Light or dark", "浅色或深色")
NAME = "MRD Desktop"
STUDY = Text(
    "NCT07132502 · intermission of treatment guided by ctDNA-MRD",
    "NCT07132502 · ctDNA-MRD 指导的治疗间歇期研究",
)
BACK = Text("Back", "返回")
_WIDTH = 560
_TOPIC = "start"


class _Laid(QWidget):
    """A page laid over a cover while nobody is signed in. No key of it reaches the cover below.

    Signals:
        closed: F1 was pressed.
    """

    closed = Signal()

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(page)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F1 goes back to the cover; what the page left is nobody's."""
        if event.key() == Qt.Key.Key_F1:
            self.closed.emit()
        event.accept()


class CoverPage(Page):
    """A page over the whole window. Fill :attr:`column`; it stands in a card in the middle.

    F1 shows the help in its place; what was typed stands there afterwards.
    """

    def __init__(self, context: Context, heading: Text, *, width: int = _WIDTH) -> None:
        super().__init__(context)
        self._heading = heading
        card = Card(context)
        card.setFixedWidth(width)
        self._paragraphs: list[Note] = []
        self.column = QVBoxLayout(card)
        pad = 2 * Size.MARGIN - Size.GAP
        self._inner = width - 2 * pad
        self.column.setContentsMargins(pad, Size.MARGIN + Size.GRID, pad, pad)
        self.column.setSpacing(Size.GAP)
        self.heading = Note(context, heading, size=Type.TITLE, strong=True)
        self.column.addWidget(self.heading)
        self.column.addSpacing(Size.GRID)
        middle = QWidget()
        stack = QVBoxLayout(middle)
        stack.setContentsMargins(0, 0, 0, Size.MARGIN)
        stack.setSpacing(Size.GRID)
        centre = Qt.AlignmentFlag.AlignHCenter
        stack.addStretch(2)
        stack.addWidget(Note(context, NAME, size=Type.SUBJECT, strong=True), 0, centre)
        stack.addWidget(Note(context, STUDY, ink=Ink.SECONDARY), 0, centre)
        stack.addSpacing(Size.MARGIN)
        stack.addWidget(card, 0, centre)
        stack.addStretch(3)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self._laid: _Laid | None = None
        self._before: QWidget | None = None
        self._front = QStackedWidget()
        self._front.addWidget(Scroller(context, middle))
        whole.addLayout(self._bar())
        whole.addWidget(self._front, 1)

    def title(self) -> Text:
        """The heading."""
        return self._heading

    def _bar(self) -> QHBoxLayout:
        context = self.context
        speak = Button(context, LANGUAGE, rank=Rank.QUIET, name=OTHER_LANGUAGE)
        speak.clicked.connect(context.speech.turn)
        dim = Button(context, glyph=Glyph.THEME, rank=Rank.QUIET, name=THEME)
        dim.clicked.connect(context.theme.turn)
        self._aid = Button(context, HELP, rank=Rank.QUIET, key="F1")
        self._aid.clicked.connect(self.turn_help)
        for button in (self._aid, speak, dim):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.setContentsMargins(Size.PAD, Size.GAP, Size.PAD, 0)
        row.addStretch(1)
        row.addWidget(self._aid)
        row.addWidget(speak)
        row.addWidget(dim)
        return row

    def turn_help(self) -> None:
        """F1: the help in place of the page, or the page again, with the caret where it was."""
        if self._laid is not None:
            self.take_off()
            return
        page = HelpPage(self.context, lambda _: False, _TOPIC)
        page.support_wanted.connect(self.support_wanted)
        self.lay(page)

    def lay(self, page: Page) -> None:
        """Show a page in place of the card until it asks to be left."""
        if self._laid is None:
            self._before = self.focusWidget()
        else:
            self._drop()
        self._laid = laid = _Laid(page)
        laid.closed.connect(self.take_off)
        page.back.connect(self.take_off)
        self._front.addWidget(laid)
        self._front.setCurrentWidget(laid)
        page.enter()
        self._aid.show_text(BACK)

    def take_off(self) -> None:
        """The card again, with the caret where it was."""
        self._drop()
        self._aid.show_text(HELP)
        if self._before is not None:
            self._before.setFocus()

    def _drop(self) -> None:
        if self._laid is not None:
            self._front.removeWidget(self._laid)
            self._laid.deleteLater()
            self._laid = None

    def paragraph(self, text: Text | str, ink: Ink = Ink.SECONDARY, size: int = Type.BODY) -> Note:
        """Add a text of several lines to the card."""
        note = Note(self.context, text, size=size, ink=ink, wrap=True)
        note.setFixedWidth(self._inner)
        self._paragraphs.append(note)
        self.context.speech.changed.connect(self._fit)  # after the note has said its text anew
        self.column.addWidget(note)
        self._fit()
        return note

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button in focus; F1 helps."""
        if event.key() == Qt.Key.Key_F1:
            self.turn_help()
        elif not presses(self, event):
            super().keyPressEvent(event)

    def retranslate(self) -> None:
        """Texts in another language need another height."""
        self._fit()

    def _fit(self) -> None:
        # In a centred card nobody asks a label how tall it is at its width.
        for note in self._paragraphs:
            note.setMinimumHeight(0)  # else it asks for no less, also in fewer lines
            note.setMinimumHeight(note.heightForWidth(self._inner))

    def buttons(self, *buttons: Button) -> QHBoxLayout:
        """A row of buttons at the foot of the card; the first is the one to press."""
        row = QHBoxLayout()
        row.setContentsMargins(0, Size.GAP, 0, 0)
        row.setSpacing(Size.GAP)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)
        return row
