"""By keyboard alone: consent closes a form, its draft is given up, and Today is clear of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.task import Task
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, parse_address
from tests.ui.pages.kit import SignIn, focus, laid_out, press, settled
from ui.app import Program
from ui.form.page import FormPage
from ui.pages.today import TodayPage

BOTH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
_HABIT = 450


def at(program: Program, address: str) -> FormPage:
    """Open a form with the caret in one field."""
    key = parse_address(f"01-002/{address}")
    assert isinstance(key, ItemKey)
    assert program.desk is not None
    page = program.desk.open_form(key.form, at=key)
    assert page is not None
    laid_out(program.shell)
    return page


def type_over(qtbot: QtBot, program: Program, address: str, text: str, *, save: bool) -> None:
    page = at(program, address)
    qtbot.keyClicks(focus(), text)
    if save:
        press(qtbot, Qt.Key.Key_S, ctrl=True)
        if page.keeping.line.isVisible():
            qtbot.keyClicks(focus(), "1")
            press(qtbot, Qt.Key.Key_Return)
    else:
        press(qtbot, Qt.Key.Key_Escape)
    settled(qtbot, program)


def lines(qtbot: QtBot, program: Program, kind: str) -> list[Task]:
    """What Today lists of one kind; its first line has the caret."""
    page = program.shell.go("today")
    assert isinstance(page, TodayPage)
    settled(qtbot, program)
    page.chips.choose(kind)
    page.list.setFocus()
    return [t for t in page.list.rows.rows if isinstance(t, Task) and t.kind == kind]


def test_the_draft_of_a_closed_form_is_led_to_and_given_up(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    type_over(qtbot, program, "M06#1/PS#1/A#1/ECOG", "1", save=False)
    type_over(qtbot, program, "EOS#1/EOS#1/A#1/DSDECOD", "6", save=True)
    (line,) = lines(qtbot, program, "draft")
    assert "表单现已关闭" in line.text.zh
    press(qtbot, Qt.Key.Key_Return)
    page = program.shell.page
    assert isinstance(page, FormPage)
    assert page.entry.key.form == "PS"
    laid_out(program.shell)
    QTest.keyClick(focus(), Qt.Key.Key_Delete, BOTH)
    assert focus() is page.discarding.line
    qtbot.wait(_HABIT)
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    assert not lines(qtbot, program, "draft")


def test_a_form_is_left_for_what_closes_it_and_comes_back_open(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    type_over(qtbot, program, "SCR#1/IC#1/B#1/ICHGR", "2", save=True)
    assert "现已关闭：病理标本（受体）、ctDNA-MRD检测" in program.shell._status.text()
    history = program.desk.open_form(FormKey(EventKey("01-002", "SCR"), "BCH"))
    assert history is not None
    laid_out(program.shell)
    assert history.body.shut.keys() == {"PATH"}
    assert history.entry.caret is not None
    assert history.entry.caret.row.group != "PATH", "the caret begins where something may be typed"
    closed = at(program, "M06#1/MRD#1/A#1/PERF")
    assert closed.entry.read_only is not None
    press(qtbot, Qt.Key.Key_G, ctrl=True)
    consent = program.shell.page
    assert isinstance(consent, FormPage)
    assert str(consent.entry.caret) == "01-002/SCR#1/IC#1/B#1/ICHGR"
    qtbot.keyClicks(focus(), "1")
    press(qtbot, Qt.Key.Key_S, ctrl=True)
    qtbot.keyClicks(focus(), "1")
    press(qtbot, Qt.Key.Key_Return)
    press(qtbot, Qt.Key.Key_Escape)
    settled(qtbot, program)
    assert program.shell.page is closed
    assert closed.entry.read_only is None
    assert closed.foot.save.isVisible()
