"""The key of the data file: since when, a new one for a reason, and what it does not reach."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.record.renewing import renew_data_key
from mrd_desktop.texts import Text
from mrd_desktop.vault import data_key
from mrd_desktop.vault.data_key import (
    CAUSES,
    LONGEST_WORDS,
    REASONS,
    SUSPECTED,
    Bar,
    NewDataKey,
    Standing,
    WordsAsked,
)
from mrd_desktop.vault.errors import TryLater, UnfitText, WrongPassword
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.keys import ENTER, presses
from ui.notices import show_notice
from ui.page import Page
from ui.pages.parted import PartedPage
from ui.theme import Ink, Size
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.work import Desk

NAME = Text("Data key", "数据密钥")
FIRST = Text(
    "The data key has been in use since {since}, when the site was made.",
    "当前数据密钥自 {since} 建立中心起使用。",
)
SINCE = Text(
    "The data key has been in use since {since} ({why}).",
    "当前数据密钥自 {since} 起使用（{why}）。",
)
UNTIL = Text("{said} Change it by {due}.", "{said}请在 {due} 前更换。")
LATE = Text("{said} It was to be changed by {due}.", "{said}应于 {due} 前更换，现已逾期。")
OWED = Text(
    "A change was held up. The next sign-in makes it, or try again here.",
    "有一次更换未能完成，将在下次登录时进行，也可在此重试。",
)
CHANGE = Text("Change the data key", "更换数据密钥")
DOES = Text(
    "The data file is encrypted anew: a key that was copied before opens neither this file nor "
    "later backups. Everybody goes on with the own password; who is away finds the new key at the "
    "next sign-in. One-time codes that were not used become void.",
    "数据文件将重新加密：此前被复制的密钥不能再打开本文件及之后的备份。"
    "所有人员继续使用各自的密码；不在场的人员下次登录时自动取得新密钥。尚未使用的一次性代码将作废。",
)
DOES_NOT = Text(
    "What it does not reach: backups made before open with the former key, and with the passwords "
    "and the recovery sheet of their day. Destroy them, or keep them locked, once a new backup is "
    "made; one that is restored brings the former key back. Passwords, the keys of users, the site "
    "key and the key of identities stay as they are.",
    "更换不影响：此前的备份仍可用原密钥及当时的密码、恢复单打开，请在新备份完成后销毁或妥善锁存；"
    "恢复这样的备份会重新启用原密钥。各人密码和个人密钥、中心密钥、身份信息密钥均不变。",
)
LEAK = Text(
    "If somebody may know a password, first reset that user under Users, and change the data key "
    "once the new password is chosen. Whoever could read the data could read the site key too: "
    "replace it under Site key. Record it under Incidents.",
    "如有人可能知道某个密码：请先在“用户”中重置该用户，待其设置新密码后再更换数据密钥。"
    "能读取数据的人也能读取中心密钥：请在“中心密钥”中更换，并在“事件”中登记。",
)
BARS = {
    Bar.HELD: Text(
        "It cannot be changed now: records are missing that are known elsewhere. See "
        "Administration, Missing records.",
        "目前不能更换：缺少别处已知的记录。请先处理“管理 › 缺失记录”。",
    ),
    Bar.CUT_OFF: Text(
        "It cannot be changed now: a change was cut off. Sign out and in again, which finishes it.",
        "目前不能更换：上一次更换曾中断。请退出后重新登录，程序会自动处理。",
    ),
}
CAUSE = Text("Reason", "原因")
WORDS = Text("What happened", "经过")
WORDS_HINT = Text(
    "In a few words; it goes with the next package. No names of patients.",
    "简要说明；随下一个数据包发送。请勿填写受试者姓名。",
)
SAY = Text("Say in a few words what happened.", "请简要说明经过。")
PASSWORD = Text("Password of {user}", "{user} 的密码")
FILL = Text("Type your password.", "请输入密码。")
BUSY = Text("Working… the file is rewritten.", "正在处理，数据文件将重写…")
DONE = Text("The data key is changed: No. {n} is in force.", "数据密钥已更换，现用第 {n} 代。")
VOIDED = Text(
    "{said} No password and no one-time code of these users is valid now, reset them: {names}.",
    "{said}以下用户已没有有效的密码或一次性代码，请重置：{names}。",
)
THEN = Text(
    "Make a backup now: there is none under the new key yet. Until there is one, packages sent "
    "from now on cannot bring records back after a loss.",
    "请立即备份：尚无使用新密钥的备份。在此之前，今后发送的数据包在数据丢失后无法用于找回记录。",
)
BACKUP = Text("Go to backup", "前往备份")
_LABEL: Final = 160


class DataKeyPart(Page):
    """How it stands, the change with its reason, and the backup that follows."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._busy = False
        self.state = Note(context, strong=True, wrap=True)
        self.owed = Note(context, OWED, ink=Ink.SOFT, wrap=True)
        self.done = Note(context, ink=Ink.GOOD, wrap=True)
        self.done.hide()
        self.then = Note(context, THEN, wrap=True)
        self.backup = Button(context, BACKUP, glyph=Glyph.BACKUP)
        self.backup.clicked.connect(self.go_to_backup)
        self.after = QWidget()
        after = QVBoxLayout(self.after)
        after.setContentsMargins(0, 0, 0, 0)
        after.setSpacing(Size.GAP)
        for widget in (self.done, self.then):
            after.addWidget(widget)
        after.addWidget(self.backup, 0, Qt.AlignmentFlag.AlignLeft)
        self.after.hide()
        self.bar = Note(context, ink=Ink.SOFT, wrap=True)
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, Size.GAP, 0)
        body.setSpacing(Size.PAD)
        body.addWidget(Card.of(context, self.state, self.owed, self.after))
        body.addWidget(
            Card.of(
                context,
                Note(context, CHANGE, strong=True),
                Note(context, DOES, wrap=True),
                Note(context, DOES_NOT, wrap=True),
                self.bar,
                self._asking(),
            )
        )
        body.addStretch(1)
        self.scroller = Scroller(context, inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.scroller)

    def _asking(self) -> QWidget:
        context = self.context
        self.causes = Chips(context, CAUSE)
        self.causes.show_choices([Choice(code, text) for code, text in CAUSES.items()])
        self.causes.chosen.connect(self._show_cause)
        self.leak = Note(context, LEAK, wrap=True)
        self.words = Asked(
            context, WORDS, hint=WORDS_HINT, limit=LONGEST_WORDS, width=420, label_width=_LABEL
        )
        user = self.desk.session.user
        self.password = Asked(context, PASSWORD.filled(user=user), secret=True, label_width=_LABEL)
        self.button = Button(context, CHANGE, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.button.clicked.connect(self.submit)
        self.asking = QWidget()
        asked = QVBoxLayout(self.asking)
        asked.setContentsMargins(0, 0, 0, 0)
        asked.setSpacing(Size.GAP)
        why = QHBoxLayout()
        why.setSpacing(Size.PAD)
        label = Note(context, CAUSE)
        label.setFixedWidth(_LABEL)
        why.addWidget(label)
        why.addWidget(self.causes, 1)
        asked.addLayout(why)
        for widget in (self.leak, self.words, self.password):
            asked.addWidget(widget)
        asked.addWidget(self.button, 0, Qt.AlignmentFlag.AlignRight)
        self._show_cause(self.causes.key)
        return self.asking

    def enter(self) -> None:
        """Say how it stands; the caret goes to the reason, or to the backup that follows."""
        if self.desk.session.locked:
            return
        self._show(data_key.standing(self.desk.session))
        to: QWidget = self.causes
        if self.after.isVisibleTo(self):
            to = self.backup
        elif self.asking.isVisibleTo(self):
            to = self.words.line if self.words.isVisibleTo(self) else self.password.line
        QTimer.singleShot(0, to, to.setFocus)

    def go_to_backup(self) -> None:
        """The part where a backup is made."""
        self.done.hide()
        page = self.desk.shell.go("admin")
        if isinstance(page, PartedPage) and "custody" in page.parts:
            page.show_part("custody")

    def _show(self, found: Standing) -> None:
        why = REASONS.get(found.reason, found.reason)
        said = (SINCE if found.reason else FIRST).filled(since=found.since, why=why)
        late = found.overdue(self.desk.session.today())
        if found.asked:
            said = (LATE if late else UNTIL).filled(said=said, due=found.due)
        self.state.show_text(said, Ink.HARD if late else Ink.TEXT)
        self.owed.setVisible(found.owed)
        self.after.setVisible(not found.saved)
        if found.bar is not None:
            self.bar.show_text(BARS[found.bar], Ink.HARD)
        self.bar.setVisible(found.bar is not None)
        self.asking.setVisible(found.bar is None)

    def _show_cause(self, cause: str) -> None:
        suspected = cause == SUSPECTED
        self.leak.setVisible(suspected)
        self.words.setVisible(suspected)

    def submit(self) -> None:
        """Change the key, where everything is filled in."""
        cause = self.causes.key
        suspected = cause == SUSPECTED
        if self._busy:
            return
        if suspected and len(self.words.text) < data_key.SHORTEST_WORDS:
            self.words.ask_anew(SAY, keeps=True)
            return
        self.words.approve()
        if not self.password.text:
            self.password.ask_anew(FILL)
            return
        self.password.approve()
        session, words = self.desk.session, self.words.text if suspected else ""
        secret = self.password.text

        def work(_: Progress) -> object:
            return renew_data_key(session, cause, secret, words)

        job = self.desk.run(work)
        self._busy = True
        self.after.hide()
        self.button.setEnabled(False)
        self.button.show_text(BUSY)
        job.finished.connect(self._changed)
        job.refused.connect(self._refused)
        job.ended.connect(self._over)

    def _changed(self, made: NewDataKey) -> None:
        said = DONE.filled(n=made.generation)
        if made.voided:
            said = VOIDED.filled(said=said, names=", ".join(made.voided))
        self.done.show_text(said, Ink.GOOD)
        self.done.show()
        for field in (self.words, self.password):
            field.line.clear()
            field.approve()
        self.said.emit(said)
        show_notice(self.desk)
        self.desk.census.refresh()
        self.enter()
        self.scroller.verticalScrollBar().setValue(0)

    def _refused(self, refused: MrdError) -> None:
        wrong = isinstance(refused, WrongPassword | TryLater)
        about = (
            self.words
            if isinstance(refused, NamesAPerson | WordsAsked | UnfitText)
            else self.password
        )
        self.password.line.clear()
        about.ask_anew(refused.text, emptied=wrong, keeps=about is self.words)
        if not self.desk.session.locked:
            self._show(data_key.standing(self.desk.session))

    def _over(self) -> None:
        self._busy = False
        self.button.show_text(CHANGE)
        self.button.setEnabled(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field and acts on the last one, with Ctrl anywhere."""
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        asking = event.key() in ENTER and self.asking.isVisible()
        if asking and (held or self.password.line.hasFocus()):
            self.submit()
        elif asking and self.words.line.hasFocus():
            self.password.line.setFocus()
        elif not presses(self, event):
            super().keyPressEvent(event)
