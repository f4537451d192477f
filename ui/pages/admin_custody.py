"""Backup now, verify now: a copy that was read back, and every check by its name."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record.verifying import Checked
from mrd_desktop.texts import Text
from mrd_desktop.transfer.checking import verify_around
from mrd_desktop.vault import rota
from mrd_desktop.vault.backup import BackupReport, DrillReport, backup, drill
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.keys import presses
from ui.notices import show_notice
from ui.page import Page
from ui.theme import Ink, Size
from ui.tips import tip
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.tick import Tick
from ui.work import Desk

BACKUP = Text("Backup", "备份")
TO = Text("To folder", "保存到")
TO_HINT = Text(
    "Best another disk. A backup is as encrypted as the original and is read back after writing.",
    "最好是另一块磁盘。备份与原件同样加密，写入后自动读回校验。",
)
NOW = Text("Back up now", "立即备份")
DAILY = Text("Do this by itself, every day and after work", "每天及录入数据后自动备份到此处")
DAILY_ON = Text(
    "Backups go there by themselves; keep the medium plugged in at sign-in and when you leave.",
    "已设为自动备份，登录和退出时请插好存储介质。",
)
DAILY_OFF = Text("Daily backups are off.", "已关闭每日自动备份。")
DRILL = Text("Restore drill", "试恢复")
DRILLING = Text("Restoring into a temporary folder and comparing…", "正在恢复到临时文件夹并核对…")
DRILLED = Text(
    "The latest backup there restores whole; {n} records have come since.",
    "最近一份备份可完整恢复；其后新增 {n} 条记录。",
)
STOP = Text("Stop", "停止")
STOPPED = Text("Stopped; no backup was made.", "已停止，未生成备份。")
NO_BACKUP = Text("There is no backup of this site in that folder.", "该文件夹中没有本中心的备份。")
MAKING = Text("Copying and reading back…", "正在复制并读回校验…")
MADE = Text("{name} · {size} MB · read back and whole", "{name} · {size} MB · 已读回，完整")
SAME_DISK = Text(
    "It lies on the same disk as the data: copy it to another one too.",
    "备份与数据在同一磁盘，请另存一份到其他磁盘。",
)
CHOOSE_FIRST = Text("Type or choose a folder first.", "请先填写或选择文件夹。")
VERIFY = Text("Verification", "校验")
VERIFY_NOW = Text("Verify now", "立即校验")
VERIFYING = Text("Verifying every record…", "正在逐条校验…")
WELL = Text("Everything verifies.", "全部通过。")
FAILED = Text(
    "{n} checks failed. Do not work on; keep the folder and call the sponsor.",
    "{n} 项未通过。请勿继续使用，保留文件夹并联系申办方。",
)
CHECK = Text("Check", "项目")
RESULT = Text("Result", "结果")
DETAIL = Text("Detail", "说明")
PASSED = Text("passed", "通过")
NOT_PASSED = Text("failed", "未通过")
NOT_JUDGED = Text("not judged", "不适用")
NOT_YET = Text("Not verified in this session yet.", "本次登录尚未校验。")
NAMES = {
    "cipher": Text("Encryption of every page", "逐页加密完整性"),
    "schema": Text("Tables and guards", "表结构与防护"),
    "slots": Text("Key slots", "密钥槽"),
    "chain": Text("Chain of records", "记录链"),
    "commitments": Text("Contents against commitments", "内容与承诺值"),
    "signatures": Text("Signatures", "签名"),
    "replay": Text("Replay gives the same tables", "重放一致性"),
    "heads": Text("Heads of the chains", "链首位置"),
    "private": Text("Identity data", "身份信息"),
    "manifest": Text("Packages", "数据包"),
    "lineage": Text("Order of packages", "数据包次序"),
    "definition": Text("Study definitions", "研究定义"),
}
_MB = 1_000_000


class CustodyPart(Page):
    """Two cards: backup, verification."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._job: Job[object] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.PAD)
        column.addWidget(self._backing())
        column.addWidget(self._verifying(), 1)
        self.retranslate()

    def _backing(self) -> Card:
        context = self.context
        card = Card(context)
        self.folder = FolderField(context, TO, hint=TO_HINT, width=420, label_width=96)
        self.folder.set_path(self.desk.session.folder.backups)
        self.now = Button(context, NOW, glyph=Glyph.BACKUP, rank=Rank.PRIMARY)
        self.now.clicked.connect(self.start_backup)
        self.made = Note(context)
        self.made.hide()
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP - 2)
        column.addWidget(Note(context, BACKUP, strong=True))
        column.addWidget(self.folder)
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        self.drill = Button(context, DRILL)
        self.drill.clicked.connect(self.start_drill)
        self.daily = Tick(context)
        self.daily.clicked.connect(self.turn_daily)
        self.bar = Bar()
        self.stop = Button(context, STOP, rank=Rank.QUIET)
        self.stop.clicked.connect(self.cancel)
        self.stop.hide()
        row.addWidget(self.now)
        row.addWidget(self.drill)
        row.addWidget(self.made)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop)
        row.addStretch(1)
        column.addWidget(self.daily)
        column.addLayout(row)
        if not self.desk.session.allows("backup"):
            card.hide()
        return card

    def _verifying(self) -> Card:
        context = self.context
        card = Card(context)
        self.verify = Button(context, VERIFY_NOW, glyph=Glyph.CHECK)
        self.verify.clicked.connect(self.start_verify)
        self.verdict = Note(context, ink=Ink.SECONDARY)
        columns: tuple[Column[Checked], ...] = (
            Column(CHECK, lambda c: Cell(NAMES.get(c.name, Text(c.name, c.name))), width=240),
            Column(RESULT, _result, width=120),
            Column(DETAIL, lambda c: Cell(c.detail, Ink.SECONDARY)),
        )
        self.list: Listing[Checked] = Listing(context, columns, VERIFY)
        self.list.show_empty(NOT_YET)
        column = QVBoxLayout(card)
        column.setContentsMargins(1, Size.PAD, 1, Size.GRID)
        column.setSpacing(Size.GAP)
        row = QHBoxLayout()
        row.setContentsMargins(Size.MARGIN, 0, Size.MARGIN, 0)
        row.setSpacing(Size.PAD)
        row.addWidget(Note(context, VERIFY, strong=True))
        row.addWidget(self.verify)
        row.addWidget(self.verdict, 1)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        if not self.desk.session.allows("verify"):
            card.hide()
        return card

    def retranslate(self) -> None:
        """Say the box anew."""
        self.daily.setText(self.context.say(DAILY))

    def enter(self) -> None:
        """Read how daily backups stand; the caret goes to the first act."""
        if not self.desk.session.locked:
            target = rota.standing(self.desk.session).target
            self.daily.setChecked(target is not None)
            if target is not None:
                self.folder.set_path(target)
        (self.now if self.desk.session.allows("backup") else self.verify).setFocus(
            Qt.FocusReason.OtherFocusReason
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button in focus."""
        if not presses(self, event):
            super().keyPressEvent(event)

    def turn_daily(self, on: bool) -> None:
        """Let backups go to this folder by themselves, or no longer."""
        to = self.folder.path if on else None
        try:
            rota.choose_target(self.desk.session, to)
        except MrdError as refused:
            self.daily.setChecked(False)
            self._say_backup(refused.text, Ink.HARD)
            return
        on = to is not None
        self.daily.setChecked(on)
        self._say_backup(DAILY_ON if on else DAILY_OFF, Ink.GOOD if on else Ink.SECONDARY)

    def start_drill(self) -> None:
        """Restore the latest backup of the folder for trial; that is a record."""
        session, place = self.desk.session, self.folder.path
        source = None if place is None else rota.latest(session, place)
        if source is None:
            self._say_backup(NO_BACKUP, Ink.HARD)
            return
        self.desk.sure(lambda: self._drill(source))

    def _drill(self, source: Path) -> None:
        session = self.desk.session
        self.drill.setEnabled(False)
        self._say_backup(DRILLING, Ink.SECONDARY)

        def work(_: Progress) -> object:
            return drill(session, source)

        job = self.desk.run(work)
        job.finished.connect(self._drilled)
        job.refused.connect(lambda refused: self._say_backup(refused.text, Ink.HARD))
        job.ended.connect(lambda: self.drill.setEnabled(True))

    def _drilled(self, report: DrillReport) -> None:
        self._say_backup(DRILLED.filled(n=report.behind), Ink.GOOD)

    def _say_backup(self, text: Text, ink: Ink) -> None:
        self.made.show_text(text, ink)
        self.made.show()

    def start_backup(self) -> None:
        """Copy, read back, record."""
        to = self.folder.path
        if to is None:
            self.folder.asked.refuse(CHOOSE_FIRST)
            return
        session = self.desk.session
        self._say_backup(MAKING, Ink.SECONDARY)

        def work(progress: Progress) -> object:
            return backup(session, to, progress)

        job = self.desk.run(work)
        self.bar.follow(job)
        self._job = job
        self._busy(True)
        job.finished.connect(self._backed_up)
        job.refused.connect(lambda refused: self._say_backup(refused.text, Ink.HARD))
        job.stopped.connect(lambda: self._say_backup(STOPPED, Ink.SECONDARY))
        job.ended.connect(lambda: self._busy(False))

    def cancel(self) -> None:
        """Stop the backup under way; nothing of it stays."""
        if self._job is not None:
            self._job.cancel()

    def _busy(self, busy: bool) -> None:
        self.now.setEnabled(not busy)
        self.drill.setEnabled(not busy)
        self.stop.setVisible(busy)
        (self.stop if busy else self.now).setFocus()

    def _backed_up(self, report: BackupReport) -> None:
        text = MADE.filled(name=report.path.name, size=f"{report.size / _MB:.1f}")
        if report.apart:
            self.made.show_text(text, Ink.GOOD)
        else:
            joined = Text(f"{text.en}. {SAME_DISK.en}", f"{text.zh}。{SAME_DISK.zh}")
            self.made.show_text(joined, Ink.SOFT)
        self.made.setToolTip(tip(self.made.text()))
        show_notice(self.desk)
        self.desk.census.refresh()

    def start_verify(self) -> None:
        """Every check; nothing is written."""
        session = self.desk.session
        self.verify.setEnabled(False)
        self.verdict.show_text(VERIFYING, Ink.SECONDARY)

        def work(_: Progress) -> object:
            return verify_around(session)

        job = self.desk.run(work)
        job.finished.connect(self._verified)
        job.refused.connect(self._refused)
        job.ended.connect(lambda: self.verify.setEnabled(True))

    def _verified(self, checks: tuple[Checked, ...]) -> None:
        self.list.show_rows(checks, lambda c: c.name)
        failed = sum(c.ok is False for c in checks)
        self.verdict.show_text(
            FAILED.filled(n=failed) if failed else WELL, Ink.HARD if failed else Ink.GOOD
        )

    def _refused(self, refused: MrdError) -> None:
        self.verdict.show_text(refused.text, Ink.HARD)


def _result(check: Checked) -> Cell:
    if check.ok is None:
        return Cell(NOT_JUDGED, Ink.SECONDARY, Glyph.NOT_PLANNED)
    if check.ok:
        return Cell(PASSED, Ink.GOOD, Glyph.CHECK)
    return Cell(NOT_PASSED, Ink.HARD, Glyph.WARNING)
