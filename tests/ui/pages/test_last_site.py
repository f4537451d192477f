"""The folder opened last comes back at the next start; only its path is remembered."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.last_site import APPLICATION, LastSite, settings_folder
from mrd_desktop.study.load import load_study
from tests.ui.pages.kit import cover, line, press, ready, secret
from tests.ui.pages.look.glance import check
from ui.app import Program
from ui.context import Context
from ui.pages.sign_in import SignInPage
from ui.pages.start import StartPage


@pytest.fixture
def last(tmp_path: Path) -> LastSite:
    return LastSite(tmp_path / "settings" / "last-site.json")


def test_nothing_is_remembered_before_somebody_signed_in(
    qtbot: QtBot, program: Program, place: Path, last: LastSite
) -> None:
    program.doors.last = last
    program.start()
    assert isinstance(cover(program), StartPage)
    program.start(place / "site")
    assert last.folder() is None
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: program.desk is not None, timeout=20_000)
    assert last.folder() == place / "site"
    kept = json.loads(last._file.read_text("utf-8"))
    assert kept == {"folder": str(place / "site")}, "nothing about people"
    assert last._file.stat().st_mode & 0o077 == 0


def test_the_start_asks_for_the_password_of_the_site_opened_last(
    qtbot: QtBot, program: Program, place: Path, last: LastSite
) -> None:
    last.keep(place / "site")
    program.doors.last = last
    program.start()
    assert isinstance(cover(program), SignInPage)
    ready(qtbot)
    check(qtbot, program, "sign-in")
    press(qtbot, Qt.Key.Key_O, ctrl=True)
    assert isinstance(cover(program), StartPage)


def test_a_medium_that_is_away_is_told_and_tried_again(
    qtbot: QtBot, program: Program, place: Path, last: LastSite
) -> None:
    last.keep(place / "site")
    program.doors.last = last
    shutil.move(place / "site", place / "away")
    program.start()
    page = cover(program)
    assert isinstance(page, StartPage)
    assert page.folder.path == place / "site"
    assert "插好" in page.folder.asked._below.text()
    check(qtbot, program, "away")
    ready(qtbot)
    press(qtbot, Qt.Key.Key_Return)
    assert cover(program) is page
    shutil.move(place / "away", place / "site")
    press(qtbot, Qt.Key.Key_Return)
    assert isinstance(cover(program), SignInPage)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"folder": 7}', '{"folder": ""}', "\x00"])
def test_a_damaged_file_counts_as_none(last: LastSite, content: str) -> None:
    last._file.parent.mkdir()
    last._file.write_text(content, "utf-8")
    assert last.folder() is None


def test_where_nothing_can_be_written_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "settings").write_text("a file stands in the way", "utf-8")
    last = LastSite(tmp_path / "settings" / "last-site.json")
    last.keep(tmp_path)
    assert last.folder() is None


def test_without_a_memory_the_start_is_as_before(context: Context, qtbot: QtBot) -> None:
    made = Program(context, load_study())
    qtbot.addWidget(made.shell)
    made.start()
    assert isinstance(cover(made), StartPage)


def test_a_folder_whose_name_is_no_utf_8_is_remembered(last: LastSite, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"synthetic-\xff\xfe")
    last.keep(odd)
    assert last.folder() == odd
    assert [p.name for p in last._file.parent.iterdir()] == ["last-site.json"]


def test_it_lies_where_the_system_keeps_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    former = qapp.applicationName()
    qapp.setApplicationName(APPLICATION)
    try:
        for variable in ("", str(tmp_path)):
            monkeypatch.setenv("XDG_CONFIG_HOME", variable)
            place = QStandardPaths.StandardLocation.AppConfigLocation
            assert settings_folder() == Path(QStandardPaths.writableLocation(place))
    finally:
        qapp.setApplicationName(former)
