"""A field that a number made appear takes no digit that was meant for the next number."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.vault.session import Session
from tests.ui.form_kit import Typist, consented, form_key
from ui.context import Context
from ui.fields.advance import Advance
from ui.form.remarks import NOTHING
from ui.form.told import told

Key = Qt.Key
Open = Callable[..., Typist]


@pytest.fixture
def labs(qtbot: QtBot, context: Context, crc: Session) -> Open:
    """Blood tests with the limits of two tests typed, the caret in the first value."""

    def opened(*, numbers: bool = False) -> Typist:
        consented(crc)
        page = Typist(qtbot, context, crc, form_key("LAB"), Advance(numbers=numbers))
        page.type("1")
        for test, low, high in (("WBC", "4", "10"), ("NEUT", "1.8", "6.3")):
            for item, text in (("LLN", low), ("ULN", high)):
                page.page.view.apply(page.entry.type(page.go(test + item), text))
        page.go("WBCVAL")
        return page

    return opened


def beyond(page: Typist) -> None:
    """A count above its limit, left by Enter through the limits that stand there."""
    page.type("15.2")
    for _ in range(3):
        page.press(Key.Key_Return)
    assert page.here == "WBCCS", "it has appeared"


@pytest.mark.parametrize("numbers", [False, True])
def test_the_next_number_is_not_torn_apart(labs: Open, numbers: bool) -> None:
    page = labs(numbers=numbers)
    beyond(page)
    page.type("2.5")
    assert page.here == "WBCCS"
    assert page.editor("WBCCS").text() == "2.5"
    view = next(v for k, v in page.page.body.views.items() if k.item == "WBCCS")
    assert told(view, NOTHING, page.editor("WBCCS")), "no code: it is told while it stands there"
    page.press(Key.Key_Return)
    page.press(Key.Key_Return)
    assert page.here == "WBCCS", "nothing moves on with what is no code"
    neutrophils = next(v for k, v in page.page.body.views.items() if k.item == "NEUTVAL")
    assert neutrophils.text == ""


@pytest.mark.parametrize("typed", ["0.5", "2.5", "12"])
def test_what_is_no_code_is_told_while_it_stands_there(labs: Open, typed: str) -> None:
    page = labs()
    beyond(page)
    page.type(typed)
    assert page.here == "WBCCS"
    assert not page.editor("WBCCS").waits


def test_it_is_answered_with_enter_and_then_like_any_other(labs: Open) -> None:
    page = labs()
    beyond(page)
    page.type("2")
    assert page.here == "WBCCS"
    page.press(Key.Key_Return)
    assert page.here == "NEUTVAL"
    key = page.go("WBCCS")
    page.type("1")
    assert page.here == "NEUTVAL", "it has been answered once"
    answer = page.entry.field(key).answer
    assert answer is not None


def test_going_back_is_always_possible(labs: Open) -> None:
    page = labs()
    beyond(page)
    page.type("2.5")
    page.press(Key.Key_Up)
    assert page.here == "WBCULN"


def test_a_number_without_its_first_digit_is_asked_about(labs: Open) -> None:
    page = labs()
    page.type(".5")
    page.press(Key.Key_Return)
    key = page.go("WBCVAL")
    view = page.entry.field(key)
    assert view.answer is None
    assert view.error is not None
    assert "0.5" in view.error.zh


@pytest.mark.parametrize(("item", "typed"), [("ECOG", "9"), ("RSDAT", "2026,9,3")])
def test_what_is_no_value_is_told_before_it_is_left_with_a_second_enter(
    qtbot: QtBot, context: Context, crc: Session, item: str, typed: str
) -> None:
    consented(crc)
    page = Typist(qtbot, context, crc, form_key("PS"))
    page.type("1")
    page.go(item)
    page.type(typed)
    page.press(Key.Key_Return)
    assert page.here == item, "the next answer on paper is not for the next field"
    view = next(v for k, v in page.page.body.views.items() if k.item == item)
    assert told(view, NOTHING, page.editor(item))
    page.press(Key.Key_Return)
    assert page.focus is not page.editor(item), "typing goes on all the same"
