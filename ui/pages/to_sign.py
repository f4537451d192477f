"""The investigator's list: forms that wait for a signature, and what changed since the last one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.endorsing import Changed, ToSign, to_sign
from mrd_desktop.record.signing import MEANINGS, Signed, sign_forms
from mrd_desktop.record.touched import subjects_touched
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Language, Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.page import Page
from ui.pages.unanswered import FINDINGS, findings_cell, findings_note, show_findings
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Signing
from ui.work import Desk

HEADING = Text("To sign", "待签名")
HOW = Text(
    "Enter opens a form for review · Space chooses it · A chooses the whole subject",
    "Enter 打开审阅 · 空格选中 · A 选中该受试者全部表单",
)
READING = Text("Reading {done} of {n} subjects…", "正在整理受试者 {done}/{n}…")
NOTHING = Text("Every complete form is signed.", "完整的表单均已签名。")
CHANGED = Text("Changed since they were signed · {n}", "签名后有更改 · {n}")
NEW = Text("Not signed yet · {n}", "尚未签名 · {n}")
MARK, SUBJECT = Text("Chosen", "选中"), Text("Subject", "受试者")
VISIT, FORM = Text("Visit", "访视"), Text("Form", "表单")
WHAT = Text("Since the signature", "签名后的更改")
SAVED, CONTENT = Text("Saved", "保存"), Text("Content", "内容校验码")
TO_SIGN = Text("to sign", "签名")
CHANGES = Text("changes: {n}", "{n} 处更改")
FIRST = Text("first signature", "首次签名")
CHANGES_OF = Text("Changes since {who} signed, {at}", "{who} 于 {at} 签名之后的更改")
NEVER = Text(
    "This form was never signed. Open it with Enter and review it.",
    "该表单尚未签名，请按 Enter 打开审阅。",
)
FIELD, BEFORE = Text("Field", "项目"), Text("When signed", "签名时")
NOW, WHO, WHY = Text("Now", "现在"), Text("By", "更改人"), Text("Why", "原因")
ACTS = {
    "added": Text("row added", "新增一行"),
    "removed": Text("row removed", "删除一行"),
    "restored": Text("row restored", "恢复一行"),
}
ROW = Text("{section}, row {n}", "{section}第 {n} 行")
NO_VALUE = "–"
SIGN = Text("Sign {n} forms", "签名 {n} 张表单")
CHOOSE = Text("Choose the forms you have reviewed.", "请先选中已审阅的表单。")
SIGNED = Text("{n} forms are signed.", "已签名 {n} 张表单。")
LEFT = Text(
    "{n} forms are signed, {left} were left out: {why}",
    "已签名 {n} 张表单，{left} 张未签：{why}",
)
_DIGEST = 10
_DETAIL = 176


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
        changes: tuple[Column[Changed], ...] = (
            Column(FIELD, self._field, width=260),
            Column(BEFORE, lambda c: self._value(c.key, c.before), width=184),
            Column(NOW, self._now, width=184),
            Column(
                WHO,
                lambda c: Cell(f"{c.user} {context.hours.moment(c.at)}", Ink.SECONDARY),
                width=184,
            ),
            Column(WHY, self._why),
        )
        self.changes: Listing[Changed] = Listing(context, changes, WHAT)
        self.changes.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.changes.setFixedHeight(_DETAIL)
        self.remarks = findings_note(context)
        self.about = Note(context, strong=True)
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
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        column.addLayout(head)
        column.addWidget(_grounded(context, self.list), 1)
        column.addWidget(self.remarks)
        column.addWidget(self.about)
        column.addWidget(_grounded(context, self.changes))
        column.addWidget(Note(context, MEANINGS["review"], strong=True))
        column.addWidget(self.signing)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        self._editions = Editions(self.desk.session)
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
        job.refused.connect(lambda refused: self.said.emit(refused.text))
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
        self.signing.show_act(SIGN.filled(n=len(self._chosen)))

    def _saved(self, waiting: ToSign) -> Cell:
        at = self.context.hours.moment(waiting.saved_at)
        return Cell(f"{waiting.saved_by} {at}", Ink.SECONDARY)

    def _tell(self) -> None:
        """What changed in the marked form, and what is unanswered there."""
        here = self.list.current
        show_findings(self.remarks, here.unanswered if here else ())
        changes: Sequence[Changed] = here.changes if here else ()
        if here is None:
            self.about.show_text("")
        elif here.signed_at:
            at = self.context.hours.proof(here.signed_at)
            self.about.show_text(CHANGES_OF.filled(who=here.signed_by, at=at))
        else:
            self.about.show_text(NEVER)
        self.changes.show_rows(list(changes), lambda c: c.key)

    # --- acts -------------------------------------------------------------------------

    def _open(self, waiting: ToSign) -> None:
        self._opened.add(waiting.shown.key.subject)
        self.desk.open_form(waiting.shown.key)

    def choose(self) -> None:
        """Space: choose the marked form, or leave it out; on to the next one."""
        here = self.list.current
        if here is None:
            return
        if self._chosen.pop(here.shown.key, None) is None:
            self._chosen[here.shown.key] = here.shown.digest
        row = self.list.currentIndex().row()
        self._show()
        following = next(
            (n for n in range(row + 1, len(self.list.rows.rows)) if self.list.rows.at(n)), row
        )
        self.list.selectRow(following)

    def choose_subject(self) -> None:
        """A: choose every form of the marked subject, or none."""
        here = self.list.current
        if here is None:
            return
        subject = here.shown.key.subject
        own = {w.shown.key: w.shown.digest for w in self._waiting if w.shown.key.subject == subject}
        if own.keys() <= self._chosen.keys():
            self._chosen = {k: d for k, d in self._chosen.items() if k not in own}
        else:
            self._chosen |= own
        self._show()

    def submit(self) -> None:
        """Sign what is chosen, each form as it is listed here."""
        forms = [w.shown for w in self._waiting if self._chosen.get(w.shown.key) == w.shown.digest]
        if not forms:
            self.said.emit(CHOOSE)
            self.list.setFocus()
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
        in_list = self.list.hasFocus()
        if self.signing.wants(event):
            self.submit()
        elif in_list and event.key() == Qt.Key.Key_Space:
            self.choose()
        elif in_list and event.key() == Qt.Key.Key_A and not held:
            self.choose_subject()
        else:
            super().keyPressEvent(event)

    # --- cells ------------------------------------------------------------------------

    def _mark(self, waiting: ToSign) -> Cell:
        if waiting.shown.key in self._chosen:
            return Cell(TO_SIGN, Ink.ACCENT, Glyph.CHECK)
        return Cell("", Ink.SECONDARY, Glyph.EMPTY)

    def _visit(self, waiting: ToSign) -> Cell:
        event = waiting.shown.key.event
        known = self.desk.study.by_event[event.event]
        return Cell(f"{event.event} {event.repeat}" if known.repeating else event.event)

    def _form(self, waiting: ToSign) -> Cell:
        key = waiting.shown.key
        form = self._editions.of(key).by_form[key.form]
        number = f" {key.repeat}" if form.repeating and key.repeat > 1 else ""
        return Cell(Text(f"{form.text.en}{number}", f"{form.text.zh}{number}"))

    def _field(self, change: Changed) -> Cell:
        key = change.key
        row = key.row if isinstance(key, ItemKey) else key
        form = self._editions.of(key).by_form[row.form.form]
        group = form.by_group[row.group]
        section = Text(
            ROW.en.format(section=group.text.en, n=row.row),
            ROW.zh.format(section=group.text.zh, n=row.row),
        )
        if not isinstance(key, ItemKey):
            return Cell(section)
        item = group.by_name[key.item].text
        if not group.repeating:
            return Cell(item)
        return Cell(Text(f"{item.en} ({section.en})", f"{item.zh}（{section.zh}）"))

    def _now(self, change: Changed) -> Cell:
        return Cell(ACTS[change.act]) if change.act else self._value(change.key, change.after)

    def _value(self, key: ItemKey | RowKey, answer: Answer | None) -> Cell:
        if not isinstance(key, ItemKey):
            return Cell(NO_VALUE, Ink.SECONDARY)
        study = self._editions.of(key)
        item = study.by_form[key.form.form].by_group[key.row.group].by_name[key.item]
        said = meaning(study, item, answer)
        return Cell(said) if said.en else Cell(NO_VALUE, Ink.SECONDARY)

    def _why(self, change: Changed) -> Cell:
        if change.reason is None:
            return Cell(NO_VALUE, Ink.SECONDARY)
        known = {r.code: r.text for r in self.desk.study.reasons}
        words, code = change.reason.text, change.reason.code
        coded = known.get(code, Text(code, code))
        tail = f" · {words}" if words else ""
        return Cell(Text(f"{coded.en}{tail}", f"{coded.zh}{tail}"))


def _place(waiting: ToSign) -> tuple[int, str]:
    """Subjects by number; the forms of each stay in the order they were read in."""
    subject = waiting.shown.key.subject
    return len(subject), subject


def _grounded(context: Context, listing: Listing[ToSign] | Listing[Changed]) -> Card:
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
