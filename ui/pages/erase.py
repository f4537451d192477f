"""Content that may not be kept, taken out by two people: at a value, or the link to a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.reports.trail_words import KINDS
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.redactable import Matters, Place, Redactable, Why
from mrd_desktop.record.redaction import (
    LINK_CAUSES,
    REDACTION_CAUSES,
    Erased,
    destroy_link,
    has_link,
    redact,
    redactable,
)
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.two_people import TwoPeople

if TYPE_CHECKING:
    from ui.work import Desk

REDACT = Text("Take content out of the record", "遮蔽记录内容")
BEFORE = Text(
    "What you mark is erased for good, here at once and at the sponsor with the next package. Who "
    "wrote it, when, and why it went stays in the history, and the record still verifies. Backups, "
    "packages and prints made before still hold it: handle them by the site's procedure.",
    "所选内容将被永久删除：本机立即生效，申办方在收到下一个数据包后生效。"
    "书写人、时间和遮蔽原因仍保留在历史中，记录校验不受影响。"
    "此前的备份、数据包和打印件仍含原内容，请按中心规程处理。",
)
SPACE = Text("Space marks a line. Nothing is done before both have signed.",
             "按空格键选择；两人均签名后才会执行。")  # fmt: skip
WHEN, WHO, WHAT = Text("When", "时间"), Text("By", "操作者"), Text("Record", "记录")
CONTENT, STATE = Text("Content", "内容"), Text("Can go", "可否遮蔽")
NOTHING = Text("Nothing here could be taken out.", "此处没有可遮蔽的内容。")
WORDS = Text("reason or words of it", "其中的原因或文字")
REQUEST = Text("request or answer", "请求或答复")
STANDS = Text("In force: correct it on the form first", "当前有效，请先在表单中更正")
UNSETTLED = Text("Settle the second entry first", "请先处理二次录入差异")
MARK_FIRST = Text("Mark what is to go", "请先选择")
ERASE = Text("Erase {n} for good", "永久删除 {n} 项")
DONE = Text("{n} erased. Record {seq} says who, when and why.",
            "已删除 {n} 项；第 {seq} 条记录载明人员、时间和原因。")  # fmt: skip
LATER = Text(" The file is cleaned at the next sign-in.", "数据文件将在下次登录时清理。")
LINK = Text("Destroy the link to the person", "销毁身份关联")
LINK_BEFORE = Text(
    "Name, numbers and contacts of {subject} are erased with their key, and nobody can enter an "
    "identity for this number again. Coded data and the chain of records stay. Older backups of "
    "this site still open the link: handle them by the site's procedure.",
    "{subject} 的姓名、证件号和联系方式将连同密钥一并销毁，此编号不能再录入身份信息。"
    "编码数据和记录链保留。本中心较早的备份仍可打开该关联，请按中心规程处理。",
)
LINK_ACT = Text("Destroy it for good", "永久销毁")
LINK_DONE = Text("The link of {subject} is destroyed.", "{subject} 的身份关联已销毁。")
NO_LINK = Text(
    "No link between {subject} and a person is kept here.", "此处没有 {subject} 与个人身份的关联。"
)


@dataclass(frozen=True, slots=True)
class Choosable:
    """A line: a record, or its words alone."""

    piece: Redactable
    words: bool

    @property
    def waits(self) -> Why | None:
        """Why it cannot go yet."""
        return None if self.words else self.piece.waits


def choosable(pieces: Iterable[Redactable]) -> tuple[Choosable, ...]:
    """The lines of a list, latest first; a value with a reason stands in two."""
    found: list[Choosable] = []
    for piece in reversed(tuple(pieces)):
        noted = piece.kind is Kind.NOTE_ADDED and piece.whole
        valued = piece.kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED) and (
            piece.whole or not piece.words
        )
        if valued or noted:
            found.append(Choosable(piece, words=False))
        if piece.words and not noted:
            found.append(Choosable(piece, words=True))
    return tuple(found)


class RedactPage(Page):
    """What is held at a place, what is marked of it, and the two people."""

    def __init__(self, context: Context, desk: Desk, place: Place) -> None:
        super().__init__(context)
        self.desk, self._place = desk, place
        self.marked: set[tuple[int, bool]] = set()
        columns: tuple[Column[Choosable], ...] = (
            Column(Text("", ""), self._tick, width=32),
            Column(
                WHEN, lambda c: Cell(context.hours.moment(c.piece.at), Ink.SECONDARY), width=136
            ),
            Column(WHO, lambda c: Cell(c.piece.user), width=88),
            Column(WHAT, lambda c: Cell(self._what(c)), width=176),
            Column(CONTENT, self._content),
            Column(STATE, self._state, width=232),
        )
        self.list: Listing[Choosable] = Listing(context, columns, REDACT)
        self.list.show_empty(NOTHING)
        self.list.opened.connect(lambda _: self.toggle())
        self.people = TwoPeople(context, desk.session.user, REDACTION_CAUSES, MARK_FIRST)
        self.people.wanted.connect(self.submit)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, self.title(), size=Type.TITLE, strong=True))
        column.addWidget(Note(context, BEFORE, wrap=True))
        column.addWidget(ground, 1)
        column.addWidget(Note(context, SPACE, size=Type.NOTE, ink=Ink.SECONDARY))
        column.addWidget(self.people)

    def title(self) -> Text:
        """The act and its place."""
        at = place_words(self.desk.study, self._place)
        number = subject_of(self._place)
        of = f" · {number}" if number else ""
        return Text(f"{REDACT.en}{of} · {at.en}", f"{REDACT.zh}{of} · {at.zh}")

    def enter(self) -> None:
        """Read what is held."""
        if self.desk.session.locked:
            return
        rows = choosable(redactable(self.desk.session, self._place))
        known = {_key(c) for c in rows if c.waits is None}
        self.marked &= known
        self.list.show_rows(rows, _key)
        self._show()
        self.list.setFocus()

    def toggle(self) -> None:
        """Mark the line at the caret and go on, or mark it no longer."""
        line = self.list.current
        if line is None:
            return
        if line.waits is not None:
            self.said.emit(STANDS if line.waits is Why.IN_FORCE else UNSETTLED)
            return
        self.marked ^= {_key(line)}
        if not line.words:  # the whole takes its words along
            self.marked.discard((line.piece.seq, True))
        else:
            self.marked.discard((line.piece.seq, False))
        self._show()
        if _key(line) in self.marked:
            self.list.step_on()

    def submit(self) -> None:
        """Both sign, and it is done."""
        if not self.marked:
            self.list.setFocus()
            self.said.emit(MARK_FIRST)
            return
        session, place, people = self.desk.session, self._place, self.people
        seqs = sorted({seq for seq, _ in self.marked})
        words = {seq for seq, only in self.marked if only}
        cause, own = people.cause, people.own.text
        second, other = people.second.text, people.other.text

        def work(_: Progress) -> object:
            return redact(
                session, place, seqs, cause, own,
                second=second, second_password=other, words=words,
            )  # fmt: skip

        job = self.desk.run(work)
        people.follow(job)
        job.finished.connect(self._done)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space marks; Enter goes on; Ctrl+Enter acts; Esc leaves."""
        in_list = self.list.hasFocus() and not event.isAutoRepeat()  # one held down marks nothing
        if event.key() == Qt.Key.Key_Space and in_list:
            self.toggle()
        elif event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif not (self.people.takes(event) or presses(self, event)):
            super().keyPressEvent(event)

    def _done(self, done: Erased) -> None:
        self.marked.clear()
        subject = subject_of(self._place)
        if subject is None:
            self.desk.census.refresh()
        else:
            self.desk.census.touch(subject)
        self.desk.say(_told(DONE.filled(n=done.records, seq=done.seq), done))
        self.enter()

    def _show(self) -> None:
        n = len(self.marked)
        self.people.show_act(ERASE.filled(n=n) if n else MARK_FIRST, enabled=bool(n))
        self.list.viewport().update()

    def _tick(self, line: Choosable) -> Cell:
        on = _key(line) in self.marked
        return Cell("", Ink.ACCENT if on else Ink.SECONDARY, Glyph.CHECK if on else None)

    def _what(self, line: Choosable) -> Text:
        if isinstance(self._place, Matters) and self._place.subject is not None:
            return REQUEST
        return WORDS if _part(line) else KINDS[line.piece.kind]

    def _content(self, line: Choosable) -> Cell:
        piece = line.piece
        if line.words or piece.kind is Kind.NOTE_ADDED:
            return Cell(piece.words)
        return Cell(self._value(piece))

    def _value(self, piece: Redactable) -> Text | str:
        place = self._place
        if piece.answer is None or not isinstance(place, ItemKey):
            return "–"
        group = self.desk.study.by_form[place.form.form].by_group[place.row.group]
        return meaning(self.desk.study, group.by_name[place.item], piece.answer)

    def _state(self, line: Choosable) -> Cell:
        if line.waits is None:
            return Cell()
        return Cell(STANDS if line.waits is Why.IN_FORCE else UNSETTLED, Ink.SOFT, small=True)


