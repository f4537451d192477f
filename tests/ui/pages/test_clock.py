"""A clock that stood ahead and is right again: told, explained and signed in the window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from mrd_desktop.vault import clock_note
from tests.ui.pages.kit import NOW, SignIn, line, opened, secret
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_clock import ClockPart

HOURS = timedelta(hours=6)
"""After the clinic was made, whose records begin at NOW."""


@pytest.fixture
def ahead(place: Path, program: Program) -> Path:
    """A site whose last record is 46 days ahead of the next sign-in."""
    with opened(place / "site", "crc") as crc:
        crc.clock.shift += timedelta(days=46)
        crc.announce()
    program.doors.now = NOW + HOURS
    return place


def told(program: Program) -> str:
    """What stands at the top of the window."""
    notice = program.shell._notice
    return notice.words.text() if notice.isVisible() else ""


def test_the_window_leads_to_the_clock_and_a_signature_lets_work_go_on(
    qtbot: QtBot, ahead: Path, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    assert "时钟" in told(program)
    page = program.shell.page
    assert isinstance(page, AdminPage)
    part = page.parts["clock"]
    assert isinstance(part, ClockPart)
    assert part.isVisible()
    assert "+08:00" in part.now.text()
    qtbot.waitUntil(part.words.line.hasFocus, timeout=5_000)
    line(qtbot, "SYN")
    line(qtbot, secret("crc"))
    below = part.signing.password._below
    qtbot.waitUntil(lambda: "原因" in below.text(), timeout=20_000)  # three letters are no reason
    part.words.line.setText("SYNTHETIC: month was wrong")
    part.signing.password.line.clear()
    part.signing.password.line.setFocus()
    line(qtbot, secret("crc"))
    qtbot.waitUntil(part.answer.isHidden, timeout=20_000)
    assert not told(program)
    assert program.session is not None
    assert clock_note.behind(program.session) is None
    program.session.announce()


def test_who_looks_is_told_who_explains_it(ahead: Path, sign_in: SignIn) -> None:
    program = sign_in("cra")
    assert "录入人员" in told(program)
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    assert "clock" not in page.parts


def test_a_clock_set_back_at_work_is_told_and_set_right_is_told_no_more(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    assert program.session is not None
    assert program.sections is not None
    program.session.announce()
    assert not told(program)
    program.session.clock.shift -= timedelta(days=1)
    program.sections._clock.setInterval(20)
    qtbot.waitUntil(lambda: "时钟" in told(program), timeout=5_000)
    program.session.clock.shift += timedelta(days=1)
    qtbot.waitUntil(lambda: not told(program), timeout=5_000)
