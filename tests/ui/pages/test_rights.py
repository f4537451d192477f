"""Requests and incidents are recorded, answered and shown by keyboard alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.reports.incidents import NOT_CLOSED, NOT_NEEDED
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.record.incidents import SETTLED, Incidents
from mrd_desktop.record.requests import Outcome
from tests.ui.pages.kit import SignIn, focus, line, opened, press, ready, settled
from tests.ui.pages.look import glance
from tests.ui.pages.look.stage import FLOOR
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_incidents import IncidentsPart
from ui.pages.admin_requests import RequestsPart
from ui.theme import Ink
from ui.widgets.asked import Asked
from ui.widgets.filling import Filling
from ui.widgets.note import Note


def part(qtbot: QtBot, program: Program, key: str) -> object:
    assert program.desk is not None
    page = program.desk.shell.go("admin")
    assert isinstance(page, AdminPage)
    found = page.show_part(key)
    ready(qtbot)
    return found


def kinds(program: Program) -> set[str]:
    assert program.desk is not None
    return {task.kind for task in program.desk.census.tasks}


def mend(
    qtbot: QtBot, program: Program, filled: Filling, wrong: tuple[tuple[Asked, str], ...]
) -> None:
    """One answer after the other is refused, each where it stands, and mended there."""
    for field, typed in wrong:
        settled(qtbot, program)
        assert focus() is field.line, "the caret stands where it is to be mended"
        said = field._below
        assert said._ink is Ink.HARD
        assert not filled.message.text()
        sight = said.visibleRegion().boundingRect()
        assert sight == said.rect(), "what is wrong is seen in a low window, too"
        field.line.selectAll()
        press(qtbot, Qt.Key.Key_Delete)
        qtbot.keyClicks(field.line, typed)
        press(qtbot, Qt.Key.Key_Return, ctrl=True)
    settled(qtbot, program)


def test_a_request_and_an_incident_from_the_first_key_to_the_last(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    program.shell.resize(*FLOOR)
    requests = part(qtbot, program, "requests")
    assert isinstance(requests, RequestsPart)
    requests.list.setFocus()
    press(qtbot, Qt.Key.Key_N)
    for typed in ("01-999", "9", "2026-13-01", "call 13800138000"):
        line(qtbot, typed)
    mend(qtbot, program, requests.new, (
        (requests.received, "2026-10-09"),
        (requests.want, "1"),
        (requests.received, "t"),
        (requests.subject, "01-001"),
        (requests.words, ""),
    ))  # fmt: skip
    assert "request" in kinds(program)
    assert focus() is requests.list
    press(qtbot, Qt.Key.Key_Return)
    for typed in ("9", "call 13800138000"):
        line(qtbot, typed)
    mend(qtbot, program, requests.reply, ((requests.outcome, "1"), (requests.why, "")))
    (request,) = requests.requests.all()
    assert request.answer is not None
    assert request.answer.outcome is Outcome.DONE
    settled(qtbot, program)
    assert "request" not in kinds(program)

    incidents = part(qtbot, program, "incidents")
    assert isinstance(incidents, IncidentsPart)
    incidents.list.setFocus()
    press(qtbot, Qt.Key.Key_N)
    for typed in ("9", "2026-10-07", "some", "Synthetic: sent to another site"):
        line(qtbot, typed)
    mend(qtbot, program, incidents.new, (
        (incidents.what, "3"),
        (incidents.discovered, "2026-10-07 09:00"),
        (incidents.persons, "0"),
    ))  # fmt: skip
    assert "incident" in kinds(program)
    for _ in range(2):
        press(qtbot, Qt.Key.Key_Return)
        for typed in ("2026-10-08 08:00", "Synthetic: by telephone"):
            line(qtbot, typed)
        settled(qtbot, program)
    press(qtbot, Qt.Key.Key_Return)
    line(qtbot, "Synthetic: deleted there")
    settled(qtbot, program)
    (incident,) = incidents.incidents.all()
    assert incident.closed is not None
    assert incident.owed == ()
    settled(qtbot, program)
    assert "incident" not in kinds(program)


def noted(place: Path) -> None:
    """An incident that is closed, and one that is not."""
    with opened(place / "site", "crc") as crc:
        desk = Incidents(crc)
        desk.note("lost", "2026-10-07 08:00", "", "Synthetic: a stick")
        desk.note("seen", "2026-10-06 08:00", "3", "Synthetic: sent to another site")
        _, about = desk.all()
        for clock, moment, words in (
            (about.clocks[0].clock.oid, "2026-10-06 09:00", "Synthetic: by telephone"),
            (about.clocks[1].clock.oid, "", "Synthetic: nobody is affected"),
        ):
            desk.tell(about, clock, moment, words)
        for due in about.clocks[2:]:
            desk.tell(about, due.clock.oid, "", "Synthetic: not needed")
        desk.close(desk.all()[1], "Synthetic: deleted there")


def test_a_closed_incident_is_opened_to_read(qtbot: QtBot, sign_in: SignIn, place: Path) -> None:
    noted(place)
    program = sign_in("crc")
    page = part(qtbot, program, "incidents")
    assert isinstance(page, IncidentsPart)
    qtbot.waitUntil(page.list.hasFocus)
    press(qtbot, Qt.Key.Key_N)
    line(qtbot, "half typed")
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_End)
    assert not page.record.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    assert focus() is page.record
    assert not page.new.isVisible()
    assert not page.step.isVisible()
    said = [note.text() for note in page.record.findChildren(Note) if note.isVisible()]
    (incident,) = (i for i in page.incidents.all() if i.closed is not None)
    assert str(incident.number) in page.record.heading.text()
    for words in (
        "Synthetic: sent to another site",
        "Synthetic: by telephone",
        "2026-10-06 09:00",
        "Synthetic: nobody is affected",
        NOT_NEEDED.zh,
        "Synthetic: deleted there",
    ):
        assert words in said
    assert program.session is not None
    assert incident.closed is not None
    assert f"{local_time(program.session, incident.closed.at)} (crc)" in said
    assert "Synthetic: deleted there" in page.record.accessibleName()
    glance.check(qtbot, program, "incident")
    press(qtbot, Qt.Key.Key_Escape)
    assert focus() is page.list
    assert not page.record.isVisible()
    assert page.new.isVisible()
    assert page.new.fields[0].text == "ha", "what was half typed is there again"

    index = page.list.currentIndex()
    click = partial(qtbot.mouseClick, page.list.viewport(), Qt.MouseButton.LeftButton)
    click(pos=page.list.visualRect(index).center())
    assert page.record.isVisible()
    qtbot.mouseClick(page.record.back, Qt.MouseButton.LeftButton)
    assert not page.record.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    click(pos=page.list.visualRect(index.siblingAtRow(0)).center())
    settled(qtbot, program)
    shown = {note.text() for note in page.record.findChildren(Note) if note.isVisible()}
    assert NOT_CLOSED.zh in shown, "what is read follows the mark"
    press(qtbot, Qt.Key.Key_Return)
    assert page.step.isVisible()
    assert not page.record.isVisible()


def test_who_records_no_incidents_reads_them_all(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    noted(place)
    program = sign_in("cra")
    page = part(qtbot, program, "incidents")
    assert isinstance(page, IncidentsPart)
    qtbot.waitUntil(page.list.hasFocus)
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is page.record
    assert NOT_CLOSED.zh in {note.text() for note in page.record.findChildren(Note)}
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_Down)
    settled(qtbot, program)
    assert NOT_CLOSED.zh not in {n.text() for n in page.record.findChildren(Note) if n.isVisible()}
    press(qtbot, Qt.Key.Key_Escape)
    assert not page.record.isVisible()
    assert not page.new.isVisible()


def test_what_is_about_no_answer_is_said_in_sight_too(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.shell.resize(*FLOOR)
    page = part(qtbot, program, "incidents")
    assert isinstance(page, IncidentsPart)
    page.ask_new()
    settled(qtbot, program)
    page.new.refuse(SETTLED)
    settled(qtbot, program)
    assert focus() is page.new.button
    said = page.new.message
    assert said.visibleRegion().boundingRect() == said.rect()
