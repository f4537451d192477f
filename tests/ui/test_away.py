"""Sleep and lock as the system tells them: over a real bus, and as messages of Windows."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from collections.abc import Iterator
from ctypes import wintypes
from itertools import count

import pytest
from PySide6.QtCore import QObject
from PySide6.QtDBus import QDBusConnection, QDBusMessage
from pytestqt.qtbot import QtBot

from ui import away
from ui.away import LOGIN, SAVERS, Away

NUMBER = count()


@pytest.fixture
def bus() -> Iterator[str]:
    """The address of a bus of its own."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells programs of sleep and lock over a message bus")
    daemon = shutil.which("dbus-daemon")
    assert daemon, "“python3 dev.py test” installs dbus-daemon, or says how"
    with subprocess.Popen(
        [daemon, "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.terminate()


def joined(bus: str) -> QDBusConnection:
    return QDBusConnection.connectToBus(bus, f"test-{next(NUMBER)}")


def say(speaker: QDBusConnection, interface: str, name: str, *arguments: object) -> None:
    path = "/" + interface.replace(".", "/")
    message = QDBusMessage.createSignal(path, interface, name)
    message.setArguments(list(arguments))
    assert speaker.send(message)


@pytest.fixture
def heard(qtbot: QtBot) -> Iterator[tuple[Away, list[str]]]:
    owner = QObject()
    listening, told = Away(owner), list[str]()
    listening.locked.connect(lambda: told.append("locked"))
    listening.sleeping.connect(lambda: told.append("sleeping"))
    yield listening, told


def test_logind_tells_of_sleep_and_of_locked_sessions(
    qtbot: QtBot, bus: str, heard: tuple[Away, list[str]]
) -> None:
    listening, told = heard
    speaker, stranger, listener = joined(bus), joined(bus), joined(bus)
    assert speaker.registerService(LOGIN)
    assert listening.follow_system(listener)
    qtbot.wait(100)
    say(stranger, f"{LOGIN}.Manager", "PrepareForSleep", True)
    say(speaker, f"{LOGIN}.Manager", "PrepareForSleep", False)
    say(speaker, f"{LOGIN}.Manager", "PrepareForSleep", True)
    qtbot.waitUntil(lambda: told == ["sleeping"])
    say(speaker, f"{LOGIN}.Session", "Unlock")
    say(speaker, f"{LOGIN}.Session", "Lock")
    qtbot.waitUntil(lambda: told == ["sleeping", "locked"])


@pytest.mark.parametrize("saver", SAVERS)
def test_a_screen_saver_tells_of_the_lock(
    qtbot: QtBot, bus: str, heard: tuple[Away, list[str]], saver: str
) -> None:
    listening, told = heard
    speaker, listener = joined(bus), joined(bus)
    assert speaker.registerService(saver)
    assert listening.follow_session(listener)
    qtbot.wait(100)
    say(speaker, saver, "ActiveChanged", False)
    say(speaker, saver, "ActiveChanged", True)
    qtbot.waitUntil(lambda: told == ["locked"])


@pytest.mark.parametrize(
    ("message", "what", "expected"),
    [
        (away.WM_WTSSESSION_CHANGE, away.WTS_SESSION_LOCK, ["locked"]),
        (away.WM_WTSSESSION_CHANGE, 0x8, []),  # unlocked
        (away.WM_POWERBROADCAST, away.PBT_APMSUSPEND, ["sleeping"]),
        (away.WM_POWERBROADCAST, 0x7, []),  # awake again
        (0x0100, away.WTS_SESSION_LOCK, []),  # a key
    ],
)
def test_a_message_of_windows_is_read_from_memory(
    heard: tuple[Away, list[str]], message: int, what: int, expected: list[str]
) -> None:
    listening, told = heard
    said = wintypes.MSG(None, message, what, 0, 0, wintypes.POINT(0, 0))
    sieve = away._Messages(listening.heard)
    assert sieve.nativeEventFilter(away.MESSAGE, ctypes.addressof(said)) == (False, 0)
    assert sieve.nativeEventFilter(b"xcb_generic_event_t", 0) == (False, 0)
    assert told == expected
