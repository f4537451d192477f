"""The backup at the end of a session: it is seen being made, and can be left without."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import rota
from ui.context import Context
from ui.jobs import Job, Progress
from ui.pages.cover import CoverPage
from ui.theme import Ink
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.work import Desk

HEADING = Text("Backing up before you leave", "离开前备份")
WORDS = Text(
    "What was entered is saved. It is now copied to the second medium and read back. Leave the "
    "medium plugged in; this page closes by itself.",
    "录入内容均已保存，正在复制到备份介质并回读核对。请勿拔出介质，完成后本页自动关闭。",
)
SKIP = Text("Leave without backup", "不备份，直接离开")
SKIPPING = Text(
    "Stopping; nothing half made stays on the medium.", "正在停止，介质上不会留下不完整的备份。"
)
LEAVE = Text("Leave", "离开")
NOT_MADE = Text(
    "What was entered is saved on this computer. The next sign-in makes the backup up.",
    "录入内容均已保存在本机，下次登录时会补做备份。",
)


class FarewellPage(CoverPage):
    """Stands over the window while the backup is made.

    Signals:
        refused: no backup could be made; the session can end, the words stay to be read.
        over: it is made, or the user goes without it.
    """

    refused = Signal()
    over = Signal()

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context, HEADING)
        self.desk = desk
        self._job: Job[object] | None = None
        self.words = self.paragraph(WORDS, Ink.TEXT)
        self.also = self.paragraph(NOT_MADE)
        self.also.hide()
        self.bar = Bar()
        self.column.addWidget(self.bar)
        self.go = Button(context, SKIP, rank=Rank.QUIET, key="Esc")
        self.go.setFocusPolicy(
            Qt.FocusPolicy.NoFocus
        )  # the Enter that led here leaves no backup out
        self.go.clicked.connect(self.skip)
        self.buttons(self.go)

    def enter(self) -> None:
        """No button has the caret."""
        QTimer.singleShot(0, self, self.setFocus)

    def begin(self) -> None:
        """Make the backup."""
        session = self.desk.session

        def work(progress: Progress) -> object:
            return rota.back_up_on_leaving(session, progress)

        self._job = job = self.desk.run(work)
        self.bar.follow(job)
        # Methods, not lambdas: a page that is gone hears nothing more.
        job.finished.connect(self._made)
        job.stopped.connect(self.over)
        job.refused.connect(self._refuse)
        job.broke.connect(self._made)

    def skip(self) -> None:
        """Go without the backup; after a refusal, go."""
        if self._job is None:
            self.over.emit()
        else:
            self.go.setEnabled(False)
            self.words.show_text(SKIPPING)
            self._fit()
            self._job.cancel()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes without it."""
        if event.key() == Qt.Key.Key_Escape and self.go.isEnabled():
            self.skip()
        else:
            super().keyPressEvent(event)

    def _made(self, _: object) -> None:
        self.over.emit()

    def _refuse(self, refused: MrdError) -> None:
        self._job = None
        self.words.show_text(refused.text, Ink.HARD)
        self.also.show()
        self._fit()
        self.go.show_text(LEAVE)
        self.refused.emit()
