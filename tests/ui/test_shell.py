from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QToolTip, QVBoxLayout
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language, Text
from tests.ui.pages.kit import laid_out
from tests.ui.pages.look.stage import FLOOR, WIDE
from ui.context import Context
from ui.finder import Found, fits
from ui.icons import Glyph
from ui.navigation import Badge, Entry, Identity, Section
from ui.page import Page
from ui.shell import Shell
from ui.theme import Size


class Sheet(Page):
    """A page with one field, to see what survives."""

    def __init__(self, context: Context, name: str) -> None:
        super().__init__(context)
        self.name = name
        self.entered = 0
        self.left = 0
        self.field = QLineEdit()
        QVBoxLayout(self).addWidget(self.field)

    def title(self) -> Text:
        return Text(self.name, self.name)

    def enter(self) -> None:
        self.entered += 1

    def leave(self) -> None:
        self.left += 1


@pytest.fixture
def shell(qtbot: QtBot, context: Context) -> Shell:
    made = Shell(context)
    qtbot.addWidget(made)
    made.set_sections(
        [
            Section(key, text, Glyph.TODAY, lambda key=key: Sheet(context, key))
            for key, text in (
                ("today", Text("Today", "今日工作")),
                ("subjects", Text("Subjects", "受试者")),
            )
        ]
    )
    made.set_identity(Identity("01", "DEMO", "crc01", Text("Coordinator", "协调员"), True))
    made.show()
    qtbot.waitExposed(made)
    return made


def test_title_says_who_where_and_which_mode(shell: Shell) -> None:
    assert shell.windowTitle() == "MRD Desktop · 01 DEMO · 协调员 crc01 · 培训模式"
    shell.context.speech.turn()
    assert shell.windowTitle() == "MRD Desktop · 01 DEMO · Coordinator crc01 · Training"
    shell.set_identity(None)
    assert shell.windowTitle() == "MRD Desktop"


