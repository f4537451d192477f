"""Calendar and paper in the window, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.calendar import Occasion
from mrd_desktop.insight.reports.delegation import spans
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.ui.pages.kit import line, press
from ui.context import Context
from ui.jobs import Jobs
from ui.pages.calendar import CalendarPage
from ui.pages.paper import Line, PaperPage
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


def test_the_calendar_leaves_as_a_file_without_names(
    desk: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "site.ics"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(to), ""))
    said: list[str] = []
    page = CalendarPage(desk.context, desk)
    page.said.connect(lambda text: said.append(text.zh))
    desk.shell.open(page)
    qtbot.waitUntil(lambda: not page._reading, timeout=20_000)
    m12 = FormKey(EventKey("01-002", "M12"), "SV")
    days = (date(2027, 6, 16), date(2027, 6, 30), date(2027, 7, 14))
    page._found = (
        Occasion("visit", "a", "01-002", Text("Month 12", "第12个月"), *days, m12),
        Occasion("visit", "b", "01-003", Text("Month 9", "第9个月"), *days, m12, days[1]),
    )
    qtbot.keyClick(page.sheet, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    content = to.read_text("utf-8")
    events = content.count("BEGIN:VEVENT")
    assert events == 1  # the other one took place
    assert "SUMMARY:01-002 第12个月" in content
    assert said[-1].startswith(f"{events} 项")
    with desk.session.reading() as conn:
        records = list(store.records(conn, desk.session.folder.chain))
    last = records[-1]
    assert (last.kind, last.body["form"]) == (Kind.PRINTED, "ics")


def test_a_calendar_file_that_cannot_be_written_is_told(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    said: list[str] = []
    page = CalendarPage(desk.context, desk)
    page.said.connect(lambda text: said.append(text.zh))
    page.export_to(tmp_path / "nowhere" / "site.ics")
    assert said == ["文件无法写入该位置，请选择其他文件夹。"]


def row_of(page: PaperPage, name: str) -> Line:
    found = (page.list.rows.at(n) for n in range(page.list.rows.rowCount()))
    return next(x for x in found if x and x.text.zh == name)


def test_paper_asks_and_then_shows(desk: Desk, qtbot: QtBot) -> None:
    page = PaperPage(desk.context, desk)
    desk.shell.open(page)
    row = row_of(page, "受试者数据副本")
    before = desk.session.head()
    row.begin()
    qtbot.waitUntil(lambda: page.picking is not None)
    assert page.picking is not None
    page.picking.chosen.emit("01-001")
    page.picking.close()
    qtbot.waitUntil(lambda: isinstance(desk.shell.page, PreviewPage), timeout=10_000)
    front = desk.shell.page
    assert isinstance(front, PreviewPage)
    assert front.report.subject == "01-001"
    assert desk.session.head() == before


def test_the_log_of_duties_is_asked_for_a_day(desk: Desk, qtbot: QtBot) -> None:
    page = PaperPage(desk.context, desk)
    desk.shell.open(page)
    row_of(page, "授权分工表（系统用户）").begin()
    qtbot.waitUntil(lambda: page.picking is not None)
    assert page.picking is not None
    assert page.picking._filter.accessibleName() == "选择日期"
    day = desk.session.today().isoformat()
    (first, last), *_ = spans(desk.session)
    assert str(last) == day
    page.picking.chosen.emit(first.isoformat())
    page.picking.close()
    qtbot.waitUntil(lambda: isinstance(desk.shell.page, PreviewPage), timeout=10_000)
    front = desk.shell.page
    assert isinstance(front, PreviewPage)
    assert front.report.about == first.isoformat()


def test_a_blank_form_of_one_visit_only_is_asked_about_no_visit(desk: Desk, qtbot: QtBot) -> None:
    page = PaperPage(desk.context, desk)
    desk.shell.open(page)
    row_of(page, "单张纸质表单").begin()
    qtbot.wait(100)
    line(qtbot, "IC")
    qtbot.wait(100)
    assert page.picking is not None
    assert page.picking._filter.accessibleName() == "选择受试者"
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(desk.shell.page, PreviewPage), timeout=10_000)


def test_the_trail_leaves_as_a_file_about_whom_and_as_what_one_chooses(
    desk: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PaperPage(desk.context, desk)
    desk.shell.open(page)
    to = tmp_path / "trail.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *asked: (str(to), ""))
    row_of(page, "稽查轨迹").begin()
    qtbot.wait(100)
    line(qtbot, "01-001")
    qtbot.wait(100)
    assert page.picking is not None
    with qtbot.waitSignal(page.said, timeout=20_000) as said:
        line(qtbot, "csv")
    assert said.args is not None
    assert str(to) in said.args[0].zh
    text = to.read_text(encoding="utf-8-sig")
    assert text.startswith("链,记录号,当地时间")
    assert ",01-001," in text


def test_who_may_not_see_the_trail_is_not_offered_it(
    qtbot: QtBot, context: Context, charted: Clinic
) -> None:
    with charted.open("admin") as session:
        for desk in _desk(qtbot, context, session):
            page = PaperPage(desk.context, desk)
            desk.shell.open(page)
            found = [page.list.rows.at(n) for n in range(page.list.rows.rowCount())]
            assert "稽查轨迹" not in {x.text.zh for x in found if x}
