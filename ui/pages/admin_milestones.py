"""Milestones: until when each is to be endorsed, what changed since, and the signature."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.record import milestones
from mrd_desktop.record.milestones import (
    CHANGED,
    STATEMENT,
    EndorsementRefused,
    Shown,
    Standing,
)
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Signing
from ui.work import Desk

NAME = Text("Milestones", "里程碑")
WHAT, DUE, STATE = Text("Milestone", "里程碑"), Text("Due", "截止"), Text("State", "状态")
LAST, COVERED = Text("Last endorsed", "最近确认"), Text("Forms", "表单数")
NONE = Text("The study has no milestones.", "本研究未设里程碑。")
NOT_YET = Text("nobody has reached it", "尚无受试者到达")
VALID = Text("endorsed", "已确认")
INTERVAL = Text("every {n} days", "每 {n} 天")
WAITING = Text("{n} subjects to be endorsed", "{n} 例待确认")
ALTERED = Text("{n} subjects changed since", "{n} 例确认后有更改")
ABOUT = Text("Subjects: {names}", "受试者：{names}")
ABOUT_FORMS = Text(
    "Subjects: {names}. {n} signed forms are endorsed.",
    "受试者：{names}。将确认 {n} 张已签名表单。",
)
SIGN = Text("Endorse", "确认并签名")
SIGNED = Text("The milestone “{name}” is endorsed.", "已确认里程碑“{name}”。")
FIRST = Text(
    "All complete forms are signed first, under To sign; the milestone is endorsed after that.",
    "请先在“待签名”中签署全部完整表单，再确认里程碑。",
)
_LABEL = 152
_NAMED = 30


class MilestonesPart(Page):
    """All milestones, whom the marked one is about, the statement and the signature."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._shown: Shown | None = None
        columns: tuple[Column[Standing], ...] = (
            Column(WHAT, lambda s: Cell(s.milestone.text, strong=True), width=200),
            Column(DUE, self._due, width=128),
            Column(STATE, _state),
            Column(LAST, self._last, width=200),
            Column(COVERED, _forms, width=88, right=True),
        )
        self.list: Listing[Standing] = Listing(context, columns, NAME)
        self.list.show_empty(NONE)
        self.list.moved.connect(lambda _: self._look())
        self.about = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.signing = Signing(context, desk.session, SIGN, label_width=_LABEL)
        self.signing.wanted.connect(self.submit)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(ground, 1)
        column.addWidget(self.about)
        column.addWidget(Note(context, FIRST, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(Note(context, STATEMENT, strong=True, wrap=True))
        column.addWidget(self.signing)

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        session = self.desk.session
        if session.locked:
            return
        job = self.desk.run(lambda _: milestones.standings(session))
        job.finished.connect(self._take)
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def _take(self, found: tuple[Standing, ...]) -> None:
        if not self.desk.session.locked:
            self.list.show_rows(found, lambda s: s.milestone.oid)
            self._look()

    def _look(self) -> None:
        """Read what the marked milestone stands for: that, and nothing newer, is signed."""
        self._shown = None
        self._tell()
        here, session = self.list.current, self.desk.session
        if here is None or session.locked:
            return
        oid, language = here.milestone.oid, self.context.speech.language
        job = self.desk.run(lambda _: milestones.show(session, oid, language))
        job.finished.connect(self._found)

    def _found(self, shown: Shown) -> None:
        here = self.list.current
        if here is not None and here.milestone.oid == shown.oid:
            self._shown = shown
            self._tell()

    def submit(self) -> None:
        """Endorse the marked one."""
        here, password = self.list.current, self.signing.typed()
        if here is None or not password:
            return
        session, language, one = self.desk.session, self.context.speech.language, here.milestone
        seen = self._shown

        def work(_: Progress) -> object:
            if seen is None:  # refused when it was looked at, and here with the reason
                milestones.show(session, one.oid, language)
                raise EndorsementRefused(CHANGED)
            milestones.endorse(session, seen, password, language=language)
            return True

        job = self.desk.run(work)
        self.signing.follow(job)
        job.finished.connect(lambda _: self._signed(one.text))
        job.refused.connect(lambda _: self._look())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the list goes to the password, there it signs."""
        if self.signing.wants(event):
            self.submit()
        elif not presses(self, event):
            super().keyPressEvent(event)

    def _signed(self, name: Text) -> None:
        self.said.emit(SIGNED.filled(name=name))
        self.desk.census.refresh()
        self.enter()

    def _tell(self) -> None:
        """Whom the marked milestone is about."""
        here = self.list.current
        if here is None:
            self.about.show_text("")
            return
        names = [*here.waiting, *here.superseded] if here.milestone.item else list(here.reached)
        more = " …" if len(names) > _NAMED else ""
        said = ", ".join(names[:_NAMED]) + more if names else "–"
        if self._shown is None:
            self.about.show_text(ABOUT.filled(names=said))
        else:
            self.about.show_text(ABOUT_FORMS.filled(names=said, n=self._shown.forms))

    def _due(self, one: Standing) -> Cell:
        late = one.overdue(self.desk.session.today())
        return Cell(str(one.due or "–"), Ink.HARD if late else Ink.TEXT)

    def _last(self, one: Standing) -> Cell:
        if one.endorsed is None:
            return Cell("–", Ink.SECONDARY)
        at = self.context.hours.proof(one.endorsed.at)
        return Cell(f"{at}  {one.endorsed.user}", Ink.SECONDARY)


def _forms(one: Standing) -> Cell:
    return Cell(str(one.endorsed.forms) if one.endorsed else "", Ink.SECONDARY)


def _state(one: Standing) -> Cell:
    if one.milestone.every_days:
        said = INTERVAL.filled(n=one.milestone.every_days)
        return Cell(said, Ink.SECONDARY)
    if one.waiting:
        return Cell(WAITING.filled(n=len(one.waiting)), Ink.SOFT, Glyph.WARNING)
    if one.superseded:
        return Cell(ALTERED.filled(n=len(one.superseded)), Ink.SOFT, Glyph.WARNING)
    if one.endorsed is None:
        return Cell(NOT_YET, Ink.SECONDARY)
    return Cell(VALID, Ink.GOOD, Glyph.CHECK)
