"""A file for support from the first key to the last, also before the sign-in and after a fault."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from tests.ui.pages.kit import SignIn, cover, focus, line, press, ready, settled
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_incidents import BEGUN, IncidentsPart
from ui.pages.cover import CoverPage
from ui.pages.fault import FaultPage
from ui.pages.help import HelpPage
from ui.pages.sign_in import LockPage, SignInPage
from ui.pages.support import SupportPage

WORDS = "Synthetic: the list of visits stays empty"


def written(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("support.json").decode()


def over(program: Program) -> SupportPage:
    """The page that is laid over a cover."""
    page = cover(program)
    assert isinstance(page, CoverPage)
    assert page._laid is not None
    assert isinstance(page._laid.page, SupportPage)
    return page._laid.page


def report(qtbot: QtBot, program: Program) -> None:
    """R on the help page leads to the words."""
    assert program.desk is not None
    program.desk.shell.go("help")
    ready(qtbot)
    press(qtbot, Qt.Key.Key_R)
    ready(qtbot)
    line(qtbot, WORDS)
    settled(qtbot, program)


def test_a_report_wipes_out_no_incident_that_is_half_typed(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    program.desk.shell.go("help")
    ready(qtbot)
    press(qtbot, Qt.Key.Key_R)
    ready(qtbot)
    admin = program.shell.page
    assert isinstance(admin, AdminPage)
    part = admin.parts["incidents"]
    assert isinstance(part, IncidentsPart)
    press(qtbot, Qt.Key.Key_Escape)
    part.new.clear()
    part.what.line.setText("1")
    program.desk.shell.go("help")
    ready(qtbot)
    press(qtbot, Qt.Key.Key_R)
    ready(qtbot)
    assert [field.text for field in part.new.fields] == ["1", "", "", ""]
    assert part.what._below.text() == BEGUN.zh
    assert focus() is part.what.line


def test_a_report_and_a_file_by_keyboard_alone(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("crc")
    report(qtbot, program)
    assert program.desk is not None
    session = program.desk.session
    admin = program.shell.page
    assert isinstance(admin, AdminPage)
    part = admin.parts["incidents"]
    assert isinstance(part, IncidentsPart)
    (found,) = part.incidents.all()
    assert (found.what, found.text, found.persons) == ("program", WORDS, 0)
    assert str(found.number) in program.shell._status.text()

    program.shell.go("help")
    ready(qtbot)
    press(qtbot, Qt.Key.Key_S)
    settled(qtbot, program)
    page = program.shell.page
    assert isinstance(page, SupportPage)
    shown = page.view.toPlainText()
    assert WORDS not in shown and json.loads(shown)["inside"]["role"] == "coordinator"
    press(qtbot, Qt.Key.Key_Tab)
    assert focus() is page.boxes[found.number], "Tab goes down the page, not first to Cancel"
    press(qtbot, Qt.Key.Key_Space)
    assert WORDS in page.view.toPlainText()
    read = page.view.textCursor().block().text()
    assert WORDS in read, "what goes along is led to, to be read"
    page.save_to(tmp_path / "help")
    assert written(tmp_path / "help.zip") == page.view.toPlainText()
    with session.reading() as conn:
        last = list(store.records(conn, session.folder.chain))[-1]
    assert (last.kind, last.body["words"]) == (Kind.PRINTED, [found.number])
    page.save_to(tmp_path / "help.txt")
    assert page.state.text(), "refused in place"
    press(qtbot, Qt.Key.Key_Escape)
    assert isinstance(program.shell.page, HelpPage)


def test_before_the_sign_in_and_behind_the_lock(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path, sign_in: SignIn
) -> None:
    program.start(place / "site")
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, "synthetic wrong")
    settled(qtbot, program)
    door = cover(program)
    assert isinstance(door, SignInPage)
    press(qtbot, Qt.Key.Key_F1)
    press(qtbot, Qt.Key.Key_S)
    settled(qtbot, program)
    page = over(program)
    page.save_to(tmp_path / "a.zip")
    said = json.loads(written(tmp_path / "a.zip"))
    assert (said["inside"], said["refused"]) == (None, "wrong_password")
    assert said["folder"]["site"] == "01"
    press(qtbot, Qt.Key.Key_Return)  # reaches no button below
    press(qtbot, Qt.Key.Key_Escape)
    assert door._laid is None

    sign_in("crc")
    program.lock()
    ready(qtbot)
    assert isinstance(cover(program), LockPage)
    press(qtbot, Qt.Key.Key_F1)
    press(qtbot, Qt.Key.Key_S)
    settled(qtbot, program)
    assert json.loads(over(program).view.toPlainText())["inside"] is None


def test_after_a_fault(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.tell_fault(ZeroDivisionError("13900001111"))
    page = cover(program)
    assert isinstance(page, FaultPage)
    page.support.click()
    settled(qtbot, program)
    said: Any = json.loads(over(program).view.toPlainText())
    assert said["faults"][-1]["kind"] == "ZeroDivisionError"
    assert said["faults"][-1]["number"] == program._last_fault.number
    assert "13900001111" not in json.dumps(said)
