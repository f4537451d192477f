"""What tests of the pages share: users, keys, waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import folder
from mrd_desktop.vault.session import Session
from ui.app import Program
from ui.page import Page
from ui.pages.sign_in import FirstPasswordPage

SignIn = Callable[[str], Program]

USERS = {"crc": "coordinator", "pi": "investigator", "cra": "monitor"}
_STILL = 3
"""Turns of the loop without a move: what one turn puts off for the next is put off again once."""
_LONG = 60_000
"""Milliseconds that two passwords may take on a busy computer."""
NOW = datetime.fromisoformat("2026-10-08T09:00:00+08:00")


def secret(user: str) -> str:
    """The password of a synthetic user."""
    return f"synthetic {user}"


def opened(path: Path, user: str) -> Session:
    """Sign in without a window."""
    return folder.open_folder(path, user, secret(user), study=load_study(), fold=projection.fold)


def settled(qtbot: QtBot, program: Program) -> None:
    """Wait until no job runs (the census is one) and everything has its place."""

    def done() -> bool:
        return not program.jobs._jobs and (desk is None or not desk.census.counting)

    desk = program.desk
    while True:
        qtbot.waitUntil(done, timeout=20_000)
        laid_out(program.shell)
        if done():  # what was put off for a turn of the loop may have been a job
            return


def laid_out(window: QWidget) -> None:
    """Let the loop turn until what was put off for its next turn is done and nothing moves."""
    before: list[tuple[QWidget, QRect]] = []
    still = 0
    while still < _STILL:
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        places = [(w, w.geometry()) for w in window.findChildren(QWidget) if w.isVisible()]
        still = still + 1 if places == before else 0
        before = places


def ready(qtbot: QtBot) -> None:
    """Wait until the page has put the caret where it belongs."""
    # A window of the test before goes first: it may still be the active one.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    laid_out(QApplication.activeWindow() or focus())


def cover(program: Program) -> Page | None:
    """What fills the whole window."""
    return program.shell._cover


def focus() -> QWidget:
    """What has the focus: a list that is open comes first."""
    popup = QApplication.activePopupWidget()
    found = (popup.focusProxy() or popup) if popup else QApplication.focusWidget()
    assert found is not None
    return found


def line(qtbot: QtBot, text: str) -> None:
    """Type a text and Enter."""
    qtbot.keyClicks(focus(), text)
    press(qtbot, Qt.Key.Key_Return)


def come_in_first(qtbot: QtBot, program: Program, user: str, code: str, password: str) -> None:
    """At the sign-in: the one-time code, then the own password twice.

    The code is tried before the next page comes; what is typed until then goes to the page before.
    """
    ready(qtbot)
    line(qtbot, user)
    line(qtbot, code)
    qtbot.waitUntil(lambda: isinstance(cover(program), FirstPasswordPage), timeout=_LONG)
    page = cover(program)
    ready(qtbot)  # the page puts its caret only in the next turn of the loop
    line(qtbot, password)
    line(qtbot, password)
    qtbot.waitUntil(lambda: cover(program) is not page, timeout=_LONG)


def press(qtbot: QtBot, key: Qt.Key, *, ctrl: bool = False) -> None:
    """One key to whatever has the focus."""
    held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    qtbot.keyClick(focus(), key, held)
    qtbot.wait(20)


def tab_to(qtbot: QtBot, wanted: object) -> None:
    """Tab until the caret is there."""
    for _ in range(40):
        if focus() is wanted:
            return
        press(qtbot, Qt.Key.Key_Tab)
    raise AssertionError("Tab never gets there")
