"""Where data go: said by two people at one computer, by keyboard alone; what waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from mrd_desktop.transfer.release import Reason
from mrd_desktop.vault import abroad
from tests.transfer.route import fill
from tests.transfer.test_deletions import CLOSED, LEFT, leaves_with_its_data
from tests.transfer.test_jurisdictions import AGREED, NOT_TO_GENES, another_store, at_work, send
from tests.ui.pages.kit import SignIn, focus, line, press, settled
from tests.ui.pages.test_live import enter_site
from tests.ui.pages.test_transfer import at_export
from tests.vault.live_kit import HOME, PASSWORD, Live
from tests.vault.live_kit import place as place_of_sponsor
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_live import LivePart
from ui.pages.admin_recipient import RecipientPart
from ui.pages.parted import PartedPage
from ui.pages.today import TodayPage


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Live:
    return at_work(tmp_path_factory.mktemp("recipient"))


@pytest.fixture
def live(template: Live, tmp_path: Path) -> Live:
    return template.copy(tmp_path)


def at_recipient(qtbot: QtBot, program: Program) -> RecipientPart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("recipient")
    assert isinstance(part, RecipientPart)
    settled(qtbot, program)
    return part


def sponsors_own(live: Live) -> str:
    """The fingerprint as the sponsor's own store says it."""
    with live.store.open() as boss:
        return boss.fingerprint()


def people(qtbot: QtBot, *typed: str) -> None:
    """Own password, second person, that person's password, each with Enter."""
    for text in typed:
        line(qtbot, text)


def test_what_waits_leads_to_the_page_and_the_page_lets_it_go(
    qtbot: QtBot, program: Program, live: Live, tmp_path: Path
) -> None:
    enter_site(qtbot, program, live, "crc")
    settled(qtbot, program)
    today = program.shell.go("today")
    assert isinstance(today, TodayPage)
    settled(qtbot, program)
    task = next(t for t in today.list.rows.rows if getattr(t, "kind", "") == "recipient")
    assert "两人" in task.text.zh
    today.open(task)
    page = program.shell.page
    assert isinstance(page, PartedPage)
    part = page.parts["recipient"]
    assert isinstance(part, RecipientPart)
    settled(qtbot, program)
    assert page.chips.key == "recipient"
    assert not part.people.isVisible(), "the coordinator alone manages no trust"
    assert "由中心管理员登录" in part.facts["state"].text()
    assert focus() is part, "the keys are heard"
    leaving = at_export(qtbot, program, tmp_path / "stick")
    qtbot.waitUntil(lambda: leaving.looked, timeout=20_000)
    assert "管理 → 数据接收方" in leaving.result.text()
    assert not leaving.go.isEnabled()
    leaving.folder.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is leaving.there, "there is nothing to sign yet"
    press(qtbot, Qt.Key.Key_Return)
    page = program.shell.page
    assert isinstance(page, PartedPage)
    assert page.chips.key == "recipient"
    settled(qtbot, program)

    enter_site(qtbot, program, live, "admin")
    assert "数据接收方" in program.shell._notice.words.text()
    part = at_recipient(qtbot, program)
    assert part.facts["key"].text().replace(" ", "") == sponsors_own(live)
    assert focus() is part.compared
    press(qtbot, Qt.Key.Key_Return)  # from field to field, nothing is ticked yet
    line(qtbot, "us")
    assert part.where.line.text() == "US"
    assert "境外" in part.where._below.text()
    line(qtbot, "analysis of the trial")
    line(qtbot, "HGR-2026-0001")
    line(qtbot, "2099-13-01")
    press(qtbot, Qt.Key.Key_Tab)
    people(qtbot, PASSWORD.format("admin"), "crc", "not the password")
    assert not part.wrong.isHidden()
    assert focus() is part.compared
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    assert focus() is part.people.other.line, "it does not lie open meanwhile"
    line(qtbot, "not the password")
    assert focus() is part.until.line
    part.until.line.selectAll()
    line(qtbot, "2099-12-31")
    assert part.scope.key == "clinical"
    part.people.other.line.setFocus()
    line(qtbot, "not the password")
    qtbot.waitUntil(lambda: "不正确" in part.people.other._below.text(), timeout=20_000)
    settled(qtbot, program)
    assert part.people.own.text == ""
    assert focus() is part.people.other.line
    part.people.own.line.setFocus()
    people(qtbot, PASSWORD.format("admin"), "", PASSWORD.format("crc"))
    qtbot.waitUntil(lambda: "admin" in part.facts["people"].text(), timeout=20_000)
    settled(qtbot, program)
    assert "US" in part.facts["where"].text()
    assert "HGR-2026-0001" in part.facts["approval"].text()
    assert "仅临床数据" in part.facts["approval"].text()
    assert "不含遗传数据" in part.facts["state"].text()
    assert not part.compared.isChecked(), "each time they compare it again"
    assert "数据接收方" not in program.shell._notice.words.text()

    enter_site(qtbot, program, live, "crc")
    settled(qtbot, program)
    leaving = at_export(qtbot, program, tmp_path / "stick")
    qtbot.waitUntil(lambda: leaving.looked, timeout=20_000)
    assert leaving.result.isHidden()
    assert "US" in leaving.facts[2].text()
    leaving.chips.choose("held")
    assert "出境批准未涵盖" in leaving.meant.text()
    shown = [row.text.zh for row in leaving.list.rows.rows]
    assert any("遗传信息，出境批准未涵盖" in text for text in shown)
    settled(qtbot, program)
    leaving.password.line.setFocus()
    qtbot.waitUntil(leaving.password.line.hasFocus, timeout=20_000)
    line(qtbot, PASSWORD.format("crc"))
    qtbot.waitUntil(lambda: leaving.made is not None, timeout=30_000)
    assert leaving.made is not None
    assert leaving.made.withheld[Reason.APPROVAL] > 0
    settled(qtbot, program)


