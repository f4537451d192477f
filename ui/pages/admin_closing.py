"""The end of the study: what the hand-over still lacks, where the keys are, the bundle."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.closing.bundle import Bundle, Standing, close_out, may_close, standing
from mrd_desktop.closing.errors import NO_PLACE, ONE_KEEPER, WRONG_SERIAL, KeysRefused
from mrd_desktop.closing.keys import SHORTEST, SIGNS, STATEMENT, Handed, Handing, hand_keys
from mrd_desktop.closing.layout import MISSING
from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.keys import ENTER, presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.signing import Signing
from ui.work import Desk

NAME = Text("Close-out", "结题交接")
WHAT_IT_IS = Text(
    "At the end of the study the site's records are handed over as one folder that is checked and "
    "read without this program: all records, definitions, tables, each subject's copy, packages, "
    "receipts, a backup. It belongs to the site; lock it away.",
    "研究结束时，将本中心全部记录汇成一个文件夹存档：记录、研究定义、数据表、每位受试者副本、"
    "数据包、回执和备份，不用本程序也能校验和阅读。文件夹归本中心，请加锁保管。",
)  # fmt: skip
KEYS = {
    (True, True): Text("K where the keys are · B the bundle", "K 密钥交接 · B 交接包"),
    (True, False): Text("K where the keys are", "K 密钥交接"),
    (False, True): Text(
        "B the bundle · an investigator signs here where the keys are",
        "B 交接包 · 密钥交接由研究者在此签署",
    ),
    (False, False): Text("", ""),
}
"""By whether the user signs where the keys are, and makes the bundle: no key that does nothing."""
STEP, STATE = Text("What is needed", "所需内容"), Text("State", "状态")
STEPS = {
    "package": Text("Full package of everything", "包含全部记录的完整数据包"),
    "receipt": Text("Confirmed by the sponsor", "申办方已确认"),
    "archive": Text("Kept in the site's archive", "存于中心存档"),
    "keys": Text("Where the keys are, signed by the investigator", "研究者签署的密钥交接记录"),
}
NUMBER, DONE = Text("package {n}", "第 {n} 号数据包"), Text("yes", "已完成")
RECEIVED = Text("received {at}", "{at} 收到")
SIGNED = Text("{user}, {at}", "{at}，{user} 签署")
HANDING = Text("Where the keys are", "密钥交接")
SHEET, SHEET_HINT = (
    Text("No. of the sheet", "恢复单编号"),
    Text("as it stands on the recovery sheet", "恢复单上印有的编号"),
)
FIRST, SECOND = Text("Half A", "恢复单上半（A）"), Text("Half B", "恢复单下半（B）")
FOLDER = Text("The folder", "数据文件夹")
WHO = Text("who keeps it, and where", "由谁保管、存放何处")
FOLDER_HINT = Text(
    "who keeps the folder or its last backup, and where",
    "数据文件夹或最后备份由谁保管、存放何处",
)
SIGN, SIGNED_NOW = Text("Sign", "签署"), Text("Signed.", "已签署。")
TO, TO_HINT = (
    Text("To folder", "保存到"),
    Text("Best another disk. Making it takes a while.", "最好是另一块磁盘。生成需要一些时间。"),
)
MAKE, STOP = Text("Make the bundle", "生成交接包"), Text("Stop", "停止")
MAKING = Text("Writing and reading back…", "正在写入并核对…")
MADE = Text("{name}: {n} files, complete.", "{name}：{n} 个文件，完整。")
MADE_INCOMPLETE = Text(
    "{name}: {n} files, incomplete: {missing}. Make another one when nothing lacks.",
    "{name}：{n} 个文件，不完整：{missing}。补齐后请重新生成。",
)
STOPPED = Text("Stopped; nothing is left.", "已停止，未留下文件。")
CHOOSE_FIRST = Text("Type or choose a folder first.", "请先填写或选择文件夹。")
_LABEL = 152
_LIST = 176
_AROUND = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is needed: whether it is there, and what is said of it."""

    code: str
    there: bool
    said: Text


