"""The end of the records: from which day on, what goes, what people destroy, who signs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.closing.destruction import (
    STATEMENT,
    Condemned,
    Plan,
    certificate_in,
    condemn,
    plan,
)
from mrd_desktop.closing.errors import CertificatePlace
from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.texts import Text
from mrd_desktop.vault.backup import medium_of
from mrd_desktop.vault.session import Session
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.keys import ENTER, presses
from ui.page import Page
from ui.pages.admin_closing import STEPS
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.two_people import TwoPeople
from ui.work import Desk

NAME = Text("Destruction", "销毁")
WHAT_IT_IS = Text(
    "After the retention two people destroy the records here: keys, files, backups at hand. Give "
    "the certificate to the sponsor. It cannot be undone.",
    "保存期限届满后，由两人共同销毁本中心的密钥、数据文件及可达到的备份。"
    "销毁证明请交申办方。此操作不可撤销。",
)
WHAT, STATE = Text("What", "内容"), Text("State", "状态")
KEPT = Text("Time of retention", "保存期限")
OVER = Text("over since {day}", "已于 {day} 届满")
NOT_OVER = Text("until {day}; nothing can be destroyed before", "至 {day}；期限内不能销毁")
HANDED = Text("Close-out", "结题交接")
HANDED_ALL = Text("nothing lacks", "齐全")
LACKS = Text("lacks: {names}", "缺：{names}")
BACKUPS = Text("Backups at hand", "可达到的备份")
NONE_HERE = Text("none", "无")
GOES = Text("{n}, they go with the records", "{n} 份，一并销毁")
AWAY = Text("Backups not found here", "未找到的备份")
AWAY_SAID = Text(
    "{n}, the last of {at}, {medium}: find and destroy them yourselves",
    "{n} 份，最近 {at}，{medium}：请自行找出并销毁",
)
MEDIUM, SAME = Text("medium {id}", "介质 {id}"), Text("on this disk", "在本磁盘上")
UNKNOWN = Text("medium not known", "介质不详")
BUNDLES = Text("Close-out bundles", "结题交接包")
BUNDLES_SAID = Text("{n} were made: destroy them yourselves", "已生成 {n} 份：请自行销毁")
NONE_MADE = Text("none was made", "未生成过")
TO, TO_HINT = (
    Text("Certificate to", "证明保存到"),
    Text(
        "A folder outside this site, best on another disk.", "本中心文件夹之外，最好是另一块磁盘。"
    ),
)
DESTROY = Text("Destroy for good", "永久销毁")
BUSY = Text("Signing the certificate…", "正在签署销毁证明…")
CHOOSE_FIRST = Text("Type or choose a folder first.", "请先填写或选择文件夹。")
_LABEL = 160
_LIST = 168


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: what is said of it, and whether somebody has to see to it."""

    what: Text
    said: Text
    well: bool


