"""Opening and typing forms in tests."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.vault.session import Session
from ui.context import Context
from ui.fields.advance import Advance
from ui.fields.editor import Editor
from ui.form.page import FormPage

SUBJECT = "01-001"
CTRL = Qt.KeyboardModifier.ControlModifier


def form_key(form: str, event: str = "SCR") -> FormKey:
    return FormKey(EventKey(SUBJECT, event), form)


def consented(session: Session) -> None:
    """A subject with a saved consent, so that other forms may be saved."""
    book = Casebook(session)
    if SUBJECT not in [s.subject for s in book.subjects()]:
        book.create_subject(SUBJECT)
    entry = FormEntry(session, form_key("IC"))
    for item, text in {
        "RFICDAT": "2027-03-01",
        "ICVER": "V1.0",
        "ICVERDAT": "2027-01-01",
        "ICBY": "SUBJECT",
        "ICSTAFF": "S01",
        "ICCOPY": "Y",
    }.items():
        entry.type(ItemKey(RowKey(entry.key, "A"), item), text)
    for item in ("ICDATA", "ICHGR", "ICBANK", "ICSENS"):
        entry.type(ItemKey(RowKey(entry.key, "B"), item), "Y")
    entry.save(complete=True)


class Typist:
    """Opens a form page and types into whatever has the focus, counting keys.

    Attributes:
        keys: key presses so far; a held Ctrl counts as one more.
    """

    def __init__(
        self,
        qtbot: QtBot,
        context: Context,
        session: Session,
        key: FormKey,
        advance: Advance | None = None,
    ) -> None:
        self.entry = FormEntry(session, key)
        self.page = FormPage(context, self.entry, Casebook(session).history, advance=advance)
        qtbot.addWidget(self.page)
        self.page.resize(1180, 640)
        self.page.show()
        self.page.activateWindow()
        self.page.enter()
        self.keys = 0
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            QCoreApplication.processEvents()

    @property
    def focus(self) -> QWidget:
        widget = QApplication.focusWidget()
        assert widget is not None
        return widget

    @property
    def here(self) -> str:
        """The item that has the caret."""
        widget = self.focus
        assert isinstance(widget, Editor)
        return widget.item.name

    def type(self, text: str) -> None:
        for letter in text:
            QTest.keyClicks(self.focus, letter)
            self.keys += 1
        self.settle()

    def press(
        self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        QTest.keyClick(self.focus, key, held)
        self.keys += 1 + bool(held != Qt.KeyboardModifier.NoModifier)
        self.settle()

    def say(self, words: str) -> None:
        """Words of an input method; key clicks cannot carry Han characters."""
        event = QInputMethodEvent()
        event.setCommitString(words)
        QApplication.sendEvent(self.focus, event)
        self.settle()

    def go(self, item: str, row: int | None = None) -> ItemKey:
        key = next(k for k in self.page.body.order if k.item == item and row in (None, k.row.row))
        editor = self.page.body.editor(key)
        assert editor is not None
        editor.setFocus(Qt.FocusReason.TabFocusReason)
        self.settle()
        return key

    def editor(self, item: str) -> Editor:
        key = next(k for k in self.page.body.order if k.item == item)
        editor = self.page.body.editor(key)
        assert editor is not None
        return editor

    def top(self, item: str) -> int:
        """Where an editor stands on the page."""
        return self.editor(item).mapTo(self.page, QPoint(0, 0)).y()

    def popup(self) -> QWidget:
        widget = QApplication.activePopupWidget()
        assert widget is not None
        return widget
