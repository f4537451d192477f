"""Every list is walked by the same keys: rows, pages, its two ends; headings are passed over."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Text
from ui.context import Context
from ui.finder import Finder, Found
from ui.theme import Size
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.picklist import Option, PickList

NAME = Text("List", "列表")
FIRST, SECOND = Heading(Text("First", "一")), Heading(Text("Second", "二"))
ROWS = (FIRST, *range(1, 8), SECOND, *range(9, 40))
"""Each row says at which place it stands."""
PAGE = 9
CTRL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


class Around(QWidget):
    """A page: what its list does not take comes here."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[int] = []

    def keyPressEvent(self, event: object) -> None:
        if event.key() not in (Key.Key_Control, Key.Key_Alt):  # type: ignore[attr-defined]
            self.taken.append(event.key())  # type: ignore[attr-defined]


@pytest.fixture
def page(qtbot: QtBot) -> Around:
    made = Around()
    qtbot.addWidget(made)
    return made


def listed(qtbot: QtBot, context: Context, page: Around, rows: tuple[object, ...]) -> Listing[int]:
    columns: tuple[Column[int], ...] = (
        Column(NAME, lambda n: Cell(str(n)), 120),
        Column(NAME, lambda _: Cell()),
    )
    made: Listing[int] = Listing(context, columns, NAME)
    made.setParent(page)
    made.resize(400, Size.FIELD + PAGE * Size.ROW)
    made.show_rows(rows, lambda n: n)  # type: ignore[arg-type]
    page.show()
    qtbot.waitExposed(page)
    made.setFocus()
    return made


def test_the_keys_of_a_list(qtbot: QtBot, context: Context, page: Around) -> None:
    made = listed(qtbot, context, page, ROWS)
    none = Qt.KeyboardModifier.NoModifier
    assert made.viewport().height() // Size.ROW == PAGE
    for key, held, row in (
        (Key.Key_End, none, 39),
        (Key.Key_Home, none, 1),
        (Key.Key_End, CTRL, 39),
        (Key.Key_Home, CTRL, 1),
        (Key.Key_Down, none, 2),
        (Key.Key_Up, none, 1),
        (Key.Key_PageDown, none, 9),
        (Key.Key_PageDown, none, 17),
        (Key.Key_PageUp, none, 9),
        (Key.Key_Up, none, 7),
        (Key.Key_Down, none, 9),
        (Key.Key_PageUp, none, 1),
    ):
        QTest.keyClick(made, key, held)
        assert made.current == row, (key, held)
        shown = made.visualRect(made.currentIndex())
        assert made.viewport().rect().contains(shown), "the marked row is in sight"
    assert made.verticalScrollBar().value() == 0, "so is the heading above the first"
    assert not page.taken
    for key in (Key.Key_Up, Key.Key_PageUp, Key.Key_Home):
        QTest.keyClick(made, key)
    QTest.keyClick(made, Key.Key_PageDown, Qt.KeyboardModifier.AltModifier)
    assert made.current == 1
    assert page.taken == [Key.Key_Up, Key.Key_PageUp, Key.Key_Home, Key.Key_PageDown]


def test_a_page_that_ends_on_a_heading(qtbot: QtBot, context: Context, page: Around) -> None:
    made = listed(qtbot, context, page, (*range(8), SECOND, *range(9, 20)))
    QTest.keyClick(made, Key.Key_PageDown)
    assert made.current == 7
    QTest.keyClick(made, Key.Key_PageDown)
    assert made.current == 15


def test_a_list_without_rows_leaves_every_key_to_the_page(
    qtbot: QtBot, context: Context, page: Around
) -> None:
    made = listed(qtbot, context, page, ())
    for key in (Key.Key_Home, Key.Key_End, Key.Key_PageDown, Key.Key_PageUp):
        QTest.keyClick(made, key)
    assert len(page.taken) == 4


def test_lists_below_a_field_leave_home_and_end_to_it(
    qtbot: QtBot, context: Context, page: Around
) -> None:
    page.show()
    options = tuple(Option("", Text(f"Option {n}", f"选项 {n}"), str(n)) for n in range(30))
    pick = PickList(context, NAME, options, page)
    pick.open_at(page)
    line = pick.focusProxy()
    assert isinstance(line, QLineEdit)
    finder = Finder(context, page, lambda _: ())
    finder.setParent(page)
    found = [Found(o.text, NAME, lambda: None) for o in options]
    finder._list.show_found(found, NAME)
    for key, held, row in (
        (Key.Key_End, CTRL, 29),
        (Key.Key_Home, CTRL, 0),
        (Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, Size.POPUP_ROWS - 1),
        (Key.Key_End, Qt.KeyboardModifier.NoModifier, Size.POPUP_ROWS - 1),
        (Key.Key_Up, Qt.KeyboardModifier.NoModifier, Size.POPUP_ROWS - 2),
    ):
        QTest.keyClick(line, key, held)
        QTest.keyClick(finder, key, held)
        assert pick._rows.at == row
        assert finder._list._at == row
