"""The form page on a real site: typed by key, kept, explained, saved."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.views import FormState
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.ui.form_kit import CTRL, Typist, consented, form_key
from ui.context import Context
from ui.fields.editor import Editor
from ui.widgets.picklist import PickList
from ui.widgets.sheet import Sheet

Key = Qt.Key
Open = Callable[[str], Typist]


@pytest.fixture
def opened(qtbot: QtBot, context: Context, crc: Session) -> Open:
    consented(crc)
    return lambda form: Typist(qtbot, context, crc, form_key(form))


def sample(typist: Typist) -> None:
    """A blood sample up to its volume."""
    typist.type("1")  # taken
    typist.type("1")  # for screening
    typist.type("20270310")
    typist.type("0930")
    typist.type("2")  # not a routine test
    typist.type("SYN-0001")
    typist.press(Key.Key_Return)
    typist.type("2")  # tube
    typist.type("2")
    typist.press(Key.Key_Return)


def test_codes_dates_and_times_are_left_by_themselves(opened: Open) -> None:
    mrd = opened("MRD")
    assert mrd.here == "PERF"
    sample(mrd)
    assert mrd.here == "BLDVOL"
    fields = {v.item.name: v for v in mrd.page.body.views.values()}
    assert fields["PERF"].answer is not None
    assert fields["PERF"].answer.value == "Y"
    assert fields["SAMPDAT"].text == "20270310"
    assert mrd.editor("SAMPDAT").text() == "2027-03-10"


def test_a_critical_choice_waits_for_enter(opened: Open) -> None:
    choice = opened("TC")
    choice.go("GROUP")
    assert choice.editor("GROUP").decides
    choice.type("12")  # a slip: neither is taken, and nothing is typed into the next field
    assert choice.here == "GROUP"
    assert choice.editor("GROUP").text() == "12"
    choice.press(Key.Key_Backspace)
    choice.press(Key.Key_Return)
    assert choice.here != "GROUP"
    fields = {v.item.name: v for v in choice.page.body.views.values()}
    assert fields["GROUP"].answer is not None


@pytest.mark.parametrize("forward", [Key.Key_Return, Key.Key_Tab, Key.Key_Down, Key.Key_Enter])
def test_ways_forward(opened: Open, forward: Key) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("TUBEN")
    mrd.press(forward)
    assert mrd.here == "BLDVOL"


@pytest.mark.parametrize("before", ["PERF", "HEMOL"])
def test_enter_out_of_habit_after_a_field_left_by_itself_passes_none_by(
    opened: Open, before: str
) -> None:
    mrd = opened("MRD")
    mrd.go("PERF")
    mrd.type("1")
    if before != "PERF":
        mrd.go(before)
        mrd.type("1")
    landed = mrd.page.caret.here
    QTest.qWait(600)
    mrd.press(Key.Key_Return)
    assert mrd.page.caret.here == landed
    mrd.press(Key.Key_Return)
    assert mrd.page.caret.here != landed, "the second goes on"


def test_enter_after_a_field_left_by_itself_and_another_key_is_meant(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    landed = mrd.here
    mrd.press(Key.Key_F3)
    mrd.go(landed)
    mrd.press(Key.Key_Return)
    assert mrd.here != landed


def test_coming_back_to_a_field_lets_typing_replace_what_stands_there(
    qtbot: QtBot, context: Context, opened: Open, crc: Session
) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("TUBEN")
    mrd.type("1")
    mrd.page.leave()
    again = Typist(qtbot, context, crc, form_key("MRD"))
    assert again.here == "TUBEN"
    again.type("2")
    assert again.editor("TUBEN").text() == "2"


def test_coming_back_to_a_half_typed_field_goes_on_typing(
    qtbot: QtBot, context: Context, opened: Open, crc: Session
) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("SAMPDAT")
    mrd.type("2027031")
    mrd.page.leave()
    again = Typist(qtbot, context, crc, form_key("MRD"))
    assert again.here == "SAMPDAT"
    assert not again.editor("SAMPDAT").hasSelectedText()


def test_coming_back_from_another_window_keeps_what_is_typed(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("TUBEN")
    mrd.type("2")
    editor = mrd.editor("TUBEN")
    editor.clearFocus()
    editor.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
    assert not editor.hasSelectedText()


def test_rows_of_every_section_can_be_added_by_key(opened: Open) -> None:
    bch = opened("BCH")
    bch.go("METYN")
    bch.type("1")
    bch.go("CNSYN")
    bch.press(Key.Key_N, CTRL)
    first = bch.page.entry.caret
    bch.page.body.editor(bch.page.body.order[-1]).setFocus(Qt.FocusReason.TabFocusReason)
    bch.press(Key.Key_Return)
    assert bch.page.foot.finish.hasFocus()
    assert "Ctrl+N" in bch.page.foot.message.text()
    bch.press(Key.Key_N, CTRL)
    second = bch.page.entry.caret
    assert first is not None
    assert second is not None
    assert (first.row.group, second.row.group) == ("MET", "PATH")


def test_a_section_without_rows_is_reached_by_key_and_grows_there(opened: Open) -> None:
    bch = opened("BCH")
    bch.go("METYN")
    bch.type("1")
    bch.go("METYN")
    reached = []
    for _ in range(8):
        bch.press(Key.Key_PageDown)
        reached.append(bch.page.body.adding())
    assert {"MET", "PATH"} <= set(reached)
    bch.go("CNSYN")
    while bch.page.body.adding() != "PATH":
        bch.press(Key.Key_PageDown)
    line = bch.page.body.rows_line("PATH")
    assert line is not None
    assert bch.focus is line.add
    bch.press(Key.Key_PageUp)
    assert bch.page.body.adding() != "PATH"
    bch.press(Key.Key_PageDown)
    bch.press(Key.Key_N, CTRL)
    added = bch.page.caret.here
    assert added is not None
    assert (added.row.group, added.row.row) == ("PATH", 1)
    assert bch.here == added.item


@pytest.mark.parametrize("back", [Key.Key_Backtab, Key.Key_Up])
def test_ways_back(opened: Open, back: Key) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("TUBEN")
    mrd.press(back)
    assert mrd.here == "TUBE"


def test_sections_by_page_keys(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.press(Key.Key_PageDown)
    assert mrd.here == "LABNAM"
    mrd.press(Key.Key_PageUp)
    assert mrd.here == "PERF"


def test_fields_below_hide_and_the_caret_stays(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("PERF")
    top = mrd.top("PERF")
    mrd.type("2")
    assert [k.item for k in mrd.page.body.order] == ["PERF", "REASND", "COMM"]
    assert mrd.top("PERF") == top


def test_nothing_is_told_about_half_a_number(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    key = mrd.go("TUBEN")
    mrd.type("20")
    assert mrd.entry.field(key).findings, "20 tubes are over the limit"
    line = mrd.editor("TUBEN")
    assert line.busy
    mrd.press(Key.Key_Return)
    assert not line.busy
    assert "1" in line.accessibleDescription()
    assert line.accessibleDescription().startswith("数值应在")


def test_undo_and_redo_are_the_forms(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("TUBEN")
    mrd.type("25")
    mrd.press(Key.Key_Z, CTRL)
    assert mrd.editor("TUBEN").text() == "2"
    mrd.press(Key.Key_Y, CTRL)
    assert mrd.editor("TUBEN").text() == "25"


def test_missing_reason_on_digits(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    key = mrd.go("SAMPTIM")
    mrd.press(Key.Key_F2)
    QTest.keyClicks(mrd.popup().focusProxy(), "2")
    mrd.settle()
    assert mrd.entry.field(key).missing == "UNK"
    assert mrd.editor("SAMPTIM").text() == ""
    assert "未知" in mrd.editor("SAMPTIM").accessibleDescription()
    assert mrd.here == "ROUTINE"


def test_where_a_value_must_stand_no_reason_is_offered(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.press(Key.Key_F2)
    assert QApplication.activePopupWidget() is None
    assert "必须填写" in mrd.page.foot.message.text()


def test_typing_takes_the_place_of_a_missing_reason(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    key = mrd.go("SAMPTIM")
    mrd.entry.mark_missing(key, "ND")
    mrd.type("0800")
    field = mrd.entry.field(key)
    assert field.missing is None
    assert field.answer is not None
    assert field.answer.value == "08:00"


def test_pick_list_is_narrowed_in_either_language(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    key = mrd.go("TUBE")
    mrd.press(Key.Key_F4)
    pick = mrd.popup()
    assert isinstance(pick, PickList)
    line = pick.focusProxy()
    assert isinstance(line, QLineEdit)
    line.setText("罗氏")
    QTest.keyClick(line, Key.Key_Return)
    mrd.settle()
    answer = mrd.entry.field(key).answer
    assert answer is not None
    assert answer.value == "ROCHE"
    assert mrd.editor("TUBE").text() == "3"


def test_alt_down_opens_the_list_too(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.press(Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert isinstance(mrd.popup(), PickList)
    mrd.popup().close()


def test_explaining_a_soft_finding(opened: Open, crc: Session) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.type("8.5")
    mrd.press(Key.Key_Return)
    key = mrd.go("BLDVOL")
    mrd.press(Key.Key_F6)
    mrd.say("采血困难，已核对原始记录")
    mrd.press(Key.Key_Return)
    assert mrd.here == "BLDVOL"
    finding = mrd.entry.field(key).findings[0]
    assert mrd.entry.answered(finding) == "采血困难，已核对原始记录"
    mrd.press(Key.Key_S, CTRL)
    [query] = [q for q in Queries(crc).all() if q.check == finding.check.id]
    assert query.state == "answered"
    assert mrd.page.view.remarks.of(mrd.entry.field(key)).explained == "采血困难，已核对原始记录"


def test_an_explanation_that_names_somebody_stays_to_be_mended(opened: Open) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.type("8.5")
    mrd.press(Key.Key_Return)
    key = mrd.go("BLDVOL")
    mrd.press(Key.Key_F6)
    mrd.say("护士 010-62345678")
    mrd.press(Key.Key_Return)
    assert mrd.page.answering.line.isVisible()
    assert "可识别" in mrd.page.foot.message.text()
    assert mrd.entry.answered(mrd.entry.field(key).findings[0]) == ""


def test_a_query_that_stands_is_answered_at_once(opened: Open, crc: Session) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.type("8.5")
    mrd.press(Key.Key_S, CTRL)
    mrd.go("BLDVOL")
    mrd.press(Key.Key_F6)
    mrd.say("已核对")
    mrd.press(Key.Key_Return)
    states = {q.check: (q.state, q.answer) for q in Queries(crc).all()}
    assert states["MRD.BLDVOL.S"] == ("answered", "已核对")


def test_a_question_of_the_monitor_is_answered_at_its_field(
    qtbot: QtBot, context: Context, opened: Open, clinic: Clinic, crc: Session
) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.press(Key.Key_S, CTRL)
    key = mrd.go("TUBE")
    crc.close()
    with clinic.open("cra") as monitor:
        Queries(monitor).open(str(key), "Which tube was it?")
    with clinic.open("crc") as session:
        again = Typist(qtbot, context, session, form_key("MRD"))
        again.go("TUBE")
        assert again.page.view.remarks.of(again.entry.field(key)).asked is not None
        again.press(Key.Key_F6)
        again.say("原始记录为PAXgene管")
        again.press(Key.Key_Return)
        [query] = [q for q in Queries(session).all() if q.check is None]
        assert (query.state, query.answer) == ("answered", "原始记录为PAXgene管")


def test_save_keeps_one_incomplete_form(opened: Open, crc: Session) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.press(Key.Key_S, CTRL)
    assert mrd.entry.state is FormState.INCOMPLETE
    assert mrd.here == "BLDVOL"
    assert mrd.page.foot.message.text().startswith("已保存")
    assert not mrd.page.keeping.line.isVisible()


def test_a_change_asks_for_its_reason_in_a_line(opened: Open, crc: Session) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.press(Key.Key_S, CTRL)
    key = mrd.go("TUBE")
    mrd.type("3")
    assert mrd.page.keeping.line.isVisible()
    mrd.press(Key.Key_S, CTRL)
    assert mrd.focus is mrd.page.keeping.line.line, "Save goes to the reason"
    assert mrd.entry.dirty
    mrd.type("1")
    mrd.press(Key.Key_Return)
    assert not mrd.entry.dirty
    last = Casebook(crc).history(key)[-1]
    assert last.reason is not None
    assert last.reason.code == crc.study.reasons[0].code
    assert not mrd.page.keeping.line.isVisible()


def test_a_reason_that_names_somebody_stays_to_be_mended(opened: Open, crc: Session) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.press(Key.Key_S, CTRL)
    key = mrd.go("TUBE")
    mrd.type("3")
    mrd.press(Key.Key_S, CTRL)
    mrd.type("1")
    mrd.page.keeping.line.words.setText("护士 010-62345678")
    mrd.press(Key.Key_S, CTRL)
    assert mrd.entry.dirty
    assert "可识别" in mrd.page.foot.message.text()
    assert mrd.focus is mrd.page.keeping.line.words
    assert len(Casebook(crc).history(key)) == 1
    mrd.page.keeping.line.words.setText("按原始记录")
    mrd.press(Key.Key_S, CTRL)
    assert not mrd.entry.dirty


def test_a_value_changed_back_needs_no_reason(opened: Open) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.press(Key.Key_S, CTRL)
    mrd.go("TUBE")
    mrd.type("3")
    mrd.go("TUBE")
    mrd.type("2")
    assert not mrd.page.keeping.line.isVisible()


def test_an_incomplete_form_is_not_declared_complete(qtbot: QtBot, opened: Open) -> None:
    mrd = opened("MRD")
    sample(mrd)
    with qtbot.assertNotEmitted(mrd.page.finished):
        mrd.press(Key.Key_Return, CTRL)
    assert mrd.entry.dirty, "nothing was saved"
    assert "F3" in mrd.page.foot.message.text()
    assert mrd.here == "BLDVOL", "the caret stands at the first point to mend"
    mrd.press(Key.Key_F3)
    assert mrd.here == "PROCDAT"


def test_a_whole_form_is_completed_and_left(qtbot: QtBot, opened: Open) -> None:
    status = opened("PS")
    status.type("1")
    status.type("20270310")
    status.type("1")
    assert status.focus is status.page.foot.finish, "after the last field"
    with qtbot.waitSignal(status.page.finished):
        status.press(Key.Key_Return)
    assert status.entry.state is FormState.COMPLETE


def test_text_that_is_no_value_holds_completion_back(qtbot: QtBot, opened: Open) -> None:
    status = opened("PS")
    status.type("1")
    status.type("20270310")
    status.type("x")
    with qtbot.assertNotEmitted(status.page.finished):
        status.press(Key.Key_Return, CTRL)
    assert status.here == "ECOG"


def test_what_was_typed_and_taken_back_leaves_no_draft(
    qtbot: QtBot, opened: Open, crc: Session
) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.page.keeping.keep_draft()
    assert FormEntry(crc, form_key("MRD")).state is FormState.DRAFT
    mrd.go("PERF")
    mrd.press(Key.Key_Delete)
    assert not mrd.entry.dirty
    mrd.page.leave()
    assert FormEntry(crc, form_key("MRD")).draft_at == ""
    assert not mrd.page.foot.draft.text()


def test_the_draft_comes_back_with_half_a_word(
    qtbot: QtBot, context: Context, opened: Open, crc: Session
) -> None:
    mrd = opened("MRD")
    sample(mrd)
    half = mrd.go("PROCDAT")
    mrd.type("20270")

    def kept() -> bool:
        return FormEntry(crc, form_key("MRD")).field(half).text == "20270"

    assert not kept(), "nothing is written at every key"
    qtbot.waitUntil(kept, timeout=4000)
    assert "草稿已存" in mrd.page.foot.draft.text()
    again = Typist(qtbot, context, crc, form_key("MRD"))
    assert again.editor("SAMPID").text() == "SYN-0001"
    assert again.editor("PROCDAT").text() == "20270"
    assert again.here == "PROCDAT"


def test_leaving_the_page_keeps_the_draft(opened: Open, crc: Session) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.type("8")
    mrd.page.leave()
    assert FormEntry(crc, form_key("MRD")).dirty


def test_switching_the_language_keeps_what_is_typed(opened: Open, context: Context) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.type("8.")
    context.speech.turn()
    mrd.settle()
    assert mrd.editor("BLDVOL").text() == "8."
    assert mrd.here == "BLDVOL"
    assert mrd.editor("BLDVOL").accessibleName() == "Blood volume mL"
    assert mrd.page.title().en.endswith("ctDNA-MRD test")


def test_history_opens_in_place(opened: Open) -> None:
    mrd = opened("MRD")
    sample(mrd)
    mrd.press(Key.Key_S, CTRL)
    mrd.go("TUBE")
    mrd.press(Key.Key_F8)
    sheet = mrd.popup()
    assert isinstance(sheet, Sheet)
    assert [line.text for line in sheet.lines] == ["PAX PAXgene ccfDNA采血管"]
    sheet.close()


def test_rows_are_added_struck_and_brought_back(opened: Open) -> None:
    prt = opened("PRT")
    prt.press(Key.Key_N, CTRL)
    assert prt.here == "DRUG"
    prt.type("1")
    prt.press(Key.Key_Return)
    prt.press(Key.Key_N, CTRL)
    rows = {k.row.row for k in prt.page.body.order if k.row.group == "PRTD"}
    assert rows == {1, 2}
    prt.press(Key.Key_Delete, CTRL)
    rows = {k.row.row for k in prt.page.body.order if k.row.group == "PRTD"}
    assert rows == {1}
    assert prt.here == "DRUG"
    prt.press(Key.Key_Z, CTRL)
    rows = {k.row.row for k in prt.page.body.order if k.row.group == "PRTD"}
    assert rows == {1, 2}


def test_striking_a_saved_row_asks_why(opened: Open) -> None:
    prt = opened("PRT")
    prt.press(Key.Key_N, CTRL)
    prt.type("1")
    prt.press(Key.Key_Return)
    prt.press(Key.Key_S, CTRL)
    prt.go("DRUG", row=1)
    prt.press(Key.Key_Delete, CTRL)
    assert prt.page.keeping.line.isVisible()
    prt.press(Key.Key_S, CTRL)
    prt.type("1")
    prt.press(Key.Key_Return)
    assert not prt.entry.dirty


def test_what_is_half_typed_narrows_the_list(opened: Open) -> None:
    event = opened("AE")
    key = event.go("CTC")
    event.type("zxlxb")
    event.press(Key.Key_F4)
    line = event.popup().focusProxy()
    assert isinstance(line, QLineEdit)
    assert line.text() == "zxlxb"
    QTest.keyClicks(line, "js")
    QTest.keyClick(line, Key.Key_Return)
    event.settle()
    answer = event.entry.field(key).answer
    assert answer is not None
    assert answer.value == "Neutrophil count decreased"


def test_a_gene_is_picked_by_another_name_or_typed_as_it_is(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    mrd.go("RESULT")
    mrd.type("POSITIVE")
    mrd.page.rows.add("MRDV")
    mrd.settle()
    key = mrd.go("GENE")
    mrd.press(Key.Key_F4)
    line = mrd.popup().focusProxy()
    assert line is not None
    QTest.keyClicks(line, "her2")
    QTest.keyClick(line, Key.Key_Return)
    mrd.settle()
    assert mrd.entry.field(key).text == "ERBB2"
    mrd.go("GENE")
    mrd.type("abcb1")
    mrd.press(Key.Key_Return)
    assert mrd.entry.field(key).text == "ABCB1"
    assert not mrd.entry.field(key).findings


def test_a_picked_term_brings_its_organ_class(opened: Open) -> None:
    event = opened("AE")
    event.go("CTC")
    event.press(Key.Key_F4)
    line = event.popup().focusProxy()
    assert isinstance(line, QLineEdit)
    line.setText("Febrile neutropenia")
    QTest.keyClick(line, Key.Key_Return)
    event.settle()
    assert event.editor("CTC").text() == "Febrile neutropenia"
    fields = {v.item.name: v for v in event.page.body.views.values()}
    assert fields["SOC"].answer is not None
    assert fields["SOC"].answer.value == "BLOOD"


def test_who_may_only_look_finds_a_quiet_form(
    qtbot: QtBot, context: Context, opened: Open, clinic: Clinic, crc: Session
) -> None:
    crc.close()
    with clinic.open("cra") as monitor:
        status = Typist(qtbot, context, monitor, form_key("IC"))
        assert status.page.foot.message.text()
        assert not status.page.foot.save.isVisible()
        editor = status.editor("RFICDAT")
        assert editor.isReadOnly()
        status.go("RFICDAT")
        status.type("1")
        assert editor.text() == "2027-03-01"


def test_every_editor_has_a_name_and_no_input_method_where_it_would_hinder(
    opened: Open,
) -> None:
    mrd = opened("MRD")
    sample(mrd)
    hindered = {"PERF", "SAMPDAT", "SAMPTIM", "TUBE", "TUBEN", "BLDVOL"}
    for key in mrd.page.body.order:
        editor = mrd.page.body.editor(key)
        assert editor is not None
        assert editor.accessibleName()
        if key.item in hindered:
            assert not editor.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
    assert mrd.editor("COMM").testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)


def test_names_of_persons_stay_out_of_predictions(opened: Open) -> None:
    identity = opened("ID")
    editor = identity.editor(identity.page.body.order[0].item)
    hints = editor.inputMethodHints()
    assert hints & Qt.InputMethodHint.ImhNoPredictiveText
    assert hints & Qt.InputMethodHint.ImhSensitiveData


def test_full_width_digits_are_digits(opened: Open) -> None:
    mrd = opened("MRD")
    mrd.type("1")
    editor = mrd.editor("TUBEN")
    mrd.go("TUBEN")
    assert isinstance(editor, Editor)
    editor.insert("３")
    editor.textEdited.emit(editor.text())
    assert editor.text() == "3"


def test_the_largest_form_is_built_lazily(opened: Open) -> None:
    lab = opened("LAB")
    assert len(lab.page.findChildren(Editor)) == 1
    lab.type("1")
    assert len(lab.page.findChildren(Editor)) > 45


def test_a_section_that_should_have_rows_is_asked_for_once(opened: Open) -> None:
    prt = opened("PRT")
    for item, text in {
        "SETTING": "ADJ",
        "REGIMEN": "EC-TH",
        "STDAT": "2018-07",
        "ONGO": "N",
        "CYCLES": "22",
        "BESTRESP": "NED",
        "CRLINE": "N",
        "ENDAT": "2019-08",
        "STOPRSN": "COMPLETED",
    }.items():
        key = next(k for k in prt.page.body.views if k.item == item)
        prt.entry.type(key, text)
    prt.press(Key.Key_Return, CTRL)
    assert prt.entry.recorded is None
    assert "Ctrl+N" in prt.page.foot.message.text()
    prt.press(Key.Key_Return, CTRL)
    assert prt.entry.recorded is not None
    assert prt.entry.recorded.declared
    assert prt.entry.rowless() == ()


def test_what_is_told_at_the_last_line_is_in_sight(opened: Open) -> None:
    typist = opened("LAB")
    typist.type("1")
    page = typist.page
    page.resize(900, 420)
    last = page.body.order[-1]
    row = [k for k in page.body.order if k.row == last.row]
    assert len(row) > 2
    for key in row:
        page.caret.focus(key)
        typist.settle()
        typist.type("99x x")
        typist.press(Key.Key_Return)
    seen = page.view.sheet.viewport()
    foot = page.body.mapTo(seen, page.body.rect().topLeft()).y() + page.body.below(last)
    assert 0 < foot <= seen.height()
