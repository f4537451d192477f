"""Screens are tested without a display."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from ui.context import Context
from ui.language import Speech
from ui.theme import Mode, Theme


@pytest.fixture
def context(qtbot: QtBot) -> Iterator[Context]:
    """Chinese and light."""
    theme = Theme(Mode.LIGHT)
    theme.apply()
    speech = Speech(Language.ZH)
    yield Context(speech, theme)
    speech.choose(Language.EN)  # takes Qt's own translation out again


@pytest.fixture
def crc(clinic: Clinic) -> Iterator[Session]:
    """A coordinator signed in to a synthetic site."""
    with clinic.open("crc") as session:
        yield session
