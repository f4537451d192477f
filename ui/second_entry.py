"""Second entry in the window: where it is seen on a form, the blind page, the way to the compare.

A second entry is keyed on the same page as any form; a band under its head says that it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.record.second.keying import SecondKeying
from mrd_desktop.record.second.settling import Settling
from mrd_desktop.record.second.standing import (
    STATE_WORDS,
    Act,
    SecondPlace,
    State,
    second_of,
)
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.habits import advance_of
from ui.form.keys import SECOND
from ui.form.page import FormPage
from ui.icons import Glyph, draw
from ui.pages.compare import ComparePage
from ui.theme import Ink, Size
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note

if TYPE_CHECKING:
    from ui.work import Desk

NAME = Text("Second entry", "第二次录入")
BLIND = Text(
    "Key from the paper alone. Nothing of the first entry is shown.",
    "请仅按纸质记录录入，此处不显示首次录入的内容。",
)
THEN = Text("Ctrl+Enter compares the two", "Ctrl+Enter 完成并比对")
KEEP = Text("Keep draft", "保存草稿")
FINISH = Text("Finish and compare", "完成并比对")
KEPT = Text("The second entry is kept as a draft.", "第二次录入已存为草稿。")
ACTS = {Act.KEY: NAME, Act.SETTLE: Text("Compare", "比对")}
SEE = Text("See comparison", "查看比对")
INKS = {
    State.DUE: Ink.SECONDARY,
    State.OPEN: Ink.SOFT,
    State.AGREED: Ink.GOOD,
    State.CHANGED: Ink.SECONDARY,
}


class Band(QWidget):
    """Says across the whole page that this is a second entry."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setFixedHeight(Size.FIELD + Size.GRID)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN + Size.MARK + Size.GAP, 0, Size.MARGIN, 0)
        row.setSpacing(Size.PAD)
        row.addWidget(Note(context, NAME, strong=True, ink=Ink.ACCENT))
        row.addWidget(Note(context, BLIND))
        row.addStretch(1)
        row.addWidget(Note(context, THEN, ink=Ink.SECONDARY))
        context.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the band with an edge at the left."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens.tint)
        painter.fillRect(0, 0, Size.STRIP, self.height(), tokens.accent)
        sign = QRectF(Size.MARGIN, 0, Size.MARK, self.height())
        draw(painter, Glyph.FORM, sign, tokens.accent)
        painter.end()


def open_second(desk: Desk, place: SecondPlace) -> None:
    """Open what a line of a list leads to; a refusal is told in the status line."""
    if place.act is Act.KEY:
        open_keying(desk, place.form)
    else:
        open_comparison(desk, place.form)


def open_keying(desk: Desk, key: FormKey, *, in_place: bool = False) -> FormPage | None:
    """The blind page of a form."""
    try:
        keying = SecondKeying(desk.session, key)
    except MrdError as refused:
        desk.say(refused.text)
        return None
    advance = advance_of(desk.session)
    page = FormPage(desk.context, keying, lambda _: (), advance=advance)
    page.head.history.hide()
    page.foot.save.show_text(KEEP)
    page.foot.finish.show_text(FINISH)
    column = page.layout()
    assert isinstance(column, QVBoxLayout)
    column.insertWidget(1, Band(desk.context))
    page.saved.connect(lambda _: desk.census.touch(key.subject))
    page.saved.connect(lambda _: desk.say(KEPT))
    page.finished.connect(lambda: open_comparison(desk, key, in_place=True))
    (desk.shell.replace if in_place else desk.shell.open)(page)
    return page


def open_comparison(desk: Desk, key: FormKey, *, in_place: bool = False) -> ComparePage | None:
    """The compare view of a form."""
    try:
        settling = Settling(desk.session, key)
    except MrdError as refused:
        desk.say(refused.text)
        return None
    page = ComparePage(desk.context, settling)
    page.saved.connect(lambda: desk.census.touch(key.subject))
    (desk.shell.replace if in_place else desk.shell.open)(page)
    n = settling.entry.compared
    if in_place:
        desk.say(Text(f"Compared: {n} values.", f"已比对 {n} 项。"))
    return page


def second_on(page: FormPage, desk: Desk) -> SecondMark | None:
    """Show on an ordinary form page where its second entry stands, if one is asked for."""
    if not page.entry.form.second_entry:
        return None
    return SecondMark(page, desk)


class SecondMark(QObject):
    """State and act of a second entry in the head of a form page."""

    def __init__(self, page: FormPage, desk: Desk) -> None:
        super().__init__(page)
        self.page = page
        self.desk = desk
        context = page.context
        self.state = Note(context, ink=Ink.SECONDARY)
        self.act = Button(context, NAME, rank=Rank.QUIET, key=SECOND.key)
        self.act.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.act.clicked.connect(self.go)
        page.head.add(self.state)
        page.head.add(self.act)
        made = QShortcut(QKeySequence(SECOND.key), page)
        made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        made.activated.connect(self.go)
        page.saved.connect(lambda _: self.read())
        self.read()

    def read(self) -> None:
        """Read where it stands."""
        found = second_of(self.desk.session, self.page.entry.key)
        self.state.setVisible(found is not None)
        self.page.offer(SECOND, found is not None)
        self.act.setVisible(found is not None and (found[1] is not None or found[0].user != ""))
        if found is not None:
            entry, act = found
            self.state.show_text(STATE_WORDS[entry.state], INKS[entry.state])
            self.act.show_text(ACTS[act] if act is not None else SEE)

    def go(self) -> None:
        """F10: key it, settle it, or look at the comparison."""
        found = second_of(self.desk.session, self.page.entry.key)
        if found is None:
            return
        entry, act = found
        key = self.page.entry.key
        if act is Act.KEY:
            self.page.leave()
            open_keying(self.desk, key)
        elif entry.user:
            open_comparison(self.desk, key)
        else:
            self.desk.say(STATE_WORDS[entry.state])
