"""Restore a backup, for a computer that is lost or data that are damaged: a new folder is made."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.transfer.surroundings import laid_in
from mrd_desktop.vault.backup import FoundBackup, RestoreReport, find_backup
from mrd_desktop.vault.session import ARCHIVE
from ui.context import Context
from ui.jobs import Job
from ui.keys import ENTER
from ui.pages.cover import CoverPage
from ui.theme import Ink
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.folder_field import FolderField
from ui.widgets.note import Note
from ui.widgets.tick import Tick

RESTORE = Text("Restore a backup", "恢复备份")
WHY = Text(
    "For a PC that is lost or data that are damaged. The backup is copied to a new folder and only "
    "read; passwords and recovery sheet of its time open it.",
    "用于电脑丢失或数据损坏时。程序只读取备份，将其复制到新文件夹；用备份当时的密码或恢复单打开。",
)
BACKUP = Text("Backup", "备份")
BACKUP_HINT = Text(
    "A folder whose name ends in .mrdbackup, or the folder or stick that holds them.",
    "名称以 .mrdbackup 结尾的文件夹，或存放备份的文件夹、U 盘。",
)
FOLDER = Text("New folder", "新文件夹")
FOLDER_HINT = Text(
    "New and empty, on this computer's own disk.", "须为新的空文件夹，位于本机磁盘。"
)
FOUND = Text(
    "{site} · {name}: up to record {seq}, {at}", "{site} · {name}：截至第 {seq} 条记录，{at}"
)
NEWER = Text(
    "Up to record {seq}, {at}. A newer one lies beside it, up to record {newer}: choose that one.",
    "截至第 {seq} 条记录，{at}。旁边有更新的备份（截至第 {newer} 条记录），请改选。",
)
GONE = Text(
    "There is no such folder. Plug its medium in, or choose another one.",
    "找不到该文件夹。请插好存储介质，或另选文件夹。",
)
CHOOSE_FIRST = Text("Type or choose a folder first.", "请先填写或选择文件夹。")
ACT = Text("Restore", "恢复")
WORKING = Text("Copying and comparing…", "正在复制并核对…")
STOP = Text("Cancel", "取消")
STOPPED = Text("Cancelled; no folder was made.", "已取消，未建立文件夹。")
BACK = Text("Back", "返回")
DONE = Text("The backup is restored", "备份已恢复")
STANDS = Text(
    "Everything up to record {seq} of {at} is here again, in {folder}.",
    "截至 {at} 第 {seq} 条记录的内容已恢复到 {folder}。",
)
MISSING = Text(
    "A newer backup lies beside this one: {n} records are missing here. Restore that one instead, "
    "unless it is damaged.",
    "旁边另有更新的备份，此处缺少其后的 {n} 条记录。除非该备份已损坏，否则请改为恢复那一份。",
)
NOT_SIGNED = Text(
    "Record and time are what the list of this backup says, and no key signed that list. Compare "
    "the last record with a slip or another backup after the sign-in.",
    "以上记录号和时间来自此备份的清单，而清单没有有效签名。登录后请与日结单或其他备份核对最后一条记录。",
)
FIRST = Text("Before anybody signs in", "登录之前")
LAY = Text(
    "Plug in the sticks with backups, and copy this site's packages (.mrdpkg, from the old "
    "folder's archive or from the sponsor) into the archive of this new folder. Laid there after "
    "the first sign-in, they bring nothing back.",
    "请插好存有备份的 U 盘，并将本中心的数据包（.mrdpkg，来自原文件夹的“archive”或申办方）"
    "复制到此新文件夹的“archive”中。登录之后再放入，其中的记录就无法在此取回。",
)
NONE_LAID = Text("No package of this site lies there yet.", "其中尚无本中心的数据包。")
ARE_LAID = Text(
    "{n} packages of this site lie there, the last of them No. {last}.",
    "其中现有本中心的数据包 {n} 个，最后一个为第 {last} 号。",
)
ALL_LAID = Text("No package was ever made, or no copy is left", "从未导出过数据包，或已无副本")
NEXT = Text(
    "What was entered after this backup is not in it. At the sign-in every record is verified and "
    "compared with what lies there: what is missing is named under Administration, Missing "
    "records; the code of a paper slip is typed under Day-end slip. Enter again from paper what "
    "nothing holds.",
    "此备份之后录入的内容不在其中。登录时程序会校验全部记录，并与所放入的备份和数据包比对，缺少的内容列在"
    "“管理 › 缺失记录”；纸质核对单上的编号可在“日终核对单”中输入。哪里都没有的，请按纸质记录补录。",
)
SIGN_IN = Text("Go to sign-in", "前往登录")
LOST = Text("All passwords lost", "密码全部遗失")
_WIDTH = 640
_LABELS = 112
_WATCH = 1_000
"""Milliseconds between two looks into the archive."""
_PAUSE = 400
"""Milliseconds after the last key before a path is said to be no backup."""


class RestorePage(CoverPage):
    """Which backup, and where to.

    Signals:
        wanted: a :class:`FoundBackup` and the new folder.
        back_wanted: to the first page.
    """

    wanted = Signal(object, object)
    back_wanted = Signal()

    def __init__(self, context: Context, *, home: Path, path: Path | None = None) -> None:
        super().__init__(context, RESTORE, width=_WIDTH)
        self._home = home
        self._offered: Path | None = None
        self._job: Job[object] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_PAUSE)
        self._rest.timeout.connect(self.look)
        self.paragraph(WHY)
        field = partial(FolderField, context, label_width=_LABELS)
        self.backup = field(BACKUP, hint=BACKUP_HINT)
        self.folder = field(FOLDER, hint=FOLDER_HINT)
        self.column.addWidget(self.backup)
        self.column.addWidget(self.folder)
        self.bar = Bar()
        self.column.addWidget(self.bar)
        self.act = Button(context, ACT, rank=Rank.PRIMARY, key="Enter")
        self.stop = Button(context, STOP)
        self.out = Button(context, BACK, rank=Rank.QUIET, key="Esc")
        self.stop.hide()
        self.buttons(self.act, self.stop, self.out)
        self.act.clicked.connect(self.submit)
        self.stop.clicked.connect(self.cancel)
        self.out.clicked.connect(self.back_wanted)
        self.backup.asked.line.textChanged.connect(self._named)
        self.folder.asked.line.textEdited.connect(lambda _: self.folder.asked.approve())
        if path is not None:
            self.backup.set_path(path)

    def enter(self) -> None:
        """The caret goes to the backup, or to the button where it is known."""
        known = self.backup.path is not None and self.folder.path is not None
        begin = self.act.setFocus if known else self.backup.begin
        QTimer.singleShot(0, self, begin)

    def _named(self) -> None:
        """A backup is told at once, that it is none once the keys rest: paths grow by letters."""
        found = self._find()
        if isinstance(found, FoundBackup):
            self._tell(found)
            return
        self.backup.asked.approve()
        if self.backup.path is not None:
            self._rest.start()
        else:
            self._rest.stop()

    def look(self) -> FoundBackup | None:
        """Say what the folder holds, as far as its own files tell, or why it is no backup."""
        self._rest.stop()
        found = self._find()
        if isinstance(found, FoundBackup):
            self._tell(found)
            return found
        self.backup.asked.refuse(found)
        return None

    def _find(self) -> FoundBackup | Text:
        path = self.backup.path
        if path is None:
            return CHOOSE_FIRST
        try:
            return find_backup(path) if path.exists() else GONE
        except MrdError as refused:
            return refused.text
        except OSError:  # no path at all, or not to be read
            return GONE

    def _tell(self, found: FoundBackup) -> None:
        self._rest.stop()
        said = {"seq": found.head.seq, "at": self.context.hours.moment(found.head.at)}
        if found.newer is not None:
            self.backup.asked.warn(NEWER.filled(newer=found.newer.seq, **said))
        elif found.doubt is not None:
            self.backup.asked.warn(found.doubt)
        else:
            told = FOUND.filled(site=found.site or found.name, name=found.path.name, **said)
            self.backup.asked.approve(told)
        if self.folder.path in (None, self._offered):  # nothing that somebody chose
            kind = "training" if found.training else "site"
            self._offered = _free(self._home / f"MRD-{kind}-{found.site or 'store'}")
            self.folder.set_path(self._offered)

    def submit(self) -> None:
        """Restore, if both folders are named."""
        if self._job is not None:
            return
        found = self.look()
        if found is None:
            self.backup.begin()
            return
        if self.folder.path is None:
            self.folder.asked.refuse(CHOOSE_FIRST)
            self.folder.asked.line.setFocus()
            return
        self.wanted.emit(found, self.folder.path)

    def follow(self, job: Job[object]) -> None:
        """Show how far it is; only Cancel can be pressed meanwhile."""
        self._job = job
        self.bar.follow(job)
        self.act.show_text(WORKING)
        self.act.setEnabled(False)
        self.out.hide()
        self.stop.show()
        self.stop.setFocus()
        job.stopped.connect(self._stopped)
        job.ended.connect(self._over)

    def cancel(self) -> None:
        """Stop at the next step; nothing is left."""
        if self._job is not None:
            self._job.cancel()

    def refuse(self, refused: MrdError) -> None:
        """Say in place why not."""
        about = self.backup if refused.code == "backup" else self.folder
        about.asked.ask_anew(refused.text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field, on the last one restores; Esc goes back or stops."""
        if event.key() == Qt.Key.Key_Escape:
            if self._job is not None:
                self.cancel()
            else:
                self.back_wanted.emit()
        elif event.key() in ENTER and self.focusWidget() is self.backup.asked.line:
            if self.look() is not None:
                self.folder.asked.line.setFocus()
        elif event.key() in ENTER and not isinstance(self.focusWidget(), Button):
            self.submit()
        else:
            super().keyPressEvent(event)

    def _stopped(self) -> None:
        self.folder.asked.warn(STOPPED)

    def _over(self) -> None:
        self._job = None
        self.act.show_text(ACT)
        self.act.setEnabled(True)
        self.stop.hide()
        self.out.show()
        if self.isVisible():
            self.folder.asked.line.setFocus()