def test_deletions_are_signed_for_while_no_approval_runs(
    qtbot: QtBot, program: Program, live: Live, tmp_path: Path
) -> None:
    LEFT(live)
    sent = send(live)
    CLOSED(live)
    leaves_with_its_data(live)
    with live.open("crc") as crc:
        fill(crc, f"{AGREED}/SCR/MRD", {"MVAF": "0.0777"}, complete=False)
    enter_site(qtbot, program, live, "crc")
    leaving = at_export(qtbot, program, sent.path.parent)
    qtbot.waitUntil(lambda: leaving.looked, timeout=20_000)
    assert "没有有效的出境批准" in leaving.result.text()
    assert "仅含记录头和删除通知" in leaving.result.text()
    assert not leaving.there.isHidden()
    assert not leaving.full.isEnabled()
    leaving.chips.choose("back")
    (row,) = leaving.list.rows.rows
    assert (row.subject, "已撤回同意" in row.text.zh) == (NOT_TO_GENES, True)
    leaving.chips.choose("held")
    waiting = {r.subject: r.text.zh for r in leaving.list.rows.rows}
    assert "待允许导出后发出：新增" in waiting[AGREED]
    assert "已撤回同意" in waiting[NOT_TO_GENES]
    leaving.folder.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is leaving.password.line
    assert leaving.go.text().startswith("签名并导出删除通知")
    line(qtbot, PASSWORD.format("crc"))
    qtbot.waitUntil(lambda: leaving.made is not None and leaving._job is None, timeout=30_000)
    assert leaving.made is not None
    assert leaving.made.withheld[Reason.APPROVAL] > 0
    qtbot.waitUntil(lambda: leaving.looked, timeout=20_000)
    settled(qtbot, program)
    assert "仅含记录头和删除通知" in leaving.result.text()
    assert not leaving.go.isEnabled(), "there is nothing more to delete"
    leaving.enter()
    qtbot.waitUntil(lambda: leaving.looked, timeout=20_000)
    settled(qtbot, program)


