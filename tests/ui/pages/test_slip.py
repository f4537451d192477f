from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtPrintSupport import QPrinter
from pytestqt.qtbot import QtBot

from mrd_desktop.vault import backup
from tests.ui.pages.kit import SignIn, focus, line, opened, press, secret, settled, tab_to
from tests.ui.pages.look import glance
from ui.pages.admin import AdminPage
from ui.pages.admin_loss import LOOKING, LossPart
from ui.pages.admin_slip import SlipPart
from ui.print.slip import NO_PRINTER, PRINTED


def test_a_slip_is_made_shown_and_compared(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("slip")
    assert isinstance(part, SlipPart)
    qtbot.wait(30)
    assert part.picture.isHidden()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not part.picture.isHidden(), timeout=20_000)
    slip = part.picture._slip
    assert slip is not None
    assert slip.grouped in part.picture.accessibleName()
    told = QAccessible.queryAccessibleInterface(part.picture)
    assert told is not None
    assert told.role() is QAccessible.Role.Graphic
    assert slip.name in told.text(QAccessible.Text.Description)
    image = part.picture.grab().toImage()
    dark = [
        image.pixelColor(x, y).lightness() < 40 for x in range(0, 180, 3) for y in range(9, 180, 3)
    ]
    assert 0.2 < sum(dark) / len(dark) < 0.6  # a QR code, neither blank nor black
    part.typed.line.setFocus()
    line(qtbot, f"{slip.seq} {slip.grouped}")
    assert "与当时相同" in part.verdict.text()
    part.typed.line.clear()
    line(qtbot, f"{slip.seq} {slip.code[:-1]}{'a' if slip.code[-1] != 'a' else 'b'}")
    assert "输入有误" in part.verdict.text()
    for held in (False, True):  # the second typing that says the same holds work
        part.typed.line.clear()
        line(qtbot, f"{slip.seq} {'abcd' * 5}")
        assert "历史不一致" in part.verdict.text()
        assert ("再输入一次" in part.verdict.text()) is not held
        assert program.session is not None
        assert (program.session.hold is not None) is held
    part.typed.line.clear()
    line(qtbot, "12")
    assert part.verdict.isHidden()
    assert "20 位" in part.typed._below.text()


@pytest.mark.parametrize("takes", [True, False])
def test_a_printer_that_does_not_take_the_slip_is_told(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path, takes: bool
) -> None:
    program = sign_in("crc")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("slip")
    assert isinstance(part, SlipPart)
    part.take_slip()
    qtbot.waitUntil(lambda: not part.picture.isHidden(), timeout=20_000)
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    paper = tmp_path / ("." if takes else "no folder") / "slip.pdf"
    printer.setOutputFileName(str(paper))
    with qtbot.waitSignal(part.said) as said:
        part.print_on(printer)
    assert said.args == [PRINTED if takes else NO_PRINTER]
    assert paper.exists() == takes


def test_an_older_copy_is_named_at_sign_in(qtbot: QtBot, sign_in: SignIn, place: Path) -> None:
    site = place / "site"
    older = place / "older.mrd"
    shutil.copyfile(site / "data.mrd", older)
    with opened(site, "crc") as crc:
        backup.backup(crc, crc.folder.backups)
    shutil.copyfile(older, site / "data.mrd")
    program = sign_in("cra")
    notice = program.shell._notice
    qtbot.waitUntil(lambda: notice.isVisibleTo(program.shell), timeout=20_000)
    assert "记录缺失" in notice.words.text()
    program = sign_in("pi")
    assert notice.isVisible()  # held over sign-ins
    assert program.session is not None
    assert not program.session.allows("form.edit")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("loss")
    assert isinstance(part, LossPart)
    qtbot.waitUntil(part.again.hasFocus, timeout=20_000)
    assert part.list.rows.rowCount() > 0
    assert not part.restore.isVisible()
    before = program.session.head()
    press(qtbot, Qt.Key.Key_Return)
    assert part.state.text() == LOOKING.zh, "Enter begins what is advised: to look again"
    settled(qtbot, program)
    assert focus() is part.again
    assert program.session.head() == before
    glance.check(qtbot, program, "loss")
    tab_to(qtbot, part.answer.words.line)
    line(qtbot, "synthetic words")
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: not part.answer.signing.isVisible(), timeout=20_000)
    assert program.session.allows("form.edit")
    assert not notice.isVisible()
    qtbot.waitUntil(lambda: "除已签署的以外" in part.state.text(), timeout=20_000)
    assert "1 份" in part.state.text()
    qtbot.waitUntil(lambda: "sign" in program.shell._sections, timeout=20_000)
    assert program.shell.page is page
