"""Widgets that are pictures: a screen reader is told that they are graphics, with their words."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QWidget
from shiboken6 import isValid

_told: list[QAccessibleWidget] = []
"""Qt deletes them with their widgets; until then they must not be collected."""


class Graphic(QWidget):
    """A widget that draws a picture. Its accessible name and description say what it shows."""

    def __init__(self) -> None:
        super().__init__()
        _tell_graphics()


@cache
def _tell_graphics() -> None:
    QAccessible.installFactory(_interface)


def _interface(_kind: str, told: QObject) -> QAccessibleInterface | None:
    if not isinstance(told, Graphic):
        return None
    _told[:] = [one for one in _told if isValid(one)]
    made = QAccessibleWidget(told, QAccessible.Role.Graphic)
    _told.append(made)
    return made
