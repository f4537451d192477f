"""Every screen in both languages, light and dark, both scales and both sizes: pictured and judged.

The suite takes two opposite looks of each screen; soak takes every screen in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, product
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language
from tests.ui.pages.kit import SignIn, laid_out
from tests.ui.pages.look import faults
from tests.ui.pages.look.contact import keep, pictures_in, write_sheet
from tests.ui.pages.look.drawn import drawn
from tests.ui.pages.look.known import known
from tests.ui.pages.look.screens import SCENES, Scene, Screen
from tests.ui.pages.look.stage import FLOOR, HIGH, WIDE, Stage
from ui.app import Program
from ui.theme import Mode

SIZES = ((WIDE, HIGH), FLOOR)
SCALES = (1.0, 2.0)


class Look(NamedTuple):
    """One way in which a screen is looked at."""

    language: Language
    mode: Mode
    size: tuple[int, int]
    scale: float


def _opposite(look: Look) -> Look:
    """The look that shares nothing with this one."""
    return Look(
        Language.EN if look.language is Language.ZH else Language.ZH,
        Mode.DARK if look.mode is Mode.LIGHT else Mode.LIGHT,
        SIZES[look.size == SIZES[0]],
        SCALES[look.scale == SCALES[0]],
    )


EVERY = tuple(
    Look(*each)
    for each in product((Language.ZH, Language.EN), (Mode.LIGHT, Mode.DARK), SIZES, SCALES)
)
OPPOSITES = tuple((one, _opposite(one)) for one in EVERY if one.language is Language.ZH)
"""Two looks that share nothing: the suite sees each screen in both languages, themes, sizes and
scales, and from screen to screen in another pairing of them."""


def test_one_screen_is_seen_in_all_and_the_next_ones_in_every_pairing() -> None:
    for one, other in OPPOSITES:
        assert all(a != b for a, b in zip(one, other, strict=True))
    assert sorted(map(str, chain(*OPPOSITES))) == sorted(map(str, EVERY))


@pytest.mark.soak
@pytest.mark.parametrize("scene", SCENES, ids=[s.name for s in SCENES])
def test_every_screen(
    qtbot: QtBot,
    program: Program,
    sign_in: SignIn,
    pictures: Path,
    request: pytest.FixtureRequest,
    fraction: Callable[[int, int], int],
    scene: Scene,
) -> None:
    every = fraction(len(EVERY), 2) == len(EVERY)
    stage = Stage(qtbot, program, request.getfixturevalue(scene.site), sign_in)
    if scene.user:
        sign_in(scene.user)
    found: dict[str, str] = {}
    for old in pictures_in(pictures, scene.name):
        old.unlink()
    for number, screen in enumerate(scene.screens, 1):
        name = f"{scene.name}-{number:02}-{screen.name}"
        try:
            # The scene's place shifts the pairings: first screens have not all the same one.
            at = (SCENES.index(scene) + number) % len(OPPOSITES)
            looks = EVERY if every else OPPOSITES[at]
            for where, fault in _judge(stage, screen, looks, pictures, name):
                found.setdefault(f"{screen.name}: {fault}", where)
        finally:
            while stage.later:
                stage.later.pop()()
    write_sheet(pictures)
    assert not found, "\n".join(f"{fault}  [{where}]" for fault, where in found.items())


def _judge(
    stage: Stage, screen: Screen, looks: Sequence[Look], folder: Path, name: str
) -> Iterator[tuple[str, str]]:
    """Lead to a screen, picture it in its looks, and name its faults."""
    context = stage.program.context
    screen.show(stage)
    stage.settle()
    for look in looks:
        if look.language is not context.speech.language:
            stage.close_popups()
            context.speech.choose(look.language)
            if screen.anew:
                screen.show(stage)
            stage.settle()
        if look.mode is not context.theme.mode:
            context.theme.choose(look.mode)
            laid_out(stage.window)
        stage.resize(*look.size)
        wide = "x".join(map(str, look.size))
        picture = stage.picture(look.scale)
        variant = f"{look.language}.{look.mode}.{wide}.{look.scale:.0f}x"
        keep(folder, name, variant, picture)
        for fault in _faults(stage, screen, look, picture):
            yield variant, fault
    stage.close_popups()
    stage.resize(WIDE, HIGH)
    context.theme.choose(Mode.LIGHT)
    context.speech.choose(Language.ZH)


def _windows(stage: Stage) -> list[QWidget]:
    return [w for w in (stage.window, stage.popup) if w is not None]


def _faults(stage: Stage, screen: Screen, look: Look, picture: QImage) -> Iterator[str]:
    """The faults of a screen as it stands: of its inks as it is seen, of its layout as a whole."""
    seen = {window: drawn(window) for window in _windows(stage)}
    alone = stage.popup is None
    for window, texts in seen.items():
        yield from faults.faint(texts, window, picture if alone else window.grab().toImage())
    if screen.long:
        stage.unfold()
        seen = {window: drawn(window) for window in _windows(stage)}
    for window, texts in seen.items():
        yield from faults.cut(texts)
        yield from faults.tight(window)
        yield from faults.overlapping(texts, window)
        yield from faults.outside(window)
        yield from faults.untold(texts, look.language, known)
        yield from faults.coloured(window)
        yield from faults.unnamed(window)
        if look[:3] == EVERY[0][:3] and window is stage.window:
            yield from faults.unfocused(window)
