"""The worklist on screen: filter, search, order, and where its lines lead."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.kept import Reader, Reading
from mrd_desktop.insight.task import Task
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import parse_address
from tests.ui.pages.kit import SignIn, focus, press, settled
from ui.app import Program
from ui.form.page import FormPage
from ui.pages.admin import AdminPage
from ui.pages.subjects import SubjectsPage
from ui.pages.to_sign import ToSignPage
from ui.pages.today import TodayPage
from ui.print.preview import PreviewPage
from ui.widgets.listing import Heading

VALUE = "01-002/M06#1/TM#1/B#1/CA153VAL"


def at_today(qtbot: QtBot, program: Program) -> TodayPage:
    page = program.shell.go("today")
    assert isinstance(page, TodayPage)
    settled(qtbot, program)
    page.list.setFocus()
    return page


def ask(sign_in: SignIn) -> None:
    """A monitor asks about one value."""
    program = sign_in("cra")
    assert program.session is not None
    Queries(program.session).open(VALUE, "Please check")


def test_the_next_number_is_asked_for_from_here(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    at_today(qtbot, program)
    press(qtbot, Qt.Key.Key_N, ctrl=True)
    page = program.shell.page
    assert isinstance(page, SubjectsPage)
    qtbot.waitUntil(page.give.hasFocus)


def test_who_gives_out_no_numbers_stays(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    page = at_today(qtbot, program)
    press(qtbot, Qt.Key.Key_N, ctrl=True)
    assert program.shell.page is page


def shown(page: TodayPage) -> list[Task]:
    return [t for t in page.list.rows.rows if isinstance(t, Task)]


def test_a_query_leads_to_the_caret_in_its_field(qtbot: QtBot, sign_in: SignIn) -> None:
    ask(sign_in)
    program = sign_in("crc")
    page = at_today(qtbot, program)
    page.chips.choose("query")
    press(qtbot, Qt.Key.Key_Slash)
    qtbot.keyClicks(focus(), "please check")
    press(qtbot, Qt.Key.Key_Return)
    assert [str(t.place) for t in shown(page)] == [VALUE]
    press(qtbot, Qt.Key.Key_Return)
    form = program.shell.page
    assert isinstance(form, FormPage)
    assert form.entry.caret == parse_address(VALUE)


def test_chips_and_badges_tell_the_same_numbers(qtbot: QtBot, sign_in: SignIn) -> None:
    ask(sign_in)
    program = sign_in("crc")
    page = at_today(qtbot, program)
    assert program.desk is not None
    census = program.desk.census
    entries = program.shell.navigation._entries
    assert page.chips._chips[""].choice.count == entries["today"]._count == len(census.tasks)
    queries = page.chips._chips["query"].choice.count
    assert queries == entries["queries"]._count == len(program.desk.queries.all(state="open"))


def test_the_list_is_ordered_by_subject_and_printed_as_shown(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_today(qtbot, program)
    press(qtbot, Qt.Key.Key_O)
    heads = [h.text.en.split(" · ")[0] for h in page.list.rows.rows if isinstance(h, Heading)]
    assert heads == ["Site", "01-001", "01-002"]
    page.chips.choose("backup")
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_P)
    preview = program.shell.page
    assert isinstance(preview, PreviewPage)
    assert preview.report.what == "worklist"


def test_the_site_lines_lead_to_export_and_backup(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_today(qtbot, program)
    page.chips.choose("backup")
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    admin = program.shell.page
    assert isinstance(admin, AdminPage)
    assert admin.chips.key == "custody"
    program.shell.go("today")
    page.package.click()
    assert program.shell.page is program.shell._homes["transfer"]


def test_the_investigator_goes_to_the_forms_of_the_subject(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    page = at_today(qtbot, program)
    task = next(t for t in shown(page) if t.kind == "unsigned" and t.subject == "01-002")
    page.open(task)
    to_sign = program.shell.page
    assert isinstance(to_sign, ToSignPage)
    qtbot.waitUntil(lambda: to_sign.list.current is not None, timeout=20_000)
    assert to_sign.list.current is not None
    assert to_sign.list.current.shown.key.subject == "01-002"


def test_a_monitor_sees_no_work_of_the_site(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    page = at_today(qtbot, program)
    assert shown(page) == []
    assert not page.package.isEnabled()


def test_lines_stand_there_while_the_other_subjects_are_still_read(
    monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, sign_in: SignIn
) -> None:
    monkeypatch.setattr("ui.census._SHOW_EVERY", 0)
    monkeypatch.setattr("ui.census._SHARE", 0)
    program = sign_in("crc")
    desk = program.desk
    assert desk is not None
    whole = desk.census.tasks
    seen: list[tuple[bool, int]] = []
    desk.census.overviews.clear()
    desk.census.tasks = ()
    desk.census.changed.connect(
        lambda: seen.append((desk.census.counting, len(desk.census.overviews)))
    )
    read = Reader.read

    def patiently(self: Reader, subject: str) -> Reading:
        deadline = time.monotonic() + 5
        while subject == "01-002" and (True, 1) not in seen and time.monotonic() < deadline:
            time.sleep(0.01)
        return read(self, subject)

    monkeypatch.setattr(Reader, "read", patiently)
    desk.census.forget()
    desk.census.refresh()
    settled(qtbot, program)
    assert (True, 1) in seen
    assert seen[-1] == (False, 2)
    assert desk.census.tasks == whole
