"""The exercises of a training site, how far one is, and the certificate for the live site."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault import exercises
from mrd_desktop.vault.exercises import Progress as Done
from mrd_desktop.vault.files import write_atomically
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Signing
from ui.work import Desk

NAME = Text("Exercises", "练习")
EXERCISE = Text("Exercise", "练习内容")
TIMES = Text("Done", "进度")
HOW = Text(
    "Do each exercise in the program, with synthetic data. What you did is counted from your own "
    "records. Then save the certificate and give it to the administrator of the live site.",
    "请用虚构数据在程序中逐项练习，进度取自您本人的记录。完成后保存证书，交给正式中心的管理员。",
)
SIGN = Text("Sign and save…", "签名并保存…")
WHERE = Text("Save the certificate", "保存证书")
KIND = "MRD (*.mrdtraining)"
SAVED = Text("The certificate is saved: {path}", "证书已保存：{path}")
NONE = Text("There are no exercises for this role.", "该角色没有练习。")


class ExercisesPart(Page):
    """A list that fills by itself."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        columns: tuple[Column[Done], ...] = (
            Column(EXERCISE, lambda p: Cell(p.exercise.text, glyph=_glyph(p))),
            Column(TIMES, _times, width=96, right=True),
        )
        self.list: Listing[Done] = Listing(context, columns, NAME)
        self.list.show_empty(NONE)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self.signing = Signing(context, desk.session, SIGN)
        self.signing.wanted.connect(self.submit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, HOW, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addWidget(ground, 1)
        column.addWidget(self.signing)

    def enter(self) -> None:
        """Count anew."""
        if self.desk.session.locked:
            return
        found = exercises.progress(self.desk.session)
        self.list.show_rows(found, lambda p: p.exercise.oid)
        ready = bool(found) and all(p.finished for p in found)
        self.signing.show_act(SIGN, enabled=ready)
        (self.signing.password.line if ready else self.list).setFocus()

    def submit(self) -> None:
        """Sign, and save the file where the user says."""
        password = self.signing.typed()
        if not password:
            return
        session, language = self.desk.session, self.context.speech.language
        start = str(Path.home() / f"training-{session.user}.mrdtraining")
        chosen, _ = QFileDialog.getSaveFileName(self, self.context.say(WHERE), start, KIND)
        if not chosen:
            return
        path = Path(chosen)

        def work(_: Progress) -> object:
            write_atomically(path, exercises.certify(session, password, language))
            return True

        job = self.desk.run(work)
        self.signing.follow(job)
        job.finished.connect(lambda _: self.said.emit(SAVED.filled(path=path)))
        job.refused.connect(self._refused)

    def _refused(self, refused: MrdError) -> None:
        self.said.emit(refused.text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the password signs."""
        if self.signing.wants(event):
            self.submit()
        elif not presses(self, event):
            super().keyPressEvent(event)


def _glyph(done: Done) -> Glyph:
    return Glyph.CHECK if done.finished else Glyph.DRAFT


def _times(done: Done) -> Cell:
    ink = Ink.GOOD if done.finished else Ink.SOFT
    return Cell(f"{min(done.done, done.exercise.times)} / {done.exercise.times}", ink)
