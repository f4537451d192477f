from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.places import place_words
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import EventKey, FormKey, parse_address
from mrd_desktop.texts import Text
from tests.ui.pages.kit import SignIn, press, settled
from ui.app import Program
from ui.form_page import FormPage
from ui.pages.queries import QueriesPage

WHERE = FormKey(EventKey("01-002", "M03"), "MRD")


def asked(qtbot: QtBot, sign_in: SignIn) -> None:
    """A monitor asks about one form."""
    program = sign_in("cra")
    assert program.session is not None
    Queries(program.session).open(str(WHERE), "Please check")


def at_queries(qtbot: QtBot, program: Program) -> QueriesPage:
    page = program.shell.go("queries")
    assert isinstance(page, QueriesPage)
    page.search.setText("01-002")
    page.enter()
    settled(qtbot, program)
    return page


def states(program: Program) -> list[str]:
    assert program.desk is not None
    return [q.state for q in program.desk.queries.all() if q.address == str(WHERE)]


def test_a_query_is_answered_in_place(qtbot: QtBot, sign_in: SignIn) -> None:
    asked(qtbot, sign_in)
    program = sign_in("crc")
    page = at_queries(qtbot, program)
    press(qtbot, Qt.Key.Key_A)
    press(qtbot, Qt.Key.Key_Return)  # without words nothing is answered
    assert states(program) == ["open"]
    qtbot.keyClicks(page.words_line.line, "It is right")
    press(qtbot, Qt.Key.Key_Return)
    assert states(program) == ["answered"]
    press(qtbot, Qt.Key.Key_C)  # closing is the monitor's
    assert states(program) == ["answered"]


def test_the_monitor_closes_and_reopens(qtbot: QtBot, sign_in: SignIn) -> None:
    asked(qtbot, sign_in)
    program = sign_in("cra")
    page = at_queries(qtbot, program)
    press(qtbot, Qt.Key.Key_A)  # answering is the site's
    assert page.words_line.isHidden()
    press(qtbot, Qt.Key.Key_C)
    assert states(program) == ["closed"]
    page.chips.choose("closed")
    page.list.setFocus()
    press(qtbot, Qt.Key.Key_R)
    qtbot.keyClicks(page.words_line.line, "Not yet")
    press(qtbot, Qt.Key.Key_Return)
    assert states(program) == ["open"]


def test_enter_goes_to_what_the_query_is_about(qtbot: QtBot, sign_in: SignIn) -> None:
    asked(qtbot, sign_in)
    program = sign_in("crc")
    at_queries(qtbot, program)
    press(qtbot, Qt.Key.Key_Return)
    page = program.shell.page
    assert isinstance(page, FormPage)
    assert page.entry.key == WHERE


def test_places_are_said_in_words(sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None

    def said(address: str) -> Text:
        return place_words(study, parse_address(address))

    study = program.desk.study
    assert said("01-002/UNS#2/MRD#1/A#1/SAMPDAT").zh == "UNS 2 · ctDNA-MRD检测 · 采样日期"
    # an item and a form of an earlier definition
    assert said("01-002/UNS#2/MRD#1/A#1/GONE").en.endswith(" · GONE")
    assert said("01-002/UNS#2/OLD#1").en == "UNS 2 · OLD"
    assert said("01-002").en == ""
