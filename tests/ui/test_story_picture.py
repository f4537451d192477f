"""The picture of a story: what is drawn is told by pointer, keys and screen reader."""

from __future__ import annotations

import gc

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.chronicle import Strand, by_day, chronicle
from mrd_desktop.insight.story import (
    Story,
    story,
)
from mrd_desktop.study.load import load_study
from tests.insight.long_story import T0, crowded, day
from tests.study.stories import scene
from ui.context import Context
from ui.story_picture import StoryPicture, place_of


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


def test_a_screen_reader_meets_a_graphic_with_its_words(qtbot: QtBot, context: Context) -> None:
    for _ in range(3):  # the former ones are gone by then
        picture = drawn(qtbot, context, story(scene(load_study(), "01-002")))
        told = QAccessible.queryAccessibleInterface(picture)
        assert told is not None
        assert told.role() is QAccessible.Role.Graphic
        assert "01-002" in told.text(QAccessible.Text.Name)
        assert "MRD" in told.text(QAccessible.Text.Description)
        picture.deleteLater()
        del picture, told
        gc.collect()
        qtbot.wait(10)


def test_every_point_is_drawn_and_can_be_pointed_at(qtbot: QtBot, context: Context) -> None:
    for told in (crowded(), story(scene(load_study(), "01-002"))):
        picture = drawn(qtbot, context, told)
        assert {m.told for m in picture._marks} == set(by_day(chronicle(told)))
        for mark in picture._marks:
            middle = place_of(mark).center()
            assert picture.rect().contains(middle.toPoint()), mark.told.words.en
            assert picture._under(middle) is not None


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
