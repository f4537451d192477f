"""The trail's review by keyboard: narrowed, looked at, signed; and what it does to the lists."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.audit.review import reviews
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.study.address import EventKey, FormKey
from tests.ui.pages.kit import SignIn, focus, line, opened, press, secret
from ui.form.page import FormPage
from ui.pages.admin import AdminPage
from ui.pages.admin_trail import TrailPart
from ui.widgets.in_sight import DWELL

VITALS = FormKey(EventKey("01-001", "SCR"), "VS")


def shown(qtbot: QtBot, program: object) -> TrailPart:
    page = program.shell.go("admin")  # type: ignore[attr-defined]
    assert isinstance(page, AdminPage)
    part = page.show_part("trail")
    assert isinstance(part, TrailPart)
    qtbot.waitUntil(lambda: part.survey is not None, timeout=20_000)
    qtbot.waitUntil(part.list.hasFocus)
    return part


def test_a_review_is_signed_by_keyboard_alone(qtbot: QtBot, sign_in: SignIn, place: object) -> None:
    with opened(place / "site", "crc") as crc:  # type: ignore[operator]
        Casebook(crc).remove(VITALS, ChangeReason("WRONGPLACE"))
    program = sign_in("pi")
    part = shown(qtbot, program)
    assert part.survey is not None
    everything = len(part.survey.open)
    assert everything == part.list.rows.rowCount()
    press(qtbot, Qt.Key.Key_Slash)
    qtbot.keyClicks(focus(), "01-001 removed")
    assert part.list.rows.rowCount() == 1
    press(qtbot, Qt.Key.Key_Return)
    assert part.list.hasFocus()
    press(qtbot, Qt.Key.Key_Space)
    assert len(part.looked) == 1
    press(qtbot, Qt.Key.Key_Space)
    assert not part.looked
    press(qtbot, Qt.Key.Key_Slash)
    press(qtbot, Qt.Key.Key_Escape)
    assert part.list.rows.rowCount() == everything
    part.answer.words.line.setFocus()
    line(qtbot, "synthetic words")
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: "未查看" in part.answer.signing.password._below.text(), timeout=20_000)
    assert program.session is not None
    assert reviews(program.session) == ()
    part.list.setFocus()
    part.list.setFixedHeight(96)  # two records at once
    bar = part.list.verticalScrollBar()
    bar.setValue(0)
    part._in_sight.clear()
    part.sight.anew()
    qtbot.wait(DWELL + 100)
    press(qtbot, Qt.Key.Key_A)
    assert len(part.looked) < everything, "what lies below was not on the screen"
    part.list.setFixedHeight(480)
    for at in range(0, bar.maximum() + bar.pageStep(), max(bar.pageStep() // 2, 1)):
        bar.setValue(at)
        qtbot.wait(DWELL + 100)
    press(qtbot, Qt.Key.Key_A)
    assert len(part.looked) == everything
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    qtbot.waitUntil(lambda: len(reviews(program.session)) == 1, timeout=20_000)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: part.list.rows.rowCount() == 0, timeout=20_000)
    assert "上次审阅" in part.state.text()
    assert part.answer.signing.password.text == ""
    assert part.answer.words.text == ""


def test_one_press_of_an_arrow_changes_the_kind(qtbot: QtBot, sign_in: SignIn) -> None:
    part = shown(qtbot, sign_in("pi"))
    before = part.chips.key
    press(qtbot, Qt.Key.Key_Right)
    after = part.chips.key
    assert after != before
    assert part.list.hasFocus()
    press(qtbot, Qt.Key.Key_Left)
    assert part.chips.key == before


def test_a_record_leads_to_its_place(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    part = shown(qtbot, program)
    part.chips.choose("every")
    part.search.setText("VS.WEIGHT 01-002")
    part._show()
    part.list.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    page = program.shell.page
    assert isinstance(page, FormPage)
    assert page.entry.key == FormKey(EventKey("01-002", "SCR"), "VS")


def test_who_does_not_review_reads_and_is_told_who_signs(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    part = shown(qtbot, program)
    assert not part.answer.signing.button.isVisible()
    assert not part.answer.signing.password.isVisible()
    part.answer.submit()
    QApplication.processEvents()
    assert program.session is not None
    assert reviews(program.session) == ()
