"""Every screen in both languages, light and dark, at both scales: pictured and judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language
from tests.ui.pages.kit import SignIn
from tests.ui.pages.look import faults
from tests.ui.pages.look.contact import keep, pictures_in, write_sheet
from tests.ui.pages.look.drawn import drawn
from tests.ui.pages.look.known import known
from tests.ui.pages.look.screens import SCENES, Scene, Screen
from tests.ui.pages.look.stage import FLOOR, HIGH, WIDE, Stage
from ui.app import Program
from ui.theme import Mode

SCALES = (1.0, 2.0)
MODES = (Mode.LIGHT, Mode.DARK)


@pytest.mark.parametrize("scene", SCENES, ids=[s.name for s in SCENES])
def test_every_screen(
    qtbot: QtBot,
    program: Program,
    sign_in: SignIn,
    pictures: Path,
    request: pytest.FixtureRequest,
    scene: Scene,
) -> None:
    stage = Stage(qtbot, program, request.getfixturevalue(scene.site), sign_in)
    if scene.user:
        sign_in(scene.user)
    found: dict[str, str] = {}
    for old in pictures_in(pictures, scene.name):
        old.unlink()
    for number, screen in enumerate(scene.screens, 1):
        name = f"{scene.name}-{number:02}-{screen.name}"
        try:
            for where, fault in _judge(stage, screen, pictures, name):
                found.setdefault(f"{screen.name}: {fault}", where)
        finally:
            while stage.later:
                stage.later.pop()()
    write_sheet(pictures)
    assert not found, "\n".join(f"{fault}  [{where}]" for fault, where in found.items())


def _judge(stage: Stage, screen: Screen, folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """Lead to a screen, picture it in all its looks, and name its faults."""
    context = stage.program.context
    screen.show(stage)
    stage.settle()
    for language in (Language.ZH, Language.EN):
        if language is not context.speech.language:
            stage.close_popups()
            context.speech.choose(language)
            if screen.anew:
                screen.show(stage)
            stage.settle()
        for mode in MODES:
            context.theme.choose(mode)
            stage.qtbot.wait(1)
            for window in _windows(stage):
                texts = drawn(window)
                for fault in faults.faint(texts, window, window.grab().toImage()):
                    yield f"{language} {mode}", fault
            for scale in SCALES:
                keep(folder, name, f"{language}.{mode}.{scale:.0f}x", stage.picture(scale))
        context.theme.choose(Mode.LIGHT)
        for size in ((WIDE, HIGH), FLOOR):
            for fault in _at(stage, screen, language, size):
                yield f"{language} {size[0]}", fault
        stage.resize(WIDE, HIGH)
    stage.close_popups()
    context.speech.choose(Language.ZH)


def _windows(stage: Stage) -> list[QWidget]:
    return [w for w in (stage.window, stage.popup) if w is not None]


def _at(stage: Stage, screen: Screen, language: Language, size: tuple[int, int]) -> Iterator[str]:
    """The faults of a layout at a size of the window."""
    stage.resize(*size)
    if screen.long:
        stage.unfold()
    for window in _windows(stage):
        texts = drawn(window)
        yield from faults.cut(texts)
        yield from faults.tight(window)
        yield from faults.overlapping(texts, window)
        yield from faults.outside(window)
        yield from faults.untold(texts, language, known)
        yield from faults.coloured(window)
        yield from faults.unnamed(window)
        if language is Language.ZH and size == (WIDE, HIGH) and window is stage.window:
            yield from faults.unfocused(window)
