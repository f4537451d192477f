from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.transfer import asking, lineage, words
from mrd_desktop.transfer.export import ExportResult
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.reply import make_reply
from tests.ui.pages.kit import SignIn, line, opened, press, secret, settled, tab_to
from ui.app import Program
from ui.jobs import Progress
from ui.pages.admin import AdminPage
from ui.pages.admin_custody import CustodyPart
from ui.pages.coming import STOPPED, ComingPart
from ui.pages.leaving import LeavingPart, Line
from ui.pages.leaving_words import KINDS, MEANT, NO_FORM
from ui.pages.today import TodayPage
from ui.pages.transfer import TransferPage


def at_export(qtbot: QtBot, program: Program, to: Path) -> LeavingPart:
    page = program.shell.go("transfer")
    assert isinstance(page, TransferPage)
    part = page.parts["leave"]
    assert isinstance(part, LeavingPart)
    settled(qtbot, program)
    qtbot.waitUntil(lambda: part.looked, timeout=60_000)
    part.folder.set_path(to)
    part.folder.asked.line.setFocus()
    return part


def at_receive(qtbot: QtBot, program: Program) -> ComingPart:
    page = program.shell.go("transfer")
    assert isinstance(page, TransferPage)
    part = page.show_part("come")
    assert isinstance(part, ComingPart)
    settled(qtbot, program)
    return part


def by_key(qtbot: QtBot, part: LeavingPart, user: str = "crc") -> ExportResult:
    """Enter in the folder, the password, Enter."""
    part.made = None
    part.folder.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert part.password.line.hasFocus()
    line(qtbot, secret(user))
    qtbot.waitUntil(lambda: part.made is not None and part._job is None, timeout=60_000)
    made = part.made
    assert made is not None
    return made


