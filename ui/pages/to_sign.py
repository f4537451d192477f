"""The investigator's list: forms that wait for a signature, and what changed since the last one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.record.editions import Editions
from mrd_desktop.record.endorsing import ToSign, to_sign
from mrd_desktop.record.signing import MEANINGS, Signed, is_seen, sign_forms
from mrd_desktop.record.touched import subjects_touched
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Language, Text
from ui.context import Context
from ui.jobs import Progress
from ui.page import Page
from ui.pages.sign_detail import SEEN_OF, SignDetail, looked_cell
from ui.pages.unanswered import FINDINGS, findings_cell
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Signing
from ui.work import Desk

HEADING = Text("To sign", "待签名")
HOW = Text(
    "Space shows all of a form, then chooses it and goes on · Enter opens it · A: what was seen",
    "空格 逐屏查看，看完后选中并转到下一张 · Enter 打开 · A 选中该受试者已查看的表单",
)
REST = Text("Still to look at: {n}. Space shows them.", "尚有 {n} 张未查看，按空格查看。")
READING = Text("Reading {done} of {n} subjects…", "正在整理受试者 {done}/{n}…")
NOTHING = Text("Every complete form is signed.", "完整的表单均已签名。")
CHANGED = Text("Changed since they were signed · {n}", "签名后有更改 · {n}")
NEW = Text("Not signed yet · {n}", "尚未签名 · {n}")
MARK, SUBJECT = Text("Chosen", "选中"), Text("Subject", "受试者")
VISIT, FORM = Text("Visit", "访视"), Text("Form", "表单")
WHAT = Text("Since the signature", "签名后的更改")
SAVED, CONTENT = Text("Saved", "保存"), Text("Content", "内容校验码")
CHANGES = Text("changes: {n}", "{n} 处更改")
FIRST = Text("first signature", "首次签名")
SIGN = Text("Sign {n} forms", "签名 {n} 张表单")
CHOOSE = Text("Choose the forms you have reviewed.", "请先选中已审阅的表单。")
SIGNED = Text("{n} forms are signed.", "已签名 {n} 张表单。")
LEFT = Text(
    "{n} forms are signed, {left} were left out: {why}",
    "已签名 {n} 张表单，{left} 张未签：{why}",
)
_DIGEST = 10


class ToSignPage(Page):
    """The forms, what changed in the marked one, the statement and the password."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._waiting: tuple[ToSign, ...] = ()
        self._editions = Editions(desk.session)
        self._known: tuple[int, date, Language] | None = None
        self._opened: set[str] = set()  # a draft may have come or gone there
        self._chosen: dict[FormKey, str] = {}
        self._reading = False
        self._wanted = ""
        columns: tuple[Column[ToSign], ...] = (
            Column(MARK, self._mark, width=96),
            Column(SUBJECT, lambda w: Cell(w.shown.key.subject, strong=True), width=88),
            Column(VISIT, self._visit, width=128),
            Column(FORM, self._form),
            Column(FINDINGS, lambda w: findings_cell(w.unanswered), width=120),
            Column(WHAT, _what, width=120),
            Column(SAVED, self._saved, width=200),
            Column(CONTENT, _content, width=112),
        )
        self.list: Listing[ToSign] = Listing(context, columns, HEADING)
        self.list.opened.connect(self._open)
        self.list.moved.connect(lambda _: self._tell())
        self.detail = SignDetail(context, desk)
        self.detail.seen.connect(self._saw)
        self.looked = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.signing = Signing(context, desk.session, SIGN.filled(n=0))
        self.signing.wanted.connect(self.submit)
        self._lay_out()
        self._count()

    def _lay_out(self) -> None:
        context = self.context
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(Note(context, HOW, size=Type.NOTE, ink=Ink.SECONDARY))
        head.addStretch(1)
        head.addWidget(self.looked)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addLayout(head)
        column.addWidget(_grounded(context, self.list), 1)
        column.addWidget(self.detail)
        column.addWidget(Note(context, MEANINGS["review"], strong=True))
        column.addWidget(self.signing)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        self._editions = Editions(self.desk.session)
        self.said.emit(Text("", ""))  # what was said of a form that was open is not of the marked
        self.read()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """What is signed is shown in one language: another one is another content."""
        if self._waiting:
            self._chosen.clear()
            self.read()

    # --- reading ----------------------------------------------------------------------

    def read(self) -> None:
        """Look for forms that wait; choices stay where the content is still the same."""
        if self._reading:
            return
        self._reading = True
        session, language = self.desk.session, self.context.speech.language
        before, known = self._waiting, self._known
        opened, self._opened = frozenset(self._opened), set()
        now = (session.head().seq, session.today(), language)

        def work(progress: Progress) -> object:
            if known is None or known[1:] != now[1:]:
                return now, to_sign(session, language, None, progress)
            stale = subjects_touched(session, known[0]) | opened
            found = to_sign(session, language, sorted(stale), progress)
            kept = (w for w in before if w.shown.key.subject not in stale)
            return now, sorted((*kept, *found), key=_place)

        job = self.desk.run(work)
        job.progressed.connect(lambda done, n: self._say_empty(READING.filled(done=done, n=n)))
        job.refused.connect(self.say_refused)
        job.finished.connect(self._take)
        job.ended.connect(self._over)

    def _over(self) -> None:
        self._reading = False

    def _say_empty(self, text: Text) -> None:
        if not self._waiting:
            self.list.show_empty(text)

    def _take(self, told: tuple[tuple[int, date, Language], Sequence[ToSign]]) -> None:
        if self.desk.session.locked:  # signed out while reading
            return
        self._known, found = told
        self._waiting = tuple(found)
        known = {w.shown.key: w.shown.digest for w in found}
        self._chosen = {k: d for k, d in self._chosen.items() if known.get(k) == d}
        self.desk.shell.set_count("sign", len(found))
        self.list.show_empty(NOTHING)
        self._show()

    def _show(self) -> None:
        rows: list[ToSign | Heading] = []
        changed = [w for w in self._waiting if w.signed_at]
        fresh = [w for w in self._waiting if not w.signed_at]
        for title, group, ink in ((CHANGED, changed, Ink.SOFT), (NEW, fresh, Ink.SECONDARY)):
            if group:
                rows += [Heading(title.filled(n=len(group)), ink), *group]
        self.list.show_rows(rows, lambda w: w.shown.key)
        self._mark_wanted()
        self._count()
        self._tell()

    def look_for(self, subject: str) -> None:
        """Mark the first form of a subject, now or as soon as the list is read."""
        self._wanted = subject
        self._mark_wanted()

    def _mark_wanted(self) -> None:
        for number, row in enumerate(self.list.rows.rows):
            if isinstance(row, ToSign) and row.shown.key.subject == self._wanted:
                self.list.selectRow(number)
                self._wanted = ""
                return

    def _count(self) -> None:
        n = len(self._chosen)
        self.signing.show_act(SIGN.filled(n=n), enabled=n > 0)

    def _saved(self, waiting: ToSign) -> Cell:
        at = self.context.hours.moment(waiting.saved_at)
        return Cell(f"{waiting.saved_by} {at}", Ink.SECONDARY)

    def _tell(self) -> None:
        """What the marked form is about, and how many were looked at."""
        self.detail.show_form(self.list.current)
        done = sum(is_seen(self.desk.session, w.shown) for w in self._waiting)
        whole = len(self._waiting)
        self.looked.show_text(SEEN_OF.filled(done=done, n=whole) if whole else "")

    def _saw(self) -> None:
        self._tell()
        self.list.viewport().update()

    def _open(self, waiting: ToSign) -> None:
        self._opened.add(waiting.shown.key.subject)
        self.desk.open_form(waiting.shown.key)

    def choose(self) -> None:
        """Space: show the rest of the marked form; choose it and go on, or leave it out."""
        here = self.list.current
        if here is None:
            return
        if not is_seen(self.desk.session, here.shown):
            self.detail.page_on()
            return
        taken_out = self._chosen.pop(here.shown.key, None) is not None
        if not taken_out:
            self._chosen[here.shown.key] = here.shown.digest
        self._show()
        if not taken_out:
            self.list.step_on()

    def choose_subject(self) -> None:
        """A: choose every form of the marked subject that was looked at; none where all were."""
        here = self.list.current
        if here is None:
            return
        subject = here.shown.key.subject
        whole = [w.shown for w in self._waiting if w.shown.key.subject == subject]
        own = {s.key: s.digest for s in whole if is_seen(self.desk.session, s)}
        if len(own) < len(whole):
            self.said.emit(REST.filled(n=len(whole) - len(own)))
        if len(own) == len(whole) and own.keys() <= self._chosen.keys():
            self._chosen = {k: d for k, d in self._chosen.items() if k not in own}
        else:
            self._chosen |= own
        self._show()

    def submit(self) -> None:
        """Sign what is chosen, each form as it is listed here."""
        forms = [w.shown for w in self._waiting if self._chosen.get(w.shown.key) == w.shown.digest]
        if not forms:
            self._ask_to_choose()
            return
        session, password = self.desk.session, self.signing.typed()
        if not password:
            return
        language = self.context.speech.language

        def work(_: Progress) -> object:
            return sign_forms(session, forms, password, language=language)

        job = self.desk.run(work)
        self.signing.follow(job)
        job.finished.connect(self._signed)

    def _ask_to_choose(self) -> None:
        self.said.emit(CHOOSE)
        self.list.setFocus()

    def _signed(self, done: Signed) -> None:
        self._chosen.clear()
        self.desk.census.touch(*{key.subject for key in done.signed})
        if done.refused:
            why = done.refused[0][1].text
            n, left = len(done.signed), len(done.refused)
            self.desk.say(
                Text(
                    LEFT.en.format(n=n, left=left, why=why.en),
                    LEFT.zh.format(n=n, left=left, why=why.zh),
                )
            )
        else:
            self.desk.say(SIGNED.filled(n=len(done.signed)))
        self.read()
        self.list.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and A choose, Ctrl+Enter signs."""
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        in_list = self.list.hasFocus() and not event.isAutoRepeat()  # one held down marks nothing
        if self.signing.wants(event):
            self.submit()
        elif self.signing.meant(event) and not self._chosen:
            self._ask_to_choose()
        elif in_list and event.key() == Qt.Key.Key_Space:
            self.choose()
        elif in_list and event.key() == Qt.Key.Key_A and not held:
            self.choose_subject()
        else:
            super().keyPressEvent(event)

    # --- cells ------------------------------------------------------------------------

    def _mark(self, waiting: ToSign) -> Cell:
        return looked_cell(self.desk, waiting, waiting.shown.key in self._chosen)

    def _visit(self, waiting: ToSign) -> Cell:
        event = waiting.shown.key.event
        known = self.desk.study.by_event[event.event]
        return Cell(f"{event.event} {event.repeat}" if known.repeating else event.event)

    def _form(self, waiting: ToSign) -> Cell:
        key = waiting.shown.key
        form = self._editions.of(key).by_form[key.form]
        number = f" {key.repeat}" if form.repeating and key.repeat > 1 else ""
        return Cell(Text(f"{form.text.en}{number}", f"{form.text.zh}{number}"))


def _place(waiting: ToSign) -> tuple[int, str]:
    """Subjects by number; the forms of each stay in the order they were read in."""
    subject = waiting.shown.key.subject
    return len(subject), subject


def _grounded(context: Context, listing: Listing[ToSign]) -> Card:
    ground = Card(context)
    inside = QVBoxLayout(ground)
    inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
    inside.addWidget(listing)
    return ground


def _what(waiting: ToSign) -> Cell:
    if waiting.signed_at:
        return Cell(CHANGES.filled(n=len(waiting.changes)), Ink.SOFT)
    return Cell(FIRST, Ink.SECONDARY)


def _content(waiting: ToSign) -> Cell:
    return Cell(waiting.shown.digest[:_DIGEST], Ink.SECONDARY, small=True)
