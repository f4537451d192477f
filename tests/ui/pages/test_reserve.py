from __future__ import annotations

import shutil

import pytest
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Language
from mrd_desktop.vault import ballast
from tests.ui.pages.kit import SignIn, settled
from ui.theme import Ink


def test_a_spent_reserve_stands_in_red_above_every_page(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = sign_in("crc")
    session, notice = program.session, program.shell._notice
    assert session is not None
    settled(qtbot, program)
    assert ballast.SPENT.zh not in notice.words.text()
    assert ballast.lay(session.folder.path)
    full = shutil.disk_usage("/")._replace(free=0)
    monkeypatch.setattr(ballast.shutil, "disk_usage", lambda _: full)
    session.commit([Entry(Kind.NOTE_ADDED, RecordClass.CODED, {"text": "synthetic"})])
    assert program.desk is not None
    program.desk.census.refresh()
    settled(qtbot, program)
    assert notice.isVisibleTo(program.shell)
    assert notice.words.text() == ballast.SPENT.zh
    assert notice.words._ink is Ink.HARD
    program.context.speech.choose(Language.EN)
    assert notice.words.text() == ballast.SPENT.en
    program.shell.go("help")
    assert notice.isVisibleTo(program.shell)
