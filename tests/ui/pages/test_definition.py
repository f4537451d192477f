"""The page on the study definition: the dry run, installing, and the way back, by keyboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.transfer import amending
from mrd_desktop.transfer.reply import import_reply, make_reply
from tests.transfer.edition import edition
from tests.transfer.test_amendment import SECOND
from tests.ui.pages.kit import SignIn, opened, press
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_definition import DefinitionPart


def bring(place: Path) -> None:
    """Version 0.2 comes with a reply."""
    with opened(place / "store", "sponsor") as session:
        amending.amend(session, edition(place / "second", "0.2", VS=SECOND))
        (made,) = make_reply(session, "01", place)
    with opened(place / "site", "crc") as session:
        import_reply(session, made.path)


def part_of(qtbot: QtBot, program: Program) -> DefinitionPart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("definition")
    assert isinstance(part, DefinitionPart)
    qtbot.wait(50)
    return part


def test_an_amendment_is_looked_at_installed_and_taken_back(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    bring(place)
    program = sign_in("admin")
    part = part_of(qtbot, program)
    assert "0.2" in part.state.text()
    assert part.told.isVisible()
    assert part.list.rows.rowCount() > 2
    assert not part.undo.isVisible()
    assert part.install.hasFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert "0.2" in part.state.text()
    assert not part.install.isVisible()
    assert part.undo.isVisible()
    program = sign_in("admin")
    assert program.desk is not None
    assert program.desk.study.version == "0.2"
    part = part_of(qtbot, program)
    part.undo.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert "0.1" in part.state.text()
    assert part.install.isVisible()
