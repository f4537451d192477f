"""Whether the computer slept, or its clock was set: the two clocks tell."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

LONGEST: Final = 30.0
"""Seconds between two looks, one a second, after which the program must have been asleep."""
_EVERY: Final = 1000

Clock = Callable[[], float]


class Asleep(QObject):
    """Looks once a second, at both clocks: which of them runs on in sleep differs by system.

    Signals:
        woke: the computer slept, or its clock was put forward or back.
    """

    woke = Signal()

    def __init__(
        self, parent: QObject, wall: Clock = time.time, steady: Clock = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clocks = (wall, steady)
        self._seen = tuple(clock() for clock in self._clocks)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Compare with the last look."""
        now = tuple(clock() for clock in self._clocks)
        wall, steady = (b - a for a, b in zip(self._seen, now, strict=True))
        self._seen = now
        if max(wall, steady) > LONGEST or steady - wall > LONGEST:
            self.woke.emit()
