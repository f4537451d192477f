from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.chronicle import Strand, Told, by_day, chronicle
from mrd_desktop.insight.figures.files import report_of
from mrd_desktop.insight.reports.issue import copies
from mrd_desktop.insight.story import story
from mrd_desktop.record.signing import saw
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.schedule import study_day
from mrd_desktop.texts import Text
from tests.ui.pages.kit import SignIn, focus, press, secret, settled
from ui.app import Program
from ui.form.page import FormPage
from ui.pages.sign import SignPage
from ui.pages.story_page import StoryPage
from ui.pages.subject import SubjectPage
from ui.pages.subjects import SubjectsPage
from ui.pages.today import TodayPage
from ui.print.preview import PreviewPage
from ui.print.sheet import Painted, Written

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
M12 = EventKey("01-002", "M12")


def at_subject(qtbot: QtBot, program: Program, subject: str = "01-002") -> SubjectPage:
    assert program.desk is not None
    program.desk.open_subject(subject)
    qtbot.wait(40)
    page = program.shell.page
    assert isinstance(page, SubjectPage)
    return page


def form_in_front(program: Program) -> FormKey:
    page = program.shell.page
    assert isinstance(page, FormPage)
    return page.entry.key


def test_arrows_walk_the_grid_and_enter_opens_the_form(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    page.grid.mark(M12, "SV")
    press(qtbot, Qt.Key.Key_Left)
    press(qtbot, Qt.Key.Key_Right)
    assert page.grid.spot is not None
    assert page.grid.spot.event == M12
    press(qtbot, Qt.Key.Key_Return)
    assert form_in_front(program) == FormKey(M12, "SV")


def test_the_grid_says_its_places_in_words(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    page.grid.mark(EventKey("01-002", "M03"), "MRD")
    role = Qt.ItemDataRole.AccessibleTextRole
    assert page.grid.currentIndex().data(role) == "第3个月 · ctDNA-MRD检测: 完整"
    program.context.speech.turn()
    assert page.grid.currentIndex().data(role).endswith("Complete")


def test_the_head_counts_the_days_of_the_study_as_a_date_does(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    assert program.desk is not None
    day = study_day(date(2025, 10, 20), program.desk.session.today())
    said = [label.text() for label in page.findChildren(QLabel)]
    assert f"T0 2025-10-20 · 第 {day} 天" in said


def test_the_picture_is_told_in_words(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    told = page.picture.accessibleDescription()
    assert "间歇 2025-10-20" in told
    assert "阳性 2026-07-21" in told


def test_a_repeating_form_asks_which_record(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    page.grid.mark(EventKey("01-002", "SCR"), "PRT")
    press(qtbot, Qt.Key.Key_Return)
    qtbot.keyClicks(focus(), "2")
    assert form_in_front(program) == FormKey(EventKey("01-002", "SCR"), "PRT", 2)


@pytest.mark.parametrize("user", ["crc", "cra"])
def test_one_more_of_a_repeating_form_is_offered_where_one_may_type(
    qtbot: QtBot, sign_in: SignIn, user: str
) -> None:
    program = sign_in(user)
    assert program.desk is not None
    second = FormKey(EventKey("01-002", "SCR"), "PRT", 2)
    page = program.desk.open_form(second)
    assert page is not None
    assert page.foot.another.isVisible() == (user == "crc")
    qtbot.keyClick(page, Qt.Key.Key_Return, CTRL_SHIFT)
    expected = second._replace(repeat=3) if user == "crc" else second
    assert form_in_front(program) == expected
    once = program.desk.open_form(second._replace(form="IE", repeat=1))
    assert once is not None
    assert once.foot.another.isHidden()


def test_n_adds_a_log_form(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_N)
    assert QApplication.activePopupWidget() is not None
    qtbot.keyClicks(focus(), "adverse")
    press(qtbot, Qt.Key.Key_Return)
    assert form_in_front(program) == FormKey(EventKey("01-002", "LOG"), "AE", 1)


def test_n_adds_an_unscheduled_visit_with_the_next_number(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_N)
    qtbot.keyClicks(focus(), "UNS")
    press(qtbot, Qt.Key.Key_Return)
    assert form_in_front(program) == FormKey(EventKey("01-002", "UNS", 2), "SV")


def test_a_removed_form_leaves_the_grid_with_a_reason(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    event = EventKey("01-002", "M03")
    page.grid.mark(event, "PS")
    press(qtbot, Qt.Key.Key_Delete)
    press(qtbot, Qt.Key.Key_Return)  # without a reason nothing happens
    assert page.grid.spot is not None
    assert page.grid.spot.lines
    qtbot.keyClicks(page.reason_line.line, "7")
    press(qtbot, Qt.Key.Key_Return)
    page.grid.mark(event, "PS")
    assert page.grid.spot is not None
    assert not page.grid.spot.lines


def test_a_finished_form_leads_to_the_next_of_the_visit(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    at_subject(qtbot, program)
    assert program.desk is not None
    page = program.desk.open_form(FormKey(M12, "SV"))
    assert page is not None
    qtbot.wait(20)
    page.finished.emit()
    following = program.doors.study.by_event["M12"].planned
    assert form_in_front(program) == FormKey(M12, following[following.index("SV") + 1])


def test_a_monitor_neither_adds_nor_signs_but_asks(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    page = at_subject(qtbot, program)
    for key in (Qt.Key.Key_N, Qt.Key.Key_S, Qt.Key.Key_Delete):
        press(qtbot, key)
        assert program.shell.page is page
        assert QApplication.activePopupWidget() is None
    page.grid.mark(EventKey("01-002", "M03"), "MRD")
    press(qtbot, Qt.Key.Key_Q)
    qtbot.keyClicks(page.words_line.line, "Please check the date")
    press(qtbot, Qt.Key.Key_Return)
    assert page.grid.spot is not None
    assert page.grid.spot.queries == 1


def test_signing_needs_the_password_and_leaves_out_what_is_taken_out(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("pi")
    at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_S)
    page = program.shell.page
    assert isinstance(page, SignPage)
    waiting = [w.key for w in page._waiting]
    assert all(key.form != "ID" for key in waiting)
    keep = waiting[:2]
    page._waiting = page._waiting[:3]
    page._show()
    assert not any(w.chosen for w in page._waiting)
    page.list.setFocus()
    for waiting_one in page._waiting:
        saw(page.desk.session, page._shown[waiting_one.key].shown)
    press(qtbot, Qt.Key.Key_A)
    page.list.selectRow(2)
    press(qtbot, Qt.Key.Key_Space)
    page.signing.password.line.setFocus()
    qtbot.keyClicks(page.signing.password.line, "wrong")
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "不正确" in page.signing.password._below.text(), timeout=20_000)
    assert not page.signing.password.line.text(), "an old password is never sent again"
    qtbot.keyClicks(page.signing.password.line, secret("pi"))
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(program.shell.page, SubjectPage), timeout=20_000)
    assert program.desk is not None
    chart = program.desk.book.chart("01-002")
    assert {f.key for f in chart.forms if f.state is FormState.SIGNED} == set(keep)


def test_a_new_subject_by_two_keys(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = program.shell.go("subjects")
    assert isinstance(page, SubjectsPage)
    qtbot.wait(30)
    press(qtbot, Qt.Key.Key_N, ctrl=True)
    assert program.desk is not None
    assert [x.subject for x in program.desk.book.subjects()] == ["01-001", "01-002"]
    press(qtbot, Qt.Key.Key_Return)
    assert [x.subject for x in program.desk.book.subjects()][-1] == "01-003"
    assert form_in_front(program) == FormKey(EventKey("01-003", "SCR"), "ID")


def test_escape_gives_no_number_out(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = program.shell.go("subjects")
    assert isinstance(page, SubjectsPage)
    qtbot.wait(30)
    press(qtbot, Qt.Key.Key_N, ctrl=True)
    press(qtbot, Qt.Key.Key_Escape)
    press(qtbot, Qt.Key.Key_Return)
    assert program.desk is not None
    assert len(program.desk.book.subjects()) == 2


def test_typing_in_the_list_searches(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = program.shell.go("subjects")
    assert isinstance(page, SubjectsPage)
    qtbot.wait(30)
    for letter in "resum":
        qtbot.keyClicks(focus(), letter)
    assert [e.line.subject for e in page.list.rows.rows] == ["01-002"]  # type: ignore[union-attr]
    press(qtbot, Qt.Key.Key_Return)
    assert isinstance(program.shell.page, SubjectPage)


def test_enter_on_the_worklist_goes_to_the_place(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = program.shell.go("today")
    assert isinstance(page, TodayPage)
    settled(qtbot, program)
    page.chips.choose("visit")
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert form_in_front(program) == FormKey(M12, "SV")


def test_search_goes_into_the_forms_of_one_subject(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.sections is not None
    found = program.sections.searching.near("002 m12 mrd")
    details = [f.detail for f in found if not f.stays]
    assert details == ["MRD", "SV"], "what is named so goes before what asks for it"
    found[0].act()
    assert form_in_front(program) == FormKey(M12, "MRD")


def test_f1_opens_help_from_any_page(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_F1)
    assert program.shell.page is program.shell._homes["help"]


def test_escape_closes_the_legend_before_the_page(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.shell.go("subjects")
    page = at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_L)
    assert page.legend.isVisible()
    press(qtbot, Qt.Key.Key_Escape)
    assert not page.legend.isVisible()
    assert program.shell.page is page
    press(qtbot, Qt.Key.Key_Escape)
    assert isinstance(program.shell.page, SubjectsPage)


def test_the_next_and_the_former_subject_come_by_key(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.shell.go("subjects")
    at_subject(qtbot, program, "01-001")
    for key, number in (
        (Qt.Key.Key_PageDown, "01-002"),
        (Qt.Key.Key_PageDown, "01-002"),  # there is none behind it
        (Qt.Key.Key_PageUp, "01-001"),
    ):
        press(qtbot, key, ctrl=True)
        page = program.shell.page
        assert isinstance(page, SubjectPage)
        assert page.subject == number
        qtbot.waitUntil(page.grid.hasFocus)
    press(qtbot, Qt.Key.Key_Escape)
    assert isinstance(program.shell.page, SubjectsPage)


def test_open_queries_stand_on_every_level_of_the_page(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    assert program.desk is not None
    for address in (str(M12), "01-002/M06#1/TM#1", "01-002/M06#1/TM#1/B#1/CA153VAL"):
        program.desk.queries.open(address, "Please check")
    page = at_subject(qtbot, program)
    grid = page.grid.grid
    assert grid.plan is not None
    columns = {c.event.event: n for n, c in enumerate(grid.plan.columns)}
    rows = {f.oid: n for n, f in enumerate(grid.plan.rows)}
    across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
    assert grid.headerData(columns["M12"], across) == "M12, 1 个待回复质疑"
    assert grid.headerData(columns["M06"], across) == "M06, 2 个待回复质疑"
    assert grid.headerData(columns["M03"], across) == "M03"
    assert str(grid.headerData(rows["TM"], down)).endswith("2 个待回复质疑")
    number = sum(q.subject == "01-002" for q in program.desk.queries.all(state="open"))
    assert page.queries.text() == f"质疑 {number}"
    press(qtbot, Qt.Key.Key_J)
    queries = program.shell.page
    assert queries is program.shell._homes["queries"]


def test_the_picture_is_read_by_keys_and_told_below(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_P)
    assert page.picture.hasFocus()
    press(qtbot, Qt.Key.Key_Down)
    assert page._here.text() == program.context.say(page.picture.current.words)  # type: ignore[union-attr]
    press(qtbot, Qt.Key.Key_Escape)
    assert page.grid.hasFocus()
    assert program.shell.page is page


def test_the_story_is_a_table_too(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    page = at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_V)
    table = program.shell.page
    assert isinstance(table, StoryPage)
    qtbot.waitUntil(table.list.hasFocus)
    assert set(table._told) == set(by_day(chronicle(story(page._chart.scene))))  # type: ignore[union-attr]
    table.chips.choose("MRD")
    assert all(t.strand is Strand.MRD for t in table.list.rows.rows if isinstance(t, Told))
    table.list.setFocus()
    press(qtbot, Qt.Key.Key_P, ctrl=True)
    preview = program.shell.page
    assert isinstance(preview, PreviewPage)
    assert (preview.report.what, preview.report.subject) == ("story", "01-002")


def test_the_picture_is_on_the_paper_above_its_table(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    press(qtbot, Qt.Key.Key_V)
    press(qtbot, Qt.Key.Key_P, ctrl=True)
    preview = program.shell.page
    assert isinstance(preview, PreviewPage)
    (first, *_) = preview.sheets.pages
    (picture,) = [m for m in first.marks if isinstance(m, Painted)]
    title = next(m for m in first.marks if isinstance(m, Written) and m.type.text == "内容")
    assert picture.y < title.y
    assert "恢复治疗" in picture.words
    preview.turn_language()
    assert any(
        isinstance(m, Painted) and "resumed" in m.words for m in preview.sheets.pages[0].marks
    )
    assert page.subject == "01-002"


@pytest.mark.parametrize("ending", ["pdf", "png", "svg", "csv"])
def test_the_picture_is_saved_and_the_print_recorded(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    path = tmp_path / f"story.{ending}"
    monkeypatch.setattr(
        "ui.figure_files.QFileDialog.getSaveFileName",
        lambda *_: (str(path.with_suffix("")), f"{ending.upper()} (*.{ending})"),
    )
    program = sign_in("crc")
    page = at_subject(qtbot, program)
    with qtbot.waitSignal(page.said, timeout=20_000):
        press(qtbot, Qt.Key.Key_S, ctrl=True)
    assert path.stat().st_size > 500
    with page.desk.session.reading() as conn:
        figure = report_of("story", Text("", ""), "01-002")
        assert copies(conn, page.desk.session.folder.chain, figure) == 1
