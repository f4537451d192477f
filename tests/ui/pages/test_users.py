from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from mrd_desktop.known_issues import known_issues
from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import folder, users
from mrd_desktop.vault.errors import WrongPassword
from mrd_desktop.vault.session import FRESH_MINUTES
from tests.ui.pages.kit import SignIn, focus, line, opened, press, secret
from tests.ui.pages.look.glance import check
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_password import PasswordPart
from ui.pages.admin_users import UsersPart
from ui.pages.admin_vault import VaultPart
from ui.pages.today import TodayPage
from ui.widgets.note import Note


def at_users(qtbot: QtBot, program: Program) -> UsersPart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("users")
    assert isinstance(part, UsersPart)
    qtbot.wait(30)
    return part


def test_a_user_is_added_with_a_role(qtbot: QtBot, sign_in: SignIn, place: Path) -> None:
    program = sign_in("admin")
    part = at_users(qtbot, program)
    part.name.line.setFocus()
    qtbot.keyClicks(part.name.line, "aud")
    press(qtbot, Qt.Key.Key_Return)  # the role is asked for first
    qtbot.keyClicks(focus(), "5")
    for secret_line in (part.password.line, part.fresh.line):
        assert secret_line.echoMode() is QLineEdit.EchoMode.Password
    part.password.line.setFocus()
    qtbot.keyClicks(part.password.line, "short")
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "至少需要" in part.password._below.text(), timeout=20_000)
    part.password.line.setText("synthetic aud")
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(part.list.rows.rows) == 5, timeout=20_000)
    program._end()
    with opened(place / "site", "aud") as session:
        assert session.role == "auditor"


def test_what_was_typed_long_ago_opens_no_account(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    """Somebody at an open seat adds no user: the password is asked above the status line."""
    program = sign_in("admin")
    part = at_users(qtbot, program)
    session, shell = program.session, program.shell
    assert session is not None
    session._proved -= FRESH_MINUTES * 60 + 1
    part.name.line.setText("aud")
    part.choose_role("auditor")
    part.password.line.setText("synthetic aud")
    part.submit()
    assert focus() is shell.proof.line
    check(qtbot, program, "proof")
    press(qtbot, Qt.Key.Key_Escape)
    assert not shell.proof.isVisible()
    part.submit()
    press(qtbot, Qt.Key.Key_Return)
    assert shell.proof.isVisible()
    line(qtbot, "not the password")
    qtbot.waitUntil(lambda: "不正确" in shell.proof.note.text(), timeout=20_000)
    assert not shell.proof.line.text()
    assert len(users.list_users(session)) == 4
    line(qtbot, secret("admin"))
    qtbot.waitUntil(lambda: len(part.list.rows.rows) == 5, timeout=20_000)
    assert not shell.proof.isVisible()
    part.list.selectRow(1)
    part.ends.click()  # asked once for what is done in one go
    line(qtbot, "")
    qtbot.wait(50)
    assert not shell.proof.isVisible()
    session._proved -= FRESH_MINUTES * 60 + 1
    part.name.line.setText("aud3")
    part.choose_role("auditor")
    part.password.line.setText("synthetic aud3")
    part.submit()
    assert shell.proof.isVisible()
    program.lock()
    assert not shell.proof.isVisible()
    assert not shell.proof.line.text()


def test_a_reset_asks_for_the_new_password_in_its_own_line(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    program = sign_in("admin")
    part = at_users(qtbot, program)
    while part.list.current is None or part.list.current.user != "crc":
        press(qtbot, Qt.Key.Key_Down)
    part.password.line.setText("synthetic new user")
    part.reset.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: focus() is part.fresh.line)
    check(qtbot, program, "reset")
    press(qtbot, Qt.Key.Key_Return)
    assert "初始密码" in part.fresh.note.text()
    line(qtbot, "short")
    qtbot.waitUntil(lambda: "至少需要" in part.fresh.note.text(), timeout=20_000)
    line(qtbot, "synthetic reset")
    qtbot.waitUntil(lambda: not part.fresh.isVisible(), timeout=20_000)
    assert part.password.text == "synthetic new user"
    program._end()
    with pytest.raises(WrongPassword):
        opened(place / "site", "crc")
    with folder.open_folder(
        place / "site", "crc", "synthetic reset", study=load_study(), fold=projection.fold
    ) as session:
        assert session.role == "coordinator"


def test_a_name_in_use_is_told_beside_the_name(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    part = at_users(qtbot, program)
    part.name.line.setText("CRC")
    part.choose_role("monitor")
    part.password.line.setText("synthetic other")
    part.submit()
    qtbot.waitUntil(lambda: "曾被使用" in part.name._below.text(), timeout=20_000)


def test_closing_needs_a_reason_and_one_cannot_close_oneself(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    part = at_users(qtbot, program)
    assert not part.shut.isEnabled()  # the first row is the administrator
    part.list.selectRow(1)
    assert part.shut.isEnabled()
    part.shut.click()
    press(qtbot, Qt.Key.Key_Return)
    assert program.session is not None
    assert not users.list_users(program.session)[1].closed
    named = "left, call 13812345678"  # by which a patient is told; it is asked for again
    qtbot.keyClicks(part.words_line.line, named)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(part.words_line.line.hasFocus, timeout=20_000)
    assert part.words_line.words() == named
    part.words_line.line.clear()
    qtbot.keyClicks(part.words_line.line, "left the clinic")
    press(qtbot, Qt.Key.Key_Return)
    session = program.session
    qtbot.waitUntil(lambda: users.list_users(session)[1].closed, timeout=20_000)


def test_one_changes_ones_own_password(qtbot: QtBot, sign_in: SignIn, place: Path) -> None:
    program = sign_in("cra")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("password")
    assert isinstance(part, PasswordPart)
    qtbot.wait(30)
    line(qtbot, "not mine")
    line(qtbot, "another synthetic")
    line(qtbot, "another synthetic")
    qtbot.waitUntil(lambda: "不正确" in part.old._below.text(), timeout=20_000)
    assert part.old.text == ""
    assert part.old.line.hasFocus()
    qtbot.keyClicks(part.old.line, secret("cra"))
    part.submit()
    qtbot.waitUntil(lambda: part.old.text == "", timeout=20_000)
    program._end()
    with pytest.raises(WrongPassword):
        opened(place / "site", "cra")


def test_the_key_to_identities_is_given_by_one_who_holds_it(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    sign_in("pi")  # on a training site a sign-in is enough to hold the key
    program = sign_in("crc")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("vault")
    assert isinstance(part, VaultPart)
    assert program.session is not None
    waiting = {a.user for a in users.waiting_for_vault(program.session)}
    assert {a.user for a in part.list.rows.rows} == waiting  # type: ignore[union-attr]
    if waiting:
        part.give()
        session = program.session
        qtbot.waitUntil(
            lambda: len(users.waiting_for_vault(session)) == len(waiting) - 1, timeout=20_000
        )


def test_who_manages_begins_where_that_is_done(sign_in: SignIn) -> None:
    program = sign_in("admin")
    assert isinstance(program.shell.page, AdminPage)
    assert program.shell.navigation._entries["admin"].isChecked()
    assert isinstance(sign_in("cra").shell.page, TodayPage)


def test_known_issues_are_shown_with_their_risk(sign_in: SignIn) -> None:
    page = sign_in("crc").shell.go("admin")
    assert isinstance(page, AdminPage)
    shown = " ".join(note.text() for note in page.show_part("about").findChildren(Note))
    for issue in known_issues():
        assert issue.oid in shown
        assert issue.risk.zh in shown
        assert issue.workaround.zh in shown
