from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.study.address import EventKey, FormKey
from tests.ui.pages.kit import SignIn, opened, press
from ui.app import Program
from ui.fields.advance import Advance
from ui.fields.habits import advance_of, keep_advance
from ui.pages.admin import AdminPage
from ui.pages.admin_typing import TypingPart


def at_typing(qtbot: QtBot, program: Program) -> TypingPart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("typing")
    assert isinstance(part, TypingPart)
    qtbot.wait(30)
    return part


def test_numbers_are_left_by_themselves_once_the_user_wants_it(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    program = sign_in("crc")
    part = at_typing(qtbot, program)
    assert (part.fixed.isChecked(), part.numbers.isChecked()) == (True, False)
    assert part.fixed.hasFocus()
    press(qtbot, Qt.Key.Key_Tab)
    press(qtbot, Qt.Key.Key_Space)
    assert part.numbers.isChecked()
    program._end()
    with opened(place / "site", "crc") as session:
        assert advance_of(session) == Advance(fixed=True, numbers=True)
    with opened(place / "site", "pi") as session:
        assert advance_of(session) == Advance(), "each user has a choice of one's own"
    again = sign_in("crc")
    assert at_typing(qtbot, again).numbers.isChecked()
    assert again.desk is not None
    vitals = again.desk.open_form(FormKey(EventKey("01-002", "M21"), "VS"))
    assert vitals is not None
    vitals.view.apply(vitals.entry.type(vitals.body.order[0], "Y"))
    pulse = next(k for k in vitals.body.order if k.item == "PULSE")
    editor = vitals.body.editor(pulse)
    assert editor is not None
    with qtbot.waitSignal(editor.full, timeout=1000):
        qtbot.keyClicks(editor, "84")


def test_all_may_be_switched_off(place: Path, sign_in: SignIn) -> None:
    sign_in("crc")._end()
    with opened(place / "site", "crc") as session:
        for fixed in (True, False):
            for numbers in (True, False):
                chosen = Advance(fixed=fixed, numbers=numbers)
                keep_advance(session, chosen)
                assert advance_of(session) == chosen
