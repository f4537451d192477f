"""The data key changed in the window: by keyboard, with a reason, and the backup that follows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Text
from mrd_desktop.vault import data_key, golive, users
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.data_key import SUSPECTED, Bar
from mrd_desktop.vault.errors import OwnPasswordWrong
from tests.ui.pages.kit import SignIn, focus, line, press, ready, secret, settled
from tests.ui.pages.look.stage import FLOOR
from tests.ui.pages.test_live import enter_site
from tests.ui.pages.test_oversight import part_of
from tests.vault.live_kit import ANSWERS, PASSWORD, make_live
from ui.app import Program
from ui.notices import show_notice
from ui.pages.admin import AdminPage
from ui.pages.admin_custody import CustodyPart
from ui.pages.admin_datakey import (
    BARS,
    DOES,
    DOES_NOT,
    FILL,
    LEAK,
    SAY,
    THEN,
    DataKeyPart,
)
from ui.theme import Type
from ui.widgets.note import Note


def at_data_key(qtbot: QtBot, program: Program) -> DataKeyPart:
    part = part_of(qtbot, program, "datakey")
    assert isinstance(part, DataKeyPart)
    ready(qtbot)
    return part


def test_it_is_changed_for_a_reason_and_leads_to_the_backup(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    session = program.session
    assert session is not None
    program.shell.resize(*FLOOR)
    part = at_data_key(qtbot, program)
    assert "建立中心起使用" in part.state.text()
    assert focus() is part.password.line
    sight = part.password.line.visibleRegion().boundingRect()
    assert sight == part.password.line.rect(), "in a low window, too"
    assert not part.words.isVisible()
    assert not part.leak.isVisible()
    notes = {note.text(): note for note in part.findChildren(Note)}
    for warning in (DOES, DOES_NOT, LEAK, THEN):
        assert notes[warning.zh].font().pixelSize() == Type.BODY
    press(qtbot, Qt.Key.Key_Return)
    assert part.password._below.text() == FILL.zh

    part.causes._chips["yearly"].setFocus()
    press(qtbot, Qt.Key.Key_Right)
    assert part.causes.key == SUSPECTED
    assert part.leak.isVisible()
    part.words.line.setFocus()
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    assert part.words._below.text() == SAY.zh
    line(qtbot, "call 13812345678")
    assert focus() is part.password.line
    line(qtbot, secret("admin"))
    qtbot.waitUntil(lambda: part.words._below.text() == NamesAPerson().text.zh, timeout=20_000)
    assert part.password.text == ""
    assert focus() is part.words.line
    assert not part.words.line.hasSelectedText(), "a key typed at once wipes no words out"
    part.words.line.selectAll()
    line(qtbot, "synthetic words")
    line(qtbot, "not the password")
    qtbot.waitUntil(part.button.isEnabled, timeout=20_000)
    assert session.manifest.generation == 1
    assert part.password._below.text() == OwnPasswordWrong().text.zh
    assert focus() is part.password.line
    line(qtbot, secret("admin"))
    qtbot.waitUntil(lambda: session.manifest.generation == 2, timeout=20_000)
    settled(qtbot, program)
    ready(qtbot)
    assert "疑似泄露" in part.state.text()
    assert "第 2 代" in part.done.text()
    with session.reading() as conn:
        record = store.record(conn, session.folder.chain, session.head().seq)
    assert record.body["text"] == "synthetic words"
    assert focus() is part.backup
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    assert isinstance(page.stack.currentWidget(), CustodyPart)
    assert focus() is page.stack.currentWidget().now
    at_data_key(qtbot, program)
    assert focus() is part.backup, "it is asked for until one is made, whoever looks away"
    assert not part.done.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: data_key.standing(session).saved, timeout=20_000)
    settled(qtbot, program)
    at_data_key(qtbot, program)
    assert not part.after.isVisible()
    assert focus() is part.words.line


def test_what_bars_it_is_said(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    session = program.session
    assert session is not None
    session.hold = Text("synthetic", "synthetic")
    part = at_data_key(qtbot, program)
    assert part.bar.text() == BARS[Bar.HELD].zh
    assert not part.asking.isVisible()


def test_a_late_change_stands_at_the_top_of_the_window_until_it_is_made(
    qtbot: QtBot, program: Program, tmp_path: Path
) -> None:
    live = make_live(tmp_path, load_study(), placed=True)
    with live.store.open() as sponsor:
        data = golive.make_activation(sponsor, "02", ethics=Ethics("SYN-1", "2026-02-03"))
    with live.open("admin") as admin:
        golive.install(admin, data, ANSWERS)
    enter_site(qtbot, program, live, "admin")
    session, desk = program.session, program.desk
    assert session is not None
    assert desk is not None
    settled(qtbot, program)
    notice, study = program.shell._notice, session.study
    assert "数据密钥" not in notice.words.text()
    session.guessable = True
    show_notice(desk)
    assert "常见密码清单" in notice.words.text()
    session.guessable = False
    late = replace(study.oversight, data_key_days=-1)
    vars(session)["study"] = replace(study, oversight=late)
    show_notice(desk)
    assert "数据密钥应于" in notice.words.text()
    part = at_data_key(qtbot, program)
    assert "现已逾期" in part.state.text()
    vars(session)["study"] = study
    users.add_user(session, "later", "monitor")
    line(qtbot, PASSWORD.format("admin"))
    qtbot.waitUntil(lambda: session.manifest.generation == 2, timeout=20_000)
    settled(qtbot, program)
    assert "later" in notice.words.text()
    assert "逾期" not in part.state.text()
    file = live.path / "site.json"
    found = json.loads(file.read_bytes())
    found["recovery"]["data"] = found["recovery"]["vault"]
    file.write_bytes(dumps(found) + b"\n")
    show_notice(desk)
    assert "恢复单对应的加密密钥曾在程序之外被改动" in notice.words.text()
