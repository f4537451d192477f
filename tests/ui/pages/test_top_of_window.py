"""Keys of a form act also while the caret stands above it, and it is found again from its foot."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey
from tests.ui.pages.kit import SignIn, focus, laid_out, line, press, ready, secret, settled
from ui.app import Program
from ui.form.page import FormPage

KEY = FormKey(EventKey("01-002", "M12"), "SV")


def opened(program: Program) -> FormPage:
    assert program.desk is not None
    page = program.desk.open_form(KEY)
    assert page is not None
    laid_out(program.shell)
    return page


def test_f3_and_save_act_from_the_buttons_above(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = opened(program)
    first = page.body.editor(page.body.order[0])
    qtbot.keyClicks(first, "x")
    program.shell._lock.setFocus()
    press(qtbot, Qt.Key.Key_F3)
    assert page.isAncestorOf(focus())
    program.shell._lock.setFocus()
    press(qtbot, Qt.Key.Key_S, ctrl=True)
    settled(qtbot, program)
    assert program.desk is not None
    assert program.desk.book.open(KEY).recorded is not None


def test_shift_tab_from_the_foot_is_the_last_field(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = opened(program)
    button = page.foot.save if page.foot.save.isVisible() else page.foot.finish
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert focus() is page.body.editor(page.body.order[-1])


def test_nothing_of_the_lock_stays_on_the_form(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = opened(program)
    qtbot.keyClicks(page.body.editor(page.body.order[1]), "1")
    program.lock()
    qtbot.wait(50)
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: not program.shell.covered, timeout=20_000)
    settled(qtbot, program)
    assert "锁定" not in page.foot.message.text()
    assert page.entry.state is FormState.DRAFT
