"""Every flag of a subject can be shown; a page that fails twice is left for where work begins."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.status import Flag
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.study.address import ItemKey, parse_address
from tests.ui.pages.kit import SignIn, cover, laid_out, line, press, ready, secret, settled
from ui.app import Program
from ui.flags import SIGNS
from ui.pages import subjects
from ui.pages.fault import FaultPage
from ui.pages.sign_in import LockPage
from ui.pages.subjects import SubjectsPage
from ui.pages.today import TodayPage


def test_each_flag_has_an_ink_and_a_glyph() -> None:
    assert set(SIGNS) == set(Flag)


def answer(program: Program, address: str, text: str) -> None:
    """Type and save one answer."""
    assert program.desk is not None
    key = parse_address(address)
    assert isinstance(key, ItemKey)
    entry = program.desk.book.open(key.form)
    entry.type(key, text)
    reason = ChangeReason("OTHER", "synthetic reason") if entry.needs_reason() else None
    entry.save(complete=False, reason=reason)


@pytest.mark.parametrize(
    ("address", "code", "flag"),
    [
        ("01-002/SCR#1/IC#1/B#1/ICHGR", "N", Flag.GENES),
        ("01-002/SCR#1/IC#1/B#1/ICDATA", "N", Flag.STAYS),
        ("01-002/EOS#1/EOS#1/A#1/DSDECOD", "WITHDRAWAL OF CONSENT", Flag.WITHDRAWN),
    ],
)
def test_the_list_of_subjects_shows_what_was_refused(
    qtbot: QtBot, sign_in: SignIn, address: str, code: str, flag: Flag
) -> None:
    program = sign_in("crc")
    answer(program, address, code)
    assert program.desk is not None
    program.desk.census.refresh()
    page = program.shell.go("subjects")
    settled(qtbot, program)
    assert isinstance(page, SubjectsPage)
    shown = {e.line.subject: subjects._flags(e).text for e in page.list.rows.rows}
    assert shown["01-002"] == flag.text
    page.grab()


def test_a_page_that_fails_again_is_left(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = sign_in("crc")
    settled(qtbot, program)

    def fails(_: object) -> None:
        program.tell_fault(KeyError("synthetic"))

    monkeypatch.setattr(SubjectsPage, "enter", fails)
    program.shell.go("subjects")
    laid_out(program.shell)
    assert isinstance(cover(program), FaultPage)
    for back in (lambda: isinstance(cover(program), FaultPage), lambda: not program.shell.covered):
        press(qtbot, Qt.Key.Key_Return)
        assert isinstance(cover(program), LockPage)
        ready(qtbot)
        line(qtbot, "crc")
        line(qtbot, secret("crc"))
        qtbot.waitUntil(back, timeout=20_000)
    assert isinstance(program.shell.page, TodayPage)
