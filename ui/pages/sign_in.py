"""Sign-in, the lock, and a first password: who is there, and with what."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import OtherUser
from mrd_desktop.vault.manifest import Manifest
from mrd_desktop.vault.passwords import SHORTEST_LIVE, SHORTEST_TRAINING
from mrd_desktop.vault.suggesting import suggested
from ui.context import Context
from ui.pages.cover import CoverPage
from ui.theme import Ink
from ui.widgets.asked import Asked, SecretLine
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note

SIGN_IN = Text("Sign in", "登录")
USER = Text("User name", "用户名")
PASSWORD = Text("Password", "密码")
PASSWORD_OR_CODE = Text("The first time: the one-time code.", "首次登录请填写一次性启用码。")
OTHER_FOLDER = Text("Another folder", "打开其他文件夹")
CHECKING = Text("Checking…", "正在验证…")
LOCKED_HINT = Text(
    "What you typed is kept as a draft. Your user name and password take you back to the same "
    "field.",
    "已输入的内容已存为草稿。输入用户名和密码后回到原来的位置。",
)
UNLOCK = Text("Unlock", "解锁")
SWITCH = Text("Another user", "切换用户")
FIRST_HINT = Text(
    "Only you will know it; nobody can look it up. Lost passwords are replaced, never shown.",
    "密码仅您本人知晓，任何人都无法查看；遗忘后只能重置。",
)
SUGGEST = Text("Suggest a password", "推荐一个密码")
SUGGESTED = Text(
    "Write it down where only you find it, then type it below.",
    "请记在只有您能找到的地方，再在下方输入一遍。",
)
CHOOSE = Text(
    "Choose a password first, or let one be suggested.", "请先设置密码，也可让程序推荐一个。"
)
AGAIN = Text("Once more", "再次输入")
DIFFER = Text("The two passwords differ.", "两次输入的密码不一致。")
SAME = Text("Both are the same.", "两次输入一致。")
LENGTH = Text("At least {n} characters; {left} more.", "至少 {n} 个字符，还差 {left} 个。")
LONG_ENOUGH = Text("Long enough.", "长度足够。")
RULE = Text(
    "At least {n} characters. A few unrelated words are good; no symbols are required.",
    "至少 {n} 个字符，建议用几个互不相关的词语，不要求特殊符号。",
)
CONDEMNED = Text(
    "A file here says that two people have signed the end of these records. The next sign-in "
    "checks it: if that is true, they are destroyed for good.",
    "此处有文件表明两人已签署永久销毁这些记录。下次登录将核验；如属实，记录即被永久销毁。",
)
TRAINING = Text("Training site: synthetic data only", "培训中心：仅用虚构数据")


def password_rule(training: bool) -> Text:
    """The rule in a sentence."""
    return RULE.filled(n=SHORTEST_TRAINING if training else SHORTEST_LIVE)


def tell_length(asked: Asked, training: bool) -> None:
    """Say while a new password is typed how much is missing."""
    shortest = SHORTEST_TRAINING if training else SHORTEST_LIVE
    left = shortest - len(asked.text)
    if not asked.text:
        asked.approve()
    elif left > 0:
        asked.set_hint(LENGTH.filled(n=shortest, left=left))
    else:
        asked.set_hint(password_rule(training))
        asked.approve(LONG_ENOUGH)


class _Door(CoverPage):
    """A page with a password and one button; busy while the password is tried."""

    def __init__(self, context: Context, heading: Text, act: Text) -> None:
        super().__init__(context, heading)
        self._act = act
        self.go = Button(context, act, rank=Rank.PRIMARY, key="Enter")
        self.go.clicked.connect(self.submit)

    def submit(self) -> None:
        """Try what is typed: each door in its own way."""

    def set_busy(self, busy: bool) -> None:
        """While the password is tried nothing else can be pressed."""
        self.go.setEnabled(not busy)
        self.go.show_text(CHECKING if busy else self._act)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next empty field, then submits."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        if isinstance(focused, Button) and focused is not self.go:
            focused.click()
        elif self.go.isEnabled():
            self.submit()


class _TwoPart(_Door):
    """A door that asks for both: user name and password.

    Signals:
        wanted: user and password.
    """

    wanted = Signal(str, str)

    def __init__(
        self, context: Context, heading: Text, act: Text, hint: Text | None = None
    ) -> None:
        super().__init__(context, heading, act)
        self.user = Asked(context, USER, label_width=84, limit=40)
        self.password = Asked(context, PASSWORD, secret=True, hint=hint, label_width=84)

    def enter(self) -> None:
        """The caret goes to what is still empty."""
        spot = self.password if self.user.text else self.user
        QTimer.singleShot(0, spot.line, spot.line.setFocus)

    def submit(self) -> None:
        """Try user and password."""
        if not self.user.text:
            self.user.line.setFocus()
        elif not self.password.text:
            self.password.line.setFocus()
        else:
            self.set_busy(True)
            self.user.approve()
            self.password.approve()
            self.wanted.emit(self.user.text, self.password.text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """From the user name Enter goes on to the password, whatever stands there."""
        forward = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if forward and self.user.text and self.user.line.hasFocus():
            self.password.line.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def refuse(self, refused: MrdError) -> None:
        """Say in place why not; the password is typed anew, never sent again."""
        self.set_busy(False)
        self.password.line.clear()
        if isinstance(refused, OtherUser):
            self.user.refuse(refused.text)
            self.user.line.setFocus()
            self.user.line.selectAll()
        else:
            self.password.refuse(refused.text)
            self.enter()


class SignInPage(_TwoPart):
    """User and password.

    Signals:
        other_folder: back to the first page.

    Args:
        condemned: a mark of destruction lies in the folder, which nobody has checked yet.
        why: the session before ended by itself.
    """

    other_folder = Signal()

    def __init__(
        self,
        context: Context,
        manifest: Manifest,
        user: str = "",
        *,
        condemned: bool = False,
        why: Text | None = None,
    ) -> None:
        place = f"{manifest.site} {manifest.name}".strip()
        heading = Text(f"Sign in · {place}", f"登录 · {place}")
        hint = None if manifest.training else PASSWORD_OR_CODE  # there no codes are given
        super().__init__(context, heading, SIGN_IN, hint)
        other = Button(context, OTHER_FOLDER, rank=Rank.QUIET, key="Ctrl+O")
        other.clicked.connect(self.other_folder)
        key = QShortcut(QKeySequence("Ctrl+O"), self)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.other_folder)
        if manifest.training:
            self.column.addWidget(Note(context, TRAINING, ink=Ink.TRAINING))
        if condemned:
            self.paragraph(CONDEMNED, Ink.HARD)
        if why is not None:
            self.paragraph(why)
        self.column.addWidget(self.user)
        self.column.addWidget(self.password)
        self.buttons(self.go, other)
        self.user.line.setText(user)


class LockPage(_TwoPart):
    """The window is locked; the typing is kept. Name and password begin anew what is signed.

    Signals:
        switch_wanted: another user signs in.
    """

    switch_wanted = Signal()

    def __init__(self, context: Context, user: str) -> None:
        super().__init__(context, Text(f"Locked · {user}", f"已锁定 · {user}"), UNLOCK)
        switch = Button(context, SWITCH, rank=Rank.QUIET)
        switch.clicked.connect(self.switch_wanted)
        self.paragraph(LOCKED_HINT)
        self.column.addWidget(self.user)
        self.column.addWidget(self.password)
        self.buttons(self.go, switch)


class FirstPasswordPage(_Door):
    """A one-time code was right: the user chooses a password.

    Signals:
        wanted: the new password.
        back_wanted: to the sign-in.
    """

    wanted = Signal(str)
    back_wanted = Signal()

    def __init__(self, context: Context, manifest: Manifest, user: str) -> None:
        heading = Text(f"Choose your password · {user}", f"设置您的密码 · {user}")
        super().__init__(context, heading, SIGN_IN)
        self._training = manifest.training
        rule = password_rule(manifest.training)
        self.password = Asked(context, PASSWORD, secret=True, hint=rule, label_width=84)
        self.again = Asked(context, AGAIN, secret=True, label_width=84)
        other = Button(context, Text("Back", "返回"), rank=Rank.QUIET)
        other.clicked.connect(self.back_wanted)
        suggest = Button(context, SUGGEST, rank=Rank.QUIET)
        suggest.clicked.connect(lambda: suggest_into(self.password, self.again))
        self.paragraph(FIRST_HINT)
        self.column.addWidget(self.password)
        self.column.addWidget(self.again)
        self.buttons(self.go, suggest, other)
        self.password.line.textEdited.connect(self._tell)
        self.again.line.textEdited.connect(self._tell)

    def enter(self) -> None:
        """The caret goes to the password."""
        QTimer.singleShot(0, self.password.line, self.password.line.setFocus)

    def submit(self) -> None:
        """Go on if both are the same."""
        if not self.password.text:
            self.password.refuse(CHOOSE)
            self.password.line.setFocus()
        elif not self.again.text:
            self.again.line.setFocus()
        elif self.password.text != self.again.text:
            self.again.ask_anew(DIFFER)
        else:
            self.set_busy(True)
            self.wanted.emit(self.password.text)

    def refuse(self, refused: MrdError) -> None:
        """Say in place why not."""
        self.set_busy(False)
        self.password.ask_anew(refused.text)

    def _tell(self) -> None:
        tell_length(self.password, self._training)
        tell_same(self.password, self.again)


def suggest_into(password: Asked, again: Asked) -> None:
    """Put a suggestion into the field and show it; who takes it types it once more."""
    line = password.line
    assert isinstance(line, SecretLine)
    again.line.clear()
    again.approve()
    line.setText(suggested())
    line.setFocus()
    line.show_typed(True)
    password.approve(SUGGESTED)


def tell_same(first: Asked, second: Asked) -> None:
    """Say while the second password is typed whether it is the first."""
    if not second.text or not first.text.startswith(second.text):
        if second.text:
            second.refuse(DIFFER)
        else:
            second.approve()
    elif first.text == second.text:
        second.approve(SAME)
    else:
        second.approve()
