"""Second entry in the real window: found on the worklist, keyed blind, compared, settled by key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.second.settling import Settling
from mrd_desktop.record.second.standing import STATE_WORDS, Act, Choice, SecondPlace, State
from mrd_desktop.texts import Language
from tests.clinic import Clinic
from tests.second import SUBJECT, form_key, item_key, key_again
from tests.ui.pages.kit import press, settled
from ui.app import Program
from ui.context import Context
from ui.form.page import FormPage
from ui.pages.compare import ComparePage
from ui.pages.subject import SubjectPage
from ui.second_entry import BLIND

VS = form_key("VS")
PULSE, RESP, WEIGHT = (item_key(VS, i) for i in ("PULSE", "RESP", "WEIGHT"))
QUESTION = "Is the pulse really 76?"
TYPED = {"PERF": "1", "VSDAT": "2025-10-09", "TEMP": "36.5", "SYSBP": "118", "DIABP": "74"}


@pytest.fixture
def window(qtbot: QtBot, context: Context, twice: Clinic, tmp_path: Path) -> Iterator[Program]:
    made = Program(context, twice.study, home=tmp_path)
    qtbot.addWidget(made.shell)
    made.shell.resize(1366, 728)
    made.shell.show()
    qtbot.waitExposed(made.shell)
    made.path = twice.path
    yield made
    made._end()


def signed_in(qtbot: QtBot, window: Program, clinic: Clinic, user: str) -> Program:
    window._end()
    window._signed_in(clinic.open(user))
    settled(qtbot, window)
    return window


def places(window: Program) -> list[object]:
    assert window.desk is not None
    return [t.place for t in window.desk.census.tasks if t.kind == "second"]


def words_on(page: QWidget) -> str:
    labels = [w.text() for w in page.findChildren(QLabel) if w.isVisible()]
    return "\n".join([*labels, page.accessibleName()])


def here() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def keyed(qtbot: QtBot, page: FormPage, item: str, text: str) -> None:
    key = next(k for k in page.body.order if k.item == item)
    page.caret.focus(key)
    qtbot.wait(10)
    qtbot.keyClicks(here(), text)


def test_from_the_worklist_to_agreement(
    qtbot: QtBot, window: Program, twice: Clinic, tmp_path: Path
) -> None:
    with twice.open("cra") as session:
        Queries(session).open(str(PULSE), QUESTION)
    with twice.open("crc") as session:
        Notes(session).add(PULSE, "76 as read twice")
    signed_in(qtbot, window, twice, "crc")
    assert places(window) == []  # who keyed it first is not asked to key it again
    signed_in(qtbot, window, twice, "crc2")
    assert SecondPlace(VS, Act.KEY) in places(window)
    desk = window.desk
    assert desk is not None
    desk.go(SecondPlace(VS, Act.KEY))
    qtbot.wait(50)
    page = window.shell.page
    assert isinstance(page, FormPage)
    assert BLIND.say(Language.ZH) in words_on(page)
    assert not page.head.history.isVisible()
    for item, text in TYPED.items():
        keyed(qtbot, page, item, text)
    assert QUESTION not in words_on(page)  # it speaks of the first value
    press(qtbot, Qt.Key.Key_F8)  # no history either
    popup = QApplication.activePopupWidget()
    assert popup is None or "76" not in words_on(popup)
    if popup is not None:
        popup.close()
    press(qtbot, Qt.Key.Key_F5)
    assert page.noting.line.isHidden()
    keyed(qtbot, page, "PULSE", "99")
    window.shell.back()
    desk.go(SecondPlace(VS, Act.KEY))
    qtbot.wait(50)
    page = window.shell.page
    assert isinstance(page, FormPage)
    assert page.entry.field(PULSE).text == "99"  # the draft came back
    for item, text in {"RESP": "17", "HEIGHT": "160.0"}.items():
        keyed(qtbot, page, item, text)
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    view = window.shell.page
    assert isinstance(view, ComparePage)
    qtbot.wait(50)
    assert [x.key for x in view.settling.lines()] == [PULSE, RESP, WEIGHT]
    press(qtbot, Qt.Key.Key_3)
    qtbot.keyClicks(here(), "8x")
    press(qtbot, Qt.Key.Key_Return)
    assert view.settling.line(PULSE).error is not None
    assert view.list.current is not None
    assert view.list.current.key == PULSE
    press(qtbot, Qt.Key.Key_3)
    qtbot.keyClicks(here(), "86")
    press(qtbot, Qt.Key.Key_Return)
    press(qtbot, Qt.Key.Key_2)
    press(qtbot, Qt.Key.Key_1)
    assert [x.choice for x in view.settling.lines()] == [
        Choice.OTHER,
        Choice.SECOND,
        Choice.FIRST,
    ]
    press(qtbot, Qt.Key.Key_2)  # one digit too many is a choice, no reason
    press(qtbot, Qt.Key.Key_1)
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    assert here() is view.reason_line.line
    qtbot.keyClicks(here(), "1")
    press(qtbot, Qt.Key.Key_Return)
    assert view.settling.entry.state is State.AGREED
    assert not view.foot.finish.isVisible()
    settled(qtbot, window)
    assert not any(isinstance(p, SecondPlace) and p.form == VS for p in places(window))
    values = Casebook(desk.session).chart(SUBJECT).recorded[VS].items
    assert [a.text if (a := values[k].answer) else None for k in (PULSE, RESP, WEIGHT)] == [
        "86",
        "17",
        "58.5",
    ]


def test_who_keyed_first_looks_but_does_not_choose(
    qtbot: QtBot, window: Program, twice: Clinic
) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
    signed_in(qtbot, window, twice, "crc")
    desk = window.desk
    assert desk is not None
    page = desk.open_form(VS)
    assert page is not None
    qtbot.wait(50)
    assert STATE_WORDS[State.OPEN].say(Language.ZH) in words_on(page)
    press(qtbot, Qt.Key.Key_F10)
    view = window.shell.page
    assert isinstance(view, ComparePage)
    qtbot.wait(50)
    press(qtbot, Qt.Key.Key_1)
    assert view.settling.chosen == ()
    assert not view.foot.finish.isVisible()
    press(qtbot, Qt.Key.Key_A)
    assert len(view.list.rows.rows) == 8
    press(qtbot, Qt.Key.Key_Escape)
    assert window.shell.page is page


def test_the_paper_may_give_a_missing_reason(qtbot: QtBot, context: Context, twice: Clinic) -> None:
    prt = form_key("PRT")
    with twice.open("crc2") as session:
        key_again(session, prt, {("PRTD", 4, "DRUG"): ""})
        view = ComparePage(context, Settling(session, prt))
        qtbot.addWidget(view)
        view.show()
        view.list.setFocus()
        qtbot.keyClick(view, Qt.Key.Key_F2)
        popup = QApplication.activePopupWidget()
        assert popup is not None
        qtbot.keyClicks(popup.focusProxy() or popup, "1")
        qtbot.wait(30)
        (line,) = view.settling.chosen
        assert line.choice is Choice.OTHER
        assert line.answer is not None
        assert line.answer.missing is not None


@pytest.mark.parametrize("oid", ["VS", "DM"])  # one that repeats in its visit, one that does not
def test_enter_in_the_grid_opens_the_blind_page_first(
    qtbot: QtBot, window: Program, twice: Clinic, oid: str
) -> None:
    for user, blind in (("crc2", True), ("crc", False), ("cra", False)):
        signed_in(qtbot, window, twice, user)
        assert window.desk is not None
        window.desk.open_subject(SUBJECT)
        subject = window.shell.page
        assert isinstance(subject, SubjectPage)
        qtbot.waitUntil(subject.grid.hasFocus)
        subject.grid.mark(form_key(oid).event, oid)
        press(qtbot, Qt.Key.Key_Return)
        if oid == "VS":
            press(qtbot, Qt.Key.Key_Return)  # the record of the list
        page = window.shell.page
        assert isinstance(page, FormPage)
        assert (BLIND.say(Language.ZH) in words_on(page)) is blind, user
