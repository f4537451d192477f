"""A change that hides filled fields asks first; Enter goes on, Esc takes it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.vault.session import Session
from tests.ui.form_kit import CTRL, Typist, consented, form_key
from ui.context import Context

Key = Qt.Key
Open = Callable[[], Typist]


@pytest.fixture
def filled(qtbot: QtBot, context: Context, crc: Session) -> Open:
    """A saved blood sample, opened again."""
    consented(crc)
    mrd = form_key("MRD")
    entry = Casebook(crc).open(mrd)
    for item, text in {"PERF": "Y", "SAMPDAT": "2027-03-10", "TUBE": "PAX"}.items():
        entry.type(ItemKey(RowKey(mrd, "A"), item), text)
    entry.save(complete=False)
    return lambda: Typist(qtbot, context, crc, mrd)


def asked(mrd: Typist) -> bool:
    return mrd.page.hiding.line.isVisible()


def test_it_asks_naming_what_goes_and_enter_goes_on(qtbot: QtBot, filled: Open) -> None:
    mrd = filled()
    mrd.go("PERF")
    mrd.type("2")
    assert asked(mrd)
    assert mrd.focus is mrd.page.hiding.line
    assert "采样日期" in mrd.focus.accessibleName()
    qtbot.wait(450)
    mrd.press(Key.Key_Return)
    assert not asked(mrd)
    assert mrd.here == "REASND"
    assert mrd.entry.hidden()


def test_an_enter_out_of_habit_answers_nothing(filled: Open) -> None:
    mrd = filled()
    mrd.go("PERF")
    mrd.type("2")
    mrd.press(Key.Key_Return)
    assert asked(mrd)


def test_esc_takes_the_change_back(filled: Open) -> None:
    mrd = filled()
    mrd.go("PERF")
    mrd.type("2")
    mrd.press(Key.Key_Escape)
    assert not asked(mrd)
    assert not mrd.entry.hidden()
    assert mrd.here == "PERF"
    assert mrd.editor("SAMPDAT").text() == "2027-03-10"
    assert not mrd.entry.dirty


def test_save_clears_only_what_was_agreed_to(qtbot: QtBot, filled: Open, crc: Session) -> None:
    mrd = filled()
    key = mrd.go("PERF")
    mrd.page.view.apply(mrd.entry.type(key, "N"))
    mrd.press(Key.Key_S, CTRL)
    assert mrd.focus is mrd.page.hiding.line, "Save asks where nobody was asked yet"
    sampled = ItemKey(key.row, "SAMPDAT")
    assert Casebook(crc).history(sampled)[-1].answer is not None
    qtbot.wait(450)
    mrd.press(Key.Key_Return)
    mrd.press(Key.Key_S, CTRL)
    mrd.type("1")
    mrd.press(Key.Key_Return)
    last = Casebook(crc).history(sampled)[-1]
    assert last.answer is None
    assert last.source == "hidden"
