"""Screens are tested without a display."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language
from ui.context import Context
from ui.language import Speech
from ui.theme import Mode, Theme


@pytest.fixture
def context(qtbot: QtBot) -> Context:
    """Chinese and light."""
    theme = Theme(Mode.LIGHT)
    theme.apply()
    return Context(Speech(Language.ZH), theme)
