"""Electronic signatures on the complete forms of one subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.record.editions import Editions
from mrd_desktop.record.endorsing import ToSign, to_sign
from mrd_desktop.record.signing import MEANINGS, Signed, is_seen, sign_forms
from mrd_desktop.study.address import FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.checks import Finding
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.page import Page
from ui.pages.sign_detail import SEEN_OF, SignDetail, looked_cell
from ui.pages.to_sign import REST
from ui.pages.unanswered import FINDINGS, findings_cell
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Signing
from ui.work import Desk

HEADING = Text("Sign · {subject}", "签名 · {subject}")
WHAT = Text(
    "Space shows all of a form, then chooses it. Enter opens it. A: all that were looked at.",
    "空格 逐屏查看，看完后选中 · Enter 打开 · A 选中全部已查看的表单",
)
FORM = Text("Form", "表单")
VISIT = Text("Visit", "访视")
STATE = Text("", "")
QUERIES = Text("Queries", "质疑")
OPEN_QUERIES = Text("{n} open", "{n} 条未答复")
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
        self.detail = SignDetail(context, desk)
        self.detail.seen.connect(self._saw)
        self.looked = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
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
        above = QHBoxLayout()
        above.addWidget(Note(context, WHAT, size=Type.NOTE, ink=Ink.SECONDARY))
        above.addStretch(1)
        above.addWidget(self.looked)
        column.addLayout(above)
        column.addWidget(ground, 1)
        column.addWidget(self.detail)
        column.addWidget(Note(context, MEANINGS["review"], strong=True))
        column.addWidget(self.signing)
        self._show()

    def title(self) -> Text:
        """Signing, and of whom."""
        return HEADING.filled(subject=self.subject)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """The forms that are listed."""
        return tuple(self._waiting)

    def chosen(self, key: FormKey) -> bool:
        """Whether a form is to be signed."""
        return any(w.chosen for w in self._waiting if w.key == key)

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
            self._waiting = [Waiting(w.key, False) for w in self._waiting]
            self._show()

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
        self.detail.show_form(self._shown.get(here.key) if here else None)
        done = sum(self._is_seen(w) for w in self._waiting)
        self.looked.show_text(SEEN_OF.filled(done=done, n=len(self._waiting)))

    def _saw(self) -> None:
        self._tell()
        self.list.viewport().update()

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
        in_list = self.list.hasFocus() and not event.isAutoRepeat()  # one held down marks nothing
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif self.signing.wants(event):
            self.submit()
        elif event.key() == Qt.Key.Key_Space and in_list:
            self._toggle()
        elif event.key() == Qt.Key.Key_A and in_list:
            self._choose_seen()
        else:
            super().keyPressEvent(event)

    def _toggle(self) -> None:
        """Show the rest of the marked form; choose it and go on, or leave it out."""
        here = self.list.current
        if here is None:
            return
        if not self._is_seen(here):
            self.detail.page_on()
            return
        place = self._waiting.index(here)
        self._waiting[place] = Waiting(here.key, not here.chosen)
        self._show()
        if not here.chosen:
            self.list.step_on()

    def _choose_seen(self) -> None:
        seen = [w for w in self._waiting if self._is_seen(w)]
        left = len(self._waiting) - len(seen)
        if left:
            self.said.emit(REST.filled(n=left))
        chosen = not all(w.chosen for w in seen)
        self._waiting = [Waiting(w.key, chosen and w in seen) for w in self._waiting]
        self._show()

    def _is_seen(self, waiting: Waiting) -> bool:
        shown = self._shown.get(waiting.key)
        return shown is not None and is_seen(self.desk.session, shown.shown)

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
        shown = self._shown.get(waiting.key)
        return looked_cell(self.desk, shown, waiting.chosen) if shown else Cell()

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
