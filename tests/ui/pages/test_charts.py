"""The charts page by keyboard: figure, group, population, day, table, files."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtPrintSupport import QPrinter
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.figures.board import Size
from mrd_desktop.insight.figures.catalogue import NAMES, Choice, People
from mrd_desktop.insight.figures.files import pages
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.insight.population import Population
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.insight.crowd import subjects
from ui import chart_work, figure_files
from ui.chart_work import Shown
from ui.context import Context
from ui.jobs import Jobs, Progress
from ui.pages import charts
from ui.pages.charts import ChartsPage
from ui.print.printing import NoPrinter
from ui.shell import Shell
from ui.work import Desk

DAY = date(2027, 6, 30)


@pytest.fixture
def desk(qtbot: QtBot, context: Context, clinic_template: Clinic, tmp_path: Path) -> Iterator[Desk]:
    with clinic_template.copy(tmp_path / "empty").open("aud") as session:
        shell, jobs = Shell(context), Jobs()
        qtbot.addWidget(shell)
        shell.resize(1366, 768)
        shell.show()
        yield Desk(context, shell, session, jobs)
        jobs.drain()


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site holds fifty synthetic subjects."""
    known = Population(load_study(), subjects(50), (), frozenset())
    monkeypatch.setattr(chart_work, "population", lambda *_: known)


def opened(desk: Desk, qtbot: QtBot) -> ChartsPage:
    page = ChartsPage(desk.context, desk)
    desk.shell.open(page)
    drawn(page, qtbot, "pfs")
    return page


def drawn(page: ChartsPage, qtbot: QtBot, name: str) -> None:
    def done() -> bool:
        return page.shown is not None and page.shown.wish.name == name and not page.working

    qtbot.waitUntil(done, timeout=20_000)


def key(page: ChartsPage, qtbot: QtBot, pressed: Qt.Key) -> None:
    widget = page.stack.currentWidget()
    assert widget is not None
    qtbot.keyClick(widget, pressed)


