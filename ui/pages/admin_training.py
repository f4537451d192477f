"""The foot of the users' page where somebody signs for another person's training."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mrd_desktop.foreign import first_bytes
from mrd_desktop.texts import Text
from mrd_desktop.vault import training
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.note import Note
from ui.widgets.signing import Signing
from ui.work import Desk

HEADING = Text("Training of {user}", "{user} 的培训")
SEVERAL = Text("Training of {n} people: {users}", "{n} 人的培训：{users}")
DONE_ALL = Text("{n} people are trained for their roles.", "已确认 {n} 人完成其角色的培训。")
FILE = Text("Certificate", "培训证书")
FILE_HINT = Text(
    "The file that the training site gave out (.mrdtraining).",
    "培训中心生成的文件（.mrdtraining）。",
)
WORDS = Text("Otherwise, how", "无证书时说明")
WORDS_HINT = Text(
    "How the person was trained, or why you sign for yourself. The sponsor sees it.",
    "说明培训方式，或为何由本人确认。申办方可见。",
)
SIGN = Text("Sign for the training", "确认并签名")
DONE = Text("{user} is trained for the role.", "已确认 {user} 完成该角色的培训。")
NO_FILE = Text("There is no such file.", "没有此文件。")
_LABEL = 160


class TrainingFoot(QWidget):
    """Certificate or words, and the signature.

    Signals:
        done: with a sentence for the status line.
        left: Esc was pressed.
    """

    done = Signal(object)
    left = Signal()

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__()
        self.context = context
        self.desk = desk
        self._users: list[str] = []
        self._heading = Note(context, strong=True)
        self.file = FolderField(
            context, FILE, hint=FILE_HINT, files="MRD (*.mrdtraining)", width=420,
            label_width=_LABEL,
        )  # fmt: skip
        self.words = Asked(
            context, WORDS, hint=WORDS_HINT, width=560, limit=300, label_width=_LABEL
        )
        self.signing = Signing(context, desk.session, SIGN, label_width=_LABEL)
        self.signing.wanted.connect(self.submit)
        card = Card(context)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addWidget(self._heading)
        column.addWidget(Note(context, training.STATEMENT, size=Type.NOTE, ink=Ink.SECONDARY))
        for part in (self.file, self.words, self.signing):
            column.addWidget(part)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(card)

    def ask(self, names: list[str]) -> None:
        """Ask for these people; several have no certificate each, but words in common."""
        self._users = names
        one = len(names) == 1
        said = HEADING.filled(user=names[0]) if one else SEVERAL
        self._heading.show_text(said.filled(n=len(names), users=", ".join(names)))
        self.file.setVisible(one)
        self.file.asked.line.clear()
        self.file.asked.approve()
        self.words.line.clear()
        self.signing.clear()
        self.show()
        (self.file.asked if one else self.words).line.setFocus()

    def submit(self) -> None:
        """Sign."""
        password = self.signing.typed()
        if not password:
            return
        users, words = self._users, self.words.text
        path = self.file.path if len(users) == 1 else None
        self.file.asked.approve()
        try:
            certificate = None if path is None else first_bytes(path)
        except OSError:
            self.file.asked.refuse(NO_FILE)
            return
        session, language = self.desk.session, self.context.speech.language

        def work(_: Progress) -> object:
            if len(users) > 1:
                training.attest_all(session, users, password, language=language, words=words)
            else:
                training.attest(
                    session, users[0], password, language=language, certificate=certificate,
                    words=words,
                )  # fmt: skip
            return True

        job = self.desk.run(work)
        self.signing.follow(job)
        said = DONE.filled(user=users[0]) if len(users) == 1 else DONE_ALL.filled(n=len(users))
        job.finished.connect(lambda _: self.done.emit(said))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field and signs from the password; Esc leaves."""
        if self.signing.wants(event):
            self.submit()
        elif event.key() in ENTER:
            if not self.signing.meant(event):
                self.focusNextChild()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
