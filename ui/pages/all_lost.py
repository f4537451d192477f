"""All passwords are lost: both halves of the recovery sheet, a new password, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent

from mrd_desktop.errors import MrdError
from mrd_desktop.study.model import Role, Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import WrongRecoverySheet
from mrd_desktop.vault.manifest import Manifest, read_manifest
from mrd_desktop.vault.recovery import HALF_GROUPS, checked_serial, typed_groups
from mrd_desktop.vault.roles import MANAGING, role_of, role_table
from ui.context import Context
from ui.jobs import Job, Jobs
from ui.keys import ENTER
from ui.pages.admin_sheet import HALF_HINTS, HALVES
from ui.pages.cover import CoverPage
from ui.pages.sign_in import (
    AGAIN,
    DIFFER,
    USER,
    password_rule,
    tell_length,
    tell_same,
)
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.chips import Chip, Chips, Choice
from ui.widgets.folder_field import FolderField
from ui.widgets.note import Note

LOST = Text("All passwords lost", "密码全部遗失")
WHY = Text(
    "If one person who manages users still knows a password, sign in and reset the others there. "
    "The sheet is for when nobody does. Its two keepers type in their halves themselves.",
    "只要还有一位管理用户的人知道密码，就请登录后在“管理”中重置其他人。只有所有人都无法登录时才用恢复单，"
    "由两位保管人各自输入所持的一半。",
)
FOLDER = Text("Site folder", "中心文件夹")
GROUPS = Text("{n} of {all} groups", "已输入 {n} / {all} 组")
WHOLE = Text("All {all} groups are there.", "{all} 组已全部输入。")
NO_LETTER = Text(
    "“{letter}” stands on no sheet: letters a to z and digits 2 to 7 only (o, not 0; i or l, not "
    "1).",
    "恢复单上没有“{letter}”：只有字母 a–z 和数字 2–7（0 应为 o，1 应为 i 或 l）。",
)
RIGHT = Text("The sheet is right: No. {serial}.", "恢复单正确：编号 {serial}。")
ACCOUNT_HINT = Text("The name used so far, or a new one.", "原来的用户名，或新的用户名。")
ROLE = Text("Role", "角色")
AS_BEFORE = Text("As before", "与原来相同")
ROLE_HINT = Text(
    "For a new name choose a role. Identities open only to roles that may see them.",
    "新用户名须选择角色。只有可查看身份信息的角色才能打开身份库。",
)
NEW_PASSWORD = Text("New password", "新密码")
ACT = Text("Set the new password", "设置新密码")
WORKING = Text("Opening…", "正在打开…")
BACK = Text("Back", "返回")
NEEDED = Text("Needed.", "请填写。")
CHOOSE_FIRST = Text("Type or choose a folder first.", "请先填写或选择文件夹。")
DONE = Text("What follows", "接下来")
SET = Text(
    "{user} ({role}) has a new password and a new signing key. The recovery is on the trail.",
    "{user}（{role}）已有新密码和新的签名密钥。此次恢复已记入稽查轨迹。",
)
STEPS = (
    Text(
        "1. Sign in, and reset the others under Administration, Users: each gets a one-time code, "
        "handed over in person.",
        "1. 登录后在“管理”的“用户”中重置其他人：每人一个一次性启用码，当面交给本人。",
    ),
    Text(
        "2. At least one person who may see identities has to come back this way, by the sheet; "
        "others get the identity key from that person.",
        "2. 至少一位可查看身份信息的人须同样凭恢复单恢复，其他人再由其授予身份库密钥。",
    ),
    Text(
        "3. Both halves have been in use: make a new sheet by two people under Administration, "
        "Recovery sheet, and put the halves away.",
        "3. 两半均已使用：请由两人在“管理”的“恢复单”中制作新恢复单，并重新分别封存。",
    ),
    Text(
        "4. On a live site confirm the new key of each person under Users, and tell the sponsor.",
        "4. 正式中心须在“用户”中确认每个人的新密钥，并告知申办方。",
    ),
)
MORE = Text(
    "{role} manages no users: use the sheet once more for an account that does.",
    "{role}不能管理用户：请再用一次恢复单，恢复一个可管理用户的账户。",
)
NO_VAULT = Text(
    "{role} sees no identities: use the sheet once more for somebody who may.",
    "{role}不能查看身份信息：请再用一次恢复单，恢复一位可查看身份信息的人。",
)
SIGN_IN = Text("Go to sign-in", "前往登录")
ONCE_MORE = Text("Use the sheet once more", "再用一次恢复单")
_WIDTH = 700
_LABELS = 112
_AFTER = 250
"""Milliseconds of rest after which a whole sheet is checked."""


@dataclass(frozen=True, slots=True, repr=False)
class Recovery:
    """What the page asks for."""

    path: Path
    sheet: str
    user: str
    role: str
    password: str


class AllLostPage(CoverPage):
    """Folder, both halves, and the account with its new password.

    Signals:
        wanted: a :class:`Recovery`.
        back_wanted: to the first page.
    """

    wanted = Signal(object)
    back_wanted = Signal()

    def __init__(
        self, context: Context, jobs: Jobs, study: Study, path: Path | None = None
    ) -> None:
        super().__init__(context, LOST, width=_WIDTH)
        self._jobs = jobs
        self._study = study
        self._manifest: Manifest | None = None
        self._busy = False
        self._sheet = ""
        self.paragraph(WHY, size=Type.NOTE)
        asked = partial(Asked, context, label_width=_LABELS)
        self.folder = FolderField(context, FOLDER, label_width=_LABELS)
        self.halves = tuple(
            asked(name, secret=True, hint=hint, width=420, limit=80)
            for name, hint in zip(HALVES, HALF_HINTS, strict=True)
        )
        self.user = asked(USER, hint=ACCOUNT_HINT, limit=40)
        self.role = Chips(context, ROLE)
        self.password = asked(NEW_PASSWORD, secret=True)
        self.again = asked(AGAIN, secret=True)
        for widget in (self.folder, *self.halves, self.user):
            self.column.addWidget(widget)
        self.column.addWidget(Note(context, ROLE_HINT, size=Type.NOTE, ink=Ink.SECONDARY))
        self.column.addWidget(self.role)
        self.column.addSpacing(Size.GRID)
        self.column.addWidget(self.password)
        self.column.addWidget(self.again)
        self.act = Button(context, ACT, rank=Rank.PRIMARY, key="Enter")
        back = Button(context, BACK, rank=Rank.QUIET, key="Esc")
        self.act.clicked.connect(self.submit)
        back.clicked.connect(self.back_wanted)
        self.buttons(self.act, back)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_AFTER)
        self._rest.timeout.connect(self.check)
        for half in self.halves:
            half.line.textEdited.connect(lambda _, half=half: self._typed(half))
        for field in (self.password, self.again):
            field.line.textEdited.connect(lambda _: self._passwords())
        self.folder.asked.line.textChanged.connect(lambda _: self.look())
        if path is not None:
            self.folder.set_path(path)
        self.look()

    @property
    def sheet(self) -> str:
        """Both halves, as they stand on the sheet."""
        return "".join(f"{x}: {h.text}\n" for x, h in zip("AB", self.halves, strict=True))

    def enter(self) -> None:
        """The caret goes to what is still empty."""
        spot = self.halves[0].line if self._manifest is not None else self.folder.asked.line
        QTimer.singleShot(0, spot, spot.setFocus)

    def look(self) -> None:
        """Read which folder it is; its roles are offered."""
        self._manifest, path = None, self.folder.path
        roles: tuple[Role, ...] = ()
        if path is not None and path.is_dir():
            try:
                self._manifest = read_manifest(path)
            except MrdError as refused:
                self.folder.asked.warn(refused.text)
            else:
                manifest = self._manifest
                place = f"{manifest.site} {manifest.name}".strip()
                self.folder.asked.approve(Text(place, place))
                self.password.set_hint(password_rule(manifest.training))
                roles = tuple(role_table(manifest.kind, self._study).values())
        offered = (Choice("", AS_BEFORE), *(Choice(r.oid, r.text) for r in roles))
        self.role.show_choices(offered)
        self._rest.start()

    def check(self) -> None:
        """Hold a whole sheet against the folder: in a worker, for a slip in it is searched for."""
        manifest, sheet = self._manifest, self.sheet
        whole = all(typed_groups(half.text) == (HALF_GROUPS, "") for half in self.halves)
        if manifest is None or not whole:
            return
        self._sheet = sheet
        job: Job[str] = Job(lambda _: checked_serial(sheet, manifest))
        job.finished.connect(self._checked)  # methods: the page may have gone by then
        job.refused.connect(self._wrong)
        self._jobs.start(job)  # type: ignore[arg-type]

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is checked for a page that has gone."""
        self._rest.stop()
        super().hideEvent(event)

    def _checked(self, serial: str) -> None:
        if self._sheet == self.sheet:
            self.halves[0].approve(WHOLE.filled(all=HALF_GROUPS))
            self.halves[1].approve(RIGHT.filled(serial=serial))

    def _wrong(self, refused: MrdError) -> None:
        if self._sheet == self.sheet:
            of_first = isinstance(refused, WrongRecoverySheet) and refused.half == "A"
            wrong, other = self.halves if of_first else self.halves[::-1]
            other.approve(WHOLE.filled(all=HALF_GROUPS))
            wrong.refuse(refused.text)

    def submit(self) -> None:
        """Go on if everything is there."""
        if self._busy:
            return
        missing = next((h for h in (*self.halves, self.user, self.password) if not h.text), None)
        path = self.folder.path
        if path is None or self._manifest is None:
            self.folder.asked.refuse(CHOOSE_FIRST)
            self.folder.asked.line.setFocus()
        elif missing is not None:
            missing.refuse(NEEDED)
            missing.line.setFocus()
        elif self.password.text != self.again.text:
            self.again.ask_anew(DIFFER)
        else:
            self._rest.stop()  # the recovery itself tells a slip
            self.set_busy(True)
            self.wanted.emit(
                Recovery(path, self.sheet, self.user.text, self.role.key, self.password.text)
            )

    def set_busy(self, busy: bool) -> None:
        """While it works nothing else can be pressed."""
        self._busy = busy
        self.act.setEnabled(not busy)
        self.act.show_text(WORKING if busy else ACT)

    def refuse(self, refused: MrdError) -> None:
        """Say in place why not."""
        self.set_busy(False)
        about = {
            "wrong_sheet": self.halves[1],
            "password_refused": self.password,
            "role_refused": self.user,
            "user_name": self.user,
            "user_unknown": self.user,
        }.get(refused.code, self.folder.asked)
        about.refuse(refused.text)
        about.line.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field, on the last one acts; Esc goes back."""
        focused = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape and not self._busy:
            self.back_wanted.emit()
        elif event.key() not in ENTER or isinstance(focused, Button | Chip):
            super().keyPressEvent(event)
        elif focused is self.again.line:
            self.submit()
        else:
            lines = (self.folder.asked, *self.halves, self.user, self.password, self.again)
            at = next((n for n, a in enumerate(lines) if a.line is focused), len(lines) - 2)
            lines[at + 1].line.setFocus()

    def _typed(self, half: Asked) -> None:
        """How much of a half is there; a whole sheet is checked after a moment's rest."""
        groups, wrong = typed_groups(half.text)
        if wrong:
            half.refuse(NO_LETTER.filled(letter=wrong))
        elif not half.text:
            half.approve()
        else:
            half.set_hint(GROUPS.filled(n=groups, all=HALF_GROUPS))
        self._rest.start()

    def _passwords(self) -> None:
        training = self._manifest is not None and self._manifest.training
        tell_length(self.password, training)
        tell_same(self.password, self.again)


