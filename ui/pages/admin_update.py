"""A new version of the program: a file is looked at, and two people install it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop import __version__
from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.transfer.update import SUFFIX, Update, UpdateRefused
from mrd_desktop.transfer.updating import Installed, by_two, look, unapproved
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER, presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.two_people import TwoPeople
from ui.work import Desk

NAME = Text("Update", "程序更新")
WHY = Text(
    "Version {version} runs here. An update comes from the sponsor as one file; looking at it "
    "changes nothing.",
    "当前版本为 {version}。更新由申办方以单个文件提供；查看文件不会作任何更改。",
)
FILE = Text("File", "更新文件")
FILE_HINT = Text("It ends in .mrdupdate.", "扩展名为 .mrdupdate。")
NO_FILE = Text("Choose a file first.", "请先选择文件。")
GONE = Text(
    "There is no such file. Plug its medium in, or choose another one.",
    "找不到该文件。请插好存储介质，或另选文件。",
)
A_FOLDER = Text("That is a folder. Choose the file in it.", "这是文件夹，请选择其中的文件。")
LOOK = Text("Look at the file", "查看文件")
LOOKING = Text("Reading…", "正在读取…")
FITS = Text("Version {version} may follow {own}.", "可由 {own} 版更新到 {version} 版。")
LEADS_BACK = Text(
    "This leads back from {own} to version {version}, by order: {why}",
    "此文件按指令由 {own} 版退回到 {version} 版：{why}",
)
SIGNED = Text(
    "Signed by the release key {signer}. List of files: {list}",
    "发布密钥 {signer} 签名。文件清单：{list}",
)
BESIDE = Text(
    "The new version is laid beside this one, which stays as it is. Two people sign for it.",
    "新版本安装在当前版本旁边，当前版本保持不变。由两人签名确认。",
)
INSTALL = Text("Install version {version}", "安装 {version} 版")
ANYBODY = Text("Somebody else with an account here.", "本中心的另一位用户。")
WORKING = Text("Working… {done} of {whole} MB", "正在安装… {done} / {whole} MB")
DONE = Text(
    "Version {version} is installed. Close the program and start it with {launcher}.",
    "{version} 版已安装。请关闭程序，然后用 {launcher} 启动。",
)
LEFT = Text(
    "Version {version} is installed, by order. Version {own}, which runs, takes no live data here "
    "any more. Close it and start the other one with {launcher}.",
    "已按指令安装 {version} 版。当前运行的 {own} 版在此不再接收正式数据。"
    "请关闭程序，然后用 {launcher} 启动。",
)
_LABEL = 160
_FILTER = f"*{SUFFIX}"


class UpdatePart(Page):
    """The file, what it says, and the two people."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.shown: Update | None = None
        self._path = Path()
        self._installing = False
        self.file = FolderField(
            context, FILE, hint=FILE_HINT, files=_FILTER, width=420, label_width=_LABEL
        )
        self.file.asked.line.textChanged.connect(self._forget)
        self.look = Button(context, LOOK)
        self.look.clicked.connect(self.look_at)
        self.done = Note(context, ink=Ink.GOOD, strong=True, wrap=True)
        self.fits = Note(context, strong=True, wrap=True)
        self.signed = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.notes = Note(context, wrap=True)
        self.approval = Note(context, ink=Ink.SOFT, strong=True, wrap=True)
        self.people = TwoPeople(
            context, desk.session.user, {}, INSTALL, busy=LOOKING, stops=True, who=ANYBODY
        )
        self.people.wanted.connect(self.submit)
        about = Note(context, WHY.filled(version=__version__), wrap=True)
        beside = Note(context, BESIDE, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        choosing = Card.of(self.context, self.done, about, self.file, self.look)
        self.asking = Card.of(
            self.context, self.fits, self.approval, self.signed, self.notes, beside, self.people
        )
        self.asking.hide()
        self.done.hide()
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, Size.GAP, 0)
        body.setSpacing(Size.PAD)
        body.addWidget(choosing)
        body.addWidget(self.asking)
        body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroller(context, inner))

    def enter(self) -> None:
        """The caret goes to the file."""
        QTimer.singleShot(0, self.file, self.file.begin)

    def look_at(self) -> None:
        """Judge the file and say what it is."""
        path, session = self.file.path, self.desk.session
        if path is None:
            self.file.asked.refuse(NO_FILE)
            self.file.asked.line.setFocus()
            return
        if not self.look.isEnabled():
            return
        self._forget()
        with suppress(OSError):  # what nobody may look at is told by looking
            if not path.is_file():
                self.file.asked.ask_anew(A_FOLDER if path.is_dir() else GONE)
                return
        self.file.asked.approve()
        self.done.hide()
        self._path = path
        self.look.setEnabled(False)
        self.look.show_text(LOOKING)
        job = self.desk.run(lambda _: look(path, session))
        job.finished.connect(lambda found: self._looked(path, found))
        job.refused.connect(self._refused)
        job.ended.connect(self._ready)

    def submit(self) -> None:
        """Both sign, and the new version lies there."""
        shown, path, session, people = self.shown, self._path, self.desk.session, self.people
        if shown is None:
            return
        own, second, other = people.own.text, people.second.text, people.other.text

        def work(progress: Progress) -> object:
            return by_two(
                session, path, shown, own, second=second, second_password=other, told=progress
            )

        job = self.desk.run(work)
        self._hold(True)
        people.follow(job, self._about)
        job.progressed.connect(self._goes_on)
        job.finished.connect(lambda made: self._installed(shown, made))
        job.ended.connect(lambda: self._hold(False))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter looks at the file, goes on to the next field, acts on the last one; Esc stops."""
        if event.key() == Qt.Key.Key_Escape and self.people.cancel():
            return
        if event.key() in ENTER and self.file.asked.line.hasFocus():
            self.look_at()
        elif not (self.people.takes(event) or presses(self, event)):
            super().keyPressEvent(event)

    def _forget(self) -> None:
        """What was shown is no more: passwords are typed for one file, and install no other."""
        if self._installing:
            return
        self.shown = None
        self.people.clear()
        self.asking.hide()

    def _hold(self, on: bool) -> None:
        """While it is installed the file is not changed."""
        self._installing = on
        self.file.asked.line.setReadOnly(on)
        self.file.button.setEnabled(not on)
        self.look.setEnabled(not on)

    def _looked(self, path: Path, found: Update) -> None:
        if path != self.file.path:  # another one was typed meanwhile
            return
        self.shown = found
        statement = found.statement
        if statement.is_back():
            said = LEADS_BACK.filled(own=__version__, version=statement.version, why=statement.why)
        else:
            said = FITS.filled(own=__version__, version=statement.version)
        self.fits.show_text(said, Ink.SOFT if statement.is_back() else Ink.TEXT)
        self.signed.show_text(SIGNED.filled(signer=found.signer, list=statement.list))
        lacking = unapproved(self.desk.session, found)
        self.approval.setVisible(lacking is not None)
        if lacking is not None:
            self.approval.show_text(lacking)
        self.notes.show_text(statement.notes)
        self.people.show_act(INSTALL.filled(version=statement.version), enabled=True)
        self.asking.show()
        self.people.own.line.setFocus()

    def _refused(self, refused: MrdError) -> None:
        self.shown = None
        self.file.asked.ask_anew(refused.text)

    def _ready(self) -> None:
        self.look.show_text(LOOK)
        self.look.setEnabled(True)

    def _about(self, refused: MrdError) -> Asked | None:
        if not isinstance(refused, UpdateRefused):
            return None
        self.shown = None  # it is looked at again
        self.asking.hide()
        return self.file.asked

    def _goes_on(self, done: int, whole: int) -> None:
        said = WORKING.filled(done=done // 1_000_000, whole=whole // 1_000_000)
        self.people.button.show_text(said)

    def _installed(self, shown: Update, made: Installed) -> None:
        version, launcher = shown.statement.version, str(made.launcher)
        self._hold(False)
        self.file.asked.line.clear()
        self.done.show_text(DONE.filled(version=version, launcher=launcher))
        self.done.show()
        self.file.asked.line.setFocus()
        if shown.statement.is_back() and not self.desk.session.folder.training:
            said = LEFT.filled(version=version, own=__version__, launcher=launcher)
            told = self.desk.shell.left_behind  # the session of this version is over
            QTimer.singleShot(0, self.desk.shell, lambda: told.emit(said))
