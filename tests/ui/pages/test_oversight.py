"""Accounts reviewed, people trained at once, milestones, the recovery sheet: by keyboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.milestones import standings
from mrd_desktop.record.signing import saw, sign_forms
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault import account_review, new_sheet, training, users
from mrd_desktop.vault.readiness import WAY_OUT, Bar
from tests.confirmed import ALONE, confirmed
from tests.ui.pages.kit import SignIn, cover, focus, line, press, ready, secret, settled
from tests.ui.pages.test_live import enter_site
from tests.ui.pages.test_users import at_users
from tests.vault.live_kit import PASSWORD, make_live
from ui.app import Program
from ui.page import Page
from ui.pages.admin import AdminPage
from ui.pages.admin_accounts import AccountsPart
from ui.pages.admin_milestones import MilestonesPart
from ui.pages.admin_sheet import SheetPart
from ui.pages.new_site import SheetPage
from ui.pages.sign_in import LockPage


def part_of(qtbot: QtBot, program: Program, key: str) -> Page:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part(key)
    settled(qtbot, program)
    return part


def test_an_old_live_site_is_put_in_order_from_the_window(
    qtbot: QtBot, program: Program, tmp_path: Path
) -> None:
    live = make_live(tmp_path, load_study())
    with live.open("admin") as admin:
        users.grant_role(admin, "crc", "monitor")
        users.add_user(admin, "cra", "monitor")
        confirmed(admin, "crc")
    enter_site(qtbot, program, live, "admin")
    session = program.session
    assert session is not None
    part = at_users(qtbot, program)
    part.list.selectRow(2)
    assert part.about.text() == WAY_OUT[Bar.NO_KEY].zh
    part.list.selectRow(1)
    assert WAY_OUT[Bar.UNTRAINED].zh in part.about.text()
    assert not part.train_all.isVisible()  # one alone: his own button does it
    part._bars["cra"] = (Bar.UNTRAINED,)  # as if she had signed in
    part._offer()
    assert part.train_all.isVisible()
    part.train_all.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert (
        "cra, crc" in part.training._heading.text() or "crc, cra" in part.training._heading.text()
    )
    assert focus() is part.training.words.line
    line(qtbot, "synthetic course")
    line(qtbot, PASSWORD.format("admin"))
    qtbot.waitUntil(lambda: not part.training.isVisible(), timeout=20_000)
    assert not [a for a in users.list_users(session) if training.needs(session, a)]

    accounts = part_of(qtbot, program, "accounts")
    assert isinstance(accounts, AccountsPart)
    qtbot.waitUntil(lambda: len(accounts.list.rows.rows) == 3, timeout=20_000)
    assert "尚未复核" in accounts.state.text()
    alone = [n for n, row in enumerate(accounts.list.rows.rows) if row.alone]
    assert len(alone) == 1, "the first coordinator, whom nobody but the maker could look at"
    accounts.list.selectRow(alone[0])
    assert f"一人确认（例外：“{ALONE}”）" in accounts.about.text()
    accounts.answer.words.line.setFocus()
    line(qtbot, "synthetic words")
    assert focus() is accounts.answer.signing.password.line
    line(qtbot, PASSWORD.format("admin"))
    qtbot.waitUntil(lambda: "上次复核" in accounts.state.text(), timeout=20_000)
    assert account_review.standing(session).last is not None


def test_a_milestone_is_endorsed_once_all_forms_are_signed(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    session = program.session
    assert session is not None
    part = part_of(qtbot, program, "milestones")
    assert isinstance(part, MilestonesPart)
    qtbot.waitUntil(lambda: len(part.list.rows.rows) == 3, timeout=20_000)
    part.list.selectRow(1)  # the treatment choice
    assert "01-002" in part.about.text()
    part.signing.password.line.setFocus()
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: "待签名" in part.signing.password._below.text(), timeout=20_000)
    waiting = [w.shown for w in to_sign(session, Language.ZH)]
    for shown in waiting:
        saw(session, shown)
    sign_forms(session, waiting, secret("pi"), language=Language.ZH)
    assert part.signing.password.line.hasFocus()  # what was typed is still there
    press(qtbot, Qt.Key.Key_Return)  # what would be signed now was never shown
    qtbot.waitUntil(lambda: "重新查看" in part.signing.password._below.text(), timeout=20_000)
    qtbot.waitUntil(lambda: "张已签名表单" in part.about.text(), timeout=20_000)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: standings(session)[1].endorsed is not None, timeout=20_000)
    settled(qtbot, program)
    assert standings(session)[1].due is None


def test_a_sheet_is_checked_and_made_anew_and_shown_until_it_is_put_away(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("pi")
    session = program.session
    assert session is not None
    part = part_of(qtbot, program, "sheet")
    assert isinstance(part, SheetPart)
    ready(qtbot)
    assert focus() is part.halves[0].line
    line(qtbot, "aaaa")
    line(qtbot, "bbbb")
    qtbot.waitUntil(lambda: "每组 4 个字符" in part.halves[1]._below.text(), timeout=20_000)
    part.people.own.line.setFocus()
    for typed in (secret("pi"), "admin", secret("admin")):
        line(qtbot, typed)
    qtbot.waitUntil(lambda: isinstance(program.shell._cover, SheetPage), timeout=20_000)
    page = program.shell._cover
    assert isinstance(page, SheetPage)
    sheet = page.view.toPlainText()
    assert not new_sheet.standing(session).shown
    program.lock()  # nobody touched a key for long
    ready(qtbot)
    assert isinstance(cover(program), LockPage)
    assert not page.isVisible()
    line(qtbot, "pi")
    line(qtbot, secret("pi"))
    qtbot.waitUntil(lambda: cover(program) is page, timeout=20_000)
    assert page.isVisible()
    page.box.setChecked(True)
    page.next.click()
    settled(qtbot, program)
    assert new_sheet.standing(session).shown
    first, second = (x.split(":")[1] for x in sheet.splitlines() if x[:2] in ("A:", "B:"))
    for half, typed in zip(part.halves, (first, second), strict=True):
        half.line.setFocus()
        half.line.selectAll()
        line(qtbot, typed)
    qtbot.waitUntil(lambda: not part.halves[1].text, timeout=20_000)
    assert new_sheet.standing(session).days == 0
