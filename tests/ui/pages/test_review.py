"""The investigator's list and the monitor's page, by the keyboard, on a real site."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.endorsing import ToSign, all_values, to_sign
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.sdv import Mark, SourceChecks
from mrd_desktop.record.signing import is_seen, saw
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from tests.ui.pages.kit import SignIn, focus, line, opened, press, secret, settled
from tests.ui.pages.look.glance import check
from ui.app import Program
from ui.form.page import FormPage
from ui.form.review import FormReview
from ui.form.sight import SEEN
from ui.pages.monitoring import MonitoringPage
from ui.pages.sign import SignPage
from ui.pages.sign_detail import Piece
from ui.pages.to_sign import ToSignPage
from ui.pages.visit_note import VisitNotePage
from ui.print.preview import PreviewPage
from ui.theme import Size
from ui.widgets.in_sight import DWELL

PS = FormKey(EventKey("01-001", "SCR"), "PS")
ECOG = ItemKey(RowKey(PS, "A"), "ECOG")


def save_ecog(place: Path, text: str) -> None:
    with opened(place / "site", "crc") as session:
        entry = Casebook(session).open(PS)
        entry.type(ECOG, text)
        entry.save(complete=True, reason=ChangeReason("TYPO"))


def to_sign_page(qtbot: QtBot, program: Program) -> ToSignPage:
    page = program.shell.go("sign")
    assert isinstance(page, ToSignPage)
    qtbot.waitUntil(lambda: bool(page.list.rows.rows) and not page._reading, timeout=20_000)
    page.list.setFocus()
    return page


def form_page(qtbot: QtBot, program: Program) -> tuple[FormPage, FormReview]:
    assert program.desk is not None
    page = program.desk.open_form(PS)
    assert page is not None
    qtbot.waitUntil(lambda: page.entry.caret is not None)
    qtbot.wait(50)
    editor = page.body.editor(ECOG)
    assert editor is not None
    editor.setFocus()
    review = page.findChild(FormReview)
    assert review is not None
    return page, review


def saw_all(page: ToSignPage | SignPage) -> None:
    """Everything on the list was on the screen; how it comes there is tried elsewhere."""
    shown = page._shown.values() if isinstance(page, SignPage) else page._waiting
    for waiting in shown:
        saw(page.desk.session, waiting.shown)


def read_through(qtbot: QtBot, page: ToSignPage | SignPage) -> int:
    """Space until all of the marked form was in sight, as a person presses it; how often."""
    waiting, pressed = page.detail.waiting, 0
    assert waiting is not None
    page.list.setFocus()
    while True:
        qtbot.wait(DWELL + 100)
        if is_seen(page.desk.session, waiting.shown):
            return pressed
        press(qtbot, Qt.Key.Key_Space)
        pressed += 1
        assert pressed < 60


def states(program: Program, subject: str = "01-001") -> dict[FormKey, FormState]:
    assert program.desk is not None
    return {f.key: f.state for f in program.desk.book.chart(subject).forms}


def test_chosen_forms_are_signed_and_the_others_are_not(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    here = page.list.current
    assert here is not None
    assert not page.signing.button.isEnabled(), "nothing is chosen"
    read_through(qtbot, page)
    press(qtbot, Qt.Key.Key_Space)
    assert page.signing.button.isEnabled()
    following = page.list.current
    assert following is not None
    assert following.shown.key != here.shown.key
    press(qtbot, Qt.Key.Key_Up)
    press(qtbot, Qt.Key.Key_Space)
    assert page._chosen == {}
    assert page.list.current is not None
    assert page.list.current.shown.key == here.shown.key, "what is taken out stays in sight"
    held = QKeyEvent(
        QKeyEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", True
    )
    QApplication.sendEvent(page.list, held)
    assert page._chosen == {}, "one that is held down chooses nothing"
    press(qtbot, Qt.Key.Key_Space)
    assert list(page._chosen) == [here.shown.key]
    assert page.list.current.shown.key == following.shown.key
    page.signing.password.line.setFocus()
    line(qtbot, "wrong password")
    qtbot.waitUntil(page.signing.button.isEnabled, timeout=20_000)
    assert FormState.SIGNED not in states(program).values()
    assert page.signing.password.line.hasFocus()
    assert not page.signing.password.line.text(), "an old password is never sent again"
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: FormState.SIGNED in states(program).values(), timeout=20_000)
    signed = [k for k, state in states(program).items() if state is FormState.SIGNED]
    assert signed == [here.shown.key]
    qtbot.waitUntil(
        lambda: here.shown.key not in [w.shown.key for w in page._waiting], timeout=20_000
    )


def test_a_form_that_changed_behind_the_list_is_left_out_and_the_rest_signed(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    saw_all(page)
    press(qtbot, Qt.Key.Key_A)
    assert page.list.current is not None
    subject = page.list.current.shown.key.subject
    chosen = set(page._chosen)
    assert len(chosen) > 5
    assert program.desk is not None
    assert subject == PS.subject
    entry = program.desk.book.open(PS)
    entry.type(ECOG, "2" if entry.field(ECOG).text != "2" else "1")
    entry.save(complete=True, reason=ChangeReason("TYPO"))
    page.signing.password.line.setFocus()
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: FormState.SIGNED in states(program).values(), timeout=20_000)
    signed = {k for k, state in states(program).items() if state is FormState.SIGNED}
    assert signed == chosen - {PS}


def test_coming_back_the_lists_tell_what_was_done_meanwhile(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    before = {w.shown.key: w.shown.digest for w in page._waiting}
    program.shell.go("subjects")
    assert program.desk is not None
    entry = program.desk.book.open(PS)
    entry.type(ECOG, "2" if entry.field(ECOG).text != "2" else "1")
    entry.save(complete=True, reason=ChangeReason("TYPO"))
    page = to_sign_page(qtbot, program)
    after = {w.shown.key: w.shown.digest for w in page._waiting}
    assert {k for k in after if after[k] != before.get(k)} == {PS}
    assert after.keys() == before.keys()


def test_the_monitors_counts_follow_the_marks(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    assert program.desk is not None
    page = program.shell.go("monitor")
    assert isinstance(page, MonitoringPage)
    qtbot.waitUntil(lambda: bool(page.list.rows.rows) and not page._reading, timeout=20_000)
    assert {p.subject: p.compared.verified for p in page._found} == {"01-001": 0, "01-002": 0}
    checks = SourceChecks(program.desk.session)
    wanted = [v for values in checks.values("01-002").values() for v in values if v.needed]
    checks.mark(wanted[:2], verified=True)
    program.shell.go("subjects")
    program.shell.go("monitor")
    qtbot.waitUntil(lambda: not page._reading, timeout=20_000)
    assert {p.subject: p.compared.verified for p in page._found} == {"01-001": 0, "01-002": 2}


def test_turning_the_language_takes_the_choice_back(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    read_through(qtbot, page)
    press(qtbot, Qt.Key.Key_Space)
    assert page._chosen
    before = {w.shown.key: w.shown.digest for w in page._waiting}
    program.context.speech.turn()
    qtbot.waitUntil(lambda: not page._reading, timeout=20_000)
    assert page._chosen == {}
    assert all(before[w.shown.key] != w.shown.digest for w in page._waiting)


def test_a_subjects_own_page_signs_only_what_it_listed(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    desk = program.desk
    assert desk is not None
    page = SignPage(program.context, desk, PS.subject, [PS, FormKey(PS.event, "VS")])
    program.shell.open(page)
    qtbot.waitUntil(page.list.hasFocus, timeout=5_000)
    assert not any(w.chosen for w in page._waiting), "nobody has looked at them yet"
    assert not page.signing.button.isEnabled()
    press(qtbot, Qt.Key.Key_A)
    assert not page.waiting[1].chosen, "not by a key alone either: it was never shown"
    for number, waiting in enumerate(page.waiting):
        page.list.selectRow(number)
        while not page.chosen(waiting.key):
            qtbot.wait(DWELL + 100)
            press(qtbot, Qt.Key.Key_Space)
    assert all(w.chosen for w in page._waiting)
    program.context.speech.turn()
    assert not any(w.chosen for w in page._waiting), "another language is another content"
    assert str(page.detail.list.rows.data(page.detail.list.rows.index(0, 0))).isascii()
    program.context.speech.turn()
    press(qtbot, Qt.Key.Key_A)
    assert all(w.chosen for w in page._waiting), "what was seen in this language still counts"
    entry = desk.book.open(PS)
    entry.type(ECOG, "2" if entry.field(ECOG).text != "2" else "1")
    entry.save(complete=True, reason=ChangeReason("TYPO"))
    page.signing.password.line.setFocus()
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: FormState.SIGNED in states(program).values(), timeout=20_000)
    assert states(program)[PS] is FormState.COMPLETE


def test_a_form_is_chosen_only_after_all_of_it_was_in_sight(qtbot: QtBot, sign_in: SignIn) -> None:
    """EMA 6.3: no blind click (R-SIG-10). More lines than the list holds at once are paged."""
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    session = page.desk.session
    rows = [w for w in page.list.rows.rows if isinstance(w, ToSign)]
    long = max(rows, key=lambda w: len(all_values(session, w.shown.key)))
    page.list.selectRow(page.list.rows.rows.index(long))
    press(qtbot, Qt.Key.Key_A)
    assert long.shown.key not in page._chosen
    assert "空格" in program.shell._status.text(), "how many are still to be looked at"
    press(qtbot, Qt.Key.Key_Space)
    assert long.shown.key not in page._chosen
    page.detail.list.verticalScrollBar().setValue(page.detail.list.verticalScrollBar().maximum())
    qtbot.wait(DWELL + 100)
    assert not is_seen(session, long.shown), "the middle flew past"
    assert read_through(qtbot, page) > 0
    assert page._chosen == {}, "to show is not to choose"
    said = page.detail.list.rows
    shown = {c.key for c in all_values(session, long.shown.key)}
    assert {p.key[0] for p in said.rows if isinstance(p, Piece)} == shown
    press(qtbot, Qt.Key.Key_Space)
    assert set(page._chosen) == {long.shown.key}
    page.list.selectRow(page.list.rows.rows.index(long))
    press(qtbot, Qt.Key.Key_A)
    assert set(page._chosen) == {long.shown.key}, "others wait: nothing is taken away"
    program.desk.say(SEEN)  # type: ignore[union-attr]
    page.enter()
    assert program.shell._status.text() == "", "it was said of a form that is open no more"
    assert f"1/{len(page._waiting)}" in page.looked.text()


def test_nothing_is_cut_off_in_what_is_signed(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    metrics = QFontMetrics(program.context.font())
    for language in Language:
        program.context.speech.choose(language)
        qtbot.waitUntil(lambda: not page._reading, timeout=20_000)
        for number, row in enumerate(page.list.rows.rows):
            if not isinstance(row, ToSign):
                continue
            page.list.selectRow(number)
            listing = page.detail.list
            for column in range(5):
                if listing.isColumnHidden(column):
                    continue
                room = listing.columnWidth(column) - 2 * Size.GAP - 2
                for at in range(len(listing.rows.rows)):
                    text = str(listing.rows.data(listing.rows.index(at, column)))
                    assert metrics.horizontalAdvance(text) <= room, (row.shown.key, text)


def test_what_is_signed_is_fitted_anew_into_another_width(qtbot: QtBot, sign_in: SignIn) -> None:
    """No column lies outside the window, and what was read in another width is read anew."""
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    session, listing = page.desk.session, page.detail.list
    rows = [w for w in page.list.rows.rows if isinstance(w, ToSign)]
    long = max(rows, key=lambda w: len(all_values(session, w.shown.key)))
    page.list.selectRow(page.list.rows.rows.index(long))
    again = replace(long, signed_at="2027-03-01T08:00:00.000Z", signed_by="pi")
    again = replace(again, changes=all_values(session, long.shown.key))
    for waiting in (long, again):
        program.shell.resize(1366, 760)
        page.detail.show_form(waiting)
        qtbot.wait(DWELL + 100)
        assert page.detail.sight.rows
        program.shell.resize(Size.WINDOW_LEAST_WIDTH, 760)
        QApplication.processEvents()
        assert not page.detail.sight.rows, "the lines are others now"
        last = listing.columnViewportPosition(4) + listing.columnWidth(4)
        assert last <= listing.viewport().width()
        metrics = QFontMetrics(program.context.font())
        for column in range(5):
            room = listing.columnWidth(column) - 2 * Size.GAP - 2
            for at in range(0 if listing.isColumnHidden(column) else len(listing.rows.rows)):
                text = str(listing.rows.data(listing.rows.index(at, column)))
                assert metrics.horizontalAdvance(text) <= room, (column, text)


def test_an_opened_form_is_looked_at_when_its_end_was_shown(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    desk = program.desk
    assert desk is not None
    session = desk.session
    waiting = to_sign(session, Language.ZH, ["01-001"])
    long = max(waiting, key=lambda w: len(all_values(session, w.shown.key))).shown
    program.shell.resize(Size.WINDOW_LEAST_WIDTH, Size.WINDOW_LEAST_HEIGHT)
    page = desk.open_form(long.key)
    assert page is not None
    qtbot.wait(DWELL + 300)
    bar = page.view.sheet.verticalScrollBar()
    assert bar.maximum() > 0
    assert not is_seen(session, long)
    bar.setValue(bar.maximum())
    qtbot.wait(DWELL + 300)
    for at in range(0, bar.maximum() + bar.pageStep(), bar.pageStep() // 2):
        bar.setValue(at)
        qtbot.wait(DWELL + 100)
    assert is_seen(session, long)
    qtbot.waitUntil(lambda: "可以签名" in program.shell._status.text())
    short = to_sign_page(qtbot, program)
    assert long.key in {w.shown.key for w in short._waiting if is_seen(session, w.shown)}


def test_what_changed_while_a_form_lay_open_was_not_looked_at(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("pi")
    desk = program.desk
    assert desk is not None
    page = desk.open_form(PS)
    assert page is not None
    entry = desk.book.open(PS)
    entry.type(ECOG, "2" if entry.field(ECOG).text != "2" else "1")
    entry.save(complete=True, reason=ChangeReason("TYPO"))
    qtbot.wait(DWELL + 300)
    (now,) = [w.shown for w in to_sign(desk.session, Language.ZH, ["01-001"]) if w.shown.key == PS]
    assert not is_seen(desk.session, now)


def test_who_signs_sees_what_nobody_has_explained(qtbot: QtBot, sign_in: SignIn) -> None:
    """A finding whose query waits for the next day stands on both lists beside its form."""
    program = sign_in("pi")
    desk = program.desk
    assert desk is not None
    cv = FormKey(PS.event, "CV")
    entry = desk.book.open(cv)
    entry.type(ItemKey(RowKey(cv, "A"), "LVEF"), "38")
    entry.save(complete=True, reason=ChangeReason("TYPO"))
    assert "EC-119" not in {q.check for q in desk.queries.all(state="open")}
    page = to_sign_page(qtbot, program)
    waiting = next(w for w in page._waiting if w.shown.key == cv)
    assert "EC-119" in {f.check.id for f in waiting.unanswered}
    shown = [w.shown.key if isinstance(w, ToSign) else None for w in page.list.rows.rows]
    page.list.selectRow(shown.index(cv))
    assert page.list.current == waiting
    assert "EC-119" in page.detail.remarks.text() and page.detail.remarks.isVisible()
    check(qtbot, program, "to sign, with a finding")
    own = SignPage(program.context, desk, PS.subject, [PS, cv])
    program.shell.open(own)
    own.list.selectRow(1)
    assert "EC-119" in own.detail.remarks.text() and own.detail.remarks.isVisible()
    own.list.selectRow(0)
    assert "EC-119" not in own.detail.remarks.text() or not own.detail.remarks.isVisible()


def test_what_changed_since_the_signature_stands_below_the_list(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    program = sign_in("pi")
    page = to_sign_page(qtbot, program)
    saw_all(page)
    press(qtbot, Qt.Key.Key_A)
    page.signing.password.line.setFocus()
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: states(program)[PS] is FormState.SIGNED, timeout=20_000)
    settled(qtbot, program)
    program.sign_out()
    assert program.desk is None
    save_ecog(place, "2")
    program.start(place / "site")
    program = sign_in("pi") if program.desk else _again(qtbot, program)
    page = to_sign_page(qtbot, program)
    first = page.list.current
    assert first is not None
    assert (first.shown.key, len(first.changes)) == (PS, 1)
    texts = [page.detail.list.rows.index(0, n) for n in range(5)]
    said = [str(page.detail.list.rows.data(i)) for i in texts]
    assert said[1] not in ("–", said[2])
    assert "crc" in said[3]
    assert said[4] == "录入错误"
    check(qtbot, program, "to sign")


def _again(qtbot: QtBot, program: Program) -> Program:
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    qtbot.wait(30)
    line(qtbot, "pi")
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: program.desk is not None, timeout=20_000)
    settled(qtbot, program)
    return program


def test_the_monitor_marks_by_keys_and_asks_about_a_difference(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("cra")
    assert program.desk is not None
    session = program.desk.session
    page, review = form_page(qtbot, program)
    press(qtbot, Qt.Key.Key_F7)
    assert review.values[ECOG].mark is Mark.VERIFIED
    editor = page.body.editor(ECOG)
    assert editor is not None
    editor.setFocus()
    qtbot.keyClick(focus(), Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: focus() is review.words.line)
    press(qtbot, Qt.Key.Key_Return)
    assert review.values[ECOG].mark is Mark.VERIFIED  # no words, no mark
    line(qtbot, "synthetic: source says 1")
    assert review.values[ECOG].mark is Mark.DIFFERS
    asked = [q for q in Queries(session).all() if q.address == str(ECOG) and q.check is None]
    assert [q.text.en for q in asked] == ["synthetic: source says 1"]
    qtbot.keyClick(focus(), Qt.Key.Key_F7, Qt.KeyboardModifier.ControlModifier)
    left = [v for v in SourceChecks(session).form(PS) if v.needed and v.mark is Mark.NONE]
    assert left == []


def test_the_monitor_locks_with_a_reason(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    assert program.desk is not None
    page, review = form_page(qtbot, program)
    press(qtbot, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    press(qtbot, Qt.Key.Key_2)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: focus() is review.words.line, timeout=5_000)
    line(qtbot, "synthetic: reviewed")
    assert states(program)[PS] is FormState.LOCKED
    assert page.head.state.accessibleName() == "已锁定"
    assert "synthetic: reviewed" in page.foot.message.text()


def test_unlocking_is_signed_in_place(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    desk = program.desk
    assert desk is not None
    change_lock(desk.session, PS, LockAct.LOCK, ChangeReason("OTHER", "synthetic reason"))
    page, review = form_page(qtbot, program)
    press(qtbot, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    press(qtbot, Qt.Key.Key_1)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: focus() is review.words.line, timeout=5_000)
    line(qtbot, " ")
    assert review.words.isVisible(), "no reason, no password"
    line(qtbot, "synthetic: one value is missing")
    qtbot.waitUntil(lambda: focus() is review.proof.line, timeout=5_000)
    press(qtbot, Qt.Key.Key_Return)
    line(qtbot, "not the password")
    qtbot.waitUntil(lambda: "不正确" in review.proof.note.text(), timeout=20_000)
    assert not review.proof.line.text()
    assert states(program)[PS] is FormState.LOCKED
    line(qtbot, secret("cra"))
    qtbot.waitUntil(lambda: states(program)[PS] is not FormState.LOCKED, timeout=20_000)
    qtbot.waitUntil(lambda: not review.proof.isVisible(), timeout=20_000)
    assert page.head.state.accessibleName() != "已锁定"


def test_an_open_list_keeps_the_keys_of_the_page(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    _, review = form_page(qtbot, program)
    before = {k: v.mark for k, v in review.values.items()}
    press(qtbot, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    press(qtbot, Qt.Key.Key_F7)
    assert QApplication.activePopupWidget() is not None
    review.read()
    assert {k: v.mark for k, v in review.values.items()} == before


def test_lock_closes_an_open_list_and_locks(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    form_page(qtbot, program)
    press(qtbot, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    press(qtbot, Qt.Key.Key_L, ctrl=True)
    assert QApplication.activePopupWidget() is None
    assert program.shell.covered


@pytest.mark.parametrize("user", ["crc", "pi"])
def test_nobody_else_has_these_acts(qtbot: QtBot, sign_in: SignIn, user: str) -> None:
    program = sign_in(user)
    assert program.desk is not None
    page = program.desk.open_form(PS)
    assert page is not None
    assert page.findChild(FormReview) is None
    assert ("sign" in program.shell._sections) is (user == "pi")
    assert "monitor" not in program.shell._sections


def test_a_visit_is_noted_and_its_letter_is_saved(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("cra")
    desk = program.desk
    assert desk is not None
    change_lock(desk.session, PS, LockAct.FREEZE, ChangeReason("OTHER", "synthetic reason"))
    page = program.shell.go("monitor")
    assert isinstance(page, MonitoringPage)
    qtbot.waitUntil(lambda: bool(page.list.rows.rows) and not page._reading, timeout=20_000)
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_N)
    note = program.shell.page
    assert isinstance(note, VisitNotePage)
    qtbot.waitUntil(lambda: focus() is note.begun.line)
    check(qtbot, program, "visit note")
    assert note.begun.text == desk.session.today().isoformat()
    note.found.setPlainText("synthetic half")
    press(qtbot, Qt.Key.Key_Escape)
    assert program.shell.page is page
    assert "继续" in page.new.text()
    page.note_visit()
    note = program.shell.page
    assert isinstance(note, VisitNotePage)
    qtbot.waitUntil(lambda: focus() is note.begun.line)
    qtbot.wait(30)
    assert note.found.toPlainText() == "synthetic half"
    note.found.clear()
    note.begun.line.setFocus()
    note.begun.line.clear()
    line(qtbot, "t")
    line(qtbot, "t")
    line(qtbot, "01-001")
    note.submit()
    assert program.shell.page is note  # nothing was written about what was found
    note.found.setPlainText("synthetic findings")
    note.submit()
    assert program.shell.page is page
    (visit,) = page.reviews.all()
    assert page.reviews.under_way() is None
    assert (visit.begun, visit.subjects) == (desk.session.today(), ("01-001",))
    qtbot.waitUntil(lambda: not page._reading, timeout=20_000)
    check(qtbot, program, "monitoring")
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_L)
    letter = program.shell.page
    assert isinstance(letter, PreviewPage)
    told = "".join(leaf.text for leaf in letter.sheets.pages)
    assert "synthetic findings" in told
    assert "已冻结" in told
    check(qtbot, program, "follow-up letter")
