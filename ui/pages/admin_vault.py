"""Who may see identities: the key is handed on by somebody who holds it, never by an account."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import users
from mrd_desktop.vault.accounts import Account
from ui.context import Context
from ui.jobs import Progress
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Access to identities", "身份信息授权")
WHY = Text(
    "These users may hold the key to names and numbers of patients by their role, but nobody has "
    "given it to them. Meet the user and compare the beginning of the key first.",
    "以下用户的角色可持有身份信息密钥，但尚未获得。请先当面核对密钥开头，再授予。",
)
NAME = Text("User name", "用户名")
ROLE = Text("Role", "角色")
KEY = Text("Key", "密钥")
NOBODY = Text("Nobody waits for access.", "没有待授权的用户。")
GRANT = Text("Give access", "授予")
GRANTED = Text(
    "{user} finds identities open from the next sign-in on.", "{user} 下次登录起可查看身份信息。"
)
_KEY = 16


class VaultPart(Page):
    """Users who wait for the key, and the act of giving it."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        roles = {r.oid: r.text for r in desk.study.roles}
        columns: tuple[Column[Account], ...] = (
            Column(NAME, lambda a: Cell(a.name, strong=True), width=160),
            Column(ROLE, lambda a: Cell(roles.get(a.role, a.role)), width=160),
            Column(KEY, lambda a: Cell(a.key[:_KEY], Ink.SECONDARY)),
        )
        self.list: Listing[Account] = Listing(context, columns, HEADING)
        self.list.show_empty(NOBODY)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self.grant = Button(context, GRANT, rank=Rank.PRIMARY)
        self.grant.clicked.connect(self.give)
        acts = QHBoxLayout()
        acts.addWidget(self.grant)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, WHY, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(ground, 1)
        column.addLayout(acts)

    def enter(self) -> None:
        """Read anew."""
        if self.desk.session.locked:
            return
        waiting = users.waiting_for_vault(self.desk.session)
        self.list.show_rows(waiting, lambda a: a.user)
        self.grant.setEnabled(bool(waiting))
        self.list.setFocus()

    def give(self) -> None:
        """Hand the key to the marked user."""
        account, session = self.list.current, self.desk.session
        if account is None:
            return

        def work(_: Progress) -> object:
            users.grant_vault(session, account.user)
            return account.user

        def begin() -> None:
            job = self.desk.run(work)
            job.finished.connect(self._given)
            job.refused.connect(self._refused)

        self.desk.sure(begin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button in focus."""
        if not presses(self, event):
            super().keyPressEvent(event)

    def _given(self, user: str) -> None:
        self.said.emit(GRANTED.filled(user=user))
        self.enter()

    def _refused(self, refused: MrdError) -> None:
        self.said.emit(refused.text)
