"""Requests and incidents are recorded, answered and shown by keyboard alone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.requests import Outcome
from tests.ui.pages.kit import SignIn, focus, line, press, ready, settled
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_incidents import IncidentsPart
from ui.pages.admin_requests import RequestsPart


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


def test_a_request_and_an_incident_from_the_first_key_to_the_last(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    requests = part(qtbot, program, "requests")
    assert isinstance(requests, RequestsPart)
    requests.list.setFocus()
    press(qtbot, Qt.Key.Key_N)
    for typed in ("01-001", "9", "t", ""):
        line(qtbot, typed)
    settled(qtbot, program)
    assert requests.new.message.text(), "there is no ninth kind"
    requests.want.line.setFocus()
    requests.want.line.selectAll()
    for typed in ("1", "t", ""):
        line(qtbot, typed)
    settled(qtbot, program)
    assert "request" in kinds(program)
    assert focus() is requests.list
    press(qtbot, Qt.Key.Key_Return)
    for typed in ("1", ""):
        line(qtbot, typed)
    settled(qtbot, program)
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
    wrong = (
        (incidents.what, "3"),
        (incidents.discovered, "2026-10-07 09:00"),
        (incidents.persons, "0"),
    )
    for field, typed in wrong:
        settled(qtbot, program)
        assert focus() is field.line, "the caret stands where it is to be mended"
        assert field._below.text()
        assert not incidents.new.message.text()
        field.line.selectAll()
        qtbot.keyClicks(field.line, typed)
        press(qtbot, Qt.Key.Key_Return, ctrl=True)
    settled(qtbot, program)
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
