"""A site that was changed outside the program says so above every page, and takes nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language
from mrd_desktop.vault.errors import RecordsAltered
from tests.record.test_soundness import drop_guards, forge_cell, tamper
from tests.ui.pages.kit import SignIn, press, secret, settled
from tests.ui.pages.test_closed_form import at
from ui.theme import Ink


def test_the_daily_check_tells_it_above_every_page(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    tamper(place / "site", secret("crc"), forge_cell)
    program = sign_in("pi")
    notice = program.shell._notice
    session = program.session
    assert session is not None
    qtbot.waitUntil(lambda: session.altered is not None, timeout=20_000)
    settled(qtbot, program)
    assert session.altered is not None
    qtbot.waitUntil(lambda: notice.isVisibleTo(program.shell))
    altered = RecordsAltered(session.altered)
    assert notice.words.text() == altered.text.zh
    assert notice.words._ink is Ink.HARD
    assert not notice.details.isVisible()
    notice.more.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert notice.details.isVisible()
    assert notice.details.text() == altered.details.zh
    assert altered.where.zh in notice.details.text()
    press(qtbot, Qt.Key.Key_Space)
    assert not notice.details.isVisible()
    program.context.speech.choose(Language.EN)
    assert notice.words.text().startswith("Data of this folder were changed by something other")
    assert not session.allows("form.sign")


def test_a_form_says_that_typing_is_kept_only_where_some_is(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    tamper(place / "site", secret("crc"), drop_guards)
    program = sign_in("crc")
    settled(qtbot, program)
    said = at(program, "SCR#1/PS#1/A#1/ECOG").view.foot.message.text()
    assert "致电申办方" in said
    assert "保留" not in said


def test_a_missing_guard_is_told_at_once(qtbot: QtBot, sign_in: SignIn, place: Path) -> None:
    tamper(place / "site", secret("crc"), drop_guards)
    program = sign_in("crc")
    settled(qtbot, program)
    notice = program.shell._notice
    assert notice.isVisibleTo(program.shell)
    assert "ledger_" not in notice.words.text()
    assert "ledger_" in notice.details.text()
