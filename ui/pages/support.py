"""A file for support: every line of it is seen before it is saved, and the words are chosen."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, qVersion
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPalette
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.support import bundle
from mrd_desktop.support.bundle import Ground
from mrd_desktop.support.content import Bundle, Screen
from mrd_desktop.support.fields import Code, Version
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fixed import fixed_font
from ui.jobs import Job, Jobs, Progress
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller, narrow_bars
from ui.widgets.tick import Tick

HEADING: Final = Text("File for support", "技术支持文件")
WHAT_IT_IS: Final = Text(
    "Everything that goes into the file stands below, line by line: versions, counts, verdicts. No "
    "values, no names, no keys. Nothing is sent; save it and hand it over.",
    "下面逐行列出文件的全部内容：版本、计数、校验结论，不含数据值、姓名和密钥。"
    "程序不会发送，请保存后自行交付。",
)
WITHOUT: Final = Text(
    "Nobody is signed in: it holds what can be told without keys. More is told after the sign-in, "
    "under Help.",
    "当前未登录，仅含无需密钥即可得知的内容。登录后可在“帮助”中生成更完整的文件。",
)
WORDS: Final = Text(
    "Words of reports go along only where you tick them. Read them first: no names, no numbers.",
    "勾选后，问题报告的文字才会写入。请先阅读，确认不含姓名和号码。",
)
UNCHECKED: Final = Text(
    "The words of reports stay here: only whoever holds the key to identities can make sure that "
    "they name nobody. Sign in as such a user to give them.",
    "问题报告的文字不写入：只有持有身份信息密钥的用户才能核对其中是否涉及个人。"
    "如需提供，请由该用户登录后生成。",
)
WORDS_OF: Final = Text("Report {n}: {words}", "报告 {n}：{words}")
GATHERING: Final = Text("Counting and verifying…", "正在统计和校验…")
SAVE, CANCEL = Text("Save", "保存"), Text("Cancel", "取消")
SAVED: Final = Text("Saved: {path}", "已保存：{path}")
UNRECORDED: Final = Text("{saved}. There is no record of it: {why}", "{saved}。未能登记：{why}")
FAILED: Final = Text(
    "The file could not be written. Choose another folder and try again.",
    "文件无法写入。请选择其他文件夹后重试。",
)
FILE: Final = "file"
"""Name of a text that is a file, shown as it will be written."""
_ZIP: Final = "ZIP (*.zip)"
_LONGEST: Final = 90
"""Characters of a report's words beside its box; once it is ticked all of them are seen."""
_TICKS: Final = 3
"""Boxes that are seen without scrolling."""


def screen_told(context: Context) -> Screen:
    """How the window is shown here."""
    screen = QGuiApplication.primaryScreen()
    size = screen.size()
    return Screen(
        qt=Version.of(qVersion()),
        backend=Code.of(QGuiApplication.platformName()),
        screens=len(QGuiApplication.screens()),
        width=size.width(),
        height=size.height(),
        scale=round(screen.devicePixelRatio() * 100),
        language=Code.of(context.speech.language.value),
        dark=context.theme.dark,
    )


