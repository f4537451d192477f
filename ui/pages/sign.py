"""Electronic signatures on the complete forms of one subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.record.editions import Editions
from mrd_desktop.record.endorsing import ToSign, to_sign
from mrd_desktop.record.signing import MEANINGS, Signed, sign_forms
from mrd_desktop.study.address import FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.checks import Finding
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.page import Page
from ui.pages.unanswered import FINDINGS, findings_cell, findings_note, show_findings
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Signing
from ui.work import Desk

HEADING = Text("Sign · {subject}", "签名 · {subject}")
WHAT = Text(
    "Enter opens a form for reading. Space chooses it, A all.",
    "Enter 打开审阅 · 空格选中 · A 选中全部表单",
)
FORM = Text("Form", "表单")
VISIT = Text("Visit", "访视")
STATE = Text("", "")
QUERIES = Text("Queries", "质疑")
OPEN_QUERIES = Text("{n} open", "{n} 条未答复")
CHOSEN = Text("to sign", "待签名")
LEFT_OUT = Text("left out", "不签")
SIGN = Text("Sign {n} forms", "签名 {n} 张表单")
SIGNED = Text("{n} forms are signed.", "已签名 {n} 张表单。")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One form to sign, or left out."""

    key: FormKey
    chosen: bool


class SignPage(Page):
    """The forms, the statement, the password."""

    def __init__(
        self, context: Context, desk: Desk, subject: str, waiting: Sequence[FormKey]
    ) -> None:
        super().__init__(context)
        self.desk = desk
        self.subject = subject
        self._waiting = [Waiting(key, False) for key in waiting]
        self._queries: Counter[Key] = Counter()
        self._editions = Editions(desk.session)
        self._shown = self._look()
        columns: tuple[Column[Waiting], ...] = (
            Column(STATE, self._mark, width=96),
            Column(VISIT, self._visit, width=160),
            Column(FORM, self._form),
            Column(QUERIES, self._asked, width=120),
            Column(FINDINGS, lambda w: findings_cell(self._unanswered(w)), width=136),
        )
        heading = Note(context, HEADING.filled(subject=subject), size=Type.TITLE, strong=True)
        self.list: Listing[Waiting] = Listing(context, columns, FORM)
        self.list.opened.connect(lambda w: desk.open_form(w.key))
        self.list.moved.connect(lambda _: self._tell())
        self.remarks = findings_note(context)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self.signing = Signing(context, desk.session, SIGN.filled(n=0))
        self.signing.wanted.connect(self.submit)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.GAP)
        column.addWidget(heading)
        column.addWidget(Note(context, WHAT, size=Type.NOTE, ink=Ink.SECONDARY))
        column.addWidget(ground, 1)
        column.addWidget(self.remarks)
        column.addWidget(Note(context, MEANINGS["review"], strong=True))
        column.addWidget(self.signing)
        self._show()

    def title(self) -> Text:
        """Signing, and of whom."""
        return HEADING.filled(subject=self.subject)

    def enter(self) -> None:
        """What has changed meanwhile is left out; the caret stands in the list to be read."""
        now = self._look()
        self._waiting = [
            Waiting(w.key, w.chosen and _same(now[w.key], self._shown.get(w.key)))
            for w in self._waiting
            if w.key in now
        ]
        self._shown = now
        self._show()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """What is signed is shown in one language: another one is another content."""
        if not self.desk.session.locked:
            self._shown = self._look()

    def _look(self) -> dict[FormKey, ToSign]:
        """The forms of the subject that wait, with what they say now and what is unanswered."""
        language = self.context.speech.language
        asked = self.desk.queries.all(subject=self.subject, state="open")
        places = (parse_address(q.address) for q in asked)
        self._queries = Counter(_form_of(p) for p in places)
        found = to_sign(self.desk.session, language, [self.subject])
        return {w.shown.key: w for w in found}

    def _unanswered(self, waiting: Waiting) -> tuple[Finding, ...]:
        shown = self._shown.get(waiting.key)
        return shown.unanswered if shown else ()

    def _tell(self) -> None:
        here = self.list.current
        show_findings(self.remarks, self._unanswered(here) if here else ())

    def submit(self) -> None:
        """Sign what is chosen; each form gets a signature of its own."""
        chosen = (w.key for w in self._waiting if w.chosen and w.key in self._shown)
        forms = [self._shown[key].shown for key in chosen]
        session, password = self.desk.session, self.signing.typed()
        if not forms or not password:
            return
        language = self.context.speech.language

        def work(_: Progress) -> object:
            return sign_forms(session, forms, password, language=language)

        job = self.desk.run(work)
        self.signing.follow(job)
        job.finished.connect(self._signed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space takes in or out, Ctrl+Enter signs, Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif self.signing.wants(event):
            self.submit()
        elif event.key() == Qt.Key.Key_Space and self.list.hasFocus():
            self._toggle()
        elif event.key() == Qt.Key.Key_A and self.list.hasFocus():
            whole = all(w.chosen for w in self._waiting)
            self._waiting = [Waiting(w.key, not whole) for w in self._waiting]
            self._show()
        else:
            super().keyPressEvent(event)

    def _toggle(self) -> None:
        here = self.list.current
        if here is not None:
            place = self._waiting.index(here)
            self._waiting[place] = Waiting(here.key, not here.chosen)
            self._show()

    def _show(self) -> None:
        self.list.show_rows(self._waiting, lambda w: w.key)
        n = sum(w.chosen for w in self._waiting)
        self.signing.show_act(SIGN.filled(n=n), enabled=n > 0)
        self._tell()

    def _signed(self, done: Signed) -> None:
        self.desk.census.touch(self.subject)
        self.desk.shell.back()
        refused = [error.text for _, error in done.refused]
        self.desk.say(refused[0] if refused else SIGNED.filled(n=len(done.signed)))

    def _mark(self, waiting: Waiting) -> Cell:
        if waiting.chosen:
            return Cell(CHOSEN, Ink.ACCENT, Glyph.CHECK)
        return Cell(LEFT_OUT, Ink.SECONDARY, Glyph.NOT_PLANNED)

    def _visit(self, waiting: Waiting) -> Cell:
        return Cell(self.desk.study.by_event[waiting.key.event.event].text)

    def _asked(self, waiting: Waiting) -> Cell:
        n = self._queries[waiting.key]
        return Cell(OPEN_QUERIES.filled(n=n), Ink.SOFT, Glyph.QUERY) if n else Cell("")

    def _form(self, waiting: Waiting) -> Cell:
        form = self._editions.of(waiting.key).by_form[waiting.key.form]
        number = f" {waiting.key.repeat}" if form.repeating else ""
        return Cell(Text(f"{form.text.en}{number}", f"{form.text.zh}{number}"))


def _form_of(place: Key) -> Key:
    """The form a place lies in; a visit as a whole is its own."""
    return place.form if isinstance(place, RowKey | ItemKey) else place


def _same(now: ToSign, before: ToSign | None) -> bool:
    return before is not None and now.shown == before.shown
