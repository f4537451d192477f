"""What a signature on the marked form would be about, line by line, and how much was in sight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.endorsing import Changed, ToSign, all_values
from mrd_desktop.record.signing import is_seen, saw
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.pages.unanswered import findings_note, show_findings
from ui.theme import Ink, Size
from ui.widgets.card import Card
from ui.widgets.in_sight import InSight
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

CHANGES_OF = Text("Changes since {who} signed, {at}", "{who} 于 {at} 签名之后的更改")
VALUES = Text("Never signed: all values of the form", "尚未签名：表单的全部数据")
WHAT = Text("What is signed", "签名内容")
FIELD, BEFORE = Text("Field", "项目"), Text("When signed", "签名时")
NOW, WHO, WHY = Text("Now", "现在"), Text("By", "更改人"), Text("Why", "原因")
ACTS = {
    "added": Text("row added", "新增一行"),
    "removed": Text("row removed", "删除一行"),
    "restored": Text("row restored", "恢复一行"),
}
ROW = Text("{section}, row {n}", "{section}第 {n} 行")
CALCULATED = Text("calculated", "系统计算")
TO_SIGN = Text("to sign", "待签名")
LOOKED, NOT_LOOKED = Text("seen", "已查看"), Text("not seen", "未查看")
SEEN_OF = Text("Looked at: {done} of {n}", "已查看 {done}/{n}")
NO_VALUE = "–"
_DETAIL = Size.FIELD + 5 * Size.ROW + 2
_PAD = Size.PAD + Size.GAP
_WIDTHS = (260, 184, 232, 184)
"""Of the columns before the last, which takes the rest and not less than ``_LEAST``."""
_LEAST = 148


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of the list: what does not fit into one goes on in the next."""

    key: tuple[object, int]
    field: str
    before: str
    now: str
    who: str
    why: str


