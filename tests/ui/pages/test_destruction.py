"""The end of the records by keyboard; and what the window says before its day and afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.vault import backup, destroyed
from tests.ui.pages.kit import SignIn, cover, line, press, ready, secret, settled
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_destruction import DestructionPart
from ui.pages.ended import EndedPage
from ui.pages.sign_in import SignInPage
from ui.pages.start import StartPage
from ui.widgets.note import Note


def at_end(qtbot: QtBot, program: Program) -> DestructionPart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("destruction")
    assert isinstance(part, DestructionPart)
    settled(qtbot, program)
    qtbot.waitUntil(part.list.hasFocus)
    return part


def test_before_its_day_the_page_only_tells_the_day(qtbot: QtBot, sign_in: SignIn) -> None:
    part = at_end(qtbot, sign_in("pi"))
    assert not part.act.isVisible()
    first = part.list.rows.at(0)
    assert first is not None
    assert "2051-10-08" in first.said.zh
    press(qtbot, Qt.Key.Key_Return)
    assert part.list.hasFocus()


def test_two_people_end_it_and_the_window_says_so(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    program = sign_in("pi")
    session = program.session
    assert session is not None
    backup.backup(session, tmp_path / "stick")
    session.clock.shift += timedelta(days=366 * 26)
    part = at_end(qtbot, program)
    assert part.act.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    own, folder = part.people.own.line, part.folder.asked
    press(qtbot, Qt.Key.Key_Return)
    assert folder.line.hasFocus(), "no password is typed before there is a place"
    assert "请先填写" in folder._below.text()
    line(qtbot, str(tmp_path / "no" / "such"))
    assert "找不到该文件夹" in folder._below.text()
    qtbot.keyClicks(folder.line, str(place / "site" / "outbox"))  # what stood there is selected
    (place / "site" / "outbox").mkdir(exist_ok=True)
    press(qtbot, Qt.Key.Key_Return)
    assert "不能存放在此处" in folder._below.text()
    assert folder.line.hasFocus()
    line(qtbot, str(tmp_path))
    assert own.hasFocus()
    press(qtbot, Qt.Key.Key_Escape)
    assert part.list.hasFocus(), "Esc leaves before anything is done"
    press(qtbot, Qt.Key.Key_Return)
    press(qtbot, Qt.Key.Key_Return)
    line(qtbot, secret("pi"))
    line(qtbot, "admin")
    line(qtbot, "synthetic wrong")
    qtbot.waitUntil(lambda: "不正确" in part.people.other._below.text(), timeout=20_000)
    assert not (place / "site" / destroyed.MARK).exists()
    part.people.own.line.setFocus()
    line(qtbot, secret("pi"))
    press(qtbot, Qt.Key.Key_Return)  # the name stands there still
    line(qtbot, secret("admin"))
    qtbot.waitUntil(lambda: isinstance(cover(program), EndedPage), timeout=30_000)
    ready(qtbot)
    end = cover(program)
    assert isinstance(end, EndedPage)
    (made,) = tmp_path.glob("destruction-01-*.json")
    assert made.name in end.certificate.text()
    assert "备份 1 份" in end.still[0].text(), "what nobody could reach is said once more"
    assert "恢复单" in end.still[-1].text()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(cover(program), StartPage), timeout=30_000)
    assert program.desk is None
    assert {p.name for p in (place / "site").iterdir()} == {destroyed.MARK}
    assert len(list(tmp_path.glob("destruction-01-*.json"))) == 1
    page = cover(program)
    assert isinstance(page, StartPage)
    assert "已销毁" in page.folder.asked._below.text()


def test_only_an_investigator_finds_it(sign_in: SignIn) -> None:
    page = sign_in("crc").shell.go("admin")
    assert isinstance(page, AdminPage)
    assert "destruction" not in page.parts


@pytest.mark.parametrize("laid", [False, True])
def test_the_sign_in_says_that_a_mark_lies_in_the_folder(
    program: Program, place: Path, laid: bool
) -> None:
    if laid:
        mark = destroyed.Mark("synthetic", "{}", (), Path("-"), "-")
        (place / "site" / destroyed.MARK).write_bytes(mark.to_bytes())
    try:
        program.start(place / "site")
        page = cover(program)
        assert isinstance(page, SignInPage)
        said = [n.text() for n in page.findChildren(Note)]
        assert any("永久销毁" in words for words in said) == laid
    finally:
        (place / "site" / destroyed.MARK).unlink(missing_ok=True)
