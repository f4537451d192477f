"""Dates on the form page as people type them, and what is told beside them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.entry import FormEntry
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.ui.form_kit import Typist, consented, form_key
from ui.context import Context
from ui.form.table import Grid

Key = Qt.Key
Open = Callable[[str], Typist]


@pytest.fixture
def opened(qtbot: QtBot, context: Context, crc: Session) -> Open:
    consented(crc)
    return lambda form: Typist(qtbot, context, crc, form_key(form))


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        *(("t", "2027-06-30"), ("=", "2027-06-30"), ("16\r", "2027-06-16")),
        *(("0316\r", "2027-03-16"), ("270316", "2027-03-16"), ("20270316", "2027-03-16")),
        *(("-2d", "2027-06-28"), ("+1w", "2027-07-07"), ("2027-3-16", "2027-03-16")),
    ],
)
@pytest.mark.parametrize(("form", "item"), [("MRD", "SAMPDAT"), ("PRX", "STDAT")])
def test_dates_are_typed_short_on_whole_and_partial_items(
    opened: Open, crc: Session, form: str, item: str, typed: str, day: str
) -> None:
    visit = FormEntry(crc, form_key("SV"))
    for name, text in (("STAT", "DONE"), ("VISDAT", "t")):
        visit.type(ItemKey(RowKey(visit.key, "A"), name), text)
    visit.save(complete=False)
    page = opened(form)
    page.type("1")
    key = page.go(item)
    page.editor(item).selectAll()
    for letter in typed:
        page.press(Key.Key_Return) if letter == "\r" else page.type(letter)
    answer = page.entry.field(key).answer
    if form == "PRX" and typed in ("16\r", "0316\r"):
        view = page.entry.field(key)
        assert answer is None
        assert view.error is not None
        assert "年份" in view.error.zh
        return
    assert answer is not None
    assert answer.value == day
    assert page.here != item, "the field is left"
    assert page.editor(item).text() == day


@pytest.mark.parametrize(
    ("typed", "kept", "told"),
    [
        ("2017", "2017", "2017年，月份不详"),
        ("201706", "2017-06", "2017年6月，日不详"),
        ("2017-6", "2017-06", "2017年6月，日不详"),
        ("UN-UNK-2017", "2017", "2017年，月份不详"),
    ],
)
def test_a_year_or_month_alone_is_kept_as_it_is(
    opened: Open, typed: str, kept: str, told: str
) -> None:
    prior = opened("PRX")
    prior.type("1")
    key = prior.go("STDAT")
    prior.type(typed)
    assert prior.here == "STDAT", "more could follow"
    prior.press(Key.Key_Return)
    view = prior.entry.field(key)
    assert view.answer is not None and view.echo is not None
    assert (view.answer.value, view.echo.zh) == (kept, told)
    assert prior.editor("STDAT").text() == kept


def test_un_alone_says_that_a_date_is_unknown(opened: Open) -> None:
    prior = opened("PRX")
    prior.type("1")
    key = prior.go("ENDAT")
    prior.type("un")
    assert prior.editor("ENDAT").text() == "un", "UN-JUN-2017 may follow"
    prior.press(Key.Key_Return)
    assert prior.entry.field(key).missing == "UNK"
    assert prior.editor("ENDAT").text() == ""
    prior.go("ENDAT")
    prior.type("2026")
    prior.press(Key.Key_Return)
    assert prior.entry.field(key).missing is None
    needed = prior.go("STDAT")
    prior.type("un")
    prior.press(Key.Key_Return)
    assert prior.entry.field(needed).error is not None


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("20260119", "周一 · 第 78 天 · 早于窗口 1 天（01-20 – 02-17）"),
        ("20260203", "周二 · 第 93 天 · 窗口内（01-20 – 02-17）"),
        ("20260220", "周五 · 第 110 天 · 晚于窗口 3 天（01-20 – 02-17）"),
    ],
)
def test_a_visit_date_tells_day_and_window(
    qtbot: QtBot, context: Context, charted: Clinic, typed: str, told: str
) -> None:
    with charted.open() as session:
        choice = FormEntry(session, form_key("TC", "C0"))
        choice.type(ItemKey(RowKey(choice.key, "A"), "TCDAT"), "20251103")
        choice.save(complete=False)
        page = Typist(qtbot, context, session, form_key("SV", "M03"))
        page.page.view.apply(page.entry.type(page.go("STAT"), "DONE"))
        key = page.go("VISDAT")
        page.type(typed)
        echo = page.entry.field(key).echo
        assert echo is not None
        assert echo.zh.partition(" ")[2] == told
        assert told in page.editor("VISDAT").accessibleDescription()


def test_a_date_in_a_table_is_told_below_its_row(opened: Open) -> None:
    history = opened("MH")
    history.page.rows.add("MHO")
    history.settle()
    grid = history.editor("STDAT").parentWidget()
    assert isinstance(grid, Grid)
    key = history.go("STDAT")
    history.type("20170620")
    assert "周二" in history.editor("STDAT").accessibleDescription()
    cell = grid.editors[key].geometry()

    def below() -> set[int]:
        """The colours of a line below the cell."""
        image = grid.grab().toImage()
        return {image.pixel(cell.x() + n, cell.bottom() + 10) for n in range(120)}

    history.go("STDAT")
    assert len(below()) > 1, "the date in full"
    history.go("TERM")
    assert len(below()) == 1