class SupportPage(Page):
    """The text of the file as it will be, boxes for words of reports, Save and Cancel."""

    def __init__(self, context: Context, jobs: Jobs, ground: Ground) -> None:
        super().__init__(context)
        self._jobs = jobs
        self._ground = ground
        self.found: Bundle | None = None
        self.boxes: dict[int, Tick] = {}
        self.view = _view(context)
        self.state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.bar = Bar()
        self.cancel = Button(context, CANCEL, key="Esc")
        self.cancel.clicked.connect(self.back)
        self.save = Button(context, SAVE, rank=Rank.PRIMARY, key="Ctrl+S")
        self.save.clicked.connect(self.ask_path)
        self.save.setEnabled(False)
        self._words = Note(context, WORDS, wrap=True)
        self._words.hide()
        self._ticks = QWidget()
        self._column = QVBoxLayout(self._ticks)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._list = Scroller(context, self._ticks)
        self._list.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        column.addWidget(Note(context, WHAT_IT_IS, ink=Ink.SECONDARY, wrap=True))
        if ground.session is None:
            column.addWidget(Note(context, WITHOUT, ink=Ink.SOFT, wrap=True))
        column.addWidget(self._card(), 1)
        column.addWidget(self._words)
        column.addWidget(self._list)
        column.addLayout(self._foot())
        self.retranslate()

    def _card(self) -> Card:
        card = Card(self.context)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(Size.GAP, Size.GAP, 1, Size.GAP)
        inside.addWidget(self.view)
        card.show_focus_of(self.view)
        return card

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(Size.GAP)
        foot.addWidget(self.state, 1)
        foot.addWidget(self.bar, 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.save)
        return foot

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def retranslate(self) -> None:
        """Name the text and the boxes anew."""
        self.view.setAccessibleName(self.context.say(HEADING))
        for report in () if self.found is None else bundle.reports(self.found):
            words = " ".join(str(report.words).split())
            shown = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
            self.boxes[report.number].setText(
                self.context.say(WORDS_OF, n=report.number, words=shown)
            )

    def enter(self) -> None:
        """Gather once; the caret is in the text, so that arrows scroll."""
        QTimer.singleShot(0, self.view, self.view.setFocus)
        if self.found is not None or self.bar.isVisible():
            return
        ground = self._ground

        def work(_: Progress) -> Bundle:
            return bundle.gather(ground)

        job: Job[Bundle] = Job(work)
        job.finished.connect(self._gathered)
        self.state.show_text(GATHERING, Ink.SECONDARY)
        self.bar.follow(job)  # type: ignore[arg-type]
        self._jobs.start(job, holds=True)  # type: ignore[arg-type]

    def _gathered(self, found: Bundle) -> None:
        self.found = found
        for report in bundle.reports(found):
            box = Tick(self.context)
            box.toggled.connect(partial(self._ticked, report.number))
            self.boxes[report.number] = box
            self._column.addWidget(box)
        unchecked = bundle.unchecked(found)
        self._words.show_text(UNCHECKED if unchecked else WORDS)
        self._words.setVisible(bool(self.boxes) or unchecked)
        self._list.setVisible(bool(self.boxes))
        self._list.setFixedHeight(min(len(self.boxes), _TICKS) * Size.FIELD)
        for before, after in pairwise((self.view, *self.boxes.values(), self.cancel, self.save)):
            QWidget.setTabOrder(before, after)
        self.state.show_text("")
        self.save.setEnabled(True)
        self.retranslate()
        self._show()

    @property
    def ticked(self) -> frozenset[int]:
        """Reports whose words go along."""
        return frozenset(n for n, box in self.boxes.items() if box.isChecked())

    def _ticked(self, number: int, on: bool) -> None:
        """Lead to what goes along now: it is to be read."""
        self._show()
        steps = ('"reports": [', f'"number": {number},', '"words":')
        if on and all(self.view.find(step) for step in steps):
            self.view.centerCursor()

    def _show(self) -> None:
        assert self.found is not None
        bar = self.view.verticalScrollBar()
        at = bar.value()
        self.view.setPlainText(bundle.text(self.found, self.ticked))
        bar.setValue(at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+S saves, Esc leaves."""
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() == Qt.Key.Key_S and held:
            self.ask_path()
        elif event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif not presses(self, event):
            super().keyPressEvent(event)

    def ask_path(self) -> None:
        """Ask where to save, and save."""
        if self.found is None:
            return
        folder = self.found.folder
        site = f"-{folder.site}" if folder is not None and folder.site else ""
        name = f"support{site}-{datetime.now(UTC):%Y%m%d}.zip"
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.context.say(HEADING), str(Path.home() / name), _ZIP
        )
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Record and write the file; what became of it stands below the text."""
        if self.found is None:
            return
        if not path.suffix:
            path = path.with_suffix(bundle.SUFFIX)
        try:
            saved = bundle.save(self.found, path, self._ground.session, self.ticked)
        except MrdError as refused:
            self.state.show_text(refused.text, Ink.HARD)
        except OSError:
            self.state.show_text(FAILED, Ink.HARD)
        else:
            said = SAVED.filled(path=saved.path)
            if saved.unrecorded is not None:
                said = UNRECORDED.filled(saved=said, why=saved.unrecorded)
            self.state.show_text(said, Ink.GOOD)


def _view(context: Context) -> QPlainTextEdit:
    """A text to be read and copied, letter by letter."""
    view = QPlainTextEdit()
    view.setReadOnly(True)
    view.setObjectName(FILE)
    view.setFont(fixed_font(context))
    view.setFrameShape(QPlainTextEdit.Shape.NoFrame)
    view.setTabChangesFocus(True)
    palette = view.palette()
    palette.setColor(QPalette.ColorRole.Base, Qt.GlobalColor.transparent)
    view.setPalette(palette)
    view.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    narrow_bars(context, view)
    return view
