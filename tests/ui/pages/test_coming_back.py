"""Nothing typed is lost: the same form, field and half-typed text come back, to the same user."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from tests.ui.pages.kit import SignIn, line, ready, secret
from ui.app import Program
from ui.fields.editor import Editor
from ui.form.page import FormPage
from ui.pages.subject import SubjectPage

FORM = FormKey(EventKey("01-001", "UNS", 9), "BCH")
CARET = ItemKey(RowKey(FORM, "A"), "PRIMDAT")
HALF = "2018-0"

_TYPES_AND_DIES = """
import os, signal, sys, time
from pathlib import Path
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from mrd_desktop.study.load import load_study
from tests.ui.pages.kit import opened
from tests.ui.pages.test_coming_back import CARET, FORM, HALF
from ui.app import Program, compose
app = QApplication([])
program = Program(compose().context, load_study())
program._signed_in(opened(Path(sys.argv[1]), "crc"))
program.shell.show()
page = program.desk.open_form(FORM, at=CARET)
app.processEvents()
page.caret.focus(CARET)
app.processEvents()
QTest.keyClicks(app.focusWidget(), HALF)
end = time.monotonic() + 20
while not page.entry.draft_at and time.monotonic() < end:
    app.processEvents()
print("kept" if page.entry.draft_at else "not kept", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def type_half(program: Program, item: ItemKey = CARET, text: str = HALF) -> FormPage:
    assert program.desk is not None
    page = program.desk.open_form(item.form, at=item)
    assert page is not None
    page.activateWindow()
    page.caret.focus(item)
    QApplication.processEvents()
    editor = page.body.editor(item)
    assert editor is not None
    QTest.keyClicks(editor, text)
    return page


def there_again(qtbot: QtBot, program: Program, item: ItemKey = CARET, text: str = HALF) -> None:
    page = program.shell.page
    assert isinstance(page, FormPage), "the form comes back by itself"
    assert page.entry.key == item.form
    qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), Editor), timeout=5_000)
    assert page.caret.here == item
    editor = page.body.editor(item)
    assert QApplication.focusWidget() is editor
    assert editor is not None
    assert editor.text() == text


def test_a_killed_program_comes_back_to_the_half_typed_word(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", _TYPES_AND_DIES, str(place / "site")],
        capture_output=True, text=True, cwd=root, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(root), "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.stdout.strip() == "kept", done.stderr
    assert done.returncode == -signal.SIGKILL
    there_again(qtbot, sign_in("crc"))


def test_lock_and_language_leave_everything_where_it_was(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = type_half(program)
    program.context.speech.turn()
    there_again(qtbot, program)
    program.lock()
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: not program.shell.covered, timeout=20_000)
    there_again(qtbot, program)
    assert program.shell.page is page


def test_each_user_comes_back_to_the_own_form(qtbot: QtBot, sign_in: SignIn) -> None:
    other = CARET._replace(row=RowKey(FormKey(EventKey("01-002", "UNS", 9), "BCH"), "A"))
    type_half(sign_in("crc"))
    program = sign_in("pi")
    assert not isinstance(program.shell.page, FormPage), "a draft is its user's alone"
    type_half(program, other, "199")
    there_again(qtbot, sign_in("crc"))
    there_again(qtbot, sign_in("pi"), other, "199")


@pytest.mark.parametrize("away", ["back", "today"])
def test_a_form_that_was_left_does_not_come_back_by_itself(
    qtbot: QtBot, sign_in: SignIn, away: str
) -> None:
    program = sign_in("crc")
    page = type_half(program)
    if away == "back":
        QTest.keyClick(page, Qt.Key.Key_Escape)
    else:
        program.shell.go("today")
    assert program.desk is not None
    assert program.desk.book.open(FORM).field(CARET).text == HALF, "the draft waits"
    again = sign_in("crc")
    assert not isinstance(again.shell.page, FormPage)


def test_each_user_comes_back_to_the_own_place_also_where_nothing_was_typed(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    page = program.desk.open_form(FORM, at=CARET)
    assert page is not None
    page.caret.focus(CARET)
    QApplication.processEvents()
    program = sign_in("pi")
    assert not isinstance(program.shell.page, FormPage), "a place is its user's alone"
    assert program.desk is not None
    program.desk.open_subject("01-002")
    again = sign_in("crc")
    there_again(qtbot, again, text="")
    assert again.desk is not None
    assert again.desk.book.unfinished() is None, "no draft was needed for that"
    again.shell.go("today")
    subject = sign_in("pi").shell.page
    assert isinstance(subject, SubjectPage)
    assert subject.subject == "01-002"
    assert sign_in("crc").shell.page is program.shell.go("today"), "who was at home begins there"
