"""Whether the computer is about to sleep, or its screen was locked: what the system says of it.

Linux says it on D-Bus: systemd-logind (sleep, and the lock of a session), the screen savers of
freedesktop.org and GNOME. Windows sends messages to the window. Where neither comes, a sleep is
found afterwards by its gap (:mod:`ui.asleep`), and the idle time locks.

Sources: org.freedesktop.login1(5), the Idle Inhibition and ScreenSaver specification of
freedesktop.org, Microsoft's documentation of WM_WTSSESSION_CHANGE and WM_POWERBROADCAST.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import wintypes
from pathlib import Path
from typing import Any, Final, cast

from PySide6.QtCore import (
    SLOT,
    QAbstractNativeEventFilter,
    QByteArray,
    QCoreApplication,
    QObject,
    Signal,
    Slot,
)
from PySide6.QtDBus import QDBusConnection
from PySide6.QtWidgets import QWidget

LOGIN: Final = "org.freedesktop.login1"
SAVERS: Final = ("org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver")
_SYSTEM_SOCKET: Final = Path("/run/dbus/system_bus_socket")

MESSAGE: Final = b"windows_generic_MSG"
WM_WTSSESSION_CHANGE: Final = 0x02B1
WTS_SESSION_LOCK: Final = 0x7
WM_POWERBROADCAST: Final = 0x0218
PBT_APMSUSPEND: Final = 0x4
_THIS_SESSION: Final = 0


class Away(QObject):
    """Tells what the system says of sleep and lock.

    Signals:
        locked: the screen was locked, or the session of a user of this computer.
        sleeping: the computer is about to sleep; it does not wait for this program.
    """

    locked = Signal()
    sleeping = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._filter: _Messages | None = None

    def listen(self, window: QWidget) -> None:
        """Listen from now on to whatever this computer has."""
        if sys.platform == "win32":
            self._filter = _Messages(self.heard)
            app = QCoreApplication.instance()
            if app is not None:
                app.installNativeEventFilter(self._filter)
            _register(int(window.winId()))
        elif sys.platform == "linux":
            # Asking for a bus that is not there may start one: only what runs is asked.
            if os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or _SYSTEM_SOCKET.exists():
                self.follow_system(QDBusConnection.systemBus())
            runtime = os.environ.get("XDG_RUNTIME_DIR")
            at_hand = runtime is not None and (Path(runtime) / "bus").exists()
            if os.environ.get("DBUS_SESSION_BUS_ADDRESS") or at_hand:
                self.follow_session(QDBusConnection.sessionBus())

    def follow_system(self, bus: QDBusConnection) -> bool:
        """Listen to systemd-logind; whether the bus takes it."""
        manager, session = f"{LOGIN}.Manager", f"{LOGIN}.Session"
        # Of any user of this computer: a window that locks once too often does no harm.
        return all(
            (
                _connect(bus, LOGIN, manager, "PrepareForSleep", self, SLOT("_sleep(bool)")),
                _connect(bus, LOGIN, session, "Lock", self, SLOT("_lock()")),
            )
        )

    def follow_session(self, bus: QDBusConnection) -> bool:
        """Listen to the screen savers; whether the bus takes it."""
        slot = SLOT("_active(bool)")
        heard = tuple(_connect(bus, s, s, "ActiveChanged", self, slot) for s in SAVERS)
        return all(heard)

    def heard(self, message: int, what: int) -> None:
        """A message of Windows and its first parameter."""
        if (message, what) == (WM_WTSSESSION_CHANGE, WTS_SESSION_LOCK):
            self.locked.emit()
        elif (message, what) == (WM_POWERBROADCAST, PBT_APMSUSPEND):
            self.sleeping.emit()

    @Slot(bool)
    def _sleep(self, begins: bool) -> None:
        if begins:
            self.sleeping.emit()

    @Slot()
    def _lock(self) -> None:
        self.locked.emit()

    @Slot(bool)
    def _active(self, on: bool) -> None:
        if on:
            self.locked.emit()


class _Messages(QAbstractNativeEventFilter):
    """Reads the messages that Windows sends to the window, and holds none back."""

    def __init__(self, heard: Callable[[int, int], None]) -> None:
        super().__init__()
        self._heard = heard

    def nativeEventFilter(
        self, kind: QByteArray | bytes | bytearray | memoryview, message: Any
    ) -> object:
        """Look at one message."""
        if bytes(kind) == MESSAGE:  # type: ignore[arg-type]
            said = wintypes.MSG.from_address(int(message))
            self._heard(int(said.message), int(said.wParam))
        return False, 0


def _connect(
    bus: QDBusConnection, service: str, interface: str, name: str, to: QObject, slot: str
) -> bool:
    # The stub asks for bytes, and the binding takes what SLOT gives, a text, alone.
    return bool(bus.connect(service, "", interface, name, to, cast("bytes", slot)))


def _register(window: int) -> None:
    """Windows tells a window of locks only where it asks for them."""
    with suppress(OSError, AttributeError):
        ctypes.windll.wtsapi32.WTSRegisterSessionNotification(  # type: ignore[attr-defined,unused-ignore]
            wintypes.HWND(window), _THIS_SESSION
        )
