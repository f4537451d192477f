"""Two people take content out, and destroy a link, by keys alone; others are not shown the way."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.redaction import has_link
from mrd_desktop.record.requests import Requests
from mrd_desktop.record.standin import MARK
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from tests.ui.pages.kit import SignIn, focus, line, opened, press, secret, settled
from ui.app import Program
from ui.form.page import FormPage
from ui.pages.admin import AdminPage
from ui.pages.admin_incidents import IncidentsPart
from ui.pages.admin_requests import RequestsPart
from ui.pages.erase import LinkPage, RedactPage

CONSENT = FormKey(EventKey("01-001", "SCR"), "IC")
IDENTITY = FormKey(EventKey("01-001", "SCR"), "ID")
VERSION = ItemKey(RowKey(CONSENT, "A"), "ICVER")
SLIP = "Synthia Name 4711"


def slip(site: Path) -> None:
    with opened(site, "crc") as crc:
        for words, reason in ((SLIP, ChangeReason("TYPO")), ("V1", ChangeReason("OTHER", SLIP))):
            entry = Casebook(crc).open(CONSENT)
            entry.type(VERSION, words)
            entry.save(complete=True, reason=reason)


def at_form(qtbot: QtBot, program: Program, key: FormKey, at: ItemKey | None = None) -> FormPage:
    assert program.desk is not None
    page = program.desk.open_form(key, at=at)
    assert page is not None
    qtbot.waitUntil(lambda: page.isAncestorOf(focus()))
    return page


def ctrl_f8(qtbot: QtBot) -> None:
    press(qtbot, Qt.Key.Key_F8, ctrl=True)


def test_content_is_taken_out_by_keys_alone(qtbot: QtBot, sign_in: SignIn, place: Path) -> None:
    slip(place / "site")
    program = sign_in("pi")
    at_form(qtbot, program, CONSENT, VERSION)
    ctrl_f8(qtbot)
    page = program.shell.page
    assert isinstance(page, RedactPage)
    qtbot.waitUntil(page.list.hasFocus)
    held = [page.list.rows.at(n) for n in range(page.list.rows.rowCount())]
    shown = [(c.words, c.waits is not None) for c in held if c is not None]
    assert shown == [(False, True), (True, False), (False, False), (False, False)]
    press(qtbot, Qt.Key.Key_Space)
    assert not page.marked, "the value in force waits"
    assert not page.people.button.isEnabled()
    assert page.list.currentIndex().row() == 0
    press(qtbot, Qt.Key.Key_Down)
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Space)
    assert len(page.marked) == 2
    assert page.list.currentIndex().row() == 3, "Space marks and goes on, as in every such list"
    page.people.own.line.setFocus()
    line(qtbot, secret("pi"))
    line(qtbot, "admin")
    line(qtbot, "another")
    qtbot.waitUntil(lambda: "不正确" in page.people.other._below.text(), timeout=20_000)
    assert page.people.own.text == page.people.other.text == ""
    page.people.own.line.setFocus()
    line(qtbot, secret("pi"))
    page.people.other.line.setFocus()
    line(qtbot, secret("admin"))
    qtbot.waitUntil(lambda: not page.marked, timeout=30_000)
    assert program.session is not None
    told = str(Casebook(program.session).history(VERSION))
    assert SLIP not in told
    press(qtbot, Qt.Key.Key_Escape)
    assert isinstance(program.shell.page, FormPage)


def test_a_link_is_destroyed_from_the_identity_form(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    program = sign_in("pi")
    assert program.session is not None
    at_form(qtbot, program, IDENTITY)
    ctrl_f8(qtbot)
    page = program.shell.page
    assert isinstance(page, LinkPage)
    qtbot.waitUntil(page.people.own.line.hasFocus)
    line(qtbot, secret("pi"))
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: "第二人" in page.people.second._below.text(), timeout=20_000)
    assert has_link(program.session, "01-001")
    for field, words in ((page.people.own, "pi"), (page.people.other, "admin")):
        field.line.setFocus()
        field.line.setText(secret(words))
    page.people.second.line.setText("admin")
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    qtbot.waitUntil(page.gone.isVisible, timeout=30_000)
    assert not has_link(program.session, "01-001")


def test_others_are_not_shown_the_way(qtbot: QtBot, sign_in: SignIn, place: Path) -> None:
    program = sign_in("crc")
    page = at_form(qtbot, program, CONSENT, VERSION)
    ctrl_f8(qtbot)
    assert program.shell.page is page
    assert "Ctrl+F8" not in page._offered


def test_words_of_a_request_and_an_incident_are_taken_out_by_keys_alone(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    with opened(place / "site", "crc") as crc:
        Requests(crc).receive("01-001", "deletion", crc.today(), f"{SLIP} asks")
        now = crc.clock.zone.local(crc.now()).strftime("%Y-%m-%d %H:%M")
        Incidents(crc).note("lost", now, "0", f"{SLIP} lost it")
    program = sign_in("pi")
    admin = program.shell.go("admin")
    assert isinstance(admin, AdminPage)
    for key in ("requests", "incidents"):
        part = admin.show_part(key)
        assert isinstance(part, RequestsPart | IncidentsPart)
        settled(qtbot, program)
        qtbot.waitUntil(part.list.hasFocus)
        ctrl_f8(qtbot)
        page = program.shell.page
        assert isinstance(page, RedactPage)
        qtbot.waitUntil(page.list.hasFocus)
        press(qtbot, Qt.Key.Key_Space)
        assert len(page.marked) == 1
        page.people.own.line.setFocus()
        line(qtbot, secret("pi"))
        line(qtbot, "admin")
        line(qtbot, secret("admin"))
        qtbot.waitUntil(lambda page=page: page.list.rows.rowCount() == 0, timeout=20_000)
        press(qtbot, Qt.Key.Key_Escape)
        assert program.shell.page is admin
    assert program.desk is not None
    session = program.desk.session
    assert [r.text for r in Requests(session).all()] == [MARK]
    assert [i.text for i in Incidents(session).all()] == [MARK]


def test_who_may_not_redact_finds_no_way_there_from_requests(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    admin = program.shell.go("admin")
    assert isinstance(admin, AdminPage)
    part = admin.show_part("requests")
    qtbot.waitUntil(lambda: part.isAncestorOf(focus()))
    ctrl_f8(qtbot)
    assert program.shell.page is admin
