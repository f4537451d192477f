from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.transfer import sponsor
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.reply import make_reply
from tests.ui.pages.kit import SignIn, opened, press, settled
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_custody import CustodyPart
from ui.pages.transfer import TransferPage


def at_transfer(qtbot: QtBot, program: Program, to: Path) -> TransferPage:
    page = program.shell.go("transfer")
    assert isinstance(page, TransferPage)
    settled(qtbot, program)
    page.folder.set_path(to)
    page.folder.asked.line.setFocus()
    return page


def test_a_package_goes_out_and_its_reply_comes_back(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    program = sign_in("crc")
    page = at_transfer(qtbot, program, tmp_path / "stick")
    assert page.facts[0].text() == "尚未导出"
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.made is not None and page._job is None, timeout=60_000)
    made = page.made
    assert made is not None
    assert made.path.is_file()
    assert made.manifest_sha256[:4] in page.print.text()
    assert "身份信息" in page.stays.text()
    settled(qtbot, program)
    assert page.facts[0].text().startswith("第 1 号")
    with opened(place / "store", "sponsor") as store:
        assert receive(store, [made.path])[0].fine
        sponsor.ask(store, FormKey(EventKey("01-002", "M03"), "MRD"), "Why?")
        reply = make_reply(store, "01", tmp_path / "stick")[0]
    page.file.set_path(reply.path)
    page.file.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.taken.text() != "" and page._job is None, timeout=60_000)
    assert page.taken.text().startswith("已接收：质疑 1 条，回执 1 条")
    assert program.desk is not None
    assert any(q.text.en == "Why?" for q in program.desk.queries.all())


def test_a_cancelled_export_leaves_nothing(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    page = at_transfer(qtbot, program, tmp_path / "stick")
    page.start_export()
    page.cancel()
    qtbot.waitUntil(lambda: page._job is None, timeout=60_000)
    assert page.made is None
    assert page.result.text() == "已取消，未导出任何内容。"
    assert not list((tmp_path / "stick").glob("*"))
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.made is not None and page._job is None, timeout=60_000)
    assert page.made is not None
    assert page.made.number == 2  # the first number is void


def test_a_refusal_is_told_in_plain_words(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    (tmp_path / "note.mrdreply").write_text("nothing")
    page = at_transfer(qtbot, program, tmp_path)
    page.file.set_path(tmp_path / "note.mrdreply")
    page.start_import()
    qtbot.waitUntil(lambda: page.taken.text() != "", timeout=60_000)
    assert ".mrdreply" in page.taken.text()


def test_backup_and_verification_by_the_button(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("admin")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("custody")
    assert isinstance(part, CustodyPart)
    part.folder.set_path(tmp_path / "disk")
    part.now.click()
    qtbot.waitUntil(lambda: "已读回" in part.made.text(), timeout=60_000)
    assert list((tmp_path / "disk").glob("*.mrdbackup"))
    part.verify.click()
    qtbot.waitUntil(lambda: bool(part.list.rows.rows), timeout=60_000)
    assert part.verdict.text() == "全部通过。"
