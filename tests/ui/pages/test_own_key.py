"""The site's key replaced in the window: by two people, by keyboard; what bars it; the files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import rotations
from mrd_desktop.texts import Text
from mrd_desktop.transfer.export import export
from mrd_desktop.vault import own_key
from mrd_desktop.vault.own_key import Bar
from tests.ui.pages.kit import SignIn, focus, line, press, ready, secret, settled
from tests.ui.pages.test_oversight import part_of
from ui.app import Program
from ui.pages.admin_key import BARS, NO_FOLDER, KeyPart


def at_key(qtbot: QtBot, program: Program) -> KeyPart:
    part = part_of(qtbot, program, "key")
    assert isinstance(part, KeyPart)
    ready(qtbot)
    return part


def test_two_people_replace_the_key_by_keyboard_and_the_files_are_written(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("crc")
    session = program.session
    assert session is not None
    before = session.fingerprint()
    part = at_key(qtbot, program)
    assert part.print.text() == before
    assert "从未更换" in part.state.text()
    assert not part.giving.isVisible()
    assert focus() is part.reason.line
    line(qtbot, "yearly change")
    for typed in (secret("crc"), "crc", secret("crc")):
        line(qtbot, typed)
    qtbot.waitUntil(lambda: focus() is part.people.second.line, timeout=20_000)
    assert session.fingerprint() == before
    part.people.own.line.setFocus()
    line(qtbot, secret("crc"))
    part.people.second.line.selectAll()
    for typed in ("admin", secret("admin")):
        line(qtbot, typed)
    qtbot.waitUntil(lambda: session.fingerprint() != before, timeout=20_000)
    settled(qtbot, program)
    now = session.fingerprint()
    assert part.print.text() == now
    assert before in part.state.text()  # the sponsor trusts it still
    assert part.bar.text() == BARS[Bar.WAITS].zh
    assert not part.asking.isVisible()
    assert not part.reason.text
    (row,) = part.list.rows.rows
    assert isinstance(row, own_key.Change)
    assert (row.former, row.fingerprint, row.second) == (before, now, "admin")
    assert row.reason == "yearly change"
    assert focus() is part.list
    assert program.desk is not None
    assert "newkey" in {t.kind for t in program.desk.census.tasks}

    part.folder.asked.line.setFocus()
    line(qtbot, str(tmp_path / "nowhere"))
    assert part.folder.asked._below.text() == NO_FOLDER.zh
    part.folder.asked.line.selectAll()
    line(qtbot, str(tmp_path))
    qtbot.waitUntil(lambda: bool(list(tmp_path.glob("*.mrdrotation"))), timeout=20_000)
    (path,) = tmp_path.glob("*.mrdrotation")
    assert rotations.from_bytes(path.read_bytes()).key.id == now
    settled(qtbot, program)

    export(session, tmp_path)  # the former key signs for the last time
    part.enter()
    ready(qtbot)
    assert part.asking.isVisible()
    assert not part.bar.isVisible()
    assert focus() is part.reason.line
    press(qtbot, Qt.Key.Key_Return)
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    assert "简要说明" in part.reason._below.text()


@pytest.mark.parametrize(("attribute", "bar"), [("hold", Bar.HELD), ("altered", Bar.ALTERED)])
def test_what_bars_it_is_said(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, attribute: str, bar: Bar
) -> None:
    program = sign_in("pi")
    session = program.session
    assert session is not None
    monkeypatch.setattr(session, attribute, Text("synthetic", "synthetic"))
    part = at_key(qtbot, program)
    assert part.bar.text() == BARS[bar].zh
    assert not part.asking.isVisible()
    assert focus() is part.list


def test_only_those_who_may_begin_it_find_the_part(sign_in: SignIn) -> None:
    for user, finds in (("crc", True), ("pi", True), ("cra", False)):
        page = sign_in(user).shell.go("admin")
        assert ("key" in page.parts) is finds