class WhatFollowsPage(CoverPage):
    """The account stands; the rest is told, step by step.

    Signals:
        sign_in_wanted: to the sign-in.
        again_wanted: the sheet for another account.
    """

    sign_in_wanted = Signal()
    again_wanted = Signal()

    def __init__(
        self, context: Context, study: Study, manifest: Manifest, user: str, role: str
    ) -> None:
        super().__init__(context, DONE, width=_WIDTH)
        found = role_of(manifest.kind, study, role)
        named = found.text
        self.paragraph(_with(SET, named, user), Ink.GOOD)
        if MANAGING not in found.operations:
            self.paragraph(_with(MORE, named), Ink.SOFT)
        elif not found.vault and manifest.recovery.vault is not None:
            self.paragraph(_with(NO_VAULT, named), Ink.SOFT)
        for step in STEPS:
            self.paragraph(step)
        self.go = Button(context, SIGN_IN, rank=Rank.PRIMARY, key="Enter")
        self.again = Button(context, ONCE_MORE)
        self.go.clicked.connect(self.sign_in_wanted)
        self.again.clicked.connect(self.again_wanted)
        self.buttons(self.go, self.again)

    def enter(self) -> None:
        """Enter goes on."""
        QTimer.singleShot(0, self.go, self.go.setFocus)


def _with(text: Text, role: Text, user: str = "") -> Text:
    return Text(text.en.format(role=role.en, user=user), text.zh.format(role=role.zh, user=user))