class RestoredPage(CoverPage):
    """What stands in the new folder, what may be missing, and what to do next.

    Signals:
        sign_in_wanted: to the sign-in of the new folder.
        recovery_wanted: nobody knows a password any more.
    """

    sign_in_wanted = Signal()
    recovery_wanted = Signal()

    def __init__(self, context: Context, report: RestoreReport) -> None:
        super().__init__(context, DONE, width=_WIDTH)
        self._archive, self._chain = report.path / ARCHIVE, report.head.chain
        at = context.hours.moment(report.head.at)
        said = STANDS.filled(seq=report.head.seq, at=at, folder=report.path)
        self.stands = self.paragraph(said, Ink.GOOD)
        if report.missing:
            self.missing = self.paragraph(MISSING.filled(n=report.missing), Ink.HARD)
        if not report.signed:
            self.unsigned = self.paragraph(NOT_SIGNED, Ink.HARD)
        self.column.addWidget(Note(context, FIRST, strong=True))
        self.paragraph(LAY, Ink.TEXT)
        self.laid = self.paragraph(NONE_LAID, Ink.SOFT)
        self.never = Tick(context)
        self.never.toggled.connect(lambda _: self.look())
        self.column.addWidget(self.never)
        self.paragraph(NEXT)
        self.go = Button(context, SIGN_IN, rank=Rank.PRIMARY, key="Enter")
        self.lost = Button(context, LOST)
        self.go.clicked.connect(self.sign_in_wanted)
        self.lost.clicked.connect(self.recovery_wanted)
        self.buttons(self.go, self.lost)
        self._watch = QTimer(self)
        self._watch.setInterval(_WATCH)
        self._watch.timeout.connect(self.look)
        self._watch.start()
        self.retranslate()
        self.look()

    def enter(self) -> None:
        """Enter goes on, once packages lie there or it is said that there are none."""
        to = self.go if self.go.isEnabled() else self.never
        QTimer.singleShot(0, to, to.setFocus)

    def retranslate(self) -> None:
        """Name the box anew."""
        super().retranslate()
        self.never.setText(self.context.say(ALL_LAID))

    def look(self) -> None:
        """Tell which packages lie in the archive now; they are copied there meanwhile."""
        found = laid_in(self._archive, self._chain)
        said = ARE_LAID.filled(n=len(found), last=found[-1]) if found else NONE_LAID
        self.laid.show_text(said, Ink.GOOD if found else Ink.SOFT)
        self._fit()
        self.never.setVisible(not found)
        on = bool(found) or self.never.isChecked()
        waits = self.never.hasFocus() and bool(found)
        self.go.setEnabled(on)
        self.lost.setEnabled(on)
        if waits:
            self.go.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the box goes on once it is ticked."""
        if event.key() in ENTER and self.never.hasFocus() and self.go.isEnabled():
            self.go.click()
        else:
            super().keyPressEvent(event)


def _free(path: Path) -> Path:
    """The path, or the next one that nothing stands at."""
    tried, n = path, 2
    while tried.exists():
        tried, n = path.with_name(f"{path.name}-{n}"), n + 1
    return tried
