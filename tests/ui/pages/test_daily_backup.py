from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from mrd_desktop.vault import rota
from tests.ui.pages.kit import SignIn
from ui.pages.admin import AdminPage
from ui.pages.admin_custody import CustodyPart


def test_daily_backups_are_turned_on_made_at_sign_in_and_drilled(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    program = sign_in("crc")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("custody")
    assert isinstance(part, CustodyPart)
    qtbot.wait(30)
    part.folder.set_path(stick / "nowhere")
    part.daily.click()
    assert not part.daily.isChecked()
    part.folder.set_path(stick)
    part.daily.click()
    assert part.daily.isChecked()
    part.drill.click()
    assert "没有本中心的备份" in part.made.text()
    program = sign_in("pi")
    qtbot.waitUntil(lambda: len(list(stick.glob("*.mrdbackup"))) == 1, timeout=30_000)
    session = program.session
    assert session is not None
    qtbot.waitUntil(lambda: not rota.standing(session).due, timeout=30_000)
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("custody")
    assert isinstance(part, CustodyPart)
    qtbot.wait(30)
    assert part.folder.path == stick
    part.drill.click()
    qtbot.waitUntil(lambda: "可完整恢复" in part.made.text(), timeout=30_000)