def test_several_recipients_and_what_is_said_of_each(
    qtbot: QtBot, program: Program, live: Live
) -> None:
    with live.open("admin") as admin:
        place_of_sponsor(admin, HOME)
        until = admin.today() + abroad.SOON
    another_store(live)
    enter_site(qtbot, program, live, "admin")
    part = at_recipient(qtbot, program)
    first, second = (one.pin for one in part._found)
    assert part.chips.key == second.sign.id, "the one of whom nothing was said"
    assert part.where.text == ""
    part.chips.setFocus()
    press(qtbot, Qt.Key.Key_Left)
    assert part.chips.key == first.sign.id
    assert (part.where.text, part.purpose.text) == ("CN", HOME.purpose)
    assert part.number.isHidden()
    assert part.facts["approval"].text() == "中国大陆境内无须批准"
    part.compared.setFocus()
    press(qtbot, Qt.Key.Key_Space)
    part.where.line.setFocus()
    for text in ("DE", HOME.purpose, "HGR-2026-0001", until.isoformat()):
        retype(qtbot, text)
    part.scope.setFocus()
    press(qtbot, Qt.Key.Key_Right)
    part.people.own.line.setFocus()
    people(qtbot, PASSWORD.format("admin"), "crc", PASSWORD.format("crc"))
    qtbot.waitUntil(lambda: "DE" in part.facts["where"].text(), timeout=20_000)
    settled(qtbot, program)
    assert part.chips.key == first.sign.id
    assert "含人类遗传资源" in part.facts["approval"].text()
    assert until.isoformat() in part.facts["state"].text(), "the end is announced"


def test_a_place_is_judged_when_its_field_is_left(
    qtbot: QtBot, program: Program, live: Live
) -> None:
    enter_site(qtbot, program, live, "admin")
    part = at_recipient(qtbot, program)
    part.where.line.setFocus()
    for typed in ("XX", "12", "UK", "德国"):
        retype(qtbot, typed)
        assert "ISO 3166" in part.where._below.text()
        assert not part.number.isVisible(), "no country asks for no approval"
        part.where.line.setFocus()
    for typed in ("中国", "中国大陆", "cn"):
        retype(qtbot, typed)
        assert part.where.line.text() == "CN"
        assert "无须出境批准" in part.where._below.text()
        part.where.line.setFocus()
    retype(qtbot, "us")
    assert part.where.line.text() == "US"
    assert part.number.isVisible()


def test_an_approval_that_has_ended_is_told_before_anybody_signs(
    qtbot: QtBot, program: Program, live: Live
) -> None:
    enter_site(qtbot, program, live, "admin")
    part = at_recipient(qtbot, program)
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Return)
    for text in ("US", HOME.purpose, "HGR-2026-0001", "2020-12-31"):
        line(qtbot, text)
    assert "该日期已过" in part.until._below.text()
    part.people.own.line.setFocus()
    people(qtbot, PASSWORD.format("admin"), "admin", PASSWORD.format("admin"))
    settled(qtbot, program)
    assert focus() is part.until.line
    assert part.people.other.text == "", "the second person's password does not lie open"
    part.people.other.line.setFocus()
    line(qtbot, PASSWORD.format("admin"))
    qtbot.waitUntil(lambda: "账户在用" in part.people.second._below.text(), timeout=20_000)
    settled(qtbot, program)
    part.people.own.line.setFocus()
    line(qtbot, PASSWORD.format("admin"))
    retype(qtbot, "crc")
    line(qtbot, PASSWORD.format("crc"))
    qtbot.waitUntil(lambda: "2020-12-31" in part.facts["approval"].text(), timeout=20_000)
    settled(qtbot, program)
    assert part.scroller.verticalScrollBar().value() == 0


def test_a_training_site_says_that_practice_data_leave(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    part = at_recipient(qtbot, program)
    assert not part.training.isHidden()
    assert part.facts["state"].text() == "可以导出"


def test_an_activated_site_is_told_what_comes_next(
    qtbot: QtBot, program: Program, live: Live
) -> None:
    enter_site(qtbot, program, live, "admin")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("live")
    assert isinstance(part, LivePart)
    settled(qtbot, program)
    assert not part.next.isHidden()
    session = program.session
    assert session is not None
    place_of_sponsor(session, HOME)
    part.enter()
    assert part.next.isHidden()


def retype(qtbot: QtBot, text: str) -> None:
    """What stands in the field gives way."""
    caret = focus()
    assert isinstance(caret, QLineEdit)
    caret.selectAll()
    if text.isascii():
        line(qtbot, text)
    else:  # an input method writes it, not keys
        caret.insert(text)
        press(qtbot, Qt.Key.Key_Return)
