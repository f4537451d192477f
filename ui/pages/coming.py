"""Receive: a reply of the sponsor, and which packages the sponsor has confirmed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record import heard
from mrd_desktop.record.handing import apart_words, claimed_words, differing_words
from mrd_desktop.texts import Text
from mrd_desktop.transfer import words
from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.handover.manifest import SUFFIX
from mrd_desktop.transfer.handover.taking import Taken, new_key_words, take
from mrd_desktop.transfer.loss import take_up
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.reply import NEW_KEY, ImportResult, refused
from mrd_desktop.transfer.transmittal import Transmittal, transmittals
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.compared import Finding, findings
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Job, Progress, Work
from ui.notices import show_notice
from ui.page import Page
from ui.pages.compared_note import ComparedNote
from ui.pages.slip_sheet import SlipSheet
from ui.pages.sponsor_words import SponsorWords, Told
from ui.theme import Ink, Size, Type
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

RECEIVE = Text("Receive", "接收与回执")
HEADING = Text("Receive a reply, or subjects of another computer", "接收回复或另一台电脑的交接")
FILE = Text("File", "文件")
FILE_HINT = Text(
    "A sponsor's reply (.mrdreply) never changes a value. A file of another computer of this site "
    "ends in .mrdhandover.",
    "申办方回复（.mrdreply）不会更改任何数据。本中心另一台电脑的文件扩展名为 .mrdhandover。",
)
TAKEN = Text(
    "Taken: {records} records. From now on this computer writes about: {subjects}.",
    "已接收 {records} 条记录。此后由本机录入：{subjects}。",
)
SEEN = Text(
    "Taken: {records} records. No subject changed hands.",
    "已接收 {records} 条记录，没有受试者移交给本机。",
)
TAKEN_BEFORE = Text(
    "This file was taken before. Nothing was changed.", "该文件此前已接收。未作任何更改。"
)
RECEIVE_ACT = Text("Receive", "接收")
CHOOSE_FIRST = Text("Type or choose it first.", "请先填写或选择。")
RECEIVED = Text(
    "Received: {queries} questions, {receipts} receipts.",
    "已接收：质疑 {queries} 条，回执 {receipts} 条。",
)
WRITTEN = Text("The sponsor wrote {n} messages: see below.", "申办方留言 {n} 条，见下方。")
THANKS = Text(
    "Recorded; the next package tells the sponsor.", "已登记，将随下一个数据包告知申办方。"
)
JUDGED = Text(
    "The sponsor compared the accounts with the delegation log: see below.",
    "申办方已核对账户与授权分工表，见下方。",
)
TURNED_AWAY = Text(
    "The sponsor did not take a package: see below.", "申办方有数据包未接收，见下方说明。"
)
AMENDED = Text(
    "A new version of the study definition came with it. Nothing changes until the site "
    "administrator installs it.",
    "随附新版研究定义，由中心管理员安装后才会生效。",
)
SENT = Text("Packages sent", "已导出的数据包")
NONE = Text("No package has been made yet.", "尚未导出数据包。")
NUMBER = Text("No.", "编号")
MADE = Text("Made", "导出时间")
BROUGHT = Text("Records", "记录数")
STATE = Text("At the sponsor", "申办方确认")
CONFIRMED = Text("confirmed, received {at}", "已确认，接收时间 {at}")
UNCONFIRMED = Text("not confirmed yet", "尚未确认")
WAITING = Text("not confirmed for {n} days", "{n} 天未确认")
HOLDS_NOTHING = Text(
    "The sponsor has confirmed nothing yet. A receipt comes with each reply.",
    "申办方尚未确认。每份回复都附有回执。",
)
HOLDS = Text(
    "The sponsor has confirmed package {n}, up to record {seq}.",
    "申办方已确认第 {n} 号数据包，至第 {seq} 条记录。",
)
WITHIN = Text("confirmed with package {n}", "随第 {n} 号数据包一并确认")
REFUSED = Text("not taken: see above", "未被接收，见上方说明")
NOT_OURS = Text(" (This folder did not make it.)", "（非本文件夹导出。）")
SHOW = Text(
    "Enter shows the transfer slip; from there the file is copied again.",
    "Enter 显示移交单，并可再次复制文件。",
)
COPYING = Text("Copying and verifying…", "正在复制并校验…")
COPIED = Text("Copied, read back from there and verified: {name}", "已复制并从该处读回校验：{name}")
AGAIN = Text("Back to the list", "返回列表")
CANCEL = Text("Cancel", "取消")
OPENING = Text("Opening and checking the file…", "正在打开并校验文件…")
WORKING = Text("{done} of {total} checked and taken", "已校验并接收 {done} / {total}")
STOPPED = Text("Cancelled; nothing was stored.", "已取消，未存入任何内容。")
COPY_STOPPED = Text("Cancelled; no file was left.", "已取消，未留下文件。")
READING = Text("Reading…", "正在读取…")
_REPLIES = "MRD (*.mrdreply *.mrdhandover)"


_Read = tuple[
    tuple[Transmittal, ...],
    tuple[Refusal, ...],
    tuple[Told, ...],
    frozenset[tuple[str, int]],
    tuple[Finding, ...],
]


class ComingPart(Page):
    """The reply above, the packages with their receipts below, the slip of one of them."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._job: Job[object] | None = None
        self._reading: Job[object] | None = None
        self._again = False
        columns: tuple[Column[Transmittal], ...] = (
            Column(NUMBER, lambda t: Cell(f"{t.number:04}", strong=True), width=80),
            Column(MADE, lambda t: Cell(t.at[:16]), width=160),
            Column(BROUGHT, _records, width=112, right=True),
            Column(STATE, _state),
        )
        self.list: Listing[Transmittal] = Listing(context, columns, SENT)
        self.list.show_empty(READING)
        self.list.opened.connect(self.show_slip)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self.holds = Note(context, HOLDS_NOTHING)
        self.refused = Note(context, ink=Ink.HARD, wrap=True)
        self.refused.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.refused.hide()
        self.words = SponsorWords(context)
        self.words.read.connect(self._read_words)
        self.accounts = ComparedNote(context)
        self._shown: Transmittal | None = None
        self.slip = SlipSheet(context, AGAIN, copies=desk.session.allows("export"))
        self.slip.copied.connect(self.copy_to)
        self.slip.back.connect(self.show_list)
        self.slip.said.connect(self.said)
        self.front = QStackedWidget()
        self.front.addWidget(ground)
        self.front.addWidget(self.slip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(self._reply())
        column.addWidget(self.words)
        heading = QHBoxLayout()
        heading.addWidget(Note(context, SENT, strong=True))
        heading.addStretch(1)
        heading.addWidget(Note(context, SHOW, size=Type.NOTE, ink=Ink.SECONDARY))
        column.addLayout(heading)
        column.addWidget(self.holds)
        column.addWidget(self.refused)
        column.addWidget(self.accounts)
        column.addWidget(self.front, 1)

    def _reply(self) -> Card:
        context = self.context
        card = Card(context)
        self.take = Button(context, RECEIVE_ACT, key="Enter")
        self.take.clicked.connect(self.start_import)
        self.file = FolderField(
            context, FILE, hint=FILE_HINT, files=_REPLIES, label_width=96, width=420
        )
        self.stop = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.stop.clicked.connect(self.cancel)
        self.stop.hide()
        self.bar = Bar()
        self.taken = Note(context, wrap=True)
        self.taken.hide()
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP - 2)
        column.addWidget(Note(context, HEADING, strong=True))
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addWidget(self.file, 1)
        row.addWidget(self.take, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.taken)
        return card

    def enter(self) -> None:
        """Read anew; the caret goes to the file."""
        self._read()
        QTimer.singleShot(0, self.file.asked.line, self.file.asked.line.setFocus)

    def start_import(self) -> None:
        """Take a reply in, in a worker."""
        path = self.file.path
        if path is None:
            self.file.asked.refuse(CHOOSE_FIRST)
            return
        if self._job is not None:
            return
        session = self.desk.session

        def work(progress: Progress) -> object:
            handed_over = path.suffix == SUFFIX
            act = take if handed_over else take_up
            return act(session, path, progress)

        self.file.asked.approve()
        self._say_taken(OPENING, Ink.SECONDARY)
        job = self._begin(work)
        job.finished.connect(self._adopted)
        job.refused.connect(self._refused)
        job.stopped.connect(lambda: self._say_taken(STOPPED, Ink.SECONDARY))
        job.progressed.connect(self._progressed)

    def _begin(self, work: Work[object]) -> Job[object]:
        """A job that is waited for: a bar, and a button to stop it."""
        job = self.desk.run(work)
        self._job = job
        self.bar.follow(job)
        for field in (self.take, self.file):
            field.setEnabled(False)
        self.stop.show()
        self.stop.setFocus()
        job.ended.connect(self._over)
        return job

    def cancel(self) -> None:
        """Stop; nothing of it stays."""
        if self._job is not None:
            self._job.cancel()

    def _progressed(self, done: int, total: int) -> None:
        self._say_taken(WORKING.filled(done=done, total=total), Ink.SECONDARY)

    def _adopted(self, found: ImportResult | Taken) -> None:
        if isinstance(found, Taken):
            self._say_taken(*_of_computer(found))
            return
        if found.reason is not None:
            self._say_taken(found.reason, Ink.SECONDARY)
            return
        text = RECEIVED.filled(queries=found.queries, receipts=found.receipts)
        if found.definition is not None:
            text = Text(f"{text.en} {AMENDED.en}", f"{text.zh}{AMENDED.zh}")
        if found.key is not None:
            told = NEW_KEY.filled(key=found.key)
            text = Text(f"{text.en} {told.en}", f"{text.zh}{told.zh}")
        if found.words:
            told = WRITTEN.filled(n=len(found.words))
            text = Text(f"{text.en} {told.en}", f"{text.zh}{told.zh}")
        if found.compared is not None:
            told = JUDGED
            text = Text(f"{text.en} {told.en}", f"{text.zh}{told.zh}")
        if found.refused:
            text = Text(f"{text.en} {TURNED_AWAY.en}", f"{text.zh}{TURNED_AWAY.zh}")
        worry = found.refused or (found.compared is not None and found.compared.worrying)
        self._say_taken(text, Ink.SOFT if worry else Ink.GOOD)

    def _refused(self, refused: MrdError) -> None:
        self._say_taken(refused.text, Ink.HARD)
        if self.desk.session.hold is not None:
            show_notice(self.desk)

    def _over(self) -> None:
        self._job = None
        self.stop.hide()
        for field in (self.take, self.file):
            field.setEnabled(True)
        if self.isVisible():
            (self.slip if self.front.currentIndex() else self.file.asked.line).setFocus()
        self._read()
        self.desk.census.refresh()

    def _say_taken(self, text: Text, ink: Ink) -> None:
        self.taken.show_text(text, ink)
        self.taken.show()

    def _read(self) -> None:
        """Read in a worker what was sent and answered: it grows with the years."""
        session = self.desk.session
        self._again = self._reading is not None
        if session.locked or self._again:
            return

        def read(_: Progress) -> object:
            with session.reading() as conn:
                chain = session.folder.chain
                written, unread = tuple(words.told(conn, chain)), heard.unread(conn, chain)
            held = findings(session)
            return transmittals(session), refused(session), written, frozenset(unread), held

        job = Job(read)
        QTimer.singleShot(0, self.desk.jobs, lambda: self.desk.jobs.start(job))
        self._reading = job
        job.finished.connect(self._show)
        job.ended.connect(self._read_on)

    def _read_on(self) -> None:
        self._reading = None
        if self._again:  # something came while it was read
            self._read()

    def _show(self, found: _Read) -> None:
        if self.desk.session.locked:
            return
        sent, told, written, unread, compared = found
        self.words.show_words(written, unread)
        self.accounts.show_findings(compared)
        self.list.show_empty(NONE)
        self.list.show_rows(sent, lambda t: t.number)
        held = next((t for t in sent if t.confirmed is not None), None)
        if held is None:
            self.holds.show_text(HOLDS_NOTHING, Ink.SECONDARY)
        else:
            self.holds.show_text(HOLDS.filled(n=held.number, seq=held.seq), Ink.GOOD)
        self._show_refused({t.manifest for t in sent}, told)

    def _read_words(self, upto: Mapping[str, int]) -> None:
        """Record that the words that are shown were read: the next package tells the sponsor."""
        session = self.desk.session
        job = self.desk.run(lambda _: heard.mark_read(session, upto))
        job.finished.connect(lambda _: self.said.emit(THANKS))
        job.refused.connect(self.say_refused)
        job.ended.connect(self._words_over)
        if not self.words.more:  # else the button has the next one to be read
            self.list.setFocus()

    def _words_over(self) -> None:
        self._read()
        self.desk.census.refresh()

    def _show_refused(self, ours: Collection[str], told: Iterable[Refusal]) -> None:
        """What the sponsor did not take and what to do, one line each; none where all is well."""
        lines = [
            Text(r.text.en + NOT_OURS.en, r.text.zh + NOT_OURS.zh)
            if r.package is not None and r.package not in ours
            else r.text
            for r in told
        ]
        self.refused.show_text(
            Text("\n".join(t.en for t in lines), "\n".join(t.zh for t in lines)), Ink.HARD
        )
        self.refused.setVisible(bool(lines))

    def copy_to(self, folder: Path) -> None:
        """Copy the package whose slip is shown to a folder, in a worker."""
        sent, session = self._shown, self.desk.session
        if sent is None or self._job is not None:
            return
        self.said.emit(COPYING)
        job = self._begin(lambda progress: copy_again(session, sent.number, folder, progress))
        job.stopped.connect(lambda: self.said.emit(COPY_STOPPED))
        job.finished.connect(lambda path: self.said.emit(COPIED.filled(name=path.name)))
        job.refused.connect(lambda trouble: self.said.emit(trouble.text))

    def show_slip(self, sent: Transmittal) -> None:
        """The slip of a package, once more."""
        self._shown = sent
        self.slip.show_slip(sent)
        self.front.setCurrentIndex(1)
        self.slip.setFocus()

    def show_list(self) -> None:
        """The list in place of the slip."""
        self.front.setCurrentIndex(0)
        self.list.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter receives, or presses the button in focus; Esc stops, or puts the slip away."""
        focused = self.focusWidget()
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape and self._job is not None:
            self.cancel()
        elif event.key() == Qt.Key.Key_Escape and self.front.currentIndex():
            self.show_list()
        elif enter and isinstance(focused, Button):
            focused.click()
        elif enter and focused is self.file.asked.line:
            self.start_import()
        else:
            super().keyPressEvent(event)


def _of_computer(found: Taken) -> tuple[Text, Ink]:
    """What a file of another computer brought; what is apart or in conflict is named."""
    if found.verdict is Verdict.DUPLICATE:
        return TAKEN_BEFORE, Ink.SECONDARY
    said = TAKEN if found.subjects else SEEN
    text = said.filled(records=found.records, subjects=", ".join(found.subjects))
    for chain, key in found.keys:
        told = new_key_words(chain, key)
        text = Text(f"{text.en} {told.en}", f"{text.zh}{told.zh}")
    worries = [
        *map(differing_words, found.differing),
        *map(apart_words, found.apart),
        *map(claimed_words, found.conflicts),
    ]
    for worry in worries:
        text = Text(f"{text.en} {worry.en}", f"{text.zh}{worry.zh}")
    return text, Ink.SOFT if worries else Ink.GOOD


def _records(sent: Transmittal) -> Cell:
    return Cell("" if sent.records is None else str(sent.records))


def _state(sent: Transmittal) -> Cell:
    if sent.confirmed is not None:
        return Cell(CONFIRMED.filled(at=sent.confirmed[:16]), Ink.GOOD, Glyph.CHECK)
    if sent.within is not None:
        return Cell(WITHIN.filled(n=sent.within), Ink.GOOD, Glyph.CHECK)
    if sent.refused is not None:
        return Cell(REFUSED, Ink.HARD, Glyph.WARNING)
    if not sent.waiting:
        return Cell(UNCONFIRMED, Ink.SECONDARY)
    return Cell(WAITING.filled(n=sent.waiting), Ink.HARD if sent.overdue else Ink.SOFT)
