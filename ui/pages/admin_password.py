"""One's own password, changed by oneself; the keys under it stay."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import users
from mrd_desktop.vault.errors import TryLater, WrongPassword
from ui.context import Context
from ui.jobs import Progress
from ui.page import Page
from ui.pages.sign_in import (
    AGAIN,
    DIFFER,
    SUGGEST,
    password_rule,
    suggest_into,
    tell_length,
    tell_same,
)
from ui.theme import Size
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Change your password", "更改您的密码")
OLD = Text("Present password", "当前密码")
NEW = Text("New password", "新密码")
CHANGE = Text("Change", "更改")
CHANGED = Text("Your password is changed.", "密码已更改。")


class PasswordPart(Page):
    """Old, new, and new once more."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        training = desk.session.folder.training
        self._training = training
        asked = partial(Asked, context, secret=True, label_width=128)
        self.old = asked(OLD)
        self.new = asked(NEW, hint=password_rule(training))
        self.again = asked(AGAIN)
        self.change = Button(context, CHANGE, rank=Rank.PRIMARY, key="Enter")
        self.change.clicked.connect(self.submit)
        suggest = Button(context, SUGGEST, rank=Rank.QUIET)
        suggest.clicked.connect(lambda: suggest_into(self.new, self.again))
        card = Card(context)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        inside.setSpacing(Size.GAP)
        inside.addWidget(Note(context, HEADING, strong=True))
        for field in (self.old, self.new, self.again):
            inside.addWidget(field)
        row = QHBoxLayout()
        row.addWidget(self.change)
        row.addWidget(suggest)
        row.addStretch(1)
        inside.addLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        self.new.line.textEdited.connect(self._tell)
        self.again.line.textEdited.connect(self._tell)

    def enter(self) -> None:
        """The caret goes to the present password."""
        self.old.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Change it, if both new ones are the same."""
        if not self.old.text or not self.new.text:
            (self.new if self.old.text else self.old).line.setFocus()
            return
        if self.new.text != self.again.text:
            self.again.ask_anew(DIFFER)
            return
        session, old, new = self.desk.session, self.old.text, self.new.text

        def work(_: Progress) -> object:
            users.change_password(session, old, new)
            return None

        self.change.setEnabled(False)
        job = self.desk.run(work)
        job.finished.connect(self._changed)
        job.refused.connect(self._refused)
        job.ended.connect(lambda: self.change.setEnabled(True))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field, on the last one changes."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif self.focusWidget() in (self.again.line, self.change):
            self.submit()
        else:
            self.focusNextChild()

    def _changed(self, _: object) -> None:
        for field in (self.old, self.new, self.again):
            field.line.clear()
            field.approve()
        self.said.emit(CHANGED)

    def _refused(self, refused: MrdError) -> None:
        if refused.code == "password_refused":
            self.new.ask_anew(refused.text)
        else:
            self.old.ask_anew(refused.text, emptied=isinstance(refused, WrongPassword | TryLater))

    def _tell(self) -> None:
        tell_length(self.new, self._training)
        tell_same(self.new, self.again)
