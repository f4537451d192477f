"""A computer or all passwords are lost: back to the data from the first page, by keys alone."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.export import export
from mrd_desktop.vault import backup, folder, users
from mrd_desktop.vault.manifest import read_manifest
from mrd_desktop.vault.session import Session
from tests.ui.pages.kit import cover, focus, line, opened, press, ready, secret, settled, tab_to
from tests.ui.pages.look.glance import check
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_clock import ClockPart
from ui.pages.all_lost import AllLostPage, Recovery, WhatFollowsPage
from ui.pages.restoring import RestoredPage, RestorePage
from ui.pages.sign_in import SignInPage
from ui.pages.start import StartPage

Key = Qt.Key


@pytest.fixture
def sheet(tmp_path: Path) -> tuple[Path, str]:
    """A site with its recovery sheet."""
    path = tmp_path / "lost" / "site"
    made = folder.create_site(
        path, site="01", name="Synthetic", training=True, admin="admin", password=secret("admin"),
        study=load_study(), fold=projection.fold,
    )  # fmt: skip
    with opened(path, "admin") as session:
        users.add_user(session, "crc", "coordinator", password=secret("crc"))
    opened(path, "crc").close()
    return path, made.recovery_sheet


def halves(sheet: str) -> tuple[str, str]:
    first, second = (x for x in sheet.splitlines() if x.startswith(("A: ", "B: ")))
    return first[3:], second[3:]


def of_kind(session: Session, kind: Kind) -> list[dict[str, object]]:
    with session.reading() as conn:
        log = lineage.of_kind(conn, session.folder.chain, kind)
        return [dict(record.body) for record in log]


def test_a_lost_computer_comes_back_from_a_stick_by_keyboard_alone(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    with opened(place / "site", "crc") as session:
        report = backup.backup(session, stick)
    shutil.rmtree(place / "site")
    program.start()
    ready(qtbot)
    start = cover(program)
    assert isinstance(start, StartPage)
    tab_to(qtbot, start.restore)
    press(qtbot, Key.Key_Return)
    page = cover(program)
    assert isinstance(page, RestorePage)
    ready(qtbot)
    qtbot.keyClicks(focus(), str(stick))
    assert report.path.name in page.backup.asked._below.text(), "the backup in it is named"
    target = page.folder.path
    assert target is not None
    assert not target.exists()
    press(qtbot, Key.Key_Return)
    assert focus() is page.folder.asked.line
    press(qtbot, Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(cover(program), RestoredPage), timeout=20_000)
    ready(qtbot)
    done = cover(program)
    assert isinstance(done, RestoredPage)
    assert str(report.head.seq) in done.stands.text()
    assert "尚无" in done.laid.text()
    press(qtbot, Key.Key_Return)
    assert cover(program) is done, "who signs in first cannot take back what packages hold"
    assert focus() is done.never
    press(qtbot, Key.Key_Space)
    press(qtbot, Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(cover(program), SignInPage), timeout=20_000)
    with opened(target, "crc") as session:
        session.come_in()
        assert of_kind(session, Kind.RESTORE_DONE)


def test_packages_that_are_laid_in_before_the_sign_in_are_seen(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path
) -> None:
    with opened(place / "site", "crc") as session:
        made = backup.backup(session, tmp_path / "stick")
        sent = export(session, tmp_path)
    program.doors.show_restore(made.path)
    page = cover(program)
    assert isinstance(page, RestorePage)
    target = page.folder.path
    assert target is not None
    page.submit()
    qtbot.waitUntil(lambda: isinstance(cover(program), RestoredPage), timeout=20_000)
    done = cover(program)
    assert isinstance(done, RestoredPage)
    ready(qtbot)
    assert not done.go.isEnabled()
    assert not done.lost.isEnabled()
    shutil.copy(sent.path, target / "archive")
    qtbot.waitUntil(done.go.isEnabled, timeout=5_000)
    assert f"第 {sent.number} 号" in done.laid.text()
    assert not done.never.isVisible()
    assert focus() is done.go
    check(qtbot, program, "laid")
    press(qtbot, Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(cover(program), SignInPage), timeout=20_000)


def test_what_a_newer_backup_beside_it_holds_is_told_before_and_after(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    with opened(place / "site", "crc") as session:
        older = backup.backup(session, stick)
        newer = backup.backup(session, stick)
    program.doors.show_restore(older.path)
    page = cover(program)
    assert isinstance(page, RestorePage)
    assert str(newer.head.seq) in page.backup.asked._below.text()
    target = page.folder.path
    assert target is not None
    page.submit()
    qtbot.waitUntil(lambda: isinstance(cover(program), RestoredPage), timeout=20_000)
    done = cover(program)
    assert isinstance(done, RestoredPage)
    assert f"{newer.head.seq - older.head.seq} 条" in done.missing.text()
    with opened(target, "crc") as session:
        session.come_in()
        [noted] = of_kind(session, Kind.RESTORE_DONE)
        assert noted["missing"] == newer.head.seq - older.head.seq


def test_a_list_that_no_key_signed_is_told_before_and_after(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path
) -> None:
    with opened(place / "site", "crc") as session:
        made = backup.backup(session, tmp_path / "stick")
    file = made.path / "backup.json"
    file.write_bytes(file.read_bytes().replace(b'"seq":', b'"seq":9'))
    program.doors.show_restore(made.path)
    page = cover(program)
    assert isinstance(page, RestorePage)
    assert "没有有效签名" in page.backup.asked._below.text()
    page.submit()
    qtbot.waitUntil(lambda: isinstance(cover(program), RestoredPage), timeout=20_000)
    done = cover(program)
    assert isinstance(done, RestoredPage)
    assert "没有有效签名" in done.unsigned.text()


def test_a_backup_that_is_opened_leads_to_its_restore(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path
) -> None:
    with opened(place / "site", "crc") as session:
        made = backup.backup(session, tmp_path / "stick")
    page = program.doors.show_start(made.path)
    page.try_open()
    asked = cover(program)
    assert isinstance(asked, RestorePage)
    assert asked.backup.path == made.path


def test_what_is_no_backup_or_no_empty_folder_is_told_in_place(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path
) -> None:
    with opened(place / "site", "crc") as session:
        made = backup.backup(session, tmp_path / "stick")
    (tmp_path / "none").mkdir()
    program.doors.show_restore(tmp_path / "none")
    page = cover(program)
    assert isinstance(page, RestorePage)
    below = page.backup.asked._below
    qtbot.waitUntil(lambda: "不是本程序的备份" in below.text())  # before anything is pressed
    ready(qtbot)
    page.backup.asked.line.setFocus()
    press(qtbot, Key.Key_Return)
    assert focus() is page.backup.asked.line, "no Enter goes past it"
    page.backup.set_path(tmp_path / "no such folder")
    assert "不是" not in below.text()
    qtbot.waitUntil(lambda: "找不到该文件夹" in below.text())
    page.backup.set_path(made.path)
    page.folder.set_path(place / "site")
    page.submit()
    qtbot.waitUntil(lambda: bool(page.folder.asked._below.text()) and page.act.isEnabled())
    assert isinstance(cover(program), RestorePage)
    data = made.path / "data.mrd"
    whole = data.read_bytes()
    data.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    page.folder.set_path(tmp_path / "new")
    page.submit()
    qtbot.waitUntil(lambda: "已被改动" in page.backup.asked._below.text(), timeout=20_000)
    assert not (tmp_path / "new").exists()


def test_a_restore_that_is_cancelled_leaves_nothing(
    qtbot: QtBot, program: Program, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(place / "site", "crc") as session:
        made = backup.backup(session, tmp_path / "stick")
    program.doors.show_restore(made.path)
    page = cover(program)
    assert isinstance(page, RestorePage)
    page.folder.set_path(tmp_path / "out" / "new")
    monkeypatch.setattr(backup, "_BLOCK", 512)
    page.submit()
    page.cancel()
    qtbot.waitUntil(page.act.isEnabled, timeout=20_000)
    assert "已取消" in page.folder.asked._below.text()
    assert list((tmp_path / "out").glob("*")) == []
    assert list((tmp_path / "out").glob(".*")) == []
    assert backup.restore(made.path, tmp_path / "out" / "new").head.digest == made.head.digest


def test_all_passwords_lost_by_keyboard_alone(
    qtbot: QtBot, program: Program, sheet: tuple[Path, str]
) -> None:
    path, words = sheet
    first, second = halves(words)
    start = program.doors.show_start(path)
    ready(qtbot)
    tab_to(qtbot, start.all_lost)
    press(qtbot, Key.Key_Return)
    page = cover(program)
    assert isinstance(page, AllLostPage)
    ready(qtbot)
    assert focus() is page.halves[0].line, "the folder is known already"
    qtbot.keyClicks(focus(), first[:12])
    assert "2 / 7" in page.halves[0]._below.text()
    line(qtbot, first[12:])
    slip = ("B" if second[0] != "B" else "C") + second[1:]
    qtbot.keyClicks(focus(), slip)
    qtbot.waitUntil(lambda: "B 半的第 1 组" in page.halves[1]._below.text(), timeout=20_000)
    page.halves[1].line.clear()
    qtbot.keyClicks(focus(), second)
    right = page.halves[0].line.text()
    page.halves[0].line.setFocus()
    press(qtbot, Key.Key_End)
    press(qtbot, Key.Key_Backspace)
    qtbot.keyClicks(focus(), "B" if right[-1].upper() != "B" else "C")
    qtbot.waitUntil(lambda: "A 半的第 7 组" in page.halves[0]._below.text(), timeout=20_000)
    press(qtbot, Key.Key_Backspace)
    qtbot.keyClicks(focus(), right[-1])
    page.halves[1].line.setFocus()
    line(qtbot, "")
    serial = read_manifest(path).recovery.serial
    qtbot.waitUntil(lambda: serial in page.halves[1]._below.text(), timeout=20_000)
    for said in ("admin", "synthetic again", "synthetic agai"):
        line(qtbot, said)
    assert "不一致" in page.again._below.text()
    page.again.line.clear()
    line(qtbot, "synthetic again")
    qtbot.waitUntil(lambda: isinstance(cover(program), WhatFollowsPage), timeout=20_000)
    ready(qtbot)
    press(qtbot, Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(cover(program), SignInPage), timeout=20_000)
    signed = cover(program)
    assert isinstance(signed, SignInPage)
    assert signed.user.text == "admin"
    with folder.open_folder(
        path, "admin", "synthetic again", study=load_study(), fold=projection.fold
    ) as session:
        assert session.role == "siteadmin", "the account has the role it had"
        assert [b["reason"] for b in of_kind(session, Kind.KEY_ROTATED)] == ["password_reset"]


def test_a_character_that_is_on_no_sheet_is_told_at_once(
    qtbot: QtBot, program: Program, sheet: tuple[Path, str]
) -> None:
    program.doors.show_recovery(sheet[0])
    page = cover(program)
    assert isinstance(page, AllLostPage)
    qtbot.keyClicks(page.halves[0].line, "ABC0")
    assert "“0”" in page.halves[0]._below.text()


def test_a_new_account_from_the_sheet_sees_identities_if_its_role_does(
    qtbot: QtBot, program: Program, sheet: tuple[Path, str]
) -> None:
    path, words = sheet
    program.doors.show_recovery(path)
    page = cover(program)
    assert isinstance(page, AllLostPage)
    for half, typed in zip(page.halves, halves(words), strict=True):
        half.line.setText(typed)
    page.user.line.setText("nurse")
    for field in (page.password, page.again):
        field.line.setText(secret("nurse"))
    page.submit()
    qtbot.waitUntil(page.act.isEnabled, timeout=20_000)
    assert "siteadmin" in page.user._below.text(), "a new name needs a role"
    page.role.choose("coordinator")
    page.submit()
    qtbot.waitUntil(lambda: isinstance(cover(program), WhatFollowsPage), timeout=20_000)
    with opened(path, "nurse") as session:
        assert session.role == "coordinator"
        assert session.has_vault


def test_a_wrong_sheet_is_told_in_place_and_changes_nothing(
    qtbot: QtBot, program: Program, sheet: tuple[Path, str]
) -> None:
    path, words = sheet
    before = (path / "site.json").read_bytes()
    program.doors.show_recovery(path)
    page = cover(program)
    assert isinstance(page, AllLostPage)
    first, second = halves(words)
    for half, typed in zip(page.halves, (second, first), strict=True):  # halves exchanged
        half.line.setText(typed)
    page.user.line.setText("crc")
    for field in (page.password, page.again):
        field.line.setText("synthetic again")
    page.submit()
    qtbot.waitUntil(lambda: "恢复单无法打开" in page.halves[1]._below.text(), timeout=20_000)
    assert (path / "site.json").read_bytes() == before
    opened(path, "crc").close()


def test_a_clock_behind_keeps_nobody_with_the_sheet_outside(
    qtbot: QtBot, program: Program, sheet: tuple[Path, str]
) -> None:
    """The account is recorded with the note on the clock, which its owner signs at once."""
    path, words = sheet
    with opened(path, "admin") as admin:
        now = admin.clock.wall()
        admin.clock.shift += timedelta(days=46)
        admin.announce()
    program.doors.now = now
    program.doors.show_recovery(path)
    page = cover(program)
    assert isinstance(page, AllLostPage)
    page.wanted.emit(Recovery(path, words, "second", "siteadmin", secret("second")))
    qtbot.waitUntil(lambda: program.desk is not None, timeout=20_000)
    settled(qtbot, program)
    front = program.shell.page
    assert isinstance(front, AdminPage)
    part = front.parts["clock"]
    assert isinstance(part, ClockPart)
    part.answer.words.line.setText("SYNTHETIC: month was wrong")
    part.answer.signing.password.line.setFocus()
    line(qtbot, secret("second"))
    qtbot.waitUntil(part.answer.isHidden, timeout=20_000)
    program.sign_out()
    qtbot.waitUntil(lambda: program.desk is None, timeout=20_000)
    with opened(path, "second") as session:
        assert of_kind(session, Kind.CLOCK_NOTED)
