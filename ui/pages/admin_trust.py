"""The keys of sponsors that this site trusts: read from a file, compared, then pinned."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.foreign import first_bytes
from mrd_desktop.texts import Text
from mrd_desktop.vault import computers, trust
from mrd_desktop.vault.trust import Holder, Pin, PublicIdentity
from ui.context import Context
from ui.icons import Glyph
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.tick import Tick
from ui.work import Desk

OWN = Text("This site's fingerprint", "本中心密钥指纹")
OWN_WHY = Text(
    "Give site.pub from the site folder to the sponsor, and read this out by telephone.",
    "请将中心文件夹中的 site.pub 交给申办方，并通过电话核对此指纹。",
)
FILE = Text("Key file", "密钥文件")
FILE_HINT = Text(
    "The sponsor's sponsor.pub, the card (.mrdcomputer) of another computer of this site, or a "
    "change of either's key (.mrdrotation).",
    "申办方的 sponsor.pub、本中心另一台电脑的电脑卡（.mrdcomputer），"
    "或其中任一方的密钥更换文件（.mrdrotation）。",
)
READ = Text("Read", "读取")
COMPARE = Text(
    "Compare this fingerprint with its owner by telephone, not by the same mail:",
    "请通过电话（而非同一邮件）与对方核对此指纹：",
)
SIGNED_FOR = Text(
    "A change of a key. The former key signed for it, and whoever stole that key can do so too. "
    "Compare this fingerprint with its owner by telephone:",
    "密钥更换文件。新密钥由原密钥签名，但窃得原密钥者同样能签名。请通过电话与对方核对此指纹：",
)
COMPARED = Text("Compared, it is the same", "已核对，两者一致")
REPLACE = Text("Replace the key trusted before", "替换此前信任的密钥")
PIN = Text("Trust this key", "信任此密钥")
PINNED = Text("The key is trusted.", "已信任该密钥。")
TRUSTED = Text("Trusted keys", "已信任的密钥")
HOLDER = Text("Whose", "所有者")
KEY = Text("Fingerprint", "指纹")
STATE = Text("State", "状态")
SPONSOR = Text("Sponsor", "申办方")
COMPUTER = Text("Computer {chain}", "电脑 {chain}")
PRACTICE = Text("Practice recipient", "练习用接收方")
ACTIVE = Text("in use", "使用中")
REPLACED = Text("replaced", "已替换")
NONE = Text("No key is trusted yet; nothing can be exported.", "尚未信任任何密钥，暂不能导出。")
NO_FILE = Text("There is no such file.", "找不到该文件。")
_FILES = "sponsor.pub, .mrdcomputer, .mrdrotation (*.pub *.mrdcomputer *.mrdrotation)"


class TrustPart(Page):
    """Reading, comparing, pinning."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._data = b""
        self._key = ""
        self._of_computer = self._change = False
        columns: tuple[Column[Pin], ...] = (
            Column(HOLDER, lambda p: Cell(_whose(p)), width=160),
            Column(STATE, _state, width=120),
            Column(KEY, lambda p: Cell(p.sign.id, Ink.SECONDARY)),
        )
        own = Card(context)
        top = QVBoxLayout(own)
        top.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        top.setSpacing(Size.GRID)
        top.addWidget(Note(context, OWN, strong=True))
        fingerprint = Note(context, desk.session.fingerprint(), size=Type.TITLE)
        fingerprint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        top.addWidget(fingerprint)
        top.addWidget(Note(context, OWN_WHY, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        self.list: Listing[Pin] = Listing(context, columns, TRUSTED)
        self.list.show_empty(NONE)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.PAD)
        column.addWidget(own)
        column.addWidget(self._reading())
        column.addWidget(ground, 1)

    def _reading(self) -> Card:
        context = self.context
        card = Card(context)
        self.file = FolderField(
            context, FILE, hint=FILE_HINT, files=_FILES, width=420, label_width=96
        )
        self.read = Button(context, READ)
        self.read.clicked.connect(self.read_file)
        self._compare = Note(context, COMPARE, wrap=True)
        self._print = Note(context, size=Type.TITLE, strong=True)
        self.compared = Tick(context)
        self.replace = Tick(context)
        self.pin = Button(context, PIN, rank=Rank.PRIMARY)
        self.pin.setEnabled(False)
        self.compared.toggled.connect(self.pin.setEnabled)
        self.pin.clicked.connect(self.pin_it)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP - 2)
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(self.read, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        for widget in (self._compare, self._print, self.compared, self.replace, self.pin):
            widget.hide()
            column.addWidget(widget)
        self.retranslate()
        return card

    def enter(self) -> None:
        """Read anew."""
        if not self.desk.session.locked:
            self.list.show_rows(trust.pins(self.desk.session), lambda p: p.sign.id)
            self.file.asked.line.setFocus()

    def retranslate(self) -> None:
        """Say the boxes anew."""
        self.compared.setText(self.context.say(COMPARED))
        self.replace.setText(self.context.say(REPLACE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter reads the file, or presses the button in focus."""
        focused = self.focusWidget()
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif isinstance(focused, Button):
            focused.click()
        else:
            self.read_file()

    def read_file(self) -> None:
        """Show whose key it is; nothing is trusted yet."""
        path = self.file.path
        try:
            self._data = first_bytes(path) if path is not None else b""
            identity = self._identity(path)
        except OSError:
            self.file.asked.refuse(NO_FILE)
            return
        except MrdError as refused:
            self.file.asked.refuse(refused.text)
            return
        self.file.asked.approve()
        self._print.show_text(identity.fingerprint)
        self.compared.setChecked(False)
        self._key = identity.fingerprint
        held = any(p.active for p in trust.pins(self.desk.session))
        self._compare.show_text(SIGNED_FOR if self._change else COMPARE)
        for widget in (self._compare, self._print, self.pin):
            widget.show()
        self.compared.show()
        self.pin.setEnabled(False)
        self.replace.setVisible(held and not self._change)
        self.compared.setFocus()

    def _identity(self, path: Path | None) -> PublicIdentity:
        """Whose key a file holds: a sponsor's, another computer's by its card, or a new one."""
        change = trust.rotation_in(self._data)
        self._change = change is not None
        if change is not None:
            found = trust.identity_after(change)
            self._of_computer = found.holder is Holder.SITE
            return found
        self._of_computer = path is not None and path.suffix == computers.SUFFIX
        if self._of_computer:
            return computers.read_card(self._data).identity
        return trust.read_identity(self._data)

    def pin_it(self) -> None:
        """Trust the key that was read and compared."""
        self.desk.sure(self._pin)

    def _pin(self) -> None:
        try:
            put = computers.add if self._of_computer else trust.pin
            replace = not self._change and self.replace.isChecked()
            compared = self._key if self.compared.isChecked() else None
            put(self.desk.session, self._data, replace=replace, compared=compared)
        except MrdError as refused:
            self.file.asked.refuse(refused.text)
            return
        for widget in (self._compare, self._print, self.compared, self.replace, self.pin):
            widget.hide()
        self.said.emit(PINNED)
        self.enter()


def _whose(pin: Pin) -> Text:
    if pin.practice:
        return PRACTICE
    return COMPUTER.filled(chain=pin.chain[:8]) if pin.holder is Holder.SITE else SPONSOR


def _state(pin: Pin) -> Cell:
    if pin.active:
        return Cell(ACTIVE, Ink.GOOD, Glyph.CHECK)
    return Cell(REPLACED, Ink.SECONDARY, Glyph.CLOSE)
