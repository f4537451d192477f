"""The first run: make a site, put its recovery sheet away, make the first coordinator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fixed import fixed_font
from ui.pages.cover import CoverPage
from ui.pages.sign_in import (
    AGAIN,
    DIFFER,
    PASSWORD,
    USER,
    password_rule,
    tell_length,
    tell_same,
)
from ui.theme import Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.folder_field import FolderField
from ui.widgets.note import Note
from ui.widgets.scroll import narrow_bars
from ui.widgets.tick import Tick

TRAINING = Text("New training site", "新建培训中心")
LIVE = Text("New live site", "新建正式中心")
NUMBER = Text("Site number", "中心编号")
NUMBER_HINT = Text("Two digits, as given by the sponsor.", "两位数字，由申办方分配。")
NUMBER_WRONG = Text("Two digits, such as 01.", "应为两位数字，如 01。")
NAME = Text("Site name", "中心名称")
NAME_HINT = Text("Stands in the window's title.", "显示在窗口标题中。")
NEEDED = Text("Needed.", "请填写。")
FOLDER = Text("Folder", "文件夹")
FOLDER_HINT = Text(
    "New and empty. Not on a network drive or in a synchronised folder.",
    "须为新的空文件夹，不要放在网络盘或同步盘中。",
)
ADMIN = Text("Administrator", "管理员用户名")
ADMIN_HINT = Text(
    "Manages users and backups, and enters no data.", "负责用户和备份管理，不录入数据。"
)
TWO = Text("Two-person clinic: this person also enters data", "两人中心：此人同时录入数据")
TWO_WHY = Text("Reason", "例外原因")
TWO_HINT = Text(
    "Duties are kept apart elsewhere. The exception is recorded, and the sponsor sees it.",
    "一般应由不同人员分担。此例外会登记，申办方可见。",
)
MAKE = Text("Make the site", "建立中心")
MAKING = Text("Making…", "正在建立…")
BACK = Text("Back", "返回")
SHEET = Text("Recovery sheet", "恢复单")
SHEET_WHY = Text(
    "If all passwords are lost this sheet is the only way back to the data. It is shown once and "
    "kept nowhere. Print it, cut it, and let two people lock the halves away.",
    "所有密码都遗失时，只有凭此单才能恢复数据。此单仅显示一次，不在任何地方留存。"
    "请打印后裁开，由两人分别封存。",
)
PRINT = Text("Print…", "打印…")
PUT_AWAY = Text("Printed, and the halves are put away", "已打印，两半已分别封存")
NEXT = Text("Next", "下一步")
FULL_NAME = Text("Full name", "姓名")
FULL_NAME_HINT = Text(
    "As printed beside signatures; goes out with them.", "签名旁打印的姓名，随签名外传。"
)
FIRST_USER = Text("First coordinator", "第一位研究协调员")
SECOND_USER = Text("The investigator", "研究者")
SECOND_WHY = Text(
    "The investigator signs. You enter data and manage users under your own name; more users are "
    "added under Administration.",
    "研究者负责签名。您以自己的账户录入数据并管理用户；其他用户稍后在“管理”中添加。",
)
FIRST_WHY = Text(
    "The coordinator enters data. More users, and other roles, are added under Administration.",
    "研究协调员负责录入数据。其他用户和角色稍后在“管理”中添加。",
)
ADD = Text("Add and go to sign-in", "添加并前往登录")
SKIP = Text("Later", "稍后添加")
CODE = Text("One-time code for {user}", "{user} 的一次性启用码")
CODE_WHY = Text(
    "Hand it over in person. It is good for 72 hours: at the first sign-in {user} types it as "
    "password and chooses a password of their own.",
    "请当面交给本人，72 小时内有效。{user} 首次登录时将其填入密码栏，然后设置自己的密码。",
)
GO_SIGN_IN = Text("Go to sign-in", "前往登录")
_WIDTH = 640
_LABELS = 112


@dataclass(frozen=True, slots=True)
class SiteWish:
    """What the wizard asks for."""

    path: Path
    site: str
    name: str
    training: bool
    admin: str
    password: str
    exception: str = ""


class NewSitePage(CoverPage):
    """Number, name, folder and administrator on one page.

    Signals:
        wanted: a :class:`SiteWish`.
        back_wanted: to the first page.
    """

    wanted = Signal(object)
    back_wanted = Signal()

    def __init__(self, context: Context, *, training: bool, home: Path) -> None:
        super().__init__(context, TRAINING if training else LIVE, width=_WIDTH)
        self._training = training
        self._home = home
        self._folder_touched = False
        asked = partial(Asked, context, label_width=_LABELS)
        self.number = asked(NUMBER, hint=NUMBER_HINT, limit=2, width=56)
        self.name = asked(NAME, hint=NAME_HINT, limit=60)
        self.folder = FolderField(context, FOLDER, hint=FOLDER_HINT, label_width=_LABELS)
        self.admin = asked(ADMIN, hint=ADMIN_HINT, limit=40)
        self.password = asked(PASSWORD, secret=True, hint=password_rule(training))
        self.again = asked(AGAIN, secret=True)
        for field in (self.number, self.name, self.folder, self.admin, self.password, self.again):
            self.column.addWidget(field)
        self.two = Tick(context)
        self.why = asked(TWO_WHY, hint=TWO_HINT, limit=120)
        self.why.hide()
        self.two.toggled.connect(self.why.setVisible)
        self.column.addWidget(self.two)
        self.column.addWidget(self.why)
        self.make = Button(context, MAKE, rank=Rank.PRIMARY, key="Enter")
        back = Button(context, BACK, rank=Rank.QUIET, key="Esc")
        self.make.clicked.connect(self.submit)
        back.clicked.connect(self.back_wanted)
        self.buttons(self.make, back)
        self.number.line.textEdited.connect(self._numbered)
        self.number.line.editingFinished.connect(self._pad)
        self.folder.asked.line.textEdited.connect(self._touched)
        self.password.line.textEdited.connect(self._passwords)
        self.again.line.textEdited.connect(self._passwords)
        self.retranslate()

    def retranslate(self) -> None:
        """Say the box anew."""
        super().retranslate()
        self.two.setText(self.context.say(TWO))

    def enter(self) -> None:
        """The caret goes to the first question."""
        QTimer.singleShot(0, self.number.line, self.number.line.setFocus)

    def submit(self) -> None:
        """Check what can be checked here, then ask for the site."""
        self._pad()
        fields = (self.number, self.name, self.folder.asked, self.admin, self.password)
        for field in fields:
            if not field.text:
                field.refuse(NEEDED)
                field.line.setFocus()
                return
        if not re.fullmatch("[0-9]{2}", self.number.text):
            self.number.refuse(NUMBER_WRONG)
            self.number.line.setFocus()
            return
        if self.password.text != self.again.text:
            self.again.ask_anew(DIFFER)
            return
        two = self.two.isChecked()
        if two and not self.why.text:
            self.why.refuse(NEEDED)
            self.why.line.setFocus()
            return
        path = self.folder.path
        assert path is not None
        self._busy(True)
        site, name, admin = self.number.text, self.name.text, self.admin.text
        exception = self.why.text if two else ""
        wish = SiteWish(path, site, name, self._training, admin, self.password.text, exception)
        self.wanted.emit(wish)

    def refuse(self, refused: MrdError) -> None:
        """Say beside the field it is about why the site was not made."""
        self._busy(False)
        about = {
            "password_refused": self.password,
            "user_name": self.admin,
            "duties_apart": self.why,
        }.get(refused.code, self.folder.asked)
        about.ask_anew(refused.text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field, on the last one makes the site; Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.back_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focused = self.focusWidget()
            last = self.why.line if self.two.isChecked() else self.again.line
            if isinstance(focused, Button):
                focused.click()
            elif focused is last:
                self.submit()
            else:
                self.focusNextChild()
                if isinstance(self.focusWidget(), Button):
                    self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def _busy(self, busy: bool) -> None:
        self.make.setEnabled(not busy)
        self.make.show_text(MAKING if busy else MAKE)

    def _numbered(self, typed: str) -> None:
        self.number.approve()
        if not self._folder_touched and re.fullmatch("[0-9]{2}", typed):
            kind = "training" if self._training else "site"
            self.folder.set_path(self._home / f"MRD-{kind}-{typed}")

    def _pad(self) -> None:
        """``7`` means 07."""
        if re.fullmatch("[1-9]", self.number.text):
            self.number.line.setText(f"0{self.number.text}")
            self._numbered(self.number.text)

    def _touched(self) -> None:
        self._folder_touched = True

    def _passwords(self) -> None:
        tell_length(self.password, self._training)
        tell_same(self.password, self.again)


class SheetPage(CoverPage):
    """The recovery sheet of a live site, shown once.

    Signals:
        put_away: it is printed and locked away.
    """

    put_away = Signal()

    def __init__(self, context: Context, sheet: str) -> None:
        super().__init__(context, SHEET, width=_WIDTH + 5 * Size.MARGIN)
        self._sheet = sheet
        self.paragraph(SHEET_WHY)
        self.view = QPlainTextEdit(sheet)
        self.view.setReadOnly(True)
        self.view.setFont(fixed_font(context))
        self.view.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        narrow_bars(context, self.view)
        lines = sheet.count("\n") + 2
        self.view.setFixedHeight(lines * self.view.fontMetrics().lineSpacing() + Size.MARGIN)
        self.view.setAccessibleName(context.say(SHEET))
        self.column.addWidget(self.view)
        self.box = Tick(context)
        self.column.addWidget(self.box)
        self.print = Button(context, PRINT)
        self.next = Button(context, NEXT, rank=Rank.PRIMARY)
        self.next.setEnabled(False)
        self.buttons(self.next, self.print)
        self.box.toggled.connect(self.next.setEnabled)
        self.next.clicked.connect(self.put_away)
        self.print.clicked.connect(self.print_sheet)
        self.retranslate()

    def enter(self) -> None:
        """The caret goes to Print."""
        QTimer.singleShot(0, self.print, self.print.setFocus)

    def retranslate(self) -> None:
        """Say the confirmation anew."""
        super().retranslate()
        self.box.setText(self.context.say(PUT_AWAY))
        self.view.setAccessibleName(self.context.say(SHEET))

    def print_sheet(self) -> None:
        """The system's print dialog; the sheet goes to no file of ours."""
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # noqa: PLC0415 - heavy, rare

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        if QPrintDialog(printer, self).exec():
            document = QTextDocument(self._sheet)
            document.setDefaultFont(fixed_font(self.context))
            document.print_(printer)


