"""The recovery sheet: since when nobody looked at it, check it, make a new one by two people."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import new_sheet
from mrd_desktop.vault.new_sheet import CAUSES, NewSheet
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER, presses
from ui.notices import show_notice
from ui.page import Page
from ui.pages.new_site import SheetPage
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.two_people import TwoPeople
from ui.work import Desk

NAME = Text("Recovery sheet", "恢复单")
STANDING = Text(
    "No. {serial}, made or last checked on {since}, {n} days ago.",
    "编号 {serial}，{since} 制作或最近核对，已 {n} 天。",
)
NO_SHEET = Text(
    "Making a sheet was cut off: no valid one is in anybody's hands. Make a new one below.",
    "恢复单制作中断，目前无人持有有效的恢复单。请在下方重新制作。",
)
CHECK_WHY = Text(
    "Whoever keeps the halves types them in. Nothing is opened by it, and the check is recorded.",
    "由两位保管人各自输入所持的一半。核对不会打开任何数据，并留有记录。",
)
CHECK = Text("Check the sheet", "核对恢复单")
HALVES = (Text("Half A", "A 半"), Text("Half B", "B 半"))
HALF_HINTS = (
    Text("7 groups of 4 characters", "7 组，每组 4 个字符"),
    Text("7 groups, the last one is the checksum", "7 组，末组为校验码"),
)
RIGHT = Text("The sheet is right: No. {serial}.", "恢复单正确：编号 {serial}。")
MAKE = Text("Make a new sheet", "制作新恢复单")
MAKE_WHY = Text(
    "Lost, seen by somebody, or its keeper has left: report it here. Two people sign; the file "
    "gets a new key, and the old sheet opens neither it nor later backups, but still earlier ones.",
    "遗失、被他人看到或保管人离开时，请在此报告并更换，由两人签名。数据文件将换用新密钥，"
    "旧恢复单不能再打开它及之后的备份，但仍可打开更早的备份。",
)
VOIDED = Text(
    "The new sheet is put away. No password and no one-time code of these users is valid now, "
    "reset them: {names}.",
    "新恢复单已封存。以下用户已没有有效的密码或一次性代码，请重置：{names}。",
)
MADE = Text("The new sheet is put away: No. {serial}.", "新恢复单已封存：编号 {serial}。")
VAULT = Text(
    "A new sheet is begun by somebody who may see identities; whoever manages users confirms it.",
    "新恢复单由可查看身份信息的人员发起，由管理用户的人员确认。",
)
_LABEL = 160


class SheetPart(Page):
    """State, check, and the two people."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.state = Note(context, strong=True, wrap=True)
        self.halves = tuple(
            Asked(context, name, secret=True, hint=hint, width=520, limit=80, label_width=_LABEL)
            for name, hint in zip(HALVES, HALF_HINTS, strict=True)
        )
        self.check = Button(context, CHECK)
        self.check.clicked.connect(self.submit_check)
        self.people = TwoPeople(context, desk.session.user, CAUSES, MAKE)
        self.people.wanted.connect(self.submit)
        checking = Card(context)
        first = QVBoxLayout(checking)
        first.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        first.setSpacing(Size.GAP)
        first.addWidget(self.state)
        first.addWidget(Note(context, CHECK_WHY, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        for half in self.halves:
            first.addWidget(half)
        first.addWidget(self.check)
        making = Card(context)
        second = QVBoxLayout(making)
        second.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        second.setSpacing(Size.GAP)
        second.addWidget(Note(context, MAKE, strong=True))
        second.addWidget(Note(context, MAKE_WHY, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        second.addWidget(self.people)
        others = Note(context, VAULT, wrap=True)
        second.addWidget(others)
        self.people.setVisible(desk.session.has_vault)
        others.setVisible(not desk.session.has_vault)
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, Size.GAP, 0)
        body.setSpacing(Size.PAD)
        body.addWidget(checking)
        body.addWidget(making)
        body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroller(context, inner))

    def enter(self) -> None:
        """Say how it stands; the caret goes to the first half."""
        if self.desk.session.locked:
            return
        found = new_sheet.standing(self.desk.session)
        said = STANDING.filled(serial=found.serial, since=found.since, n=found.days)
        ink = Ink.SOFT if found.due else Ink.GOOD
        self.state.show_text(said if found.shown else NO_SHEET, ink if found.shown else Ink.HARD)
        QTimer.singleShot(0, self.halves[0].line, self.halves[0].line.setFocus)

    def submit_check(self) -> None:
        """Compare what was typed with the sheet in force."""
        session = self.desk.session
        typed = "".join(f"{x}: {h.text}\n" for x, h in zip("AB", self.halves, strict=True))
        job = self.desk.run(lambda _: new_sheet.check_sheet(session, typed))
        self.check.setEnabled(False)
        job.finished.connect(self._checked)
        job.refused.connect(self._wrong)
        job.ended.connect(lambda: self.check.setEnabled(True))

    def submit(self) -> None:
        """Both sign, and the new sheet is shown until it is put away."""
        session, people = self.desk.session, self.people
        cause, own = people.cause, people.own.text
        second, other = people.second.text, people.other.text

        def work(_: Progress) -> object:
            return new_sheet.replace_sheet(
                session, cause, own, second=second, second_password=other, hold=True
            )

        job = self.desk.run(work)
        people.follow(job)
        job.finished.connect(self._made)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field and acts on the last one."""
        first, second = (half.line for half in self.halves)
        if event.key() in ENTER and first.hasFocus():
            second.setFocus()
        elif event.key() in ENTER and second.hasFocus():
            self.submit_check()
        elif not (self.people.takes(event) or presses(self, event)):
            super().keyPressEvent(event)

    def _checked(self, serial: str) -> None:
        for half in self.halves:
            half.line.clear()
            half.approve()
        self.said.emit(RIGHT.filled(serial=serial))
        show_notice(self.desk)
        self.enter()

    def _wrong(self, refused: MrdError) -> None:
        self.halves[0].approve()
        self.halves[1].refuse(refused.text)
        self.halves[0].line.setFocus()

    def _made(self, made: NewSheet) -> None:
        """The window is covered by the sheet; it goes when somebody says that it is put away."""
        page = SheetPage(self.context, made.sheet)
        page.put_away.connect(lambda: self._put_away(made))
        self.desk.shell.cover(page)

    def _put_away(self, made: NewSheet) -> None:
        session = self.desk.session
        self.desk.shell.uncover()
        if not session.locked:
            new_sheet.handed_out(session, made.serial)
        names = ", ".join(made.voided)
        show_notice(self.desk)
        self.desk.say(VOIDED.filled(names=names) if names else MADE.filled(serial=made.serial))
        self.enter()