class SignDetail(QWidget):
    """Findings, changes or all values of one form.

    Signals:
        seen: all of the form that is shown was in sight; it may be signed.
    """

    seen = Signal()

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__()
        self.context, self.desk = context, desk
        self.waiting: ToSign | None = None
        self._editions = Editions(desk.session)
        self._lines: Sequence[Changed] = ()
        columns: tuple[Column[Piece], ...] = (
            Column(FIELD, lambda p: Cell(p.field), width=_WIDTHS[0]),
            Column(BEFORE, lambda p: Cell(p.before, Ink.SECONDARY), width=_WIDTHS[1]),
            Column(NOW, lambda p: Cell(p.now), width=_WIDTHS[2]),
            Column(WHO, lambda p: Cell(p.who, Ink.SECONDARY), width=_WIDTHS[3]),
            Column(WHY, lambda p: Cell(p.why)),
        )
        self.list: Listing[Piece] = Listing(context, columns, WHAT)
        self.list.setFocusPolicy(self.list.focusPolicy().ClickFocus)
        self.list.setFixedHeight(_DETAIL)
        self.sight = InSight(self.list)
        self.sight.grown.connect(self._grown)
        self.sight.widened.connect(self._refit)
        self.remarks = findings_note(context)
        self.about = Note(context, strong=True)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(self.remarks)
        column.addWidget(self.about)
        column.addWidget(ground)

    def show_form(self, waiting: ToSign | None) -> None:
        """Show another form; the same one stays as it is, with what was in sight of it."""
        if waiting == self.waiting:
            return
        self.waiting = waiting
        self._editions = Editions(self.desk.session)
        show_findings(self.remarks, waiting.unanswered if waiting else ())
        self._lines = ()
        if waiting is None or self.desk.session.locked:
            self.about.show_text("")
        elif waiting.signed_at:
            at = self.context.hours.proof(waiting.signed_at)
            self.about.show_text(CHANGES_OF.filled(who=waiting.signed_by, at=at))
            self._lines = waiting.changes
        else:
            self.about.show_text(VALUES)
            self._lines = all_values(self.desk.session, waiting.shown.key)
        self.list.setColumnHidden(1, waiting is not None and not waiting.signed_at)
        self._fit()

    def page_on(self) -> None:
        """Bring what was not in sight yet to the top; what is there stays until it is read."""
        place = self.sight.next
        if place is not None:
            index = self.list.rows.index(place, 0)
            self.list.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)

    def _refit(self) -> None:
        """In another width the words stand on other lines: they are fitted and read anew."""
        if self._lines and not self.desk.session.locked:
            self._fit()

    def _fit(self) -> None:
        """Every column has a place in the window, and every word of it a line."""
        open_ = [n for n in range(len(_WIDTHS)) if not self.list.isColumnHidden(n)]
        wanted, room = sum(_WIDTHS[n] for n in open_), self.list.viewport().width() - _LEAST
        for n in open_:
            self.list.setColumnWidth(n, max(min(wanted, room), wanted // 2) * _WIDTHS[n] // wanted)
        pieces = [p for line in self._lines for p in self._pieces(line)]
        self.list.show_rows(pieces, lambda p: p.key)
        self.list.verticalScrollBar().setValue(0)
        self.sight.anew()

    def _grown(self) -> None:
        if self.waiting is None or not self.sight.whole or self.desk.session.locked:
            return
        if not is_seen(self.desk.session, self.waiting.shown):
            saw(self.desk.session, self.waiting.shown)
            self.seen.emit()

    # --- words ------------------------------------------------------------------------

    def _pieces(self, change: Changed) -> Iterator[Piece]:
        say = self.context.say
        now = ACTS[change.act] if change.act else self._value(change.key, change.after)
        at = f"{change.user} {self.context.hours.moment(change.at)}" if change.at else ""
        texts = (
            say(self._field(change.key)),
            say(self._value(change.key, change.before)),
            say(now),
            at or say(CALCULATED),
            say(self._why(change)),
        )
        cells = [self._fitted(n, said) for n, said in enumerate(texts)]
        for number, parts in enumerate(zip_longest(*cells, fillvalue="")):
            yield Piece((change.key, number), *parts)

    def _fitted(self, column: int, said: str) -> list[str]:
        """A text in lines that the column has room for."""
        room = max(self.list.columnWidth(column) - _PAD, 4 * _PAD)
        metrics, lines, line = QFontMetrics(self.context.font()), [], ""
        for sign in " ".join(said.split()):
            if line and metrics.horizontalAdvance(line + sign) > room:
                cut = line.rfind(" ") + 1 if sign.isascii() and " " in line.strip() else len(line)
                lines.append(line[:cut].rstrip())
                line = line[cut:]
            line += sign
        return [*lines, line]

    def _field(self, key: ItemKey | RowKey) -> Text:
        row = key.row if isinstance(key, ItemKey) else key
        form = self._editions.of(key).by_form[row.form.form]
        group = form.by_group[row.group]
        section = ROW.filled(section=group.text, n=row.row)
        if not isinstance(key, ItemKey):
            return section
        item = group.by_name[key.item].text
        if not group.repeating:
            return item
        return Text(f"{item.en} ({section.en})", f"{item.zh}（{section.zh}）")

    def _value(self, key: ItemKey | RowKey, answer: Answer | None) -> Text:
        if not isinstance(key, ItemKey):
            return Text(NO_VALUE, NO_VALUE)
        study = self._editions.of(key)
        item = study.by_form[key.form.form].by_group[key.row.group].by_name[key.item]
        said = meaning(study, item, answer)
        return said if said.en else Text(NO_VALUE, NO_VALUE)

    def _why(self, change: Changed) -> Text:
        if change.reason is None:
            return Text(NO_VALUE, NO_VALUE)
        known = {r.code: r.text for r in self.desk.study.reasons}
        words, code = change.reason.text, change.reason.code
        coded = known.get(code, Text(code, code))
        tail = f" · {words}" if words else ""
        return Text(f"{coded.en}{tail}", f"{coded.zh}{tail}")


def looked_cell(desk: Desk, waiting: ToSign, chosen: bool) -> Cell:
    """How far a form is: to be signed, looked at, or not yet."""
    if chosen:
        return Cell(TO_SIGN, Ink.ACCENT, Glyph.CHECK)
    if is_seen(desk.session, waiting.shown):
        return Cell(LOOKED, Ink.GOOD, Glyph.CHECK)
    return Cell(NOT_LOOKED, Ink.SECONDARY, Glyph.EMPTY)