class LinkPage(Page):
    """What becomes of the link of one number, and the two people."""

    def __init__(self, context: Context, desk: Desk, subject: str) -> None:
        super().__init__(context)
        self.desk, self.subject = desk, subject
        self.people = TwoPeople(context, desk.session.user, LINK_CAUSES, LINK_ACT)
        self.people.wanted.connect(self.submit)
        self.gone = Note(context, NO_LINK.filled(subject=subject), ink=Ink.SECONDARY, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, self.title(), size=Type.TITLE, strong=True))
        column.addWidget(Note(context, LINK_BEFORE.filled(subject=subject), wrap=True))
        column.addWidget(self.people)
        column.addWidget(self.gone)
        column.addStretch(1)

    def title(self) -> Text:
        """The act and the number."""
        return Text(f"{LINK.en} · {self.subject}", f"{LINK.zh} · {self.subject}")

    def enter(self) -> None:
        """Whether there is a link."""
        if self.desk.session.locked:
            return
        held = has_link(self.desk.session, self.subject)
        self.people.setVisible(held)
        self.gone.setVisible(not held)
        if held:
            self.people.own.line.setFocus()
        else:
            self.setFocus()

    def submit(self) -> None:
        """Both sign, and it is done."""
        session, subject, people = self.desk.session, self.subject, self.people
        cause, own = people.cause, people.own.text
        second, other = people.second.text, people.other.text

        def work(_: Progress) -> object:
            return destroy_link(session, subject, cause, own, second=second, second_password=other)

        job = self.desk.run(work)
        people.follow(job)
        job.finished.connect(self._done)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on; Ctrl+Enter acts; Esc leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif not (self.people.takes(event) or presses(self, event)):
            super().keyPressEvent(event)

    def _done(self, done: Erased) -> None:
        self.desk.census.touch(self.subject)
        self.desk.say(_told(LINK_DONE.filled(subject=self.subject), done))
        self.enter()


def subject_of(place: Place) -> str | None:
    """Whose it is; None for the incidents of the computer."""
    return place.form.subject if isinstance(place, RowKey) else place.subject


def place_in_coded_data(desk: Desk, place: object) -> Place | None:
    """A place whose content is redacted one by one; None in an identity form, or where none is."""
    if isinstance(place, Matters):
        return place
    form = place.form if isinstance(place, ItemKey | RowKey) else place
    if not isinstance(form, FormKey) or desk.study.by_form[form.form].private:
        return None
    assert isinstance(place, ItemKey | RowKey | FormKey)
    return place


def _part(line: Choosable) -> bool:
    """Words of a record that has a value as well."""
    return line.words and line.piece.kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED)


def _key(line: Choosable) -> tuple[int, bool]:
    return line.piece.seq, line.words


def _told(text: Text, done: Erased) -> Text:
    return text if done.compacted else Text(text.en + LATER.en, text.zh + LATER.zh)