def test_a_package_goes_out_and_its_reply_comes_back(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    program = sign_in("crc")
    part = at_export(qtbot, program, tmp_path / "stick")
    assert part.facts[0].text() == "尚未导出"
    made = by_key(qtbot, part)
    assert made.path.is_file()
    slip = part.slip.picture._slip
    assert slip is not None
    assert made.manifest_sha256[:4] in part.slip.picture.accessibleDescription()
    assert part.slip.print.hasFocus()
    assert "身份信息" in part.stays.text()
    qtbot.waitUntil(lambda: part.facts[0].text().startswith("第 1 号"), timeout=60_000)
    part.chips.choose("fresh")  # what was recorded since is about the package itself
    assert part.facts[1].text().endswith("其中表单 0 条")
    assert part.list._empty == NO_FORM
    with opened(place / "store", "sponsor") as store:
        assert receive(store, [made.path])[0].fine
        asking.ask(store, FormKey(EventKey("01-002", "M03"), "MRD"), "Why?")
        words.say(store, "01", "请带上身份证明。")
        words.say(store, "01", "联系人已更换。\nThe contact has changed.")
        reply = make_reply(store, "01", tmp_path / "stick")[0]
    coming = at_receive(qtbot, program)
    assert coming.holds.text().startswith("申办方尚未确认")
    coming.file.set_path(reply.path)
    coming.file.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    assert coming.taken.text().startswith("已接收：质疑 1 条，回执 1 条")
    assert "留言 2 条" in coming.taken.text()
    assert coming.holds.text().startswith("申办方已确认第 1 号数据包")
    assert coming.words.isVisible()
    assert "请带上身份证明" in coming.words.text.text()
    assert program.desk is not None
    today = program.shell.go("today")
    assert isinstance(today, TodayPage)
    settled(qtbot, program)
    (waiting,) = [t for t in program.desk.census.tasks if t.kind == "words"]
    assert "2 条" in waiting.text.zh
    today.open(waiting)
    assert program.shell.page is not today
    settled(qtbot, program)
    tab_to(qtbot, coming.words.button)
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    assert "联系人已更换" in coming.words.text.text()
    assert coming.words.button.hasFocus(), "another one is unread"
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    assert not coming.words.button.isVisible()
    assert "联系人已更换" in coming.words.text.text()
    assert not [t for t in program.desk.census.tasks if t.kind == "words"]
    assert any(q.text.en == "Why?" for q in program.desk.queries.all())
    coming.list.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert coming.slip.picture.isVisible()
    press(qtbot, Qt.Key.Key_Escape)
    assert coming.list.isVisible()
    assert coming.list.hasFocus()


def test_a_package_that_was_not_taken_is_told_and_handed_over_again(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    program = sign_in("crc")
    part = at_export(qtbot, program, tmp_path / "stick")
    part.full.setChecked(True)
    made = by_key(qtbot, part)
    assert made.head_before.seq == 0
    assert not part.full.isChecked()
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[:3000])
    with opened(place / "store", "sponsor") as store:
        assert receive(store, [made.path])[0].code == "damaged"
        reply = make_reply(store, "01", tmp_path / "stick")[0]
    coming = at_receive(qtbot, program)
    assert not coming.refused.isVisible()
    coming.file.set_path(reply.path)
    coming.file.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    assert coming.taken.text().endswith("申办方有数据包未接收，见下方说明。")
    assert coming.refused.isVisible()
    assert coming.refused.text().startswith("第 1 号数据包的文件到达时已损坏。请")
    settled(qtbot, program)
    assert program.desk is not None
    assert "refused" in {t.kind for t in program.desk.census.tasks}
    coming.list.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert coming.slip.copy.isVisible()
    with qtbot.waitSignals([coming.said, coming.said], timeout=60_000):
        coming.slip.copied.emit(tmp_path / "again")
    assert (tmp_path / "again" / made.path.name).read_bytes() == whole
    qtbot.waitUntil(lambda: coming._job is None, timeout=60_000)
    with opened(place / "store", "sponsor") as store:
        assert receive(store, [tmp_path / "again" / made.path.name])[0].fine
        reply = make_reply(store, "01", tmp_path / "stick")[0]
    coming.file.set_path(reply.path)
    coming.start_import()
    qtbot.waitUntil(lambda: not coming.refused.isVisible(), timeout=60_000)
    settled(qtbot, program)
    assert "refused" not in {t.kind for t in program.desk.census.tasks}


def test_what_would_leave_is_listed_and_each_line_leads_to_its_place(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("crc")
    part = at_export(qtbot, program, tmp_path)
    counts = {key: chip.choice.count for key, chip in part.chips._chips.items()}
    assert counts["fresh"]
    assert set(counts) == set(KINDS) - {"late", "back"}, "those only where there is something"
    lines = {key: list(part._lines(key)) for key in counts}
    for key, found in lines.items():
        part.chips.choose(key)
        assert len(part.list.rows.rows) == counts[key] == len(found), key
        assert part.meant.text().startswith(MEANT[key].zh), key
    assert any("知情同意" in one.text.zh for one in lines["fresh"])
    wanted = next(one.place for one in lines["fresh"] if "MRD" in str(one.place))
    part.chips.choose("fresh")
    part.list.setFocus()
    at = [row.place for row in part.list.rows.rows if isinstance(row, Line)].index(wanted)
    part.list.selectRow(at)
    press(qtbot, Qt.Key.Key_Return)
    assert program.desk is not None
    assert str(program.desk.place).startswith(str(wanted))


def test_nothing_leaves_without_the_signature(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("crc")
    part = at_export(qtbot, program, tmp_path / "stick")
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    assert part._job is None
    assert part.password.line.hasFocus()
    line(qtbot, "not the password")
    qtbot.waitUntil(lambda: part._job is None and part.password._below.text() != "", timeout=60_000)
    assert part.made is None
    assert not list(tmp_path.rglob("*.mrdpkg"))
    assert program.desk is not None
    with program.desk.session.reading() as conn:
        assert lineage.sent(conn, program.desk.session.folder.chain).number == 0
    assert "密码" in part.password._below.text()
    assert part.password.text == "", "a wrong password is typed anew, not added to"
    assert part.password.line.hasFocus()
    assert by_key(qtbot, part).number == 1


def test_the_medium_is_told_before(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    part = at_export(qtbot, program, tmp_path / "not" / "there")
    qtbot.waitUntil(lambda: "找不到该文件夹" in part.folder.asked._below.text(), timeout=20_000)
    (tmp_path / "坚果云").mkdir()
    part.folder.set_path(tmp_path / "坚果云")
    qtbot.waitUntil(lambda: "云同步程序" in part.folder.asked._below.text(), timeout=20_000)


def test_a_site_that_was_renamed_is_told_and_not_the_stick(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    program = sign_in("crc")
    part = at_export(qtbot, program, tmp_path / "stick")
    (tmp_path / "stick").mkdir()
    (place / "site").rename(place / "another name")
    for to in (place / "another name", tmp_path / "stick"):
        part.folder.asked.approve()
        part.folder.set_path(to)
        below = part.folder.asked._below
        qtbot.waitUntil(lambda: "中心文件夹已不在" in below.text(), timeout=20_000)  # noqa: B023
        assert str(place / "site") in below.text()
    part.password.line.setFocus()
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: part._job is None and part.result.isVisible(), timeout=60_000)
    assert str(place / "site") in part.result.text()
    assert not program.shell.covered, "it is no fault of the program"
    (place / "another name").rename(place / "site")
    part.password.line.clear()
    assert by_key(qtbot, part).number == 1, "put back, work goes on, and no number is lost"


def test_a_cancelled_export_leaves_nothing(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    part = at_export(qtbot, program, tmp_path / "stick")
    part.password.line.setText(secret("crc"))
    part.start_export()
    press(qtbot, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: part._job is None, timeout=60_000)
    assert part.made is None
    assert part.result.text() == "已取消，未导出任何内容。"
    assert not list((tmp_path / "stick").glob("*"))
    part.password.line.clear()
    # Before a number was taken it is the first one, else that one is void.
    assert by_key(qtbot, part).number in (1, 2)


def test_a_refusal_is_told_in_plain_words(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    (tmp_path / "note.mrdreply").write_text("nothing")
    part = at_receive(qtbot, program)
    part.file.set_path(tmp_path / "note.mrdreply")
    part.start_import()
    settled(qtbot, program)
    assert ".mrdreply" in part.taken.text()


def test_backup_and_verification_by_the_button(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("admin")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("custody")
    assert isinstance(part, CustodyPart)
    part.folder.set_path(tmp_path / "disk")
    part.now.click()
    qtbot.waitUntil(lambda: "已读回" in part.made.text(), timeout=60_000)
    assert list((tmp_path / "disk").glob("*.mrdbackup"))
    part.verify.click()
    qtbot.waitUntil(lambda: bool(part.list.rows.rows), timeout=60_000)
    assert part.verdict.text() == "全部通过。"


def test_receiving_shows_how_far_it_is_and_is_stopped_by_esc(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(_session: object, _path: Path, told: Progress) -> object:
        while True:  # the real one tells as it reads; Cancel raises from inside
            told(3, 40)
            time.sleep(0.01)

    monkeypatch.setattr("ui.pages.coming.take_up", endless)
    program = sign_in("crc")
    part = at_receive(qtbot, program)
    part.file.set_path(tmp_path / "note.mrdreply")
    part.start_import()
    qtbot.waitUntil(lambda: "3 / 40" in part.taken.text(), timeout=20_000)
    assert part.bar.isVisible()
    assert part.stop.hasFocus()
    assert not part.take.isEnabled()
    press(qtbot, Qt.Key.Key_Escape)
    settled(qtbot, program)
    assert part.taken.text() == STOPPED.zh
    assert not part.bar.isVisible()
    assert not part.stop.isVisible()
    assert part.take.isEnabled()
    assert part.file.asked.line.hasFocus()


def test_what_was_sent_is_read_in_a_worker(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()

    def watched(_: object) -> tuple[object, ...]:
        threads.add(threading.get_ident())
        return ()

    monkeypatch.setattr("ui.pages.coming.transmittals", watched)
    monkeypatch.setattr("ui.pages.coming.refused", watched)
    program = sign_in("crc")
    at_receive(qtbot, program)
    assert threads
    assert threading.get_ident() not in threads
