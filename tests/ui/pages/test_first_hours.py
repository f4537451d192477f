"""What somebody new runs into: help on the page, the finder without the number, badges, users."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.texts import Language
from tests.ui.pages.kit import SignIn, press, settled
from tests.ui.pages.test_users import at_users
from ui.form.page import FormPage
from ui.pages.admin import AdminPage
from ui.pages.admin_recipient import NAME as RECIPIENT
from ui.pages.coming import RECEIVE
from ui.pages.help import KEYS, HelpPage
from ui.pages.help import page as page_of_help
from ui.pages.parted import PartedPage
from ui.pages.topics import PARAGRAPHS
from ui.searching import _numbered


def test_f1_opens_the_topic_of_the_page_and_k_shows_the_keys(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.shell.go("queries")
    qtbot.wait(40)
    press(qtbot, Qt.Key.Key_F1)
    page = program.shell.page
    assert isinstance(page, HelpPage)
    assert page.chips.key == "queries"
    qtbot.wait(40)
    press(qtbot, Qt.Key.Key_K)
    assert page.chips.key == KEYS


@pytest.mark.parametrize("language", list(Language))
def test_every_part_has_its_paragraph_of_the_help(language: Language) -> None:
    for topic, begins in PARAGRAPHS.values():
        plain = page_of_help(topic, language).replace("**", "")
        lines = (re.sub(r"^\d+\. ", "", line) for line in plain.splitlines())
        assert any(line.startswith(begins.say(language)) for line in lines), begins.en


def test_f1_on_a_part_opens_its_paragraph_and_esc_leaves(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    admin = program.shell.go("admin")
    assert isinstance(admin, AdminPage)
    assert admin.parts.keys() <= PARAGRAPHS.keys()
    admin.show_part("recipient")
    settled(qtbot, program)
    press(qtbot, Qt.Key.Key_F1)
    page = program.shell.page
    assert isinstance(page, HelpPage)
    assert page.chips.key == "transfer"
    qtbot.waitUntil(lambda: page.text.textCursor().block().text().startswith("数据接收方。"))
    assert page.text.verticalScrollBar().value() > 0
    qtbot.waitUntil(page.text.hasFocus)
    press(qtbot, Qt.Key.Key_Escape)
    assert program.shell.page is admin


def test_the_search_finds_where_data_go_and_where_replies_come(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    sections = program.sections
    assert sections is not None
    for typed, name in (
        ("接收", RECEIVE), ("回执", RECEIVE), ("接收", RECIPIENT), ("Recipients", RECIPIENT),
    ):  # fmt: skip
        assert name in [found.text for found in sections._parts(typed)], typed
    next(f for f in sections._parts("回执") if f.text is RECEIVE).act()
    page = program.shell.page
    assert isinstance(page, PartedPage)
    assert page.chips.key == "come"


def test_the_finder_takes_the_subject_in_front_for_granted(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    assert program.sections is not None
    program.desk.open_form(FormKey(EventKey("01-002", "M12"), "SV"))
    qtbot.wait(40)
    census, near = program.desk.census, program.sections.searching.near
    qtbot.waitUntil(lambda: bool(census.lines) and not census.counting, timeout=20_000)
    first = near("scr lab")[0]
    assert first.text.en.startswith("01-002")
    assert first.detail == "LAB"
    next(f for f in near("01-002 ae") if f.detail == "AE").act()
    page = program.shell.page
    assert isinstance(page, FormPage)
    assert (page.entry.key.event.subject, page.entry.key.form) == ("01-002", "AE")


def test_a_number_may_lack_its_zeros() -> None:
    assert [_numbered(w) for w in ("7-1", "07-1", "7-001", "07-001", "M03", "2026-03")] == [
        *("07-001", "07-001", "07-001", "07-001", "M03", "2026-03"),
    ]


def test_after_adding_a_user_the_caret_is_in_the_name(qtbot: QtBot, sign_in: SignIn) -> None:
    """Tab goes as the fields stand: name, full name, role, password."""
    program = sign_in("admin")
    part = at_users(qtbot, program)
    part.name.line.setFocus()
    for field in (part.full_name.line, part.role, part.password.line):
        press(qtbot, Qt.Key.Key_Tab)
        assert field.hasFocus()
    part.choose_role("monitor")
    part.name.line.setText("synthetic9")
    part.password.line.setText("synthetic words 99")
    part.submit()
    qtbot.waitUntil(lambda: part.name.line.hasFocus() and not part.name.line.text(), timeout=20000)
