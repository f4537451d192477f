"""The undertaking at the first sign-in of a live site: one page to read, one password to sign."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeyEvent

from mrd_desktop.texts import Text
from mrd_desktop.vault.stating import undertake
from mrd_desktop.vault.undertaking import undertaking
from ui.context import Context
from ui.jobs import Progress
from ui.pages.cover import CoverPage
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.signing import Signing
from ui.work import Desk

SIGN = Text("I undertake this", "本人承诺并签名")
LATER = Text("Later", "稍后")
WHY = Text(
    "Read it before your first signature at this site. Until then you can work, but not sign.",
    "请在本中心首次签名之前阅读。签署之前可以工作，但不能签名。",
)
_WIDTH = 720
_LABEL = 132


class UndertakingPage(CoverPage):
    """The words in force.

    Signals:
        closed: signed, or put off.
    """

    closed = Signal()

    def __init__(self, context: Context, desk: Desk) -> None:
        words = undertaking()
        super().__init__(context, words.title, width=_WIDTH)
        self.desk = desk
        self.paragraph(WHY, size=Type.NOTE)
        self.column.addSpacing(Size.GRID)
        for number, text in enumerate(words.paragraphs, 1):
            numbered = Text(f"{number}.  {text.en}", f"{number}．{text.zh}")
            self.paragraph(numbered, Ink.TEXT)
        self.column.addSpacing(Size.PAD)
        self.signing = Signing(context, desk.session, SIGN, label_width=_LABEL)
        self.signing.wanted.connect(self.submit)
        self.column.addWidget(self.signing)
        later = Button(context, LATER, rank=Rank.QUIET)
        later.clicked.connect(self.closed)
        self.buttons(later)

    def enter(self) -> None:
        """The caret goes to the password."""
        line = self.signing.password.line
        QTimer.singleShot(0, line, line.setFocus)

    def submit(self) -> None:
        """Sign."""
        password = self.signing.typed()
        if not password:
            return
        session, language = self.desk.session, self.context.speech.language

        def work(_: Progress) -> object:
            undertake(session, password, language)
            return True

        job = self.desk.run(work)
        self.signing.follow(job)
        job.finished.connect(lambda _: self.closed.emit())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the password signs."""
        if self.signing.wants(event):
            self.submit()
        else:
            super().keyPressEvent(event)
