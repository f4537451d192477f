from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.places import place_words
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.queries import Queries, QueryLine
from mrd_desktop.record.threads import Turn
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.texts import Text
from tests.ui.pages.kit import SignIn, opened, press, settled
from ui.app import Program
from ui.form.page import FormPage
from ui.pages.queries import QueriesPage
from ui.theme import Ink
from ui.widgets.listing import Heading

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


def test_the_thread_tells_answers_and_changes_in_between(qtbot: QtBot, sign_in: SignIn) -> None:
    value = "01-002/M06#1/TM#1/B#1/CA153VAL"
    program = sign_in("cra")
    assert program.session is not None
    Queries(program.session).open(value, "Please check")
    program = sign_in("crc")
    assert program.session is not None
    key = parse_address(value)
    assert isinstance(key, ItemKey)
    entry = Casebook(program.session).open(key.form)
    entry.type(key, "12.2")
    entry.save(complete=True, reason=ChangeReason("TYPO"))
    queries = Queries(program.session)
    (line,) = (q for q in queries.all(state="open") if q.address == value)
    queries.answer(line.query, "A typing error")
    program = sign_in("cra")
    assert program.session is not None
    Queries(program.session).reopen(line.query, "Still not right")
    page = at_queries(qtbot, program)
    page.chips.choose("reopened")
    assert [q.address for q in lines(page)] == [value]
    qtbot.waitUntil(lambda: len(page.turns.list.rows.rows) == 4, timeout=20_000)
    told = [page.turns._what(t).text for t in page.turns.list.rows.rows if isinstance(t, Turn)]
    assert [t.zh for t in told if isinstance(t, Text)] == [
        "提出：Please check",
        "数据更改：12.2 U/mL",
        "回复：A typing error",
        "重新打开：Still not right",
    ]


def lines(page: QueriesPage) -> list[QueryLine]:
    return [q for q in page.list.rows.rows if isinstance(q, QueryLine)]


def test_queries_are_filtered_by_source_and_counted_on_each_level(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    asked(qtbot, sign_in)
    program = sign_in("crc")
    page = at_queries(qtbot, program)
    page.search.clear()
    page.enter()
    press(qtbot, Qt.Key.Key_S)  # edit checks
    assert all(q.source == "check" for q in lines(page))
    press(qtbot, Qt.Key.Key_S)  # monitor
    assert [q.address for q in lines(page)] == [str(WHERE)]
    for level, name in (("subject", "01-002"), ("visit", "第3个月"), ("form", "ctDNA-MRD检测")):
        press(qtbot, Qt.Key.Key_O)
        assert page._order == level
        heads = [h.text.zh for h in page.list.rows.rows if isinstance(h, Heading)]
        assert heads == [f"{name} · 1"]


def test_queries_are_filtered_by_age(qtbot: QtBot, sign_in: SignIn) -> None:
    asked(qtbot, sign_in)
    program = sign_in("crc")
    assert program.session is not None
    page = at_queries(qtbot, program)
    old = [replace(q, opened_at="2026-08-01T00:00:00.000Z") for q in page._lines[:1]]
    page._lines = (*old, *page._lines[1:])
    page.search.clear()
    page.ages.choose("30")
    assert [q.query for q in lines(page)] == [q.query for q in old]
    assert page._days(old[0]).ink is Ink.HARD


def test_a_query_of_a_check_leads_to_the_other_value_it_read(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    late = FormKey(EventKey("01-001", "UNS", 9), "VS")
    at = ItemKey(RowKey(late, "A"), "WEIGHT")
    with opened(place / "site", "crc") as session:
        entry = Casebook(session).open(late)
        for item, text in (("PERF", "Y"), ("VSDAT", "2026-10-08"), ("WEIGHT", "99.0")):
            entry.type(at._replace(item=item), text)
        entry.save(complete=False)
        found = [f for f in entry.field(at).findings if f.check.id == "EC-121"]
        beyond = [p.key for f in found for p in entry.elsewhere(f)]
    assert beyond
    program = sign_in("crc")
    page = program.shell.go("queries")
    assert isinstance(page, QueriesPage)
    page.search.setText("01-001")
    page.enter()
    settled(qtbot, program)
    page.list.setFocus()
    while page.list.current is None or page.list.current.check != "EC-121":
        press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_G, ctrl=True)
    if len(set(beyond)) > 1:
        press(qtbot, Qt.Key.Key_Return)
    form = program.shell.page
    assert isinstance(form, FormPage)
    assert form.entry.caret == beyond[0]


def test_a_question_read_from_one_value_leads_nowhere_else(qtbot: QtBot, sign_in: SignIn) -> None:
    asked(qtbot, sign_in)
    program = sign_in("crc")
    page = at_queries(qtbot, program)
    page.list.setFocus()
    with qtbot.waitSignal(page.said) as said:
        press(qtbot, Qt.Key.Key_G, ctrl=True)
    assert said.args is not None
    assert said.args[0].zh == "此质疑不涉及其他数据。"


def test_a_check_that_fires_no_more_and_one_of_a_visit_are_told_as_they_are(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    asked(qtbot, sign_in)
    program = sign_in("crc")
    assert program.desk is not None
    page = at_queries(qtbot, program)
    line = page.list.current
    assert line is not None
    visit = EventKey("01-002", "M03")
    lines = {
        "该核查目前不再提示。": replace(line, check="EC-119"),
        "此质疑针对该访视本身，按 Enter 前往。": replace(line, check=None, address=str(visit)),
    }
    for words, row in lines.items():
        page.list.show_rows([row], lambda q: q.query)
        page.list.selectRow(0)
        with qtbot.waitSignal(page.said) as said:
            page.jump_beyond()
        assert said.args is not None
        assert said.args[0].zh == words
