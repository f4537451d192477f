"""A computer that slept is noticed by whichever clock ran on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ui.asleep import LONGEST, Asleep


@pytest.mark.parametrize(
    ("wall", "steady", "slept"),
    [(1.0, 1.0, False), (LONGEST + 1, 0.0, True), (0.5, LONGEST + 1, True), (-7200.0, 1.0, True)],
)
def test_either_clock_tells(qtbot: QtBot, wall: float, steady: float, slept: bool) -> None:
    at = [1000.0, 5.0]
    owner = QObject()
    asleep = Asleep(owner, lambda: at[0], lambda: at[1])
    woke: list[bool] = []
    asleep.woke.connect(lambda: woke.append(True))
    at[0] += wall
    at[1] += steady
    asleep.look()
    asleep.look()
    assert woke == [True] * slept
