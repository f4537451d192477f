"""A form of a former version: shown as saved, taken up by one key, new points first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from tests.record.amended import put_in_force, second_edition
from tests.ui.pages.kit import SignIn, opened, press
from ui.form.page import FormPage

VS = FormKey(EventKey("01-001", "SCR"), "VS")
PAIN = ItemKey(RowKey(VS, "A", 1), "PAIN")


def test_a_form_of_a_former_version_is_taken_up_by_one_key(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    with opened(place / "site", "admin") as session:
        put_in_force(session, second_edition(tmp_path / "second"))
    program = sign_in("crc")
    assert program.desk is not None
    page = program.desk.open_form(VS)
    assert page is not None
    qtbot.wait(50)
    assert "0.1" in page.head.edition.text()
    assert "0.2" in page.foot.message.text()
    assert not page.foot.save.isVisible()
    assert "脉搏" in {v.item.text.zh for v in page.body.views.values()}
    press(qtbot, Qt.Key.Key_E, ctrl=True)
    qtbot.wait(50)
    taken = program.shell.page
    assert isinstance(taken, FormPage)
    assert taken is not page
    assert "心率" in {v.item.text.zh for v in taken.body.views.values()}
    assert taken.entry.caret == PAIN
    assert taken.foot.save.isVisible()
    assert not taken.foot.take.isVisible()
    qtbot.keyClicks(taken.body.editor(PAIN), "2")
    press(qtbot, Qt.Key.Key_S, ctrl=True)
    qtbot.wait(50)
    assert not Casebook(program.desk.session).look(VS).former
