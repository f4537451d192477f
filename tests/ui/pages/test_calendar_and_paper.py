"""Calendar and paper in the window, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from ui.context import Context
from ui.jobs import Jobs
from ui.pages.calendar import CalendarPage
from ui.pages.paper import PaperPage
from ui.print.preview import PreviewPage
from ui.shell import Shell
from ui.work import Desk


@pytest.fixture
def desk(qtbot: QtBot, context: Context, charted: Clinic) -> Iterator[Desk]:
    with charted.open() as session:
        yield from _desk(qtbot, context, session)


def _desk(qtbot: QtBot, context: Context, session: Session) -> Iterator[Desk]:
    shell, jobs = Shell(context), Jobs()
    qtbot.addWidget(shell)
    shell.show()
    yield Desk(context, shell, session, jobs)
    jobs.drain()


def test_the_calendar_walks_by_keys_and_prints_its_month(desk: Desk, qtbot: QtBot) -> None:
    page = CalendarPage(desk.context, desk)
    desk.shell.open(page)
    assert page.sheet.at == date(2027, 6, 30)
    qtbot.keyClick(page.sheet, Qt.Key.Key_Right)
    assert page.sheet.month.first == date(2027, 7, 1)
    qtbot.keyClick(page.sheet, Qt.Key.Key_PageDown)
    assert page.sheet.at == date(2027, 8, 1)
    qtbot.keyClick(page.sheet, Qt.Key.Key_T)
    assert page.sheet.at == date(2027, 6, 30)
    qtbot.keyClick(page.sheet, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    front = desk.shell.page
    assert isinstance(front, PreviewPage)
    assert front.report.about == "2027-06"


def test_paper_asks_and_then_shows(desk: Desk, qtbot: QtBot) -> None:
    page = PaperPage(desk.context, desk)
    desk.shell.open(page)
    found = (page.list.rows.at(n) for n in range(page.list.rows.rowCount()))
    row = next(x for x in found if x and x.printable and x.printable.what == "copy")
    before = desk.session.head()
    page.begin(row)
    qtbot.waitUntil(lambda: page.picking is not None)
    assert page.picking is not None
    page.picking.chosen.emit("01-001")
    page.picking.close()
    qtbot.waitUntil(lambda: isinstance(desk.shell.page, PreviewPage), timeout=10_000)
    front = desk.shell.page
    assert isinstance(front, PreviewPage)
    assert front.report.subject == "01-001"
    assert desk.session.head() == before
