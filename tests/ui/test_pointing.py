"""A field that points at a row of another form, and terms told in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from tests.clinic import Clinic
from tests.ui.form_kit import Typist
from ui.context import Context
from ui.widgets.picklist import PickList

Key = Qt.Key
Open = Callable[[str], Typist]


@pytest.fixture
def opened(qtbot: QtBot, context: Context, charted: Clinic) -> Iterator[Open]:
    """Log forms of a subject, by their address."""
    with charted.open() as session:

        def open_form(place: str) -> Typist:
            key = locate(session.study, f"01-001/{place}")
            assert isinstance(key, FormKey)
            return Typist(qtbot, context, session, key)

        yield open_form


def record_event(opened: Open, number: int, term: str, day: str) -> None:
    """An adverse event that is saved as far as it is known."""
    entry = opened(f"LOG/AE#{number}").entry
    for item, text in (("TERM", term), ("STDAT", day)):
        entry.type(ItemKey(RowKey(entry.key, "A"), item), text)
    entry.save(complete=False)


def at_number(opened: Open) -> tuple[Typist, ItemKey]:
    """The field of a concomitant drug that points at an adverse event."""
    drug = opened("LOG/CM")
    drug.go("CAT")
    drug.type("AETX")
    return drug, drug.go("AENO")


def test_the_number_of_an_event_is_picked_from_the_events_of_the_subject(opened: Open) -> None:
    record_event(opened, 1, "恶心", "2026-03-01")
    record_event(opened, 2, "手足综合征", "2026-03")
    drug, key = at_number(opened)
    assert drug.editor("AENO").listed == 2
    drug.press(Key.Key_F4)
    pick = drug.popup()
    assert isinstance(pick, PickList)
    said = [(o.key, o.text.zh, o.value) for o in pick._all]
    assert said == [("1", "恶心 · 2026-03-01", "1"), ("2", "手足综合征 · 2026-03", "2")]
    QTest.keyClicks(pick.focusProxy(), "szzh")
    drug.press(Key.Key_Return)
    view = drug.entry.field(key)
    assert view.answer is not None and view.answer.text == "2"
    assert view.echo is not None and view.echo.zh == "手足综合征 · 2026-03"
    assert not view.findings
    assert "手足综合征" in drug.editor("AENO").accessibleDescription()


def test_a_number_that_no_event_has_is_told_with_the_way_out(opened: Open) -> None:
    record_event(opened, 1, "恶心", "2026-03-01")
    drug, key = at_number(opened)
    drug.type("7")
    drug.press(Key.Key_Return)
    assert ["F4" in f.text.zh for f in drug.entry.field(key).findings] == [True]
    drug.go("AENO")
    drug.type("1")
    drug.press(Key.Key_Return)
    assert not drug.entry.field(key).findings


def test_where_no_event_is_recorded_the_list_says_so(opened: Open) -> None:
    drug, _ = at_number(opened)
    drug.press(Key.Key_F4)
    assert drug.page.foot.message.text() == "“不良事件”尚无记录，请先录入。"


def test_a_ctcae_term_stands_in_chinese_beside_the_field(opened: Open) -> None:
    event = opened("LOG/AE")
    key = event.go("CTC")
    event.press(Key.Key_F4)
    QTest.keyClicks(event.popup().focusProxy(), "nausea")
    event.press(Key.Key_Return)
    view = event.entry.field(key)
    assert view.answer is not None and view.answer.text == "Nausea"
    assert event.editor("CTC").text() == "Nausea"
    assert event.editor("CTC").accessibleDescription().startswith("恶心")


def test_a_computed_text_stands_in_words(opened: Open, charted: Clinic) -> None:
    decision = opened("SCR/IE")
    key = next(k for k in decision.page.body.views if k.item == "AUTO")
    view = decision.entry.field(key)
    assert view.answer is not None
    words = view.item.meanings[view.answer.text].text
    line = decision.page.body.line(key)
    assert line is not None
    assert line.said() == words.zh
    assert meaning(charted.study, view.item, view.answer) == words, "in prints"