class DestructionPart(Page):
    """What goes and what stays, the place of the certificate, the two who sign."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        columns: tuple[Column[Line], ...] = (
            Column(WHAT, lambda x: Cell(x.what, strong=True), width=264),
            Column(STATE, _state),
        )
        self.list: Listing[Line] = Listing(context, columns, NAME)
        self.list.opened.connect(lambda _: self.begin())
        self.folder = FolderField(context, TO, hint=TO_HINT, width=420, label_width=_LABEL)
        self.people = TwoPeople(context, desk.session.user, {}, DESTROY, busy=BUSY)
        self.people.wanted.connect(self.submit)
        ground = Card(context)
        ground.setMinimumHeight(_LIST)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self.act = Card(context)
        column = QVBoxLayout(self.act)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GRID)
        column.addWidget(Note(context, STATEMENT, strong=True, wrap=True))
        column.addWidget(self.folder)
        column.addWidget(self.people)
        inner = Page(context)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, Size.GAP, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, WHAT_IT_IS, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(ground, 1)
        column.addWidget(self.act)
        self.act.hide()
        self.scroller = Scroller(context, inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.scroller)

    def enter(self) -> None:
        """Read anew, in the background; the caret is in the list."""
        session = self.desk.session
        if session.locked:
            return
        job = self.desk.run(lambda _: plan(session))
        job.finished.connect(self._show)
        job.refused.connect(self.say_refused)
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def _show(self, found: Plan) -> None:
        session = self.desk.session
        if session.locked:
            return
        self.list.show_rows(list(_lines(session, found)), lambda x: (x.what.en, x.said.en))
        self.act.setVisible(found.retention.over(session.today()))

    def begin(self) -> None:
        """The caret goes to the first question, where there is something to ask."""
        if self.act.isVisible():
            self.folder.asked.line.setFocus()
            self.scroller.ensureWidgetVisible(self.people.button)

    def placed(self) -> Path | None:
        """Where the certificate goes; told in place, before anybody types a password."""
        to, asked = self.folder.path, self.folder.asked
        try:
            if to is not None:
                certificate_in(self.desk.session, to)
                asked.approve()
                return to
            asked.ask_anew(CHOOSE_FIRST)
        except MrdError as refused:
            asked.ask_anew(refused.text)
        return None

    def submit(self) -> None:
        """Both sign; from then on the site is at its end."""
        to, people = self.placed(), self.people
        if to is None:
            return
        session = self.desk.session
        own, second, other = people.own.text, people.second.text, people.other.text

        def work(_: Progress) -> object:
            return condemn(session, to, own, second=second, second_password=other)

        job = self.desk.run(work)
        people.follow(job, self._spot)
        job.finished.connect(self._condemned)

    def _spot(self, refused: MrdError) -> Asked | None:
        return self.folder.asked if isinstance(refused, CertificatePlace) else None

    def _condemned(self, made: Condemned) -> None:
        # The window lets everything of the session go first.
        told = self.desk.shell.condemned
        QTimer.singleShot(0, self.desk.shell, lambda: told.emit(made))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter begins, goes on from field to field, and acts on the last one; Esc leaves."""
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape and not self.list.hasFocus():
            self.list.setFocus()
            self.scroller.ensureVisible(0, 0)
        elif event.key() in ENTER and not held and self.folder.asked.line.hasFocus():
            if self.placed() is not None:
                self.people.own.line.setFocus()
        elif self._takes(event) or presses(self, event):
            return
        else:
            super().keyPressEvent(event)

    def _takes(self, event: QKeyEvent) -> bool:
        asked = self.act.isVisible() and not self.list.hasFocus()
        return asked and self.people.takes(event)


def _lines(session: Session, found: Plan) -> Iterator[Line]:
    kept = found.retention
    over = kept.over(session.today())
    yield Line(KEPT, (OVER if over else NOT_OVER).filled(day=kept.until), over)
    lacks = [STEPS[code] for code in found.missing]
    names = Text("; ".join(t.en for t in lacks), "、".join(t.zh for t in lacks))
    yield Line(HANDED, LACKS.filled(names=names) if lacks else HANDED_ALL, not lacks)
    here = len(found.backups)
    yield Line(BACKUPS, GOES.filled(n=here) if here else NONE_HERE, True)
    for away in found.elsewhere:
        at, medium = local_time(session, away.last), _medium(session, away.medium)
        yield Line(AWAY, AWAY_SAID.filled(n=away.backups, at=at, medium=medium), False)
    n = found.bundles
    yield Line(BUNDLES, BUNDLES_SAID.filled(n=n) if n else NONE_MADE, not n)


def _medium(session: Session, known: str) -> Text:
    if not known:
        return UNKNOWN
    return SAME if known == medium_of(session.folder.path) else MEDIUM.filled(id=known)


def _state(line: Line) -> Cell:
    if line.well:
        return Cell(line.said, Ink.TEXT, Glyph.CHECK)
    return Cell(line.said, Ink.SOFT, Glyph.WARNING)
