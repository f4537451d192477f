"""All subjects of the site, found by typing."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.overview import Overview
from mrd_desktop.record.casebook import SubjectLine
from mrd_desktop.record.errors import NumberUnsure
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.texts import Text
from ui.context import Context
from ui.finder import fits
from ui.flags import SIGNS
from ui.icons import Glyph
from ui.keys import presses
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Subjects", "受试者")
SEARCH = Text("Number, status, visit…", "输入编号、状态、访视…")
NEW = Text("New subject", "新受试者")
NEW_ASK = Text("{number} is next. Enter gives it out.", "下一个编号 {number}，按 Enter 建立。")
NEW_NAMED = Text("Create this number", "建立此编号")
NEW_NUMBER = Text("Subject number from the paper list", "纸质名单上的受试者编号")
NEW_YES = Text("Create {number}", "建立 {number}")
CANCEL = Text("Cancel", "取消")
NONE = Text(
    "No subject yet. Ctrl+N gives out the first number.", "尚无受试者。按 Ctrl+N 建立第一例。"
)
NO_FIT = Text("No subject fits what is typed.", "没有符合条件的受试者。")
OF = Text("{shown} of {all}", "{shown} / {all} 例")
CREATED = Text("Subject {number} is created.", "已建立受试者 {number}。")
NUMBER = Text("Number", "编号")
STATUS = Text("Status", "状态")
FLAGS = Text("Flags", "标记")
NEXT = Text("Next visit", "下次访视")
WINDOW = Text("Window", "窗口")
INCOMPLETE = Text("Incomplete", "未完整")
QUERIES = Text("Queries", "质疑")
SAVED = Text("Last saved", "最近保存")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: the line of the tables, and what was worked out since."""

    line: SubjectLine
    overview: Overview | None


