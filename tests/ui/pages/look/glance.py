"""A page that a test has brought about, in both languages, light and dark: a quick look at it."""

from __future__ import annotations

from itertools import product

from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language
from tests.ui.pages.kit import settled
from tests.ui.pages.look import faults
from ui.app import Program
from ui.theme import Mode


def check(qtbot: QtBot, program: Program, name: str) -> None:
    """Nothing has too little room, lies outside or has no name; Chinese and light at the end."""
    found: list[str] = []
    speech, theme, window = program.context.speech, program.context.theme, program.shell
    for language, mode in product(Language, (Mode.LIGHT, Mode.DARK)):
        speech.choose(language)
        theme.choose(mode)
        settled(qtbot, program)
        for judge in (faults.tight, faults.outside, faults.unnamed):
            found += [f"{name} {language} {mode}: {x}" for x in judge(window)]
    theme.choose(Mode.LIGHT)
    speech.choose(Language.ZH)
    assert not found, "\n".join(dict.fromkeys(found))