def test_a_site_without_subjects_says_so(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    assert page.list.rows.rowCount() == len(NAMES)
    (sheet,) = page.picture.sheets
    assert sheet.count("empty") == 1
    assert "无进展生存" in page.picture.accessibleName()


@pytest.mark.usefixtures("crowded")
def test_everything_is_chosen_by_key(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    assert page.picture.sheets[0].count("curve") == 2
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    drawn(page, qtbot, "pfs-off-treatment")
    qtbot.keyClick(page.list, Qt.Key.Key_Up)
    drawn(page, qtbot, "pfs")
    key(page, qtbot, Qt.Key.Key_G)
    qtbot.waitUntil(lambda: page.picture.sheets[0].count("curve") == 1)
    assert page.by_group.text() == "间歇组"
    key(page, qtbot, Qt.Key.Key_P)
    assert page.people is People.EVALUABLE
    drawn(page, qtbot, "pfs")
    page.as_of.setText("20270101")
    qtbot.keyClick(page.as_of, Qt.Key.Key_Return)
    assert page.day == date(2027, 1, 1)
    qtbot.waitUntil(lambda: page.shown is not None and page.shown.wish.day == page.day)
    key(page, qtbot, Qt.Key.Key_T)
    assert page.table is not None
    assert page.stack.currentWidget() is page.table
    assert page.table.rows.rowCount() > 5
    key(page, qtbot, Qt.Key.Key_T)
    assert page.stack.currentWidget() is page.picture


@pytest.mark.usefixtures("crowded")
def test_a_day_ahead_or_no_day_is_refused_in_place(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    said: list[Text] = []
    page.said.connect(said.append)
    for typed in ("2028-01-01", "soon"):
        page.as_of.setText(typed)
        page.as_of.editingFinished.emit()
    assert page.day == DAY
    assert len(said) == 2


@pytest.mark.usefixtures("crowded")
def test_pages_turn_and_are_said(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    page.list.selectRow(NAMES.index("courses"))
    drawn(page, qtbot, "courses")
    assert len(page.picture.sheets) > 1
    qtbot.keyClick(page.picture, Qt.Key.Key_PageDown)
    assert page.picture.at == 1
    assert "第 2 页" in page.picture.accessibleName()
    assert page.picture.accessibleDescription() == page.picture.sheets[1].description
    qtbot.keyClick(page.picture, Qt.Key.Key_Home)
    assert page.picture.at == 0


@pytest.mark.usefixtures("crowded")
def test_a_page_turns_for_a_whole_notch_of_the_wheel(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    page.list.selectRow(NAMES.index("courses"))
    drawn(page, qtbot, "courses")
    places = []
    for told in (QPoint(40, 0), QPoint(0, -60), QPoint(0, -60), QPoint(0, 120)):
        wheel = QWheelEvent(
            QPointF(5, 5), QPointF(5, 5), QPoint(), told, Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        page.picture.wheelEvent(wheel)
        places.append(page.picture.at)
    assert places == [0, 0, 1, 0]


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize("ending", ["pdf", "png", "svg", "csv"])
def test_a_file_is_written_and_recorded(
    desk: Desk, qtbot: QtBot, tmp_path: Path, ending: str
) -> None:
    page = opened(desk, qtbot)
    before = prints(desk.session)
    with qtbot.waitSignal(page.said, timeout=20_000):
        assert page.shown is not None
        page.save_to(page.shown, tmp_path / f"pfs.{ending}")
    assert (tmp_path / f"pfs.{ending}").stat().st_size > 1000
    (record,) = prints(desk.session)[len(before) :]
    assert (record["what"], record["about"], record["form"]) == ("figure", "pfs", ending)


@pytest.mark.usefixtures("crowded")
def test_a_print_is_recorded_and_laid_out_beside_the_screen(
    desk: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(desk, qtbot)
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "paper.pdf"))
    assert page.shown is not None
    laid_on: list[threading.Thread] = []
    monkeypatch.setattr(
        figure_files.files,
        "pages",
        lambda *of: laid_on.append(threading.current_thread()) or pages(*of),
    )
    with qtbot.waitSignal(page.said, timeout=20_000) as said:
        page.print_on(page.shown, printer)
    assert said.args == [charts.PRINTED.filled(n=1, pages=1)]
    assert (tmp_path / "paper.pdf").stat().st_size > 1000
    assert prints(desk.session)[-1]["form"] == "paper"
    assert laid_on
    assert threading.main_thread() not in laid_on


@pytest.mark.usefixtures("crowded")
def test_the_picture_follows_language_and_room(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    wide = page.picture.sheets[0].width
    desk.shell.resize(1000, 640)
    qtbot.waitUntil(lambda: page.picture.sheets[0].width < wide, timeout=20_000)
    desk.context.speech.turn()
    qtbot.waitUntil(lambda: page.picture.sheets[0].title.startswith("Progression"), timeout=20_000)


@pytest.mark.usefixtures("crowded")
def test_the_table_is_that_of_the_figure_in_front(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    assert page.shown is not None
    assert page.table is not None
    rows = page.table.rows.rowCount()
    unusable = Problem("S1", "BW", Text("synthetic", "合成"), "S1/x")
    page._take(replace(page.shown, problems=(*page.shown.problems, unusable)))
    assert page.table is not None
    assert page.table.rows.rowCount() > rows


@pytest.mark.usefixtures("crowded")
def test_only_what_is_chosen_is_saved_or_printed(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = opened(desk, qtbot)
    asked: list[str] = []
    saved: list[Shown] = []

    def ask(_context: Context, _page: ChartsPage, stem: str) -> Path:
        asked.append(stem)
        page.shown = None
        return tmp_path / "x.csv"

    monkeypatch.setattr(charts, "ask_path", ask)
    monkeypatch.setattr(page, "save_to", lambda shown, _path: saved.append(shown))
    shown = page.shown
    page.turn_group()
    assert not page.save.isEnabled()
    assert not page.print.isEnabled()
    page.ask_path()
    assert asked == []
    drawn(page, qtbot, "pfs")
    assert page.save.isEnabled()
    assert page.print.isEnabled()
    before = page.shown
    assert before is not shown
    page.ask_path()
    assert saved == [before]


@pytest.mark.usefixtures("crowded")
def test_a_printer_that_fails_records_nothing(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    page = opened(desk, qtbot)
    assert page.shown is not None
    before = prints(desk.session)
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "no folder" / "paper.pdf"))
    with qtbot.waitSignal(page.said, timeout=20_000) as said:
        page.print_on(page.shown, printer)
    assert said.args == [NoPrinter().text]
    assert prints(desk.session) == before


@pytest.mark.usefixtures("crowded")
def test_back_at_the_figure_in_front_nothing_else_comes(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    page.list.selectRow(NAMES.index("courses"))
    assert page.working
    page.list.selectRow(NAMES.index("pfs"))
    qtbot.waitUntil(lambda: not page.working, timeout=20_000)
    assert page.shown is not None
    assert page.shown.wish.name == "pfs"
    assert page.ready is page.shown
    assert page.save.isEnabled()
    assert page.picture.sheets == page.shown.sheets


@pytest.mark.usefixtures("crowded")
def test_the_analysis_follows_the_day_unless_one_was_chosen(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(desk, qtbot)
    tomorrow = DAY + timedelta(days=1)
    monkeypatch.setattr(desk.session, "today", lambda: tomorrow)
    page.list.setFocus()
    desk.census.changed.emit()
    assert (page.day, page.as_of.text()) == (tomorrow, tomorrow.isoformat())
    qtbot.waitUntil(lambda: page.ready is not None and not page.working, timeout=20_000)
    page.show_day(DAY)
    desk.census.changed.emit()
    page.enter()
    assert page.day == DAY
    qtbot.waitUntil(lambda: page.ready is not None and not page.working, timeout=20_000)


@pytest.mark.usefixtures("crowded")
def test_a_screen_reader_meets_a_graphic_with_its_words(desk: Desk, qtbot: QtBot) -> None:
    page = opened(desk, qtbot)
    told = QAccessible.queryAccessibleInterface(page.picture)
    assert told is not None
    assert told.role() is QAccessible.Role.Graphic
    assert "无进展生存" in told.text(QAccessible.Text.Name)
    assert told.text(QAccessible.Text.Description) == page.picture.sheets[0].description


@pytest.mark.usefixtures("crowded")
def test_a_refused_figure_leaves_no_former_one(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(desk, qtbot)

    def refuse(*_: object) -> None:
        raise PermissionDenied("subject.see")

    monkeypatch.setattr(chart_work.ChartWork, "show", refuse)
    with qtbot.waitSignal(page.said, timeout=20_000):
        page.turn_group()
    assert page.shown is None
    assert page.picture.sheets == ()
    assert not page.save.isEnabled()


def test_who_may_see_no_subject_gets_no_figure(clinic_template: Clinic, tmp_path: Path) -> None:
    with clinic_template.copy(tmp_path / "site").open("admin") as session:
        work = chart_work.ChartWork(session, Casebook(session))
        wish = chart_work.Wish("pfs", Choice(), DAY)
        with pytest.raises(PermissionDenied):
            work.show(wish, Size(800, 600, Language.EN), Progress(lambda *_: None))


def prints(session: Session) -> list[dict[str, object]]:
    with session.reading() as conn:
        rows = conn.exec_driver_sql(
            "SELECT CAST(payload AS TEXT) FROM ledger_opening"
            " WHERE json_extract(CAST(payload AS TEXT), '$.kind') = 'printed' ORDER BY seq"
        ).all()
    return [json.loads(row[0]) for row in rows]
