"""The picture of a story: what is drawn is told by pointer, keys and screen reader."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.chronicle import Strand, by_day, chronicle
from mrd_desktop.insight.story import (
    Adverse,
    Ejection,
    Level,
    MrdPoint,
    Scan,
    Story,
    Turn,
    TurnPoint,
    VisitPoint,
    story,
)
from mrd_desktop.study.load import load_study
from mrd_desktop.study.rules.treatment_status import Period
from mrd_desktop.study.schedule import Window
from tests.study.stories import scene
from ui.context import Context
from ui.story_picture import StoryPicture

T0 = date(2022, 1, 10)


def day(n: int) -> date:
    return T0 + timedelta(days=n)


def crowded() -> Story:
    """Five years, sixty adverse events, forty visits; synthetic."""
    windows = [Window(day(46 * n), day(46 * n - 14), day(46 * n + 14)) for n in range(40)]
    return Story(
        subject="01-999", today=day(1800), first=day(-40), last=day(1840), t0=T0,
        treatments=(Period("INTERMISSION", T0, day(340)), Period("RESUMED", day(340), None)),
        mrd=tuple(MrdPoint(day(45 * n), "POSITIVE" if n % 5 == 2 else None) for n in range(40)),
        marker=tuple(Level(day(45 * n), Decimal(n % 17) / 9) for n in range(40)),
        scans=tuple(Scan(day(60 * n), "CR" if n % 2 else None) for n in range(30)),
        lvef=tuple(Ejection(day(90 * n), 60) for n in range(20)),
        adverse=tuple(
            Adverse(day(37 * n % 1800), None, 1 + n % 5, n % 9 == 0, f"Synthetic {n}")
            for n in range(60)
        ),
        visits=tuple(
            VisitPoint(f"M{n:02d}", w.target, w, True, False) for n, w in enumerate(windows)
        ),
        turns=(TurnPoint(T0, Turn.CHOICE, "INTERMISSION"), TurnPoint(day(1760), Turn.PROGRESSION)),
        ended=None,
    )  # fmt: skip


def drawn(qtbot: QtBot, context: Context, told: Story) -> StoryPicture:
    picture = StoryPicture(context)
    qtbot.addWidget(picture)
    picture.show_story(told)
    picture.resize(1142, picture.sizeHint().height())
    picture.show()
    qtbot.waitExposed(picture)
    picture.grab()
    return picture


def focused(qtbot: QtBot, picture: StoryPicture) -> None:
    picture.activateWindow()
    picture.setFocus()
    qtbot.waitUntil(picture.hasFocus)


def test_every_point_is_drawn_and_can_be_pointed_at(qtbot: QtBot, context: Context) -> None:
    for told in (crowded(), story(scene(load_study(), "01-002"))):
        picture = drawn(qtbot, context, told)
        assert {m.told for m in picture._marks} == set(by_day(chronicle(told)))
        for mark in picture._marks:
            assert picture.rect().contains(mark.box.center().toPoint()), mark.told.words.en
            assert picture._under(mark.box.center()) is not None


def test_arrows_walk_all_marks_and_a_screen_reader_hears_them(
    qtbot: QtBot, context: Context
) -> None:
    told = story(scene(load_study(), "01-002"))
    picture = drawn(qtbot, context, told)
    heard = set()
    focused(qtbot, picture)
    for _ in Strand:
        qtbot.keyClick(picture, Qt.Key.Key_Home)
        for _ in range(40):
            assert picture.current is not None
            assert picture.accessibleName().endswith(context.say(picture.current.words))
            heard.add(picture.current)
            qtbot.keyClick(picture, Qt.Key.Key_Right)
        qtbot.keyClick(picture, Qt.Key.Key_Down)
    assert heard == set(by_day(chronicle(told)))


def test_up_and_down_keep_to_the_time(qtbot: QtBot, context: Context) -> None:
    picture = drawn(qtbot, context, story(scene(load_study(), "01-002")))
    focused(qtbot, picture)
    for _ in range(2):  # course, treatment, MRD
        qtbot.keyClick(picture, Qt.Key.Key_Down)
    qtbot.keyClick(picture, Qt.Key.Key_End)
    assert picture.current is not None
    assert picture.current.strand is Strand.MRD
    assert str(picture.current.day) == "2027-04-22"
    qtbot.keyClick(picture, Qt.Key.Key_Down)
    assert picture.current is not None
    assert (picture.current.strand, str(picture.current.day)) == (Strand.MARKER, "2027-04-22")


def test_rows_without_anything_take_no_room(qtbot: QtBot, context: Context) -> None:
    full, few = crowded(), story(scene(load_study(), "01-001"))
    assert (
        drawn(qtbot, context, few).sizeHint().height()
        < drawn(qtbot, context, full).sizeHint().height()
    )


def test_the_empty_picture_says_so(qtbot: QtBot, context: Context) -> None:
    nothing = Story("01-998", T0, T0, day(120), None, (), (), (), (), (), (), (), (), None)
    picture = drawn(qtbot, context, nothing)
    assert not picture._marks
    focused(qtbot, picture)
    qtbot.keyClick(picture, Qt.Key.Key_Right)
    assert picture.current is None
