"""Notes, turning between forms, jumping to what a finding read, tables: all by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.plan import Turn
from mrd_desktop.record.drafts import Line, Saying
from mrd_desktop.record.locating import locate
from mrd_desktop.record.places import Place
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Text
from tests.clinic import Clinic
from tests.ui.form_kit import CTRL, Typist
from ui.context import Context
from ui.form.told import place_text, told
from ui.widgets.picklist import PickList
from ui.widgets.sheet import Sheet

Key = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Open = Callable[[str], Typist]


@pytest.fixture
def opened(qtbot: QtBot, context: Context, charted: Clinic) -> Iterator[Open]:
    """Forms of a subject whose screening is filled."""
    with charted.open() as session:

        def open_form(form: str) -> Typist:
            key = locate(session.study, f"01-001/SCR/{form}")
            assert isinstance(key, FormKey)
            return Typist(qtbot, context, session, key)

        yield open_form


def test_a_note_on_one_key_is_marked_and_stands_in_the_history(opened: Open) -> None:
    ps = opened("PS")
    key = ps.go("ECOG")
    ps.press(Key.Key_F5)
    ps.say("电话评估")
    ps.press(Key.Key_Return)
    assert ps.here == "ECOG"
    assert ps.page.view.remarks.of(ps.entry.field(key)).notes == 1
    assert "备注 1 条" in ps.editor("ECOG").accessibleDescription()
    ps.press(Key.Key_F8)
    sheet = ps.popup()
    assert isinstance(sheet, Sheet)
    assert [x.note for x in sheet.lines] == ["电话评估", ""]
    sheet.close()


def test_a_note_that_names_somebody_is_refused_and_stays_to_be_mended(opened: Open) -> None:
    ps = opened("PS")
    key = ps.go("ECOG")
    ps.press(Key.Key_F5)
    ps.say("患者测试甲电话告知")
    ps.press(Key.Key_Return)
    assert ps.page.noting.line.isVisible()
    assert "可识别患者" in ps.page.foot.message.text()
    assert ps.page.view.remarks.of(ps.entry.field(key)).notes == 0
    ps.press(Key.Key_Escape)
    assert ps.here == "ECOG"
    ps.press(Key.Key_F5)
    assert ps.page.noting.line.words() == "患者测试甲电话告知", "Esc loses nothing that was typed"


def test_a_note_is_refused_before_it_is_typed_where_nothing_is_saved(opened: Open) -> None:
    empty = opened("CONV")
    assert empty.entry.recorded is None
    empty.press(Key.Key_F5)
    assert not empty.page.noting.line.isVisible()
    assert "先保存" in empty.page.foot.message.text()


def test_esc_after_a_list_that_there_is_not_stays_in_the_form(qtbot: QtBot, opened: Open) -> None:
    vs = opened("PS")
    vs.go("RSDAT")
    vs.press(Key.Key_F4)
    with qtbot.assertNotEmitted(vs.page.back):
        vs.press(Key.Key_Escape)
    with qtbot.waitSignal(vs.page.back):
        vs.press(Key.Key_Escape)


@pytest.mark.parametrize(
    ("held", "what"), [(CTRL, Turn.FORM), (ALT, Turn.VISIT), (CTRL | SHIFT, Turn.SUBJECT)]
)
def test_page_keys_turn_form_visit_and_subject(
    qtbot: QtBot, opened: Open, held: Qt.KeyboardModifier, what: Turn
) -> None:
    ps = opened("PS")
    for key, by in ((Key.Key_PageDown, 1), (Key.Key_PageUp, -1)):
        with qtbot.waitSignal(ps.page.turn_wanted) as turned:
            ps.press(key, held)
        assert turned.args == [what, by]


def test_a_finding_names_the_other_value_and_leads_there(qtbot: QtBot, opened: Open) -> None:
    sample = opened("TM")
    key = sample.go("LBDAT")
    sample.type("20251001")
    view = sample.entry.field(key)
    assert view.findings, "the sample is dated before the consent"
    lines = told(view, sample.page.view.remarks.of(view))
    ways = " ".join(w.zh for t in lines for w in t.way_out)
    assert "Ctrl+G" in ways
    assert "2025-10-09" in ways
    sample.go("LBDAT")
    places = sample.page.view.elsewhere(key)
    assert len(places) > 1
    sample.press(Key.Key_G, CTRL)
    pick = sample.popup()
    assert isinstance(pick, PickList)
    assert [o.text for o in pick._all] == [place_text(p, value=True) for p in places]
    assert pick._all[0].text.zh == "SCR 知情同意 · 知情同意签署日期 2025-10-09"
    assert not [o for o in pick._all if "#" in o.value or "/" in o.value], "shown beside the words"
    with qtbot.waitSignal(sample.page.place_wanted) as asked:
        QTest.keyClicks(pick.focusProxy(), str(len(places)))
    assert asked.args == [places[-1].key]


def test_a_row_elsewhere_is_named_by_its_number(charted: Clinic) -> None:
    form = charted.study.by_form["TA"]
    row = RowKey(FormKey(EventKey("01-001", "UNS", 2), "TA"), "TAL", 3)
    item = form.by_group["TAL"].by_name["LNKID"]
    place = Place(ItemKey(row, "LNKID"), form, item, Text("T01", "T01"))
    assert place_text(place, value=True).zh == f"UNS 2 {form.text.zh} · 病灶编号 第 3 行 T01"
    assert place_text(place, value=False).en == f"UNS 2 {form.text.en} · {item.text.en} Row 3"
    again = replace(place, key=ItemKey(row._replace(form=row.form._replace(repeat=4)), "LNKID"))
    assert place_text(again, value=False).zh.startswith(f"UNS 2 {form.text.zh} 4 · ")


def test_two_findings_at_one_field_are_both_told(opened: Open) -> None:
    cr = opened("CR")
    key = cr.go("CRDAT")
    line = cr.page.body.line(key)
    assert line is not None
    before = line.height()
    cr.type("20010101")
    cr.go("CRCRIT")
    view = cr.entry.field(key)
    assert len(view.findings) > 1
    lines = told(view, cr.page.view.remarks.of(view))
    assert {t.text.zh for t in lines} == {f.told.zh for f in view.findings}
    assert line.height() > before, "each has a line of its own"


def test_rows_that_cannot_be_there_yet_are_not_missed_before_their_section(opened: Open) -> None:
    bch = opened("BCH")
    fresh = locate(bch.entry.study, "01-001/UNS#1/BCH")
    assert isinstance(fresh, FormKey)
    entry = type(bch.entry)(bch.entry.session, fresh)
    metyn = next(
        f.key for g in entry.groups() for r in g.rows for f in r.fields if f.key.item == "METYN"
    )
    entry.type(metyn, "Y")
    assert "EC-014" in {f.check.id for f in entry.findings()}
    assert not entry.field(metyn).findings
    assert entry.left(metyn).touched == frozenset()
    behind = entry.add_row("PATH")
    assert behind.structure
    row = next(r.key for g in entry.groups() if g.group.name == "PATH" for r in g.rows)
    assert metyn in entry.left(ItemKey(row, "SPECDAT")).touched
    assert [f.check.id for f in entry.field(metyn).findings] == ["EC-014"]


def test_a_row_like_another_carries_over_only_what_the_definition_allows(opened: Open) -> None:
    prt = opened("PRT")
    first = prt.go("DRUG", row=1)
    prt.press(Key.Key_D, CTRL)
    assert isinstance(prt.page.body.order[0], ItemKey)
    new = prt.page.caret.here
    assert new is not None
    assert new.row.group == first.row.group
    assert new.row.row > first.row.row
    made = [v for k, v in prt.page.body.views.items() if k.row == new.row]
    assert all(v.answer is None for v in made if not v.derived), "no item allows it"


@pytest.mark.parametrize(("reported", "first"), [("恶心", "恶心"), ("无此术语之事件", "")])
def test_the_list_of_terms_opens_on_the_words_of_the_report(
    opened: Open, reported: str, first: str
) -> None:
    events = opened("AE")
    if "TERM" not in {k.item for k in events.page.body.order}:
        events.press(Key.Key_N, CTRL)
    key = events.go("TERM")
    events.page.view.apply(events.entry.type(key, reported))
    events.go("CTC")
    events.press(Key.Key_F4)
    popup = events.popup()
    assert isinstance(popup, PickList)
    line = popup.focusProxy()
    assert isinstance(line, QLineEdit)
    assert line.text() == first
    assert line.selectedText() == first, "typing replaces it"
    popup.close()


def test_esc_leaves_the_question_before_the_page(qtbot: QtBot, opened: Open) -> None:
    ps = opened("PS")
    ps.go("ECOG")
    ps.press(Key.Key_F5)
    ps.go("ECOG")
    with qtbot.assertNotEmitted(ps.page.back):
        ps.press(Key.Key_Escape)
    assert not ps.page.noting.line.isVisible()
    with qtbot.waitSignal(ps.page.back):
        ps.press(Key.Key_Escape)


def test_a_row_being_added_is_not_called_incomplete_before_it_was_left(opened: Open) -> None:
    prt = opened("PRT")
    prt.press(Key.Key_N, CTRL)
    row = prt.page.caret.here
    assert row is not None
    assert not prt.entry.field(row).findings
    prt.go("CYCLES")
    prt.go("STOPRSN")
    assert prt.entry.field(row).findings, "the row was left without an answer"


@pytest.mark.parametrize("save", [Key.Key_S, Key.Key_Return])
def test_save_takes_a_note_that_was_not_confirmed(opened: Open, save: Qt.Key) -> None:
    ps = opened("PS")
    key = ps.go("ECOG")
    ps.press(Key.Key_F5)
    ps.say("电话评估")
    ps.press(save, CTRL)
    assert ps.page.view.remarks.of(ps.entry.field(key)).notes == 1
    assert not ps.page.noting.line.isVisible()
    assert ps.entry.saying is None


def test_a_note_that_is_refused_holds_save_back(opened: Open) -> None:
    ps = opened("PS")
    before = ps.entry.recorded
    ps.go("ECOG")
    ps.press(Key.Key_F5)
    ps.say("患者测试甲电话告知")
    ps.press(Key.Key_S, CTRL)
    assert ps.page.noting.line.isVisible()
    assert ps.entry.recorded is before
    assert "可识别患者" in ps.page.foot.message.text()


@pytest.mark.parametrize(
    ("press", "line"), [(Key.Key_F5, Line.NOTE), (Key.Key_F11, Line.PAPER)], ids=["note", "paper"]
)
def test_half_typed_words_come_back_with_the_draft(opened: Open, press: Qt.Key, line: Line) -> None:
    ps = opened("PS")
    ps.go("ECOG")
    ps.press(press)
    ps.type("half a wor")
    ps.page.leave()
    again = opened("PS")
    assert again.entry.saying == Saying(line, "half a wor")
    asked = {Line.NOTE: again.page.noting, Line.PAPER: again.page.paper}[line].line
    assert asked.isVisible()
    assert asked.words() == "half a wor"
    assert again.focus is asked.line
    again.press(Key.Key_Escape)
    assert again.here == "ECOG"
    again.page.leave()
    assert opened("PS").entry.draft_at == ""
