"""The study definition in force, and the amendment that waits: what it changes, install, undo."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.telling import Told
from mrd_desktop.texts import Text
from mrd_desktop.transfer import amendment
from mrd_desktop.transfer.amendment import DryRun, Standing
from ui.context import Context
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.work import Desk

NAME = Text("Study definition", "研究定义")
IN_FORCE = Text("Version {version} is in force.", "当前生效版本：{version}。")
WAITS = Text(
    "Version {version} came with reply {reply} and waits.",
    "版本 {version} 已随第 {reply} 号回复到达，待安装。",
)
NOTHING = Text("No amendment waits.", "没有待安装的修订。")
FORMS = Text("Forms that change: {forms}.", "涉及的表单：{forms}。")
ASKED = Text("To be answered from now on: {items}.", "新增必填：{items}。")
SAVED = Text(
    "{saved} saved forms of {subjects} subjects are of these forms; {asks} of them will ask for "
    "more. Values and texts of what is saved stay as they are.",
    "已保存的此类表单 {saved} 张（受试者 {subjects} 名），其中 {asks} 张需补充填写；"
    "已保存的数据和文字保持不变。",
)
DRAFTS = Text("Unsaved typing goes on as it is: {drafts}.", "未保存的录入可继续填写：{drafts}。")
ASIDE = Text(
    "Unsaved typing set aside: {drafts}. The form tells it and takes up what fits; all of it comes "
    "back when the amendment is installed again.",
    "另行保管的未保存录入：{drafts}。打开该表单可取用适用的部分，重新安装修订后全部恢复。",
)
DRAFT = Text("{subject} {visit} {form} ({user})", "{subject} {visit} {form}（录入人 {user}）")
APPROVED = Text(
    "Approved for this site by letter {reference} of {day}; live mode goes on.",
    "本中心已获批准（伦理批件 {reference}，{day}），安装后继续正式使用。",
)
HELD = Text(
    "It cannot be installed yet: {reason_en} The site works on under version {version}.",
    "暂不能安装：{reason_zh}本中心照常使用版本 {version}。",
)
WAY_BACK = Text(
    "No form was saved under it yet: the former version can still be put back.",
    "尚未按此版本保存表单，仍可恢复原版本。",
)
MORE = Text("{names} and {n} more", "{names} 等，另有 {n} 项")
WHAT = Text("What", "项目")
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
_NAMED = 6
_WHAT = 320


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
        columns: tuple[Column[Told], ...] = (
            Column(WHAT, lambda t: Cell(t.what, strong=t.asks), _WHAT),
            Column(CHANGE, lambda t: Cell(t.said, strong=t.asks)),
        )
        self.list: Listing[Told] = Listing(context, columns, CHANGE)
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
        self._refuse(refused.text if refused else self._held(now))
        installs = self.trial is not None and not self.trial.held_back
        (self.install if installs else self.list).setFocus()

    def _show(self, now: Standing) -> None:
        said = [IN_FORCE.filled(version=now.version)]
        if now.stays is None:
            said.append(WAY_BACK)
        offer, trial = now.offer, self.trial
        if offer is not None:
            said.append(WAITS.filled(version=offer.version, reply=offer.reply))
        self.state.show_text(_sentences(said))
        rows: list[Told | Heading] = []
        for place, group in groupby(trial.changes if trial else (), key=lambda t: t.place):
            rows += [Heading(place), *group]
        self.list.show_rows(
            rows,
            lambda t: f"{t.change.subject} {t.change.name} {t.change.fact}",
        )
        self.told.setVisible(trial is not None)
        self.install.setVisible(trial is not None and not trial.held_back)
        self.undo.setVisible(now.stays is None)
        if trial is not None:
            self.install.show_text(INSTALL.filled(version=trial.version))
            self.told.show_text(_sentences(_facts(trial)))
        kept = tuple(self._kept(now))
        self.kept.setVisible(bool(kept))
        self.kept.show_text(_sentences(kept))

    def _kept(self, now: Standing) -> Iterator[Text]:
        """What becomes of unsaved typing, by whom and on which form."""
        if now.aside:
            yield ASIDE.filled(drafts=_names([self._draft(*d) for d in now.aside]))
        drafts = self.trial.drafts if self.trial else ()
        if drafts:
            yield DRAFTS.filled(drafts=_names([self._draft(d.user, d.form) for d in drafts]))

    def _draft(self, user: str, form: FormKey) -> Text:
        known = self.desk.study.by_form.get(form.form)
        name = known.text if known else Text(form.form, form.form)
        visit = form.event.event
        return DRAFT.filled(user=user, subject=form.subject, visit=visit, form=name)

    def _held(self, now: Standing) -> Text | None:
        trial = self.trial
        if trial is None or trial.activation is None or not trial.held_back:
            return trial.activation if trial else None
        why = trial.activation
        return HELD.filled(reason_en=why.en, reason_zh=why.zh, version=now.version)

    def _refuse(self, text: Text | None) -> None:
        self.refusal.setVisible(text is not None)
        self.refusal.show_text(text or "")

    def install_it(self) -> None:
        """Put in force what is shown."""
        if self.trial is not None:
            self.desk.sure(self._install)

    def _install(self) -> None:
        if self.trial is None:
            return
        try:
            amendment.install(self.desk.session, self.trial.digest)
        except MrdError as refused:
            self._refuse(refused.text)
            return
        self.enter()
        self.desk.say(INSTALLED)

    def put_back(self) -> None:
        """The former version comes back."""
        self.desk.sure(self._put_back)

    def _put_back(self) -> None:
        try:
            amendment.roll_back(self.desk.session)
        except MrdError as refused:
            self._refuse(refused.text)
            return
        self.enter()
        self.desk.say(PUT_BACK)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button in focus."""
        if not presses(self, event):
            super().keyPressEvent(event)


def _facts(trial: DryRun) -> Iterator[Text]:
    """What an amendment means here, in sentences."""
    if trial.forms:
        yield FORMS.filled(forms=_names(trial.form_names))
    if trial.required:
        yield ASKED.filled(items=_names(trial.required_names))
    yield SAVED.filled(saved=trial.saved, subjects=len(trial.subjects), asks=trial.asks)
    if trial.approved is not None:
        letter = trial.approved.ethics
        yield APPROVED.filled(reference=letter.reference, day=letter.date)


def _names(names: tuple[Text, ...] | list[Text]) -> Text:
    """Names in one line; of many the first few and how many more."""
    shown = names[:_NAMED]
    said = Text(", ".join(n.en for n in shown), "、".join(n.zh for n in shown))
    more = len(names) - len(shown)
    return MORE.filled(names=said, n=more) if more else said


def _sentences(texts: list[Text] | tuple[Text, ...] | Iterator[Text]) -> Text:
    all_of = tuple(texts)
    return Text(" ".join(t.en for t in all_of), "".join(t.zh for t in all_of))
