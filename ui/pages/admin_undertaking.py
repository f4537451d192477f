"""The undertaking in Administration: its words, when it was signed, and where to sign it."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.texts import Text
from mrd_desktop.vault import statements
from mrd_desktop.vault.stating import undertake
from mrd_desktop.vault.undertaking import MEANING, asked_of, undertaking
from ui.context import Context
from ui.jobs import Progress
from ui.keys import presses
from ui.page import Page
from ui.pages.undertaking import SIGN
from ui.theme import Ink, Size
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.signing import Signing
from ui.work import Desk

NAME = Text("Undertaking", "签名承诺")
NOT_YET = Text(
    "Not signed yet: you can work, but sign nothing.", "尚未签署：可以工作，但不能签名。"
)
SIGNED = Text("Signed on {at}, version {version}.", "已于 {at} 签署，第 {version} 版。")
PRACTICE = Text(
    "A training site asks for no undertaking: what is signed here binds nobody. At a live site it "
    "is asked at the first sign-in.",
    "培训中心不要求签署：此处的签名不具约束力。正式中心在首次登录时要求签署。",
)
DONE = Text(
    "The undertaking is signed. Pages for signing are there from the next sign-in on.",
    "承诺书已签署。下次登录起可使用签名页面。",
)


class UndertakingPart(Page):
    """Words, state, and the foot where it is signed."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        words = undertaking()
        card = Card(context)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, words.title, strong=True))
        self.state = Note(context, wrap=True)
        column.addWidget(self.state)
        for number, text in enumerate(words.paragraphs, 1):
            numbered = Text(f"{number}.  {text.en}", f"{number}．{text.zh}")
            column.addWidget(Note(context, numbered, wrap=True))
        self.signing = Signing(context, desk.session, SIGN)
        self.signing.wanted.connect(self.submit)
        column.addWidget(self.signing)
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, Size.GAP, 0)
        body.addWidget(card)
        body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroller(context, inner))

    def enter(self) -> None:
        """Say how it stands; the caret goes to the password where it is to be signed."""
        session = self.desk.session
        if session.locked:
            return
        self.signing.setVisible(not session.undertaken)
        if not asked_of(session.manifest):
            self.state.show_text(PRACTICE, Ink.SECONDARY)
            return
        with session.reading() as conn:
            record = statements.last(conn, session.folder.chain, MEANING, session.user)
        if session.undertaken and record is not None:
            at = self.context.hours.proof(record.header.at)
            version = statements.said(record)["version"]
            self.state.show_text(SIGNED.filled(at=at, version=version), Ink.GOOD)
        else:
            self.state.show_text(NOT_YET, Ink.SOFT)
            self.signing.password.line.setFocus()

    def submit(self) -> None:
        """Sign it."""
        password = self.signing.typed()
        if not password:
            return
        session, language = self.desk.session, self.context.speech.language

        def work(_: Progress) -> object:
            undertake(session, password, language)
            return True

        job = self.desk.run(work)
        self.signing.follow(job)
        job.finished.connect(lambda _: self._signed())

    def _signed(self) -> None:
        self.enter()
        self.said.emit(DONE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the password signs."""
        if self.signing.isVisible() and self.signing.wants(event):
            self.submit()
        elif not presses(self, event):
            super().keyPressEvent(event)