def test_training_is_seen_at_a_glance(qtbot: QtBot, shell: Shell) -> None:
    shell.go("today")
    training = shell.grab().toImage()
    colour = shell.context.tokens.training
    wide, high = training.width(), training.height()
    for x, y in ((wide // 2, 1), (1, high // 2), (wide - 2, high // 2), (wide // 2, high - 2)):
        assert training.pixelColor(x, y) == colour, "a frame around the window"
    assert len(_ground(training)) > 2, "words lie on the ground"
    shell.set_identity(Identity("01", "DEMO", "crc01", Text("Coordinator", "协调员"), False))
    qtbot.wait(10)
    live = shell.grab().toImage()
    assert colour not in (live.pixelColor(wide // 2, 1), live.pixelColor(1, high // 2))
    assert len(_ground(live)) == 1


def _ground(picture: QImage) -> set[int]:
    """The colours of a part of the page where nothing stands."""
    wide, high = picture.width(), picture.height()
    spots = ((x, y) for x in range(wide // 2, wide - 20) for y in range(high - 220, high - 60, 7))
    return {picture.pixel(x, y) for x, y in spots}


def test_a_small_screen_keeps_signs_and_counts_and_gives_the_rest_to_the_work(
    qtbot: QtBot, shell: Shell
) -> None:
    def seen() -> tuple[int, str, str, bool]:
        entry = shell.navigation._entries["today"]
        return entry.width(), entry.accessibleName(), entry.toolTip(), "01" in _read(shell)

    shell.set_count("today", 120)
    shell.resize(Size.NARROW, 700)
    qtbot.waitUntil(lambda: seen() == (Size.NAV, "今日工作 120", "", True))
    shell.resize(Size.NARROW - 1, 700)
    qtbot.waitUntil(lambda: seen() == (Size.NAV_NARROW, "今日工作 120", "今日工作 120", False))
    shell.resize(Size.NARROW, 700)
    qtbot.waitUntil(lambda: seen() == (Size.NAV, "今日工作 120", "", True))


def _read(shell: Shell) -> str:
    notes = shell.navigation.findChildren(QLabel)
    return " ".join(note.text() for note in notes if note.isVisible())


def test_a_section_page_is_made_once(shell: Shell) -> None:
    first = shell.go("today")
    shell.go("subjects")
    assert shell.go("today") is first
    assert isinstance(first, Sheet)
    assert first.entered == 2
    assert first.left == 1


def test_back_and_forward_by_key(qtbot: QtBot, shell: Shell) -> None:
    first = shell.go("today")
    second = Sheet(shell.context, "one")
    shell.open(second)
    qtbot.keyClick(shell, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert shell.page is first
    qtbot.keyClick(shell, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert shell.page is second


def test_replaced_page_is_skipped_on_the_way_back(shell: Shell) -> None:
    home = shell.go("today")
    shell.open(Sheet(shell.context, "form 1"))
    shell.replace(Sheet(shell.context, "form 2"))
    shell.back()
    assert shell.page is home


def test_a_page_that_names_its_section_is_marked_there(shell: Shell) -> None:
    def marked() -> list[str]:
        entries = shell.navigation.findChildren(Entry)
        return [entry.text() for entry in entries if entry.isChecked()]

    shell.go("today")
    today = marked()
    shell.open(Sheet(shell.context, "a list of today"))
    assert marked() == today
    form = Sheet(shell.context, "a form")
    form.section = "subjects"
    shell.open(form)
    of_form = marked()
    shell.go("subjects")
    assert of_form == marked() != today
    shell.back()
    shell.replace(Sheet(shell.context, "of the form"))
    assert marked() == of_form


def test_language_switch_keeps_what_is_typed(qtbot: QtBot, shell: Shell) -> None:
    page = shell.go("today")
    assert isinstance(page, Sheet)
    page.field.setText("half a wo")
    qtbot.keyClick(shell, Qt.Key.Key_F12)
    assert page.field.text() == "half a wo"
    assert shell.windowTitle().endswith("Training")


def test_cover_hides_pages_and_silences_their_keys(qtbot: QtBot, shell: Shell) -> None:
    page = shell.go("today")
    assert isinstance(page, Sheet)
    shell.cover(Sheet(shell.context, "locked"))
    assert not page.isVisible()
    assert page.left == 1
    qtbot.keyClick(shell, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert not shell.finder.hasFocus()
    shell.uncover()
    assert page.isVisible()
    assert page.entered == 2


def test_a_held_window_asks_before_closing(qtbot: QtBot, shell: Shell) -> None:
    shell.hold_open(True)
    with qtbot.waitSignal(shell.closing):
        shell.close()
    assert shell.isVisible()
    shell.hold_open(False)
    assert shell.close()


def test_search_goes_where_it_says(qtbot: QtBot, shell: Shell) -> None:
    went: list[str] = []

    def source(typed: str) -> list[Found]:
        text = Text("01-002 visit M12", "01-002 访视 M12")
        found = Found(text, Text("Visit", "访视"), lambda: went.append("M12"))
        return [found] if typed and fits(typed, text) else []

    shell.add_source(source)
    shell.go("today")
    qtbot.keyClick(shell, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(shell.finder, "m12 01")
    found = shell.finder.found()
    assert found is not None
    assert found.text.en == "01-002 visit M12"
    qtbot.keyClick(shell.finder, Qt.Key.Key_Return)
    assert went == ["M12"]
    assert shell.finder.text() == ""


def test_without_sources_the_window_still_finds_itself(qtbot: QtBot, shell: Shell) -> None:
    shell.add_source(lambda typed: [Found(Text("x", "x"), Text("x", "x"), lambda: None)])
    shell.finder.clear_sources()
    shell.go("today")
    shell.finder.summon()
    qtbot.keyClicks(shell.finder, "subjects")
    found = shell.finder.found()
    assert found is not None
    assert found.text.en == "Subjects"
    qtbot.keyClick(shell.finder, Qt.Key.Key_Return)
    assert shell.page is not None
    assert shell.page.title().en == "subjects"


def test_escape_returns_to_the_field_one_came_from(qtbot: QtBot, shell: Shell) -> None:
    page = shell.go("today")
    assert isinstance(page, Sheet)
    shell.activateWindow()
    page.field.setFocus()
    qtbot.waitUntil(page.field.hasFocus)
    shell.finder.summon()
    qtbot.keyClick(shell.finder, Qt.Key.Key_Escape)
    assert page.field.hasFocus()


def test_an_act_of_the_search_gives_the_caret_back(qtbot: QtBot, shell: Shell) -> None:
    page = shell.go("today")
    assert isinstance(page, Sheet)
    shell.activateWindow()
    page.field.setFocus()
    qtbot.waitUntil(page.field.hasFocus)
    shell.finder.summon()
    qtbot.keyClicks(shell.finder, "dark")
    qtbot.keyClick(shell.finder, Qt.Key.Key_Return)
    assert page.field.hasFocus()


def test_what_is_found_has_room_below_the_field_in_either_language(
    qtbot: QtBot, shell: Shell, context: Context
) -> None:
    long = Text("Staff code of the person who explained the study " * 4, "说明研究的人员代码")
    shell.add_source(lambda typed: [Found(long, Text("Value", "数据"), lambda: None)])
    shell.resize(*FLOOR)
    shell.finder.summon()
    qtbot.keyClicks(shell.finder, "zz")
    field, found = shell.finder, shell.finder._list

    def resting() -> str:
        """What the pointer is told, resting on the first line."""
        QToolTip.hideText()
        spot = QPoint(found.width() // 2, Size.ROW // 2 + Size.GRID)
        event = QHelpEvent(QEvent.Type.ToolTip, spot, found.mapToGlobal(spot))
        QApplication.sendEvent(found, event)
        return QToolTip.text()

    laid_out(shell)
    assert found.width() == field.width()
    for wide in (FLOOR[0], WIDE):
        shell.resize(wide, FLOOR[1])
        context.speech.choose(Language.EN)
        laid_out(shell)
        assert found.width() > field.width()
        assert found.x() == field.mapTo(shell, QPoint(0, 0)).x()
        assert found.geometry().right() < shell.width()
        assert found.wanted > found.width()
        assert resting() == context.say(long), "what is cut is shown whole"
        context.speech.choose(Language.ZH)
        laid_out(shell)
        assert found.wanted <= found.width()


def test_sections_are_found_in_either_language() -> None:
    text = Text("Subjects", "受试者")
    assert fits("subj", text)
    assert fits("受试", text)
    assert not fits("受试 x", text)


def test_latin_words_are_found_by_their_beginning() -> None:
    assert not fits("tc", Text("Switch to English", "切换为英文"))
    assert fits("engl", Text("Switch to English", "切换为英文"))
    for typed in ("01-002", "002", "1-002", "-002"):
        assert fits(typed, "01-002")
    assert fits("153", "CA153VAL")
    assert fits("qhwy", Text("Switch to English", "切换为英文"))


def test_a_narrow_column_still_says_who_works_and_that_it_is_training(
    qtbot: QtBot, shell: Shell, context: Context
) -> None:
    shell.resize(Size.NARROW - 1, 600)
    shell.show()
    shell.set_identity(Identity("01", "DEMO", "crc01", Text("Coordinator", "协调员"), True))
    column = shell.navigation
    assert column.width() == Size.NAV_NARROW
    who = next(n for n in column.findChildren(QLabel) if n.isVisible() and n.text() == "cr")
    for said in (who.toolTip(), who.accessibleName()):
        assert "01 DEMO" in said and "crc01" in said and "协调员" in said
    context.speech.turn()
    assert "Coordinator" in who.toolTip()
    badge = column.findChild(Badge)
    assert badge is not None and badge.isVisible()
    assert badge.toolTip() == badge.accessibleName() == "Training"
    qtbot.waitUntil(lambda: badge.label_width() <= badge.width())  # the short word has its room
    context.speech.turn()
    assert badge.label_width() <= badge.width()
    entry = column._entries["today"]
    shell.set_count("today", 123)
    assert entry.toolTip().endswith(" 123")
    shell.resize(Size.NARROW + 1, 600)
    assert not who.isVisible() and badge.isVisible() and badge.toolTip() == ""
    shell.set_identity(Identity("01", "DEMO", "crc01", Text("Coordinator", "协调员"), False))
    shell.resize(Size.NARROW - 1, 600)
    assert not badge.isVisible()
