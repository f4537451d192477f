"""A clock that stood ahead and is right again: told, explained and signed in the window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.vault import clock_note
from mrd_desktop.vault.clock import Clock
from tests.ui.pages.kit import NOW, SignIn, cover, line, opened, press, secret, settled
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_clock import ClockPart
from ui.pages.admin_trail import TrailPart
from ui.pages.date_asked import DatePage
from ui.pages.sign_in import SignInPage

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
    qtbot.waitUntil(part.answer.words.line.hasFocus, timeout=5_000)
    line(qtbot, "SYN")
    line(qtbot, secret("crc"))
    below = part.answer.words._below
    qtbot.waitUntil(lambda: "原因" in below.text(), timeout=20_000)  # three letters are no reason
    qtbot.waitUntil(lambda: "请简要" in below.text() and part.answer.words.line.hasFocus())
    part.answer.words.line.setText("SYNTHETIC: month was wrong")
    part.answer.signing.password.line.clear()
    part.answer.signing.password.line.setFocus()
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


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_set_at_work_locks_the_window(
    qtbot: QtBot, sign_in: SignIn, minutes: int
) -> None:
    program = sign_in("crc")
    assert program.session is not None
    assert program.sections is not None
    clock, wall = program.session.clock, program.session.clock._wall
    program.sections._clock.setInterval(20)
    qtbot.wait(60)
    assert program._lock_page is None
    clock._wall = lambda: wall() + timedelta(minutes=minutes)
    qtbot.waitUntil(lambda: program._lock_page is not None, timeout=5_000)
    qtbot.waitUntil(lambda: program.session is not None and program.session.locked, timeout=5_000)


def test_after_long_the_date_is_asked_for_in_words_before_anything_else(
    qtbot: QtBot, sign_in: SignIn, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a live site; here the doubt of a training clock is made."""
    monkeypatch.setattr(Clock, "doubt", lambda clock: "" if clock._affirmed else "unconfirmed")
    sign_in("crc")
    page = cover(program)
    assert isinstance(page, DatePage)
    assert "2026年10月8日 星期四" in page.today.text()
    assert program.sections is None
    press(qtbot, Qt.Key.Key_Return)
    assert cover(program) is page  # no answer by an Enter too many
    press(qtbot, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: program.desk is None, timeout=20_000)
    assert isinstance(cover(program), SignInPage)
    sign_in("crc")
    page = cover(program)
    assert isinstance(page, DatePage)
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    qtbot.waitUntil(lambda: program.sections is not None, timeout=20_000)
    settled(qtbot, program)
    assert cover(program) is None
    program.lock()
    assert program.session is not None
    program.session.clock._affirmed = None  # as where it was put forward behind the lock
    lock = program._lock_page
    assert lock is not None
    lock.wanted.emit("crc", secret("crc"))
    qtbot.waitUntil(lambda: isinstance(cover(program), DatePage), timeout=20_000)
    asked = cover(program)
    assert isinstance(asked, DatePage)
    asked.yes.click()
    qtbot.waitUntil(lambda: cover(program) is None, timeout=20_000)


def test_who_looks_is_not_asked_for_the_date(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clock, "doubt", lambda _: "unconfirmed")
    assert cover(sign_in("cra")) is None


def test_a_time_that_is_evidence_bears_its_offset(qtbot: QtBot, sign_in: SignIn) -> None:
    """Lists of work tell the local time alone (R-TIM-01)."""
    program = sign_in("crc")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("trail")
    assert isinstance(part, TrailPart)
    qtbot.waitUntil(lambda: part.list.rows.rowCount() > 0, timeout=20_000)
    settled(qtbot, program)
    rows = part.list.rows
    assert str(rows.data(rows.index(0, 2))).endswith("+08:00")
    hours = program.context.hours
    assert hours.proof("2027-03-05T16:00:00.123Z") == "2027-03-06 00:00:00 +08:00"
    assert hours.moment("2027-03-05T16:00:00.123Z") == "2027-03-06 00:00"