class FirstUserPage(CoverPage):
    """The first coordinator of a new site; in a clinic of two, the investigator.

    Signals:
        wanted: user name, full name (may be empty) and password (empty on a live site).
        skipped: later.
    """

    wanted = Signal(str, str, str)
    skipped = Signal()

    def __init__(self, context: Context, *, training: bool, two: bool = False) -> None:
        super().__init__(context, SECOND_USER if two else FIRST_USER, width=_WIDTH)
        self._training = training
        self.paragraph(SECOND_WHY if two else FIRST_WHY)
        self.user = Asked(context, USER, limit=40, label_width=_LABELS)
        self.column.addWidget(self.user)
        self.full_name = Asked(
            context, FULL_NAME, hint=FULL_NAME_HINT, limit=80, label_width=_LABELS
        )
        self.column.addWidget(self.full_name)
        rule = password_rule(training)
        self.password = Asked(context, PASSWORD, secret=True, hint=rule, label_width=_LABELS)
        self.again = Asked(context, AGAIN, secret=True, label_width=_LABELS)
        for field in (self.password, self.again):
            self.column.addWidget(field)
            field.setVisible(training)
            field.line.textEdited.connect(self._tell)
        self.add = Button(context, ADD, rank=Rank.PRIMARY, key="Enter")
        skip = Button(context, SKIP, rank=Rank.QUIET)
        self.add.clicked.connect(self.submit)
        skip.clicked.connect(self.skipped)
        self.buttons(self.add, skip)

    def enter(self) -> None:
        """The caret goes to the name."""
        QTimer.singleShot(0, self.user.line, self.user.line.setFocus)

    def submit(self) -> None:
        """Add the account if it is whole."""
        if not self.user.text:
            self.user.refuse(NEEDED)
        elif self._training and self.password.text != self.again.text:
            self.again.ask_anew(DIFFER)
        else:
            self.add.setEnabled(False)
            self.wanted.emit(self.user.text, self.full_name.text, self.password.text)

    def refuse(self, refused: MrdError) -> None:
        """Say in place why not."""
        self.add.setEnabled(True)
        spots = {"password_refused": self.password, "full_name": self.full_name}
        for field in (self.user, self.full_name, self.password):
            field.approve()
        about = spots.get(refused.code, self.user)
        about.ask_anew(refused.text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field, on the last one adds."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        last = self.again.line if self._training else self.full_name.line
        if isinstance(focused, Button):
            focused.click()
        elif focused is last:
            self.submit()
        else:
            self.focusNextChild()

    def _tell(self) -> None:
        tell_length(self.password, self._training)
        tell_same(self.password, self.again)


class CodePage(CoverPage):
    """A one-time code, shown once.

    Signals:
        done: it was handed over.
    """

    done = Signal()

    def __init__(self, context: Context, user: str, code: str) -> None:
        super().__init__(context, CODE.filled(user=user))
        shown = Note(context, code, size=Type.TITLE, strong=True)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByKeyboard)
        shown.setFont(fixed_font(context, Type.TITLE))
        self.column.addWidget(shown)
        self.paragraph(CODE_WHY.filled(user=user))
        self.go = Button(context, GO_SIGN_IN, rank=Rank.PRIMARY)
        self.go.clicked.connect(self.done)
        self.buttons(self.go)

    def enter(self) -> None:
        """Enter goes on."""
        QTimer.singleShot(0, self.go, self.go.setFocus)
