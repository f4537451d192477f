"""The figure of a story: everything is on it, nothing touches, nothing is told by colour alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from mrd_desktop.insight.chronicle import by_day, chronicle
from mrd_desktop.insight.figures.board import Size
from mrd_desktop.insight.figures.sheet import Circle, Path, Sheet
from mrd_desktop.insight.figures.story import StoryFigure, bare, story_figure
from mrd_desktop.insight.figures.svg import svg_element
from mrd_desktop.insight.story import Adverse, Level, MrdPoint, Story, story
from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules.treatment_status import Period
from mrd_desktop.texts import Language
from tests.insight.long_story import crowded
from tests.insight.test_figures import inside, touching
from tests.study.stories import scene

DAY = date(2022, 1, 10)
BOTH = pytest.mark.parametrize("language", list(Language))


def told(name: str) -> Story:
    return crowded() if name == "crowded" else story(scene(load_study(), name))


def bars(sheet: Sheet, role: str) -> list[Path]:
    return [m for m in sheet.marks if isinstance(m, Path) and m.role == role]


@BOTH
@pytest.mark.parametrize("name", ["01-001", "01-002", "crowded"])
@pytest.mark.parametrize("wide", [560, 720, 1100])
def test_nothing_is_clipped_and_no_words_touch(name: str, language: Language, wide: int) -> None:
    figure = story_figure(told(name))
    found = [
        figure.inset(wide, language),
        *figure.sheets(Size(wide, 760, language)),
        bare(figure.story, Size(wide, 260, language))[0],
    ]
    for sheet in found:
        assert inside(sheet) == []
        assert touching(sheet) == []
        assert sheet.title
        assert "<svg" in svg_element(sheet, language)


@BOTH
def test_the_table_holds_every_dated_result(language: Language) -> None:
    figure = story_figure(told("01-002"))
    assert len(figure.table.rows) == len(by_day(chronicle(figure.story)))
    (sheet,) = figure.sheets(Size(1100, 760, language))
    assert str(len(figure.table.rows)) in sheet.description


def shown(**changes: object) -> Sheet:
    plain = Story(
        "01-998", DAY + timedelta(400), DAY, DAY + timedelta(420), DAY,
        (), (), (), (), (), (), (), (), None,
    )  # fmt: skip
    figure: StoryFigure = story_figure(replace(plain, **changes))  # type: ignore[arg-type]
    return figure.inset(720, Language.EN)


def test_results_differ_without_colour() -> None:
    results = ("NEGATIVE", "POSITIVE", "FAILED")
    sheet = shown(mrd=tuple(MrdPoint(DAY + timedelta(90 * n), r) for n, r in enumerate(results)))
    signs = {
        m.role: m.fill == m.ink if isinstance(m, Circle) else "cross"
        for m in sheet.marks
        if m.role.startswith("MRD ")
    }
    assert signs == {"MRD negative": False, "MRD positive": True, "MRD without result": "cross"}


def test_treatments_differ_by_their_hatch() -> None:
    point = (MrdPoint(DAY, None),)
    slopes = {}
    for status in ("INTERMISSION", "CONTINUE", "RESUMED"):
        sheet = shown(mrd=point, treatments=(Period(status, DAY, None),))
        (bar,) = bars(sheet, "period")
        top, bottom = bar.points[0][1], bar.points[2][1]
        lines = [
            m
            for m in sheet.marks
            if isinstance(m, Path) and m.width == 0.8 and top <= m.points[0][1] <= bottom
        ]
        rising = {(m.points[1][1] - m.points[0][1]) * (m.points[1][0] - m.points[0][0]) < 0
                  for m in lines}  # fmt: skip
        slopes[status] = tuple(rising)
    assert len(set(slopes.values())) == 3


def test_levels_and_events_differ_without_colour() -> None:
    events = tuple(Adverse(DAY, None, grade, False, "synthetic") for grade in (1, 3))
    levels = (Level(DAY, Decimal("0.5")), Level(DAY + timedelta(90), Decimal("1.2")))
    sheet = shown(marker=levels, adverse=events)
    level, over = (next(m for m in sheet.marks if m.role == r) for r in ("level", "over"))
    assert isinstance(level, Circle)
    assert isinstance(over, Circle)
    assert (level.fill == level.ink, over.fill == over.ink) == (False, True)
    assert bars(sheet, "mild")[0].alpha < 0.5 < bars(sheet, "grave")[0].alpha
