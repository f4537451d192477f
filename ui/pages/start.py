"""The first page: open a site folder, or make one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault.backup import is_backup
from mrd_desktop.vault.manifest import read_manifest
from ui.context import Context
from ui.pages.all_lost import LOST as ALL_LOST
from ui.pages.cover import CoverPage
from ui.pages.restoring import RESTORE
from ui.theme import Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Rule
from ui.widgets.folder_field import FolderField
from ui.widgets.note import Note

HEADING = Text("Open a site", "打开中心文件夹")
FOLDER = Text("Site folder", "中心文件夹")
FOLDER_HINT = Text(
    "It holds site.json and data.mrd; usually on the encrypted disk of this PC.",
    "含 site.json 和 data.mrd 的文件夹，一般位于本机加密磁盘。",
)
OPEN = Text("Open", "打开")
EMPTY = Text("Type or choose a folder first.", "请先填写或选择文件夹。")
GONE = Text(
    "The folder opened last is not there. Plug its medium in and press Enter, or name another.",
    "找不到上次打开的文件夹。请插好存储介质后按 Enter，或改选其他文件夹。",
)
NEW = Text("Or make a new one", "或新建")
NEW_TRAINING = Text("New training site", "新建培训中心")
NEW_LIVE = Text("New live site", "新建正式中心")
LOST = Text("If something was lost", "数据或密码丢失时")
TRAINING_HINT = Text(
    "Training: synthetic data only, to learn and to try. Live: real patients; needs a password of "
    "15 characters, a printed recovery sheet and the sponsor's key.",
    "培训中心仅录入虚构数据，用于学习和试用。正式中心录入真实受试者，须设 15 位以上密码、"
    "打印恢复单，并取得申办方密钥。",
)


class StartPage(CoverPage):
    """Where the data are.

    Signals:
        chosen: a folder (Path) that holds a site or store.
        restore_wanted: a backup is to be restored: its folder (Path) where one was named, or None.
        recovery_wanted: nobody knows a password any more.
        new_wanted: make a new site; True for training.
    """

    chosen = Signal(object)
    new_wanted = Signal(bool)
    restore_wanted = Signal(object)
    recovery_wanted = Signal()

    def __init__(self, context: Context, path: Path | None = None) -> None:
        super().__init__(context, HEADING)
        self.folder = FolderField(context, FOLDER, hint=FOLDER_HINT, width=280, label_width=84)
        self.open = Button(context, OPEN, rank=Rank.PRIMARY, key="Enter")
        self.new_training = Button(context, NEW_TRAINING)
        self.new_live = Button(context, NEW_LIVE)
        self.column.addWidget(self.folder)
        self.buttons(self.open)
        self.column.addSpacing(Size.PAD)
        self.column.addWidget(Rule(context))
        self.column.addSpacing(Size.GRID)
        self.column.addWidget(Note(context, NEW, strong=True))
        self.paragraph(TRAINING_HINT, size=Type.NOTE)
        self.buttons(self.new_training, self.new_live)
        self.restore = Button(context, RESTORE)
        self.all_lost = Button(context, ALL_LOST)
        self.column.addSpacing(Size.PAD)
        self.column.addWidget(Rule(context))
        self.column.addSpacing(Size.GRID)
        self.column.addWidget(Note(context, LOST, strong=True))
        self.buttons(self.restore, self.all_lost)
        self.restore.clicked.connect(lambda: self.restore_wanted.emit(None))
        self.all_lost.clicked.connect(self.recovery_wanted)
        self.open.clicked.connect(self.try_open)
        self.new_training.clicked.connect(lambda: self.new_wanted.emit(True))
        self.new_live.clicked.connect(lambda: self.new_wanted.emit(False))
        if path is not None:
            self.folder.set_path(path)

    def enter(self) -> None:
        """The caret goes to the folder."""
        QTimer.singleShot(0, self.folder.asked.line, self.folder.asked.line.setFocus)

    def try_open(self) -> None:
        """Go on if the folder is one of ours; else say so in place."""
        path = self.folder.path
        if path is None:
            self.folder.asked.refuse(EMPTY)
            return
        try:
            read_manifest(path)
        except MrdError as refused:
            self.refuse(refused.text)
            return
        if is_backup(path):  # it cannot be worked in
            self.restore_wanted.emit(path)
            return
        self.chosen.emit(path)

    def refuse(self, text: Text) -> None:
        """Say why the folder cannot be used."""
        self.folder.asked.refuse(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, unless it presses a button."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            if isinstance(focused, Button) and focused is not self.open:
                focused.click()
            else:
                self.try_open()
        else:
            super().keyPressEvent(event)