class ClosingPart(Page):
    """What is needed, the record of the keys, the bundle."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._job: Job[object] | None = None
        self._signs = SIGNS in desk.session.duties.operations
        columns: tuple[Column[Line], ...] = (
            Column(STEP, lambda x: Cell(STEPS[x.code], strong=True), width=344),
            Column(STATE, _state),
        )
        self.list: Listing[Line] = Listing(context, columns, NAME)
        self.sheet = Asked(context, SHEET, hint=SHEET_HINT, width=160, label_width=_LABEL)
        self.first = Asked(context, FIRST, hint=WHO, width=560, limit=200, label_width=_LABEL)
        self.second = Asked(context, SECOND, hint=WHO, width=560, limit=200, label_width=_LABEL)
        self.kept = Asked(
            context, FOLDER, hint=FOLDER_HINT, width=560, limit=200, label_width=_LABEL
        )
        self.fields = (self.sheet, self.first, self.second, self.kept)
        self.signing = Signing(context, desk.session, SIGN, label_width=_LABEL)
        self.signing.wanted.connect(self.hand)
        self.folder = FolderField(context, TO, hint=TO_HINT, width=420, label_width=_LABEL)
        self.make = Button(context, MAKE, glyph=Glyph.SAVE, rank=Rank.PRIMARY)
        self.make.clicked.connect(self.start)
        self.stop = Button(context, STOP, rank=Rank.QUIET)
        self.stop.clicked.connect(self.cancel)
        self.stop.hide()
        self.bar = Bar()
        self.told = Note(context, wrap=True)
        self._lay_out()

    def _lay_out(self) -> None:
        context = self.context
        ground = Card(context)
        ground.setFixedHeight(_LIST)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        handing = Card(context)
        column = QVBoxLayout(handing)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GRID)
        column.addWidget(Note(context, HANDING, strong=True))
        column.addWidget(Note(context, STATEMENT, wrap=True))
        for field in self.fields:
            column.addWidget(field)
        column.addWidget(self.signing)
        bundle = Card(context)
        column = QVBoxLayout(bundle)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GRID)
        column.addWidget(self.folder)
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addWidget(self.make)
        row.addWidget(self.told, 1)
        row.addWidget(self.bar)
        row.addWidget(self.stop)
        column.addLayout(row)
        inner = Page(context)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, Size.GAP, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, WHAT_IT_IS, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(ground)
        column.addWidget(handing)
        column.addWidget(bundle)
        keys = KEYS[self._signs, may_close(self.desk.session)]
        column.addWidget(Note(context, keys, size=Type.NOTE, ink=Ink.SECONDARY))
        column.addStretch(1)
        handing.setVisible(self._signs)
        bundle.setVisible(may_close(self.desk.session))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.scroller = Scroller(context, inner)
        whole.addWidget(self.scroller)

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        self.read()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def read(self) -> None:
        """Read what is there, in the background."""
        session = self.desk.session
        if session.locked:
            return
        job = self.desk.run(lambda _: standing(session))
        job.finished.connect(self._show)
        job.refused.connect(self.say_refused)

    def _show(self, found: Standing) -> None:
        session = self.desk.session
        if session.locked:
            return
        last = found.package
        said = {
            "package": NUMBER.filled(n=last.number) if last else DONE,
            "receipt": RECEIVED.filled(at=local_time(session, last.receipt.received))
            if last and last.receipt
            else DONE,
            "archive": DONE,
            "keys": SIGNED.filled(user=found.keys.user, at=local_time(session, found.keys.at))
            if found.keys
            else DONE,
        }
        lacks = set(found.missing) | ({"receipt", "archive"} if last is None else set())
        lines = [
            Line(code, code not in lacks, MISSING[code] if code in lacks else said[code])
            for code in STEPS
        ]
        self.list.show_rows(lines, lambda x: x.code)

    # --- the keys -------------------------------------------------------------------------

    def hand(self) -> None:
        """Sign where the keys are."""
        password = self.signing.typed()
        if not password:
            return
        session, language = self.desk.session, self.context.speech.language
        what = Handing(self.sheet.text, self.first.text, self.second.text, self.kept.text)
        job = self.desk.run(lambda _: hand_keys(session, what, password, language=language))
        for field in self.fields:
            field.approve()
        self.signing.follow(job, self._about)
        job.finished.connect(self._handed)
        job.refused.connect(lambda _: QTimer.singleShot(0, self, self._see_caret))

    def _about(self, refused: MrdError) -> Asked | None:
        if not isinstance(refused, KeysRefused):
            return None
        places = (self.first, self.second, self.kept)
        short = next((f for f in places if len(f.text) < SHORTEST), self.first)
        spots = {WRONG_SERIAL: self.sheet, NO_PLACE: short, ONE_KEEPER: self.second}
        return spots[refused.why]

    def _see_caret(self) -> None:
        for field in (*self.fields, self.signing.password):
            if field.line.hasFocus():
                self._go(field.line)

    def _handed(self, _: Handed) -> None:
        for field in self.fields:
            field.line.clear()
        self.desk.say(SIGNED_NOW)
        self.read()
        self.list.setFocus()

    # --- the bundle -----------------------------------------------------------------------

    def start(self) -> None:
        """Write the bundle."""
        to = self.folder.path
        if to is None:
            self.folder.asked.refuse(CHOOSE_FIRST)
            self.folder.asked.line.setFocus()
            return
        session, language = self.desk.session, self.context.speech.language
        self.folder.asked.approve()
        self.told.show_text(MAKING, Ink.SECONDARY)

        def work(progress: Progress) -> object:
            return close_out(session, to, language=language, told=progress)

        job = self.desk.run(work)
        self.bar.follow(job)
        self._job = job
        self._busy(True)
        job.finished.connect(self._made)
        job.refused.connect(lambda refused: self.told.show_text(refused.text, Ink.HARD))
        job.stopped.connect(lambda: self.told.show_text(STOPPED, Ink.SECONDARY))
        job.ended.connect(lambda: self._busy(False))

    def cancel(self) -> None:
        """Stop the work under way; nothing of it stays."""
        if self._job is not None:
            self._job.cancel()

    def _busy(self, busy: bool) -> None:
        self.make.setEnabled(not busy)
        self.stop.setVisible(busy)
        (self.stop if busy else self.make).setFocus()

    def _made(self, bundle: Bundle) -> None:
        name, n = bundle.path.name, bundle.files
        if bundle.missing:
            lacks = [STEPS[code] for code in bundle.missing]
            missing = Text("; ".join(t.en for t in lacks), "、".join(t.zh for t in lacks))
            said = MADE_INCOMPLETE.filled(name=name, n=n, missing=missing)
            self.told.show_text(said, Ink.SOFT)
        else:
            self.told.show_text(MADE.filled(name=name, n=n), Ink.GOOD)
        self.read()

    def _go(self, field: QWidget) -> None:
        """The caret goes there, and what stands there comes into sight."""
        field.setFocus()
        whole = field.parentWidget()  # with the words below it
        self.scroller.ensureWidgetVisible(whole if isinstance(whole, Asked) else field, 0, _AROUND)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field, in the password it signs; K and B go to their fields."""
        lines = [field.line for field in self.fields]
        here = next((n for n, line in enumerate(lines) if line.hasFocus()), None)
        in_list = self.list.hasFocus()
        if self._signs and self.signing.wants(event) and not in_list:
            self.hand()
        elif event.key() in ENTER and here is not None:
            self._go([*lines, self.signing.password.line][here + 1])
        elif event.key() in ENTER and self.folder.asked.line.hasFocus():
            self.start()
        elif presses(self, event):
            return
        elif event.key() == Qt.Key.Key_Escape and not in_list:
            self.list.setFocus()
        elif in_list and event.key() == Qt.Key.Key_K and self._signs:
            self._go(self.sheet.line)
        elif in_list and event.key() == Qt.Key.Key_B and may_close(self.desk.session):
            self._go(self.folder.asked.line)
        else:
            super().keyPressEvent(event)


def _state(line: Line) -> Cell:
    if line.there:
        return Cell(line.said, Ink.GOOD, Glyph.CHECK)
    return Cell(line.said, Ink.SOFT, Glyph.WARNING)
