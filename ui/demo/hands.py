"""Hands on the keyboard: keys go to whatever has the focus, as from a person's fingers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from mrd_desktop.record.story import Value
from mrd_desktop.texts import Language
from ui.app import Program
from ui.fields.code import CodeEditor
from ui.fields.codes import CodesEditor
from ui.fields.editor import Editor
from ui.form.page import FormPage
from ui.pages.sign import SignPage
from ui.theme import Mode
from ui.widgets.in_sight import DWELL

Key = Qt.Key
_PATIENCE = 60.0
_CTRL = Qt.KeyboardModifier.ControlModifier


class Hands:
    """Types, waits, takes pictures.

    Attributes:
        keys: how many keys were pressed.
        pictures: the pictures taken, by name.
    """

    def __init__(self, program: Program, screens: Path) -> None:
        self.program = program
        self.screens = screens
        self.keys = 0
        self.pictures: list[str] = []

    # --- waiting ----------------------------------------------------------------------

    def rest(self, milliseconds: int = 1) -> None:
        """Let the window work."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def until(self, ready: Callable[[], bool], what: str) -> None:
        """Wait for something to be ready.

        Raises:
            TimeoutError: it never was; ``what`` says what was awaited.
        """
        end = time.monotonic() + _PATIENCE
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError(what)
            self.rest(10)
        self.rest(20)

    def read_and_choose(self, page: SignPage) -> None:
        """Look at each form that waits for a signature, line by line, and choose it."""
        page.list.setFocus()
        for waiting in page.waiting:
            self.until(lambda: page.list.current is not None, "a form to sign")
            while not page.chosen(waiting.key):
                self.rest(DWELL + 60)
                self.press(Key.Key_Space)

    # --- keys -------------------------------------------------------------------------

    @property
    def target(self) -> QWidget:
        """What has the focus: the field of a list that is open, else that of the window."""
        popup = QApplication.activePopupWidget()
        focused = popup.focusProxy() or popup if popup else QApplication.focusWidget()
        return focused or self.program.shell

    def press(self, key: Qt.Key, *, ctrl: bool = False) -> None:
        """One key."""
        held = _CTRL if ctrl else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(self.target, key, held)
        self.keys += 1
        self.rest()

    def type(self, text: str) -> None:
        """Letters and digits as keys; Chinese as an input method hands it over."""
        for character in text:
            if character.isascii():
                QTest.keyClicks(self.target, character)
            else:
                event = QInputMethodEvent()
                event.setCommitString(character)
                QApplication.sendEvent(self.target, event)
            self.keys += 1
        self.rest()

    def line(self, text: str) -> None:
        """A text and Enter."""
        self.type(text)
        self.press(Key.Key_Return)

    def clear(self) -> None:
        """Empty the field in focus."""
        self.press(Key.Key_A, ctrl=True)
        self.press(Key.Key_Delete)

    # --- forms ------------------------------------------------------------------------

    @property
    def form(self) -> FormPage:
        """The form in front."""
        page = self.program.shell.page
        assert isinstance(page, FormPage)
        return page

    def fill(self, values: Mapping[str, Value]) -> None:
        """Type a form field by field, as from paper: what has no value is passed by with Enter.

        Args:
            values: by item name; codes are typed by their keys.
        """
        page = self.form
        self.until(lambda: isinstance(QApplication.focusWidget(), Editor), "a field of the form")
        for _ in range(4 * len(page.body.order) + 20):
            editor = QApplication.focusWidget()
            if not isinstance(editor, Editor):
                return
            value = values.get(editor.item.name)
            if isinstance(value, dict):
                self.press(Key.Key_F2)
                self._choose_missing(page, value["missing"])
                continue
            if value is not None:
                self.type(typed(editor, value))
            if QApplication.focusWidget() is editor:  # full fields are left by themselves
                self.press(Key.Key_Return)

    def _choose_missing(self, page: FormPage, code: str) -> None:
        codes = page.entry.study.codelists["MISS"].codes
        number = [c.code for c in codes].index(code) + 1
        self.type(str(number))

    # --- pictures ---------------------------------------------------------------------

    def picture(self, name: str, *, dark: bool = False) -> None:
        """The window in both languages, with what hangs over it; in dark too where asked."""
        number = len(self.pictures) + 1
        stem = f"{number:02d}-{name}"
        speech, theme = self.program.context.speech, self.program.context.theme
        before = speech.language
        for language in Language:
            speech.choose(language)
            self.rest(15)
            self._grab(self.screens / f"{stem}.{language.value}.png")
            if dark:
                theme.choose(Mode.DARK)
                self.rest(15)
                self._grab(self.screens / f"{stem}-dark.{language.value}.png")
                theme.choose(Mode.LIGHT)
        speech.choose(before)
        self.rest(15)
        self.pictures.append(stem)

    def _grab(self, path: Path) -> None:
        shell = self.program.shell
        picture = shell.grab()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            painter = QPainter(picture)
            painter.drawPixmap(shell.mapFromGlobal(popup.pos()), popup.grab())
            painter.end()
        picture.save(str(path), "PNG", 80)  # packed in half the time, a tenth larger


def typed(editor: Editor, value: Value) -> str:
    """How a value is typed into an editor."""
    assert not isinstance(value, dict)
    if isinstance(editor, CodeEditor) and isinstance(value, str):
        choice = editor.choices.of(value)
        return choice.key if choice else value
    if isinstance(editor, CodesEditor):
        codes = value if isinstance(value, list) else [value]
        return editor.choices.keys(";".join(codes))
    assert isinstance(value, str)
    return value
