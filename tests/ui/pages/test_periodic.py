"""The periodic review by keyboard: days, sections, the document; the print is recorded."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.reports.periodic import SECTIONS
from mrd_desktop.insight.reports.periodic_read import Period, packs
from tests.ui.pages.kit import SignIn, focus, press, settled
from tests.ui.pages.look import glance
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_periodic import PeriodicPart
from ui.print.preview import PreviewPage
from ui.theme import Ink


def at_periodic(qtbot: QtBot, program: Program) -> PeriodicPart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("periodic")
    assert isinstance(part, PeriodicPart)
    settled(qtbot, program)
    qtbot.waitUntil(part.list.hasFocus)
    return part


def test_one_key_shows_the_document_and_saving_it_is_recorded(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("admin")
    part = at_periodic(qtbot, program)
    session = program.session
    assert session is not None
    assert part.list.rows.rowCount() == len(SECTIONS)
    press(qtbot, Qt.Key.Key_Return)
    page = program.shell.page
    assert isinstance(page, PreviewPage)
    assert len(page.sheets.pages) >= 2
    assert packs(session) == (), "looking writes nothing"
    page.save_to(tmp_path / "pack.pdf")
    assert (tmp_path / "pack.pdf").read_bytes().startswith(b"%PDF")
    today = session.today()
    assert packs(session) == (Period(today, today),)


def test_other_days_are_typed_and_wrong_ones_told(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    part = at_periodic(qtbot, program)
    press(qtbot, Qt.Key.Key_T)
    assert part.first.line.hasFocus()
    qtbot.keyClicks(focus(), "2026-10-40")
    press(qtbot, Qt.Key.Key_Return)
    assert part.first.line.hasFocus(), "a wrong first day is mended before the last one"
    assert "没有这一天" in part.first._below.text()
    assert part.first.text == "2026-10-40"
    assert not part.first.line.hasSelectedText()
    glance.check(qtbot, program, "periodic")
    part.last.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert part.first.line.hasFocus(), "from the last one the caret goes back to it"
    for _ in range(2):
        press(qtbot, Qt.Key.Key_Backspace)
    qtbot.keyClicks(focus(), "01")
    press(qtbot, Qt.Key.Key_Return)
    assert part.last.line.hasFocus()
    assert part.first._below._ink is Ink.SECONDARY
    qtbot.keyClicks(focus(), "2026-10-40")
    press(qtbot, Qt.Key.Key_Return)
    assert isinstance(program.shell.page, AdminPage)
    assert "没有这一天" in part.last._below.text()
    part.last.line.setText("20260930")
    press(qtbot, Qt.Key.Key_Return)
    assert "止日" in part.last._below.text()
    part.last.line.setText("t")
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    page = program.shell.page
    assert isinstance(page, PreviewPage)
    assert page.report.about == "2026-10-01/2026-10-08"
    QApplication.processEvents()