class SubjectsPage(Page):
    """The list."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._number = ""
        self.search = Line(context)
        self.search.setFixedWidth(Size.POPUP - 2 * Size.MARGIN)
        self.search.textEdited.connect(self._show)
        self._count = Note(context, ink=Ink.SECONDARY)
        self.new = Button(context, NEW, glyph=Glyph.ADD, key="Ctrl+N")
        if not desk.session.allows("subject.create"):
            self.new.hide()
        self.new.clicked.connect(self.ask_new)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(self.search)
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(self.new)
        self._ask = Card(context)
        self._ask_note = Note(context, wrap=True)
        self.named = Line(context)
        self.named.setFixedWidth(Size.POPUP // 3)
        self.give = Button(context, NEW, rank=Rank.PRIMARY, key="Enter")
        cancel = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.give.clicked.connect(self.make_new)
        cancel.clicked.connect(self._leave_new)
        asking = QHBoxLayout(self._ask)
        asking.setContentsMargins(Size.PAD, Size.GAP, Size.PAD, Size.GAP)
        asking.addWidget(self._ask_note, 1)
        asking.addWidget(self.named)
        asking.addWidget(cancel)
        asking.addWidget(self.give)
        self._ask.hide()
        self.list: Listing[Entry] = Listing(context, self._columns(), HEADING)
        self.list.opened.connect(lambda e: desk.open_subject(e.line.subject))
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addLayout(head)
        column.addWidget(self._ask)
        column.addWidget(ground, 1)
        key = QShortcut(QKeySequence("Ctrl+N"), self)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.ask_new)
        desk.census.changed.connect(self._counted)
        self.retranslate()

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Count anew; the caret is in the list."""
        self.desk.census.refresh()
        self._show()
        spot = self.list if self.desk.census.lines else self.search
        QTimer.singleShot(0, spot, spot.setFocus)

    def leave(self) -> None:
        """A question that was open is dropped."""
        self._leave_new()

    def retranslate(self) -> None:
        """Say the search field's prompt anew."""
        self.search.setPlaceholderText(self.context.say(SEARCH))
        self.search.setAccessibleName(self.context.say(SEARCH))
        self.named.setAccessibleName(self.context.say(NEW_NUMBER))
        self._show()

    # --- a new subject ----------------------------------------------------------------

    def ask_new(self) -> None:
        """Ctrl+N: show the next number; nothing is given out yet."""
        if not self.desk.session.allows("subject.create"):
            return
        unsure = self.desk.book.asks_number()
        self._number = "" if unsure else self.desk.book.next_number()
        said = NumberUnsure.template if unsure else NEW_ASK.filled(number=self._number)
        self._ask_note.show_text(said)
        self.give.show_text(NEW_NAMED if unsure else NEW_YES.filled(number=self._number))
        self.named.setText(f"{self.desk.session.folder.site}-" if unsure else "")
        self.named.setVisible(unsure)
        self._ask.show()
        if unsure:
            self.named.setFocus()  # behind the site's number, which is not selected
        else:
            self.give.setFocus(Qt.FocusReason.TabFocusReason)

    def make_new(self) -> None:
        """Give the number out and open its first form."""
        try:
            named = self._number or self.named.text().strip()
            subject = self.desk.book.create_subject(named or None)
        except MrdError as refused:
            self.said.emit(refused.text)
            return
        self._leave_new()
        self.desk.census.refresh()
        self.desk.open_subject(subject)
        session = self.desk.session
        first = "ID" if session.allows("identity.edit") and session.has_vault else "IC"
        self.desk.open_form(FormKey(EventKey(subject, "SCR"), first))
        self.said.emit(CREATED.filled(number=subject))

    def _leave_new(self) -> None:
        self._ask.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Typing searches, arrows walk, Enter opens."""
        key = event.key()
        enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if presses(self, event):
            pass
        elif self._ask.isVisible() and enter:
            self.make_new()
        elif key == Qt.Key.Key_Escape and self._ask.isVisible():
            self._leave_new()
            self.list.setFocus()
        elif key == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            self._show()
        elif enter and self.search.hasFocus():
            entry = self.list.current
            if entry is not None:
                self.desk.open_subject(entry.line.subject)
        elif key == Qt.Key.Key_Down and self.search.hasFocus():
            self.list.setFocus()
        elif self.list.hasFocus() and event.text().isprintable() and event.text():
            self.search.setFocus()
            self.search.insert(event.text())
            self._show()
        else:
            super().keyPressEvent(event)

    # --- showing ----------------------------------------------------------------------

    def _counted(self) -> None:
        if self.isVisible():  # else it is read when the page is entered
            self._show()

    def _show(self) -> None:
        census = self.desk.census
        typed = self.search.text().strip()
        entries = [Entry(line, census.overviews.get(line.subject)) for line in census.lines]
        shown = [e for e in entries if not typed or fits(typed, *_words(e))]
        self.list.show_empty(NO_FIT if entries else NONE)
        self.list.show_rows(shown, lambda e: e.line.subject)
        self._count.show_text(OF.filled(shown=len(shown), all=len(entries)))

    def _columns(self) -> tuple[Column[Entry], ...]:
        return (
            Column(NUMBER, lambda e: Cell(e.line.subject, strong=True), width=96),
            Column(STATUS, _status, width=208),
            Column(FLAGS, _flags, width=168),
            Column(NEXT, _visit, width=120),
            Column(WINDOW, _window),
            Column(INCOMPLETE, _incomplete, width=88, right=True),
            Column(QUERIES, _queries, width=80, right=True),
            Column(SAVED, self._saved, width=136, right=True),
        )

    def _saved(self, entry: Entry) -> Cell:
        at = entry.line.last_saved
        return Cell(self.context.hours.moment(at) if at else "–", Ink.SECONDARY)


def _words(entry: Entry) -> list[Text | str]:
    words: list[Text | str] = [entry.line.subject]
    if entry.overview is not None:
        found = entry.overview.standing
        words += [found.status.text, *(f.text for f in found.flags)]
        words += [found.group.text] if found.group else []
        words += [entry.overview.due.event.oid] if entry.overview.due else []
    return words


def _status(entry: Entry) -> Cell:
    if entry.overview is None:
        return Cell("…", Ink.SECONDARY)
    found = entry.overview.standing
    text = found.status.text
    if found.group is not None and found.group is not found.status:
        text = Text(f"{found.group.text.en} → {text.en}", f"{found.group.text.zh} → {text.zh}")
    return Cell(text)


def _flags(entry: Entry) -> Cell:
    flags = entry.overview.standing.flags if entry.overview else ()
    if not flags:
        return Cell()
    first = flags[0]
    ink, glyph = SIGNS[first]
    return Cell(first.text, ink, glyph)


def _visit(entry: Entry) -> Cell:
    due = entry.overview.due if entry.overview else None
    return Cell(due.event.text) if due else Cell("–", Ink.SECONDARY)


def _window(entry: Entry) -> Cell:
    due = entry.overview.due if entry.overview else None
    return Cell(f"{due.window.opens} – {due.window.closes}", Ink.SECONDARY) if due else Cell()


def _incomplete(entry: Entry) -> Cell:
    n = entry.overview.incomplete if entry.overview else 0
    return Cell(str(n), Ink.SOFT) if n else Cell("–", Ink.SECONDARY)


def _queries(entry: Entry) -> Cell:
    n = entry.line.open_queries
    return Cell(str(n), Ink.SOFT) if n else Cell("–", Ink.SECONDARY)
