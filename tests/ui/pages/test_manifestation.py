"""What 11.50 asks, on the screen: printed name, time with its zone, meaning (R-SIG-01)."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.signing import MEANINGS, show, sign_form
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from mrd_desktop.vault import users
from tests.ui.pages.kit import SignIn, focus, line, opened, press, secret
from tests.ui.pages.look.glance import check
from tests.ui.pages.test_review import to_sign_page
from tests.ui.pages.test_users import at_users
from ui.pages.to_sign import ToSignPage

PS = FormKey(EventKey("01-001", "SCR"), "PS")
ECOG = ItemKey(RowKey(PS, "A"), "ECOG")
NAME = "测试研究者甲"


def prepared(place: Path, *, changed: bool) -> None:
    site = place / "site"
    with opened(site, "admin") as session:
        users.name_user(session, "pi", NAME, "synthetic: as on the delegation log")
    with opened(site, "pi") as session:
        sign_form(session, show(session, PS, Language.ZH), secret("pi"), language=Language.ZH)
    if changed:
        with opened(site, "crc") as session:
            entry = Casebook(session).open(PS)
            entry.type(ECOG, "2" if entry.field(ECOG).text != "2" else "1")
            entry.save(complete=True, reason=ChangeReason("TYPO"))


def test_a_signed_form_says_who_signed_when_and_what(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    prepared(place, changed=False)
    program = sign_in("crc")
    assert program.desk is not None
    page = program.desk.open_form(PS)
    assert page is not None
    assert page.view.signature.isVisible()
    said = page.view.signature.text()
    offset = program.desk.session.clock.zone.offset
    for what in (f"{NAME} (pi)", "研究者", offset, MEANINGS["review"].zh):
        assert what in said
    check(qtbot, program, "signed form")
    program.context.speech.choose(Language.EN)
    for what in (f"{NAME} (pi)", "Investigator", offset, MEANINGS["review"].en):
        assert what in page.view.signature.text()


def test_a_superseded_signature_says_by_whom_and_the_list_who_signed(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    prepared(place, changed=True)
    program = sign_in("pi")
    assert program.desk is not None
    page = to_sign_page(qtbot, program)
    assert isinstance(page, ToSignPage)
    assert page.list.current is not None
    assert page.list.current.shown.key == PS
    assert f"{NAME} (pi)" in page.detail.about.text()
    assert f"{NAME} (pi)" in page.signing.password._below.text(), "as whom one signs, before"
    assert program.desk.session.clock.zone.offset in page.signing.password._below.text()
    opened_form = program.desk.open_form(PS)
    assert opened_form is not None
    said = opened_form.view.signature.text()
    for what in (f"{NAME} (pi)", "已失效", "crc", MEANINGS["review"].zh):
        assert what in said
    check(qtbot, program, "superseded form")


def test_a_form_that_was_never_signed_says_nothing(sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    page = program.desk.open_form(PS)
    assert page is not None
    assert not page.view.signature.isVisible()


def test_a_name_is_given_with_the_account_or_later(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    part = at_users(qtbot, program)
    session = program.session
    assert session is not None
    part.name.line.setText("aud")
    part.full_name.line.setText("X")
    part.choose_role("auditor")
    part.password.line.setText("synthetic aud")
    part.submit()
    qtbot.waitUntil(lambda: "80" in part.full_name._below.text(), timeout=20_000)
    part.full_name.line.setText("测试稽查员")
    part.submit()
    qtbot.waitUntil(lambda: len(part.list.rows.rows) == 5, timeout=20_000)
    assert users.list_users(session)[-1].full_name == "测试稽查员"
    check(qtbot, program, "users with names")
    while part.list.current is None or part.list.current.user != "pi":
        part.list.setFocus()
        press(qtbot, Qt.Key.Key_Down)
    part.call.click()
    assert focus() is part.words_line.line
    part.words_line.line.setText(NAME)
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is part.words_line.line, "and why"
    line(qtbot, "synthetic: as on the delegation log")
    qtbot.waitUntil(
        lambda: {a.user: a.full_name for a in users.list_users(session)}["pi"] == NAME,
        timeout=20_000,
    )
