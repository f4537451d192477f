"""Other computers of the site: who owns which subject, and handing over by file."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record import handing
from mrd_desktop.record.owning import Standing, handed_again, standing_of
from mrd_desktop.record.reading import subject_numbers
from mrd_desktop.texts import Text
from mrd_desktop.transfer.handover.giving import Handed, hand_over
from mrd_desktop.vault import computers
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.files import write_atomically
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.page import Page
from ui.pages.takeover import TakeOverPage
from ui.theme import Ink, Size
from ui.widgets.asked import Asked
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.tick import Tick
from ui.work import Desk

COMPUTERS = Text("Other computers", "其他电脑")
HEADING = Text("Hand subjects over to another computer of this site", "向本中心另一台电脑交接")
SUBJECTS = Text("Subjects", "受试者")
SUBJECTS_HINT = Text(
    "Enter on a subject below adds it. None: the other computer only sees what is new.",
    "在下方列表中按 Enter 加入。留空：仅让对方看到最新内容。",
)
TO = Text("Computer", "目标电脑")
TO_HINT = Text("The first characters of its chain, as above.", "其链号的前几位，见上方。")
FOLDER = Text("Folder", "文件夹")
FOLDER_HINT = Text("An encrypted stick.", "加密的 U 盘。")
REVIEW = Text("Review", "核对")
WRITE = Text("Hand over", "交接")
REVIEWED = Text(
    "{subjects} go to computer {to}: from now on only that one writes about them, and this one "
    "reads. Press Hand over to make the file.",
    "{subjects} 将交给电脑 {to}：此后仅由该电脑录入，本机只能查看。按“交接”生成文件。",
)
SHARED = Text(
    "Computer {to} will see everything as it stands here; no subject changes hands.",
    "电脑 {to} 将看到本机的全部最新内容，不交接受试者。",
)
DONE = Text(
    "{file} is on the stick. At the other computer: Export and receive, Receive.",
    "已生成 {file}。请在另一台电脑的“导出与接收 › 接收与回执”中接收。",
)
CANCEL = Text("Cancel", "取消")
WRITING = Text("Writing and reading back the file…", "正在生成并读回文件…")
WORKING = Text("{done} of {total} written", "已写入 {done} / {total}")
STOPPED = Text("Cancelled; no file was left.", "已取消，未留下文件。")
CARD_ACT = Text("Save this computer's card", "保存本机电脑卡")
CARD_DONE = Text(
    "{file} was saved. The site administrator of the other computer adds it.",
    "已保存 {file}，由另一台电脑的中心管理员添加。",
)
KNOWN = Text("Known computers: {chains}", "已添加的电脑：{chains}")
NOBODY = Text(
    "No other computer is known. Exchange cards: save this computer's card, and let the site "
    "administrator add the other one's under Administration, Sponsor key.",
    "尚未添加其他电脑。请交换电脑卡：保存本机的卡，并由中心管理员在“管理 › 申办方密钥”中"
    "添加对方的卡。",
)
OWNER = Text("Belongs to", "归属")
HERE = Text("this computer", "本机")
AWAY = Text("computer {chain}", "电脑 {chain}")
ON_ITS_WAY = Text("on its way to {chain}", "正在交给 {chain}")
APART = Text("Kept apart", "单独保存")
APART_COUNT = Text("{n} records", "{n} 条记录")
CLAIMED = Text("claimed by two", "两台电脑主张")
NO_SUBJECTS = Text("No subject yet.", "尚无受试者。")
FIRST = Text("Type or choose it first.", "请先填写或选择。")
FULL = Text("Whole hand-over from the start", "从头完整交接")
FULL_SAID = Text(
    "The file holds everything from the first record on.", "文件包含自第一条记录起的全部内容。"
)
TAKE_OVER_ACT = Text("Take over by force…", "强制接管…")
CHOOSE = Text(
    "Choose a subject in the list that belongs to another computer.",
    "请先在列表中选择归其他电脑管理的受试者。",
)
SHORT = 8
_LABEL = 96


@dataclass(frozen=True, slots=True)
class Line:
    """A subject and whose it is."""

    subject: str
    now: Standing
    apart: int


class HandingPart(Page):
    """Subjects, computer and folder above; whose each subject is below."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._job: Job[object] | None = None
        self._may_stop = False
        self._reviewed: tuple[str, str] | None = None
        columns: tuple[Column[Line], ...] = (
            Column(SUBJECTS, lambda r: Cell(r.subject, strong=True), width=120),
            Column(OWNER, self._owner, width=240),
            Column(APART, _apart),
        )
        self.list: Listing[Line] = Listing(context, columns, SUBJECTS)
        self.list.show_empty(NO_SUBJECTS)
        self.list.opened.connect(self.add_subject)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(self._asking())
        column.addWidget(ground, 1)

    def _asking(self) -> Card:
        context = self.context
        card = Card(context)
        self.subjects = Asked(
            context, SUBJECTS, hint=SUBJECTS_HINT, limit=2000, label_width=_LABEL, width=420
        )
        self.to = Asked(context, TO, hint=TO_HINT, limit=32, label_width=_LABEL, width=420)
        self.folder = FolderField(context, FOLDER, hint=FOLDER_HINT, label_width=_LABEL, width=420)
        self.act = Button(context, REVIEW, rank=Rank.PRIMARY, key="Enter")
        self.act.clicked.connect(self.go_on)
        self.full = Tick(context)
        self.full.toggled.connect(lambda _: self._changed(""))
        self.retranslate()
        self.force = Button(context, TAKE_OVER_ACT)
        self.force.clicked.connect(self.take_over)
        self.stop = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.stop.clicked.connect(self.cancel)
        self.stop.hide()
        self.bar = Bar()
        self.card = Button(context, CARD_ACT)
        self.card.clicked.connect(self.save_card)
        self.known = Note(context, NOBODY, ink=Ink.SECONDARY, wrap=True)
        self.told = Note(context, wrap=True)
        self.told.hide()
        for asked in (self.subjects, self.to, self.folder.asked):
            asked.line.textChanged.connect(self._changed)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP - 2)
        column.addWidget(Note(context, HEADING, strong=True))
        column.addWidget(self.known)
        for widget in (self.subjects, self.to, self.folder):
            column.addWidget(widget)
        column.addLayout(self._below_fields())
        column.addWidget(self.bar)
        column.addWidget(self.told)
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addWidget(self.act)
        row.addWidget(self.stop)
        row.addWidget(self.card)
        row.addWidget(self.force)
        row.addStretch(1)
        column.addLayout(row)
        return card

    def _below_fields(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addSpacing(_LABEL + Size.PAD - Size.GRID)
        row.addWidget(self.full)
        row.addStretch(1)
        return row

    def retranslate(self) -> None:
        """The words of the box to tick."""
        self.full.setText(self.context.say(FULL))
        self.full.updateGeometry()

    def enter(self) -> None:
        """Read anew; the caret goes to the subjects."""
        self._read()
        QTimer.singleShot(0, self.subjects.line, self.subjects.line.setFocus)

    def _read(self) -> None:
        session = self.desk.session
        if session.locked:
            return
        with session.reading() as conn:
            known = computers.computers(conn, session.folder.chain)
            apart = {a.subject: a.records for a in handing.apart(conn)}
            lines = tuple(
                Line(s, standing_of(conn, s), apart.get(s, 0)) for s in subject_numbers(conn)
            )
        self.list.show_rows(lines, lambda r: r.subject)
        if known:
            self.known.show_text(KNOWN.filled(chains=" · ".join(c.chain[:SHORT] for c in known)))
            if len(known) == 1 and not self.to.text:
                self.to.line.setText(known[0].chain[:SHORT])
        else:
            self.known.show_text(NOBODY, Ink.SECONDARY)

    def add_subject(self, line: Line) -> None:
        """Put a subject among those to be handed over; one of another computer is taken over."""
        if not self._handable(line.now):
            self.take_over()
            return
        chosen = self.subjects.text.split()
        if line.subject not in chosen:
            self.subjects.line.setText(" ".join([*chosen, line.subject]))

    def take_over(self) -> None:
        """The page on which two people take the subject at the caret over by force."""
        line, session = self.list.current, self.desk.session
        if line is None or line.now.owner == session.folder.chain or not line.now.segments:
            self._tell(CHOOSE, Ink.SOFT)
            self.list.setFocus()
            return
        if not handing.may_claim(session):
            self._tell(PermissionDenied(role=session.role, operation="form.edit").text, Ink.HARD)
            return
        self.desk.shell.open(TakeOverPage(self.context, self.desk, line.subject))

    def _handable(self, now: Standing) -> bool:
        own = self.desk.session.folder.chain
        return now.owner == own or handed_again(now, own, now.on_its_way or "")

    def _changed(self, _: str) -> None:
        self._reviewed = None
        self.act.show_text(REVIEW)

    def go_on(self) -> None:
        """Say what will happen; the second time, do it."""
        folder, to = self.folder.path, self.to.text
        for asked, missing in ((self.to, not to), (self.folder.asked, folder is None)):
            if missing:
                asked.refuse(FIRST)
                asked.line.setFocus()
                return
            asked.approve()
        subjects = tuple(self.subjects.text.split())
        full = self.full.isChecked()
        asking = (" ".join(subjects), to)
        if self._reviewed != asking:
            text = REVIEWED.filled(subjects=", ".join(subjects), to=to[:SHORT])
            text = text if subjects else SHARED.filled(to=to[:SHORT])
            whole = Text(f"{text.en} {FULL_SAID.en}", f"{text.zh}{FULL_SAID.zh}")
            self._tell(whole if full else text, Ink.SOFT)
            self._reviewed = asking
            self.act.show_text(WRITE)
            self.act.setFocus()
            return
        if self._job is not None or folder is None:
            return
        session = self.desk.session

        # What was handed over is on its way: stopping would leave it there without its file.
        self._may_stop = not subjects

        def work(progress: Progress) -> object:
            told = progress.tell if subjects else progress
            return hand_over(session, to, folder, subjects, full=full, told=told)

        self._tell(WRITING, Ink.SECONDARY)
        job = self.desk.run(work)
        self._job = job
        self.bar.follow(job)
        self._busy(True)
        job.progressed.connect(self._progressed)
        job.stopped.connect(lambda: self._tell(STOPPED, Ink.SECONDARY))
        job.finished.connect(self._done)
        job.refused.connect(self._refused)
        job.ended.connect(self._over)

    def _done(self, made: Handed) -> None:
        self.subjects.line.clear()
        self.full.setChecked(False)
        self._tell(DONE.filled(file=made.path.name), Ink.GOOD)

    def _refused(self, refused: MrdError) -> None:
        self._tell(refused.text, Ink.HARD)

    def cancel(self) -> None:
        """Stop a file that hands nobody over; no file is left."""
        if self._job is not None and self._may_stop:
            self._job.cancel()

    def _busy(self, busy: bool) -> None:
        for field in (self.act, self.subjects, self.to, self.folder, self.full, self.force):
            field.setEnabled(not busy)
        self.stop.setVisible(busy and self._may_stop)
        if busy and self._may_stop:
            self.stop.setFocus()

    def _progressed(self, done: int, total: int) -> None:
        self._tell(WORKING.filled(done=done, total=total), Ink.SECONDARY)

    def _over(self) -> None:
        self._job = None
        self._busy(False)
        if self.isVisible():
            self.subjects.line.setFocus()
        self._changed("")
        self._read()
        self.desk.census.refresh()

    def save_card(self) -> None:
        """Write this computer's card into the folder."""
        folder, session = self.folder.path, self.desk.session
        if folder is None:
            self.folder.asked.refuse(FIRST)
            self.folder.asked.line.setFocus()
            return
        name = f"{session.folder.site}-{session.folder.chain[:SHORT]}{computers.SUFFIX}"
        try:
            write_atomically(folder / name, computers.card(session))
        except MrdError as refused:
            self._tell(refused.text, Ink.HARD)
        except OSError as trouble:
            self.folder.asked.refuse(Text(str(trouble.strerror), str(trouble.strerror)))
        else:
            self.folder.asked.approve()
            self._tell(CARD_DONE.filled(file=name), Ink.GOOD)

    def _tell(self, text: Text, ink: Ink) -> None:
        self.told.show_text(text, ink)
        self.told.show()

    def _owner(self, line: Line) -> Cell:
        now = line.now
        if now.on_its_way is not None:
            return Cell(ON_ITS_WAY.filled(chain=now.on_its_way[:SHORT]), Ink.SOFT)
        if now.owner == self.desk.session.folder.chain:
            return Cell(HERE, Ink.GOOD, Glyph.CHECK)
        return Cell(AWAY.filled(chain=(now.owner or "")[:SHORT]), Ink.SECONDARY)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button in focus, or goes on; Esc stops where that is possible."""
        focused = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape and self._job is not None:
            self.cancel()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif isinstance(focused, Button):
            focused.click()
        else:
            self.go_on()


def _apart(line: Line) -> Cell:
    if line.now.conflict:
        return Cell(CLAIMED, Ink.HARD, Glyph.CLOSE)
    return Cell(APART_COUNT.filled(n=line.apart), Ink.SOFT) if line.apart else Cell("")
