"""The search of the window: data a moment later, people only when asked, names only when shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.study.address import parse_address
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import PermissionDenied
from tests.ui.pages.kit import SignIn, press
from ui.app import Program
from ui.finder import Found
from ui.form.page import FormPage
from ui.pages.subject import SubjectPage
from ui.searching import PERSON, VALUE

NAME = "测试乙"
"""The name of synthetic subject 01-002."""


def typed(qtbot: QtBot, program: Program, words: str) -> tuple[Found, ...]:
    """Search by keyboard and wait for the data."""
    finder = program.shell.finder
    finder.summon()
    finder.setText(words)
    finder._search(words)
    assert finder._list._busy
    qtbot.waitUntil(lambda: not finder._list._busy, timeout=20_000)
    return finder._list._found


def looks(program: Program) -> int:
    assert program.session is not None
    with program.session.reading() as conn:
        records = store.records(conn, program.session.folder.chain)
        return sum(r.kind is Kind.IDENTITY_LOOKED for r in records if r.opening)


def mark(qtbot: QtBot, program: Program, wanted: Found) -> None:
    found = program.shell.finder._list._found
    for _ in range(found.index(wanted)):
        qtbot.keyClick(program.shell.finder, Qt.Key.Key_Down)


def people(qtbot: QtBot, program: Program, name: str) -> tuple[Found, ...]:
    """Choose the line that looks for a person."""
    found = typed(qtbot, program, name)
    mark(qtbot, program, next(f for f in found if f.stays))
    qtbot.keyClick(program.shell.finder, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not program.shell.finder._list._busy, timeout=20_000)
    return program.shell.finder._list._found


def test_a_value_is_found_and_enter_puts_the_caret_there(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    found = typed(qtbot, program, "m06 ca15-3 12.1")
    hit = next(f for f in found if f.kind == VALUE)
    assert hit.text.zh.startswith("01-002 · M06 · ")
    assert "12.1 U/mL" in hit.text.zh
    mark(qtbot, program, hit)
    assert "12.1" in program.shell.finder.accessibleDescription()
    qtbot.keyClick(program.shell.finder, Qt.Key.Key_Return)
    page = program.shell.page
    assert isinstance(page, FormPage)
    assert page.entry.caret == parse_address("01-002/M06#1/TM#1/B#1/CA153VAL")


def test_what_an_earlier_search_still_tells_comes_too_late(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    finder = program.shell.finder
    sections = program.sections
    assert sections is not None
    search = sections.searching
    hits = typed(qtbot, program, "m06 ca15-3 12.1")
    assert hits
    earlier = search._mark
    finder._search("m06 ca15-3 12.1")  # the same words anew: another search
    assert search._mark is not earlier
    said: list[Text] = []
    search.desk.say = said.append  # type: ignore[method-assign]
    search._take(earlier, "m06 ca15-3 12.1", ())
    search._refused(earlier, PermissionDenied("subject.see"))
    search._progressed(earlier, 1, 2)
    assert finder._list._busy
    assert said == []
    qtbot.waitUntil(lambda: not finder._list._busy, timeout=20_000)
    last = search._mark
    search.close()
    search._refused(last, PermissionDenied("subject.see"))
    assert said == []
    assert search.near not in finder._sources
    finder.asked.connect(search._asked)  # as it was, for who closes the session


def test_a_person_is_found_by_number_only_and_without_a_record(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    before = looks(program)
    (person,) = people(qtbot, program, NAME)
    assert person.kind == PERSON
    assert NAME not in person.text.zh
    assert "01-002" in person.text.zh
    assert looks(program) == before
    qtbot.keyClick(program.shell.finder, Qt.Key.Key_Return)
    page = program.shell.page
    assert isinstance(page, SubjectPage)
    assert page.subject == "01-002"
    assert looks(program) == before


def test_a_name_is_shown_by_one_key_and_recorded(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    before = looks(program)
    people(qtbot, program, NAME)
    finder = program.shell.finder
    qtbot.keyClick(finder, Qt.Key.Key_F2)
    assert finder._list._found[0].text.zh == f"01-002 · {NAME}"
    assert looks(program) == before + 1
    qtbot.keyClick(finder, Qt.Key.Key_F2)  # it stands there already
    assert looks(program) == before + 1
    press(qtbot, Qt.Key.Key_Escape)
    assert not finder._list._found
    assert NAME not in finder.accessibleDescription() + finder.text()


def test_a_monitor_is_offered_no_search_for_people(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    found = typed(qtbot, program, NAME)
    assert not [f for f in found if f.stays or f.kind == PERSON]


def test_what_was_typed_is_gone_with_the_user(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    typed(qtbot, program, NAME)
    program.switch_user()
    assert program.shell.finder.text() == ""
    assert not program.shell.finder._list._found
    assert QApplication.focusWidget() is not program.shell.finder


def test_nobody_fitting_is_said(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert people(qtbot, program, "nobody at all") == ()
    assert "nobody at all" in program.shell.finder._list._empty.zh


def offered(program: Program, words: str) -> list[str]:
    """What stands there at once, in English, best first."""
    finder = program.shell.finder
    return [f.text.en for source in finder._sources for f in source(words)]


def test_parts_and_sections_are_found_by_what_people_call_them(sign_in: SignIn) -> None:
    program = sign_in("crc")
    for words, part in {"入组": "Subjects", "副本": "Requests", "丢失": "Incidents"}.items():
        assert part in offered(program, words)


def test_a_form_is_found_by_what_it_asks_after_those_that_are_named(sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    assert program.sections is not None
    program.desk.open_subject("01-002")
    assert "PS" in "".join(f.detail for f in program.sections.searching.near("ecog"))
    withdrawn = program.sections.searching.near("撤回知情同意")
    assert next(f.detail for f in withdrawn if not f.stays) == "EOS"
    first = program.sections.searching.near("tc")[0]
    assert first.detail == "TC"
    assert not any("English" in words for words in offered(program, "tc"))
