"""Administration: users, keys, backups and verification, passwords, what this program is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from mrd_desktop.texts import Text
from ui.context import Context
from ui.page import Page
from ui.pages.admin_about import AboutPart
from ui.pages.admin_custody import CustodyPart
from ui.pages.admin_password import PasswordPart
from ui.pages.admin_trust import TrustPart
from ui.pages.admin_users import UsersPart
from ui.pages.admin_vault import VaultPart
from ui.theme import Size, Type
from ui.widgets.chips import Chips, Choice
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Administration", "管理")
PARTS = Text("Parts", "分类")
USERS = Text("Users", "用户")
TRUST = Text("Sponsor key", "申办方密钥")
CUSTODY = Text("Backup and verification", "备份与校验")
VAULT = Text("Access to identities", "身份信息授权")
PASSWORD = Text("Your password", "我的密码")
ABOUT = Text("About", "关于")


class AdminPage(Page):
    """Parts, of which each user finds those that the role allows."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        session = desk.session
        self.chips = Chips(context, PARTS)
        self.stack = QStackedWidget()
        made: list[tuple[str, Text, Callable[[], Page]]] = []
        if session.allows("user.manage"):
            made.append(("users", USERS, lambda: UsersPart(context, desk)))
        if session.allows("trust.manage"):
            made.append(("trust", TRUST, lambda: TrustPart(context, desk)))
        if session.allows("backup") or session.allows("verify"):
            made.append(("custody", CUSTODY, lambda: CustodyPart(context, desk)))
        if session.has_vault:
            made.append(("vault", VAULT, lambda: VaultPart(context, desk)))
        made.append(("password", PASSWORD, lambda: PasswordPart(context, desk)))
        made.append(("about", ABOUT, lambda: AboutPart(context, desk)))
        self.parts: dict[str, Page] = {}
        for key, _, make in made:
            part = make()
            part.said.connect(self.said)
            self.parts[key] = part
            self.stack.addWidget(part)
        self.chips.show_choices([Choice(key, text) for key, text, _ in made])
        self.chips.chosen.connect(self._turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        column.addWidget(self.chips)
        column.addWidget(self.stack, 1)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """The part in front reads anew."""
        QTimer.singleShot(0, self, self._enter_front)

    def _enter_front(self) -> None:
        self.parts[self.chips.key].enter()

    def show_part(self, key: str) -> Page:
        """Turn to a part."""
        self.chips.choose(key)
        return self.parts[key]

    def _turn(self, key: str) -> None:
        self.stack.setCurrentWidget(self.parts[key])
        self.parts[key].enter()
