"""The site's own key: its fingerprint, a new one by two people, and the changes so far."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.record.renewing import renew
from mrd_desktop.texts import Text
from mrd_desktop.vault import own_key
from mrd_desktop.vault.own_key import Bar, Change, NewKey, Standing
from mrd_desktop.vault.site_keys import SUFFIX
from ui.context import Context
from ui.fingerprints import grouped
from ui.jobs import Progress
from ui.keys import ENTER, presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.two_people import TwoPeople
from ui.work import Desk

NAME = Text("Site key", "中心密钥")
FINGERPRINT = Text("Fingerprint of this site's key", "本中心密钥指纹")
FIRST = Text("It was never replaced.", "从未更换。")
SINCE = Text(
    "In use since {at}. Nobody who trusted the former one waits to be told.",
    "自 {at} 起使用。信任原密钥的一方均已获知。",
)
WAITING = Text(
    "In use since {at}. The sponsor still trusts {former}: the next package is signed by it once "
    "more and tells of the new one. Export it under Export and receive.",
    "自 {at} 起使用。申办方仍信任 {former}：下一个数据包由原密钥最后签名一次，并告知新密钥。"
    "请在“导出与接收”中导出。",
)
REPLACE = Text("Replace the key", "更换密钥")
WHAT_IT_DOES = Text(
    "The site gets a new key for signing and a new one for opening what is sent to it. The former "
    "key signs for the new one, so nobody compares a fingerprint anew: the sponsor follows with "
    "the next package, other computers of this site with the next hand-over file. What was signed "
    "or sent before stays readable. Replace it yearly, or when somebody who could open this "
    "folder has left. Where the key may have been stolen this is not enough: also read the new "
    "fingerprint out to the sponsor by telephone. It cannot be undone.",
    "中心将获得新的签名密钥和新的接收密钥。原密钥为新密钥签名，因此无需重新核对指纹：申办方随下一个"
    "数据包、本中心其他电脑随下一个交接文件自动采用新密钥。此前签名或收到的内容仍可使用。"
    "请每年更换，或在可打开本文件夹的人员离开后更换。密钥可能被盗时，仅更换还不够：请同时通过电话"
    "向申办方报出新指纹。此操作不可撤销。",
)
BARS = {
    Bar.WAITS: Text(
        "It cannot be replaced again now: the former key has still to tell of the last change. "
        "Export the next package first.",
        "目前不能再次更换：原密钥尚未告知上一次更换。请先导出下一个数据包。",
    ),
    Bar.ALONE: Text(
        "You cannot begin it here, for nobody else manages users and could confirm. A coordinator "
        "or an investigator signs in, begins it on this page, and you confirm as second person.",
        "您不能在此发起：没有其他可管理用户的人员可以确认。请由协调员或研究者登录，在此页发起，"
        "您作为第二人输入密码确认。",
    ),
    Bar.HELD: Text(
        "It cannot be replaced now: records are missing that are known elsewhere. If this is an "
        "older copy, its new key would contradict the right folder's. See Administration, Missing "
        "records.",
        "目前不能更换：缺少别处已知的记录。如本文件夹是旧副本，其新密钥会与正确文件夹的密钥相互矛盾。"
        "请先处理“管理 › 缺失记录”。",
    ),
    Bar.ALTERED: Text(
        "It cannot be replaced now: the records were changed outside the program. The way back is "
        "a backup, which would not know the new key.",
        "目前不能更换：记录曾在程序之外被改动。只能从备份恢复，而备份不认识新密钥。",
    ),
}
REASON = Text("Reason", "原因")
REASON_HINT = Text(
    "In a few words; it goes with the next package. No names of patients.",
    "简要说明；随下一个数据包发送。请勿填写受试者姓名。",
)
WHY = Text("Say why, in a few words.", "请简要说明原因。")
BUSY = Text("Working…", "正在处理…")
DONE = Text(
    "The key is replaced: {former} became {now}. Export the next package: it tells the sponsor.",
    "密钥已更换：{former} 变为 {now}。请导出下一个数据包，以告知申办方。",
)
ALONE = Text("The key is replaced: {former} became {now}.", "密钥已更换：{former} 变为 {now}。")
CHANGES = Text("Changes so far", "历次更换")
AT, FORMER, LATER = Text("When", "时间"), Text("Former key", "原密钥"), Text("New key", "新密钥")
WHO, WORDS = Text("Two people", "两人"), Text("Reason", "原因")
NONE = Text("The key was never replaced.", "密钥从未更换。")
FILES_WHY = Text(
    f"A package that told of a change was lost, or somebody trusts a former key still: give them "
    f"these files ({SUFFIX}). They take them as they take a key, and follow. Nothing is secret in "
    "them.",
    f"告知更换的数据包遗失，或仍有人信任原密钥时，请将这些文件（{SUFFIX}）交给对方，"
    "按导入密钥的方式读取即可。文件中没有保密内容。",
)
FOLDER = Text("Folder", "文件夹")
WRITE = Text("Write the files of all changes", "写出历次更换文件")
WRITTEN = Text("{n} files were written to {folder}.", "已在 {folder} 写出 {n} 个文件。")
CHOOSE_FIRST = Text("Type or choose a folder first.", "请先填写或选择文件夹。")
NO_FOLDER = Text("There is no such folder.", "找不到该文件夹。")
_LABEL = 160
_LIST = 132


class KeyPart(Page):
    """The key in force, the two people, the changes and their files."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.print = Note(context, size=Type.TITLE)
        self.print.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state = Note(context, wrap=True)
        self.bar = Note(context, ink=Ink.SOFT, wrap=True)
        self.reason = Asked(
            context, REASON, hint=REASON_HINT, limit=200, width=420, label_width=_LABEL
        )
        self.people = TwoPeople(context, desk.session.user, {}, REPLACE, busy=BUSY)
        self.people.wanted.connect(self.submit)
        self.asking = QWidget()
        asked = QVBoxLayout(self.asking)
        asked.setContentsMargins(0, 0, 0, 0)
        asked.setSpacing(Size.GAP)
        asked.addWidget(self.reason)
        asked.addWidget(self.people)
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, Size.GAP, 0)
        body.setSpacing(Size.PAD)
        strong = Note(context, FINGERPRINT, strong=True)
        body.addWidget(Card.of(self.context, strong, self.print, self.state))
        heading = Note(context, REPLACE, strong=True)
        does = Note(context, WHAT_IT_DOES, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        body.addWidget(Card.of(self.context, heading, does, self.bar, self.asking))
        body.addWidget(self._changes())
        body.addStretch(1)
        self.scroller = Scroller(context, inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.scroller)

    def _changes(self) -> Card:
        context = self.context
        columns: tuple[Column[Change], ...] = (
            Column(AT, lambda c: Cell(context.hours.moment(c.at)), width=136),
            Column(FORMER, lambda c: Cell(c.former, Ink.SECONDARY), width=224),
            Column(LATER, lambda c: Cell(c.fingerprint, strong=True), width=232),
            Column(WHO, lambda c: Cell(f"{c.user}, {c.second}"), width=128),
            Column(WORDS, lambda c: Cell(c.reason, Ink.SECONDARY)),
        )
        self.list: Listing[Change] = Listing(context, columns, CHANGES)
        self.list.show_empty(NONE)
        self.list.setFixedHeight(_LIST)
        self.folder = FolderField(context, FOLDER, width=420, label_width=_LABEL)
        self.write = Button(context, WRITE)
        self.write.clicked.connect(self.write_files)
        self.giving = QWidget()
        giving = QVBoxLayout(self.giving)
        giving.setContentsMargins(0, 0, 0, 0)
        giving.setSpacing(Size.GAP)
        giving.addWidget(Note(context, FILES_WHY, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addWidget(self.folder, 1)
        row.addWidget(self.write, 0, Qt.AlignmentFlag.AlignTop)
        giving.addLayout(row)
        return Card.of(self.context, Note(context, CHANGES, strong=True), self.list, self.giving)

    def enter(self) -> None:
        """Read anew, in the background; the caret goes to the reason, or to the changes."""
        # Taken at once, as in any part: what is read comes late, and arrows may have gone on.
        QTimer.singleShot(0, self, self.setFocus)
        self._read(self._begin)

    def _read(self, then: Callable[[Standing], None]) -> None:
        session = self.desk.session
        if session.locked:
            return
        job = self.desk.run(lambda _: own_key.standing(session))
        job.finished.connect(self._show)
        job.finished.connect(then)
        job.refused.connect(self.say_refused)

    def _begin(self, found: Standing) -> None:
        if self.isVisible() and self.hasFocus():  # nobody has gone elsewhere meanwhile
            to = self.reason.line if found.bar is None else self.list
            QTimer.singleShot(0, to, to.setFocus)

    def _show(self, found: Standing) -> None:
        self.print.show_text(grouped(found.fingerprint))
        last = found.changes[0] if found.changes else None
        if last is None:
            self.state.show_text(FIRST, Ink.SECONDARY)
        else:
            said = WAITING if found.waits else SINCE
            told = said.filled(at=self.context.hours.moment(last.at), former=last.former)
            self.state.show_text(told, Ink.SOFT if found.waits else Ink.GOOD)
        if found.bar is not None:
            mild = found.bar in (Bar.WAITS, Bar.ALONE)
            self.bar.show_text(BARS[found.bar], Ink.SOFT if mild else Ink.HARD)
        self.bar.setVisible(found.bar is not None)
        self.asking.setVisible(found.bar is None)
        self.list.show_rows(found.changes, lambda c: c.fingerprint)
        self.giving.setVisible(bool(found.changes))

    def submit(self) -> None:
        """Both sign, and the site has a new key."""
        if len(self.reason.text) < own_key.SHORTEST_REASON:
            self.people.forget_second()
            self.reason.refuse(WHY)
            self.reason.line.setFocus()
            return
        self.reason.approve()
        session, people = self.desk.session, self.people
        why, own = self.reason.text, people.own.text
        second, other = people.second.text, people.other.text

        def work(_: Progress) -> object:
            return renew(session, why, own, second=second, second_password=other)

        job = self.desk.run(work)
        people.follow(job, lambda e: self.reason if isinstance(e, NamesAPerson) else None)
        job.finished.connect(self._done)

    def _done(self, made: NewKey) -> None:
        self.reason.line.clear()

        def told(found: Standing) -> None:
            said = DONE if found.waits else ALONE
            self.said.emit(said.filled(former=made.former, now=made.fingerprint))
            if self.isVisible():
                self.list.setFocus()
            self.scroller.verticalScrollBar().setValue(0)

        self.setFocus()  # what has the caret goes
        self._read(told)
        self.desk.census.refresh()

    def write_files(self) -> None:
        """The statement of each change as a file of its own, in the folder that is chosen."""
        to = self.folder.path
        if to is None or not to.is_dir():
            self.folder.asked.refuse(CHOOSE_FIRST if to is None else NO_FOLDER)
            self.folder.asked.line.setFocus()
            return
        self.folder.asked.approve()
        self.write.setEnabled(False)
        session = self.desk.session
        job = self.desk.run(lambda _: own_key.write_again(session, to))
        job.finished.connect(lambda made: self._written(made, to))
        job.refused.connect(self._unwritten)
        job.ended.connect(lambda: self.write.setEnabled(True))

    def _written(self, made: tuple[Path, ...], to: Path) -> None:
        self.said.emit(WRITTEN.filled(n=len(made), folder=to))
        self.write.setFocus()

    def _unwritten(self, refused: MrdError) -> None:
        self.folder.asked.refuse(refused.text)
        self.folder.asked.line.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field, and acts on the last one."""
        if event.key() in ENTER and self.reason.line.hasFocus():
            self.people.own.line.setFocus()
        elif event.key() in ENTER and self.folder.asked.line.hasFocus():
            self.write_files()
        elif presses(self, event) or (self.asking.isVisible() and self.people.takes(event)):
            return
        else:
            super().keyPressEvent(event)
