"""The backup on leaving, as it is seen."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.vault import backup, rota
from mrd_desktop.vault.backup import BackupReport, Told
from mrd_desktop.vault.errors import StorageFault
from mrd_desktop.vault.session import Session
from tests.ui.pages.kit import SignIn, cover
from ui.app import Program
from ui.pages.farewell import NOT_MADE, SKIPPING, FarewellPage
from ui.pages.fault import FaultPage
from ui.pages.sign_in import SignInPage


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    place = tmp_path / "stick"
    place.mkdir()
    return place


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Backups wait at their first step until it is set."""
    opened = Event()

    def held(session: Session, to: Path, told: Told) -> BackupReport:
        def step(done: int, total: int) -> None:
            assert opened.wait(20)
            told(done, total)

        return backup.backup(session, to, step)

    monkeypatch.setattr(rota, "backup", held)
    yield opened
    opened.set()


@pytest.fixture
def program(sign_in: SignIn, stick: Path) -> Program:
    """Somebody who wrote something, with a medium for backups."""
    made = sign_in("crc")
    assert made.session is not None
    Casebook(made.session).create_subject()
    rota.choose_target(made.session, stick)
    return made


def test_it_is_seen_being_made_and_the_sign_in_follows(
    qtbot: QtBot, program: Program, stick: Path, gate: Event
) -> None:
    program.sign_out()
    page = cover(program)
    assert isinstance(page, FarewellPage)
    qtbot.waitUntil(page.bar.isVisible)
    qtbot.keyClick(page, Qt.Key.Key_Return)  # once more the key that led here
    program.lock()
    assert cover(program) is page
    assert program.desk is not None
    gate.set()
    qtbot.waitUntil(lambda: isinstance(cover(program), SignInPage), timeout=20_000)
    assert program.desk is None
    assert len(list(stick.iterdir())) == 1


def test_who_does_not_wait_leaves_without_it(
    qtbot: QtBot, program: Program, stick: Path, gate: Event
) -> None:
    program.sign_out()
    page = cover(program)
    assert isinstance(page, FarewellPage)
    qtbot.waitUntil(page.bar.isVisible)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert page.words.text() == SKIPPING.zh
    gate.set()
    qtbot.waitUntil(lambda: isinstance(cover(program), SignInPage), timeout=20_000)
    assert list(stick.iterdir()) == []


def test_a_window_closed_twice_is_closed(
    qtbot: QtBot, program: Program, stick: Path, gate: Event
) -> None:
    program.shell.close()
    assert isinstance(cover(program), FarewellPage)
    program.shell.close()
    assert program.shell.isVisible()  # what is under way unwinds first
    gate.set()
    qtbot.waitUntil(lambda: not program.shell.isVisible(), timeout=20_000)
    assert program.desk is None
    assert list(stick.iterdir()) == []


def test_a_medium_that_refuses_is_told_and_the_session_does_not_wait(
    qtbot: QtBot, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(backup, "sync_folder", full)
    program.sign_out()
    page = cover(program)
    assert isinstance(page, FarewellPage)
    qtbot.waitUntil(lambda: program.desk is None, timeout=20_000)
    assert cover(program) is page
    assert page.also.isVisible()
    assert page.also.text() == NOT_MADE.zh
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert isinstance(cover(program), SignInPage)


def test_a_medium_that_is_not_there_is_told_on_leaving(
    qtbot: QtBot, program: Program, stick: Path
) -> None:
    stick.rmdir()
    program.sign_out()
    page = cover(program)
    assert isinstance(page, FarewellPage)
    qtbot.waitUntil(lambda: program.desk is None, timeout=20_000)
    assert "请插入 U 盘" in page.words.text()
    assert page.also.text() == NOT_MADE.zh
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert isinstance(cover(program), SignInPage)


def test_a_disk_that_fails_keeps_nobody_from_leaving(
    qtbot: QtBot, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Session) -> bool:
        raise StorageFault("synthetic")

    monkeypatch.setattr(rota, "owes_on_leaving", fails)
    program.sign_out()
    assert program.desk is None
    assert isinstance(cover(program), SignInPage)


def test_a_fault_meanwhile_ends_the_session_and_is_told(
    qtbot: QtBot, program: Program, gate: Event
) -> None:
    program.sign_out()
    gate.set()
    program.tell_fault(ValueError("synthetic"))
    page = cover(program)
    assert isinstance(page, FaultPage)
    assert program.desk is None
    qtbot.wait(50)  # what the job still had to say reaches nobody
    page.closed.emit()
    assert isinstance(cover(program), SignInPage)
