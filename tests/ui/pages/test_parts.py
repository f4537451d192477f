"""The parts of the administration stand in named groups and are found by eye and by keyboard."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Text
from tests.ui.pages.kit import SignIn, focus, press, ready, settled
from tests.ui.pages.look.screens import SCENES
from ui.app import Program
from ui.page import Page
from ui.pages.admin import GROUPS, AdminPage
from ui.pages.today import FILTER
from ui.widgets.chips import Chip, Chips, Choice, GroupedChips

KEYS = tuple(key for _, keys in GROUPS for key in keys)


def administration(qtbot: QtBot, program: Program) -> AdminPage:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    ready(qtbot)
    return page


def test_every_part_stands_in_a_group_and_is_somebodys(qtbot: QtBot, sign_in: SignIn) -> None:
    assert len(set(KEYS)) == len(KEYS)
    found: set[str] = set()
    for user in ("admin", "crc", "pi"):
        program = sign_in(user)
        page = administration(qtbot, program)
        assert set(page.parts) <= set(KEYS)
        assert next(iter(page.parts)) == page.chips.key, "what came first is still in front"
        assert page.stack.currentWidget() is page.parts[page.chips.key]
        found |= set(page.parts)
        program.lock()
    assert found == set(KEYS), "no part is lost"


def test_every_part_is_among_the_screens_that_are_looked_at() -> None:
    seen = {s.name.partition("-")[2] for scene in SCENES for s in scene.screens
            if s.name.startswith("admin-")}  # fmt: skip
    assert seen == set(KEYS)


def test_arrows_go_through_all_of_them_and_tab_stops_once(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = administration(qtbot, program)
    chips = page.chips
    assert isinstance(chips, GroupedChips)
    stops = [c for c in chips.findChildren(Chip) if c.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [c.choice.key for c in stops] == [chips.key]
    order = [key for key in KEYS if key in page.parts]
    page.show_part(order[0])
    settled(qtbot, program)
    chips.findChildren(Chip)[0].setFocus(Qt.FocusReason.TabFocusReason)
    walked = [chips.key]
    for _ in order[1:]:
        press(qtbot, Qt.Key.Key_Right)
        settled(qtbot, program)
        walked.append(chips.key)
    assert walked == order, "row after row"
    page.show_part(order[0])
    settled(qtbot, program)
    lines = sorted({c.y() for c in chips.findChildren(Chip)})
    assert len(lines) > 1
    walked_down = []
    for _ in lines:
        chip = next(c for c in chips.findChildren(Chip) if c.isChecked())
        walked_down.append(chip.y())
        chip.setFocus()
        press(qtbot, Qt.Key.Key_Down)
        settled(qtbot, program)
    assert walked_down == lines


def test_a_part_is_found_by_its_name(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    settled(qtbot, program)
    shell = program.shell
    for typed, key in (("incident", "incidents"), ("身份信息", "vault")):
        shell.finder.summon()
        shell.finder.setText(typed)
        shell.finder._search(typed)
        qtbot.keyClick(shell.finder, Qt.Key.Key_Return)
        settled(qtbot, program)
        page: Page | None = shell.page
        assert isinstance(page, AdminPage)
        assert page.chips.key == key
    assert focus() is not None


class Windows(QObject):
    """Notes every window that opens."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[QObject] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.opened.append(watched)
        return False


def test_choices_that_change_twice_in_a_turn_open_no_window(qtbot: QtBot, program: Program) -> None:
    """A list that is read while it is counted changes its chips before they are laid out."""
    chips = Chips(program.context, FILTER)
    qtbot.addWidget(chips)
    chips.show()
    windows, app = Windows(), QApplication.instance()
    assert app is not None
    app.installEventFilter(windows)
    try:
        for keys in ("ab", "abc", "bc"):
            chips.show_choices([Choice(key, Text(key, key)) for key in keys])
        qtbot.wait(20)
    finally:
        app.removeEventFilter(windows)
    assert windows.opened == []
    assert chips.key == "b"
