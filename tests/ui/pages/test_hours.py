"""Recorded times are told in the zone of the site, whatever the zone of the computer."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import mrd_desktop
import ui
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.study.address import EventKey
from mrd_desktop.vault.clock import Zone
from tests.ui.pages.kit import SignIn, settled
from ui.moments import Hours
from ui.pages.subject import SubjectPage
from ui.pages.subjects import SubjectsPage

AT = "2026-10-08T01:09:30.000Z"
_OF_THE_COMPUTER = {
    "mrd_desktop/vault/clock.py",  # a live site works in the computer's zone: asked once, there
    "mrd_desktop/cli/console.py",  # a time typed at a command line
    "ui/shell.py",  # the clock of the window before anybody has signed in
}


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The computer is set to another continent than the site, where a program can set it."""
    heed = getattr(time, "tzset", lambda: None)
    monkeypatch.setenv("TZ", "EST5")
    heed()
    yield
    monkeypatch.undo()
    heed()


@pytest.mark.usefixtures("elsewhere")
def test_screen_and_print_say_the_same_hour(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    settled(qtbot, program)
    assert program.desk is not None
    session, hours = program.desk.session, program.context.hours
    assert hours.moment(AT) == local_time(session, AT) == "2026-10-08 09:09"
    assert (hours.clock(AT), hours.day(AT)) == ("09:09", "2026-10-08")
    listed = program.shell.go("subjects")
    assert isinstance(listed, SubjectsPage)
    saved = {listed._saved(e).text for e in listed.list.rows.rows if hasattr(e, "line")}
    assert saved
    assert all(str(at).startswith("2026-10-08 09:") for at in saved), saved
    program.desk.open_subject("01-002")
    page = program.shell.page
    assert isinstance(page, SubjectPage)
    page.grid.mark(EventKey("01-002", "SCR"), "IC")
    assert "2026-10-08 09:" in page._here.text()


@pytest.mark.usefixtures("elsewhere")
def test_before_anybody_has_signed_in_the_computer_tells_the_hour() -> None:
    hours = Hours()
    assert hours.clock(AT) == Zone.of_computer().local(AT).strftime("%H:%M")
    hours.follow(Zone("CST", 480))
    assert hours.clock(AT) == "09:09"


def test_nothing_else_asks_the_computer_for_its_zone() -> None:
    root = Path(ui.__file__).parents[1]
    folders = (Path(ui.__file__).parent, Path(mrd_desktop.__file__).parent)
    asking = {
        path.relative_to(root).as_posix()
        for folder in folders
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "astimezone"
        and not node.args
    }
    assert asking == _OF_THE_COMPUTER
