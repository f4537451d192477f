"""Live mode: how it stands, the sponsor's file, and the site initiation checklist."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.foreign import first_bytes
from mrd_desktop.texts import Text
from mrd_desktop.vault import abroad, golive, initiation
from mrd_desktop.vault.activation import SUFFIX, Activation, Ethics
from mrd_desktop.vault.initiation import YES, Question
from ui.context import Context
from ui.notices import show_notice
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.line import Line
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.tick import Tick
from ui.work import Desk

STATE = Text("Live mode", "正式启用")
OPEN = Text("This site is live: clinical data can be entered.", "本中心已启用，可录入临床数据。")
CLOSED = Text("Not live: {reason}", "未启用：{reason}")
TRAINING = Text(
    "A training site needs no activation. A live site is a folder of its own.",
    "培训中心无需启用。正式中心为单独的文件夹。",
)
BOUND = Text(
    "Protocol {protocol}, version {versions} · program {programs} · ethics approval {ethics} · "
    "until {until}",
    "方案 {protocol}，版本 {versions} · 程序 {programs} · 伦理批件 {ethics} · 有效期至 {until}",
)
NEXT = Text(
    "Before the first package leaves, two people say where the sponsor is: under Where data go.",
    "首次导出前，须由两人在“数据接收方”中登记申办方所在地。",
)
NO_END = Text("further notice", "另行通知")
AT_SITE = Text("to be stated below", "待填写")
HOW = Text(
    "1. Give site.pub to the sponsor. 2. The sponsor sends the activation file. 3. Read it here, "
    "answer the checklist, open live mode.",
    "1. 将 site.pub 交给申办方。2. 申办方发来启用文件。3. 在此读取，填写核查表，然后启用。",
)
FILE = Text("Activation file", "启用文件")
FILE_HINT = Text("A file ending in .mrdactivation.", "扩展名为 .mrdactivation。")
READ = Text("Read", "读取")
NO_FILE = Text("There is no such file.", "找不到该文件。")
ETHICS = Text("Ethics approval", "伦理批件号")
ETHICS_DATE = Text("Its date", "批准日期")
DATE_HINT = Text("As 2026-03-16.", "如 2026-03-16。")
CHECKLIST = Text("Site initiation checklist", "中心启动核查表")
CHECK_HINT = Text(
    "Tick what is so. Where it is not, say why and what is done instead; both are recorded.",
    "符合的请勾选；不符合的请填写原因和替代措施，均会登记。",
)
INSTEAD = Text("If not: why, and what instead", "若否：原因和替代措施")
GO = Text("Open live mode", "启用")
DONE = Text(
    "Live mode is open. Users find it at their next sign-in.", "已启用，用户下次登录起生效。"
)
_LABELS = 112


class Answer(QWidget):
    """One question: a box, and words where it is not ticked."""

    def __init__(self, context: Context, question: Question) -> None:
        super().__init__()
        self._context = context
        self.question = question
        self.box = Tick(context)
        self._text = Note(context, question.text, wrap=True)
        self._text.setBuddy(self.box)
        self.words = Line(context)
        self.words.setMaxLength(200)
        self.words.setFixedWidth(260)
        self.box.toggled.connect(self._ticked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Size.GAP)
        row.addWidget(self.box, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        row.addWidget(self.words)
        context.speech.changed.connect(self._say)
        self._say()

    @property
    def said(self) -> str:
        """What is recorded."""
        return YES if self.box.isChecked() else self.words.text().strip()

    def _ticked(self, on: bool) -> None:
        self.words.setVisible(not on)

    def _say(self) -> None:
        say = self._context.say
        self.box.setAccessibleName(say(self.question.text))
        self.words.setAccessibleName(f"{say(self.question.text)} {say(INSTEAD)}")
        self.words.setPlaceholderText(say(INSTEAD))


class LivePart(Page):
    """State, file and checklist on one page, from top to bottom."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._data = b""
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, Size.GAP, 0)
        body.setSpacing(Size.PAD)
        body.addWidget(self._standing())
        self.reading = self._reading()
        self.checking = self._checking()
        self.checking.hide()
        for card in (self.reading, self.checking):
            body.addWidget(card)
        body.addStretch(1)
        self.reading.setVisible(not desk.session.folder.training)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroller(context, inner))

    def _standing(self) -> Card:
        context = self.context
        card = Card(context)
        self.state = Note(context, wrap=True)
        self.bound = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        column = _column(card)
        column.addWidget(Note(context, STATE, strong=True))
        column.addWidget(self.state)
        column.addWidget(self.bound)
        self.next = Note(context, NEXT, ink=Ink.SOFT, wrap=True)
        self.next.hide()
        column.addWidget(self.next)
        return card

    def _reading(self) -> Card:
        context = self.context
        card = Card(context)
        kinds = f"MRD (*{SUFFIX})"
        self.file = FolderField(
            context, FILE, hint=FILE_HINT, files=kinds, width=420, label_width=_LABELS
        )
        self.read = Button(context, READ)
        self.read.clicked.connect(self.read_file)
        column = _column(card)
        column.addWidget(Note(context, HOW, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(self.read, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        self.found = Note(context, wrap=True)
        self.found.hide()
        column.addWidget(self.found)
        return card

    def _checking(self) -> Card:
        context = self.context
        card = Card(context)
        self.ethics = Asked(context, ETHICS, label_width=_LABELS, limit=80)
        self.day = Asked(context, ETHICS_DATE, hint=DATE_HINT, label_width=_LABELS, limit=10)
        self.answers = [Answer(context, q) for q in initiation.questions()]
        self.trouble = Note(context, ink=Ink.HARD, wrap=True)
        self.trouble.hide()
        self.go = Button(context, GO, rank=Rank.PRIMARY)
        self.go.clicked.connect(self.install)
        column = _column(card)
        column.addWidget(Note(context, CHECKLIST, strong=True))
        column.addWidget(Note(context, CHECK_HINT, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(self.ethics)
        column.addWidget(self.day)
        for answer in self.answers:
            column.addWidget(answer)
        column.addWidget(self.trouble)
        row = QHBoxLayout()
        row.addWidget(self.go)
        row.addStretch(1)
        column.addLayout(row)
        return card

    def enter(self) -> None:
        """Read anew; the caret goes to the file."""
        if self.desk.session.locked:
            return
        self._show()
        self.file.asked.line.setFocus()

    def retranslate(self) -> None:
        """The state is a sentence of parts."""
        if not self.desk.session.locked:
            self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter reads the file, presses a button, or goes to the next question."""
        focused = self.focusWidget()
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif isinstance(focused, Button):
            focused.click()
        elif focused is self.file.asked.line:
            self.read_file()
        else:
            self.focusNextChild()

    # --- acts -------------------------------------------------------------------------

    def read_file(self) -> None:
        """Show what the file binds; nothing is in force yet."""
        path = self.file.path
        try:
            self._data = first_bytes(path) if path is not None else b""
            activation = golive.look(self.desk.session, self._data)
        except OSError:
            self._unread(NO_FILE)
            return
        except MrdError as refused:
            self._unread(refused.text)
            return
        self.file.asked.approve()
        self.found.show_text(_bound(activation, activation.ethics), Ink.GOOD)
        self.found.show()
        for field in (self.ethics, self.day):
            field.setVisible(activation.ethics is None)
        self.checking.show()
        (self.answers[0].box if activation.ethics else self.ethics.line).setFocus()

    def _unread(self, text: Text) -> None:
        self.file.asked.approve()
        self.file.asked.line.set_tone(Ink.HARD)
        self.found.show_text(text, Ink.HARD)
        self.found.show()
        self.checking.hide()

    def install(self) -> None:
        """Put the file in force, with the answers."""
        self.desk.sure(self._install)

    def _install(self) -> None:
        answers = {a.question.oid: a.said for a in self.answers}
        stated = Ethics(self.ethics.text, self.day.text) if self.ethics.text else None
        try:
            golive.install(self.desk.session, self._data, answers, ethics=stated)
        except MrdError as refused:
            self.trouble.show_text(refused.text)
            self.trouble.show()
            return
        self.trouble.hide()
        self.found.hide()
        self.checking.hide()
        self.file.asked.line.clear()
        show_notice(self.desk)
        self.said.emit(DONE)
        self._show()

    def _show(self) -> None:
        session = self.desk.session
        if session.folder.training:
            self.state.show_text(TRAINING, Ink.TEXT)
            self.bound.hide()
            return
        found = golive.state(session)
        if found.fault is None:
            self.state.show_text(OPEN, Ink.GOOD)
        else:
            closed = Text(
                CLOSED.en.format(reason=found.fault.en), CLOSED.zh.format(reason=found.fault.zh)
            )
            self.state.show_text(closed, Ink.SOFT)
        with session.reading() as conn:
            watched = abroad.guarded(session, conn)
        self.next.setVisible(found.fault is None and any(one.said is None for one in watched))
        self.bound.setVisible(found.activation is not None)
        if found.activation is not None:
            self.bound.show_text(_bound(found.activation, found.ethics))


def _bound(activation: Activation, ethics: Ethics | None) -> Text:
    """What an activation binds, in a line."""
    stated = f"{ethics.reference} ({ethics.date})" if ethics is not None else ""
    parts = {
        "protocol": activation.protocol,
        "versions": ", ".join(activation.versions),
        "programs": ", ".join(activation.programs),
    }
    return Text(
        BOUND.en.format(
            **parts, ethics=stated or AT_SITE.en, until=activation.expires or NO_END.en
        ),
        BOUND.zh.format(
            **parts, ethics=stated or AT_SITE.zh, until=activation.expires or NO_END.zh
        ),
    )


def _column(card: Card) -> QVBoxLayout:
    column = QVBoxLayout(card)
    column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
    column.setSpacing(Size.GAP - 2)
    return column
