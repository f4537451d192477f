"""The study definition in force, and the amendment that waits: what it changes, install, undo."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.study.compare import Change
from mrd_desktop.texts import Text
from mrd_desktop.transfer import amendment
from mrd_desktop.transfer.amendment import DryRun, Standing
from ui.context import Context
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

NAME = Text("Study definition", "研究定义")
IN_FORCE = Text("Version {version} is in force.", "当前生效版本：{version}。")
WAITS = Text(
    "Version {version} came with reply {reply} and waits.",
    "版本 {version} 已随第 {reply} 号回复到达，待安装。",
)
NOTHING = Text("No amendment waits.", "没有待安装的修订。")
FORMS = Text(
    "{forms} forms change; {required} items are newly required. {saved} saved forms of {subjects} "
    "subjects are of these forms; {asks} of them will ask for more. Their values stay.",
    "涉及 {forms} 种表单，新增必填条目 {required} 个。已保存的此类表单 {saved} 张"
    "（受试者 {subjects} 名），其中 {asks} 张需补充填写；已有数据不变。",
)
DRAFTS = Text("{n} drafts go on as they are.", "未保存的录入 {n} 份，安装后可继续填写。")
ASIDE = Text(
    "{n} drafts are set aside; they come back when the amendment is installed again.",
    "有 {n} 份未保存的录入已另行保管，重新安装修订后恢复。",
)
CHANGE = Text("What changes", "变更内容")
INSTALL = Text("Install version {version}", "安装版本 {version}")
BACK = Text("Put the former version back", "恢复原版本")
INSTALLED = Text(
    "Installed. Sign out and in again; until then no form can be saved.",
    "已安装。请退出后重新登录，在此之前不能保存表单。",
)
PUT_BACK = Text(
    "The former version is back. Sign out and in again; until then no form can be saved.",
    "已恢复原版本。请退出后重新登录，在此之前不能保存表单。",
)


class DefinitionPart(Page):
    """How it stands, the dry run, and two buttons of which at most one each makes sense."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.trial: DryRun | None = None
        self.state = Note(context, strong=True, wrap=True)
        self.told = Note(context, wrap=True)
        self.kept = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.refusal = Note(context, ink=Ink.HARD, wrap=True)
        columns: tuple[Column[Change], ...] = (Column(CHANGE, lambda c: Cell(c.sentence)),)
        self.list: Listing[Change] = Listing(context, columns, CHANGE)
        self.list.show_empty(NOTHING)
        self.install = Button(context, INSTALL, rank=Rank.PRIMARY)
        self.install.clicked.connect(self.install_it)
        self.undo = Button(context, BACK)
        self.undo.clicked.connect(self.put_back)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        acts = QHBoxLayout()
        acts.addWidget(self.install)
        acts.addWidget(self.undo)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        for part in (self.state, self.told, self.kept, self.refusal):
            column.addWidget(part)
        column.addWidget(ground, 1)
        column.addLayout(acts)

    def enter(self) -> None:
        """Read anew."""
        if self.desk.session.locked:
            return
        now = amendment.standing(self.desk.session)
        self.trial, refused = None, None
        if now.offer is not None:
            try:
                self.trial = amendment.try_out(self.desk.session)
            except MrdError as reason:
                refused = reason
        self._show(now)
        self._refuse(refused)
        (self.install if self.trial else self.list).setFocus()

    def _show(self, now: Standing) -> None:
        said = IN_FORCE.filled(version=now.version)
        offer, trial = now.offer, self.trial
        if offer is not None:
            waits = WAITS.filled(version=offer.version, reply=offer.reply)
            said = Text(f"{said.en} {waits.en}", f"{said.zh}{waits.zh}")
        self.state.show_text(said)
        self.list.show_rows(trial.changes if trial else (), str)
        self.told.setVisible(trial is not None)
        self.install.setVisible(trial is not None)
        self.undo.setVisible(now.stays is None)
        kept = ASIDE.filled(n=len(now.aside)) if now.aside else None
        if trial is not None:
            self.install.show_text(INSTALL.filled(version=trial.version))
            self.told.show_text(
                FORMS.filled(
                    forms=len(trial.forms), required=len(trial.required), saved=trial.saved,
                    subjects=len(trial.subjects), asks=trial.asks,
                )
            )  # fmt: skip
            kept = kept or (DRAFTS.filled(n=len(trial.drafts)) if trial.drafts else None)
        self.kept.setVisible(kept is not None)
        self.kept.show_text(kept or "")

    def _refuse(self, refused: MrdError | None) -> None:
        text = refused.text if refused else self.trial.activation if self.trial else None
        self.refusal.setVisible(text is not None)
        self.refusal.show_text(text or "")

    def install_it(self) -> None:
        """Put in force what is shown."""
        if self.trial is None:
            return
        try:
            amendment.install(self.desk.session, self.trial.digest)
        except MrdError as refused:
            self._refuse(refused)
            return
        self.enter()
        self.desk.say(INSTALLED)

    def put_back(self) -> None:
        """The former version comes back."""
        try:
            amendment.roll_back(self.desk.session)
        except MrdError as refused:
            self._refuse(refused)
            return
        self.enter()
        self.desk.say(PUT_BACK)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button in focus."""
        if not presses(self, event):
            super().keyPressEvent(event)
