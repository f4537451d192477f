from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from mrd_desktop import __version__
from mrd_desktop.insight.reports.accounts import BY_ONE
from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import golive, schema, users
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.errors import FolderInUse, ProgramNotReleased
from mrd_desktop.vault.folder import set_first_password
from mrd_desktop.vault.stating import undertake
from tests.confirmed import confirmed
from tests.releasing import FILES, releaser, started_from
from tests.ui.pages.kit import come_in_first, focus, laid_out, line, opened, press, ready
from tests.ui.pages.look.stage import FLOOR
from tests.vault.live_kit import PASSWORD, Live, make_live, train
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_about import AboutPart
from ui.pages.admin_live import LivePart
from ui.pages.admin_update import UpdatePart
from ui.pages.admin_users import UsersPart
from ui.pages.new_site import FirstUserPage, NewSitePage
from ui.pages.sign_in import SignInPage
from ui.pages.undertaking import UndertakingPage
from ui.theme import Size
from ui.widgets.asked import Asked


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return make_live(tmp_path, load_study())


def enter_site(qtbot: QtBot, program: Program, live: Live, user: str) -> None:
    if program.desk is not None:
        program._end()
    program.start(live.path)
    ready(qtbot)
    line(qtbot, user)
    line(qtbot, PASSWORD.format(user))
    qtbot.waitUntil(lambda: program.desk is not None, timeout=60_000)


def at_live(qtbot: QtBot, program: Program) -> LivePart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("live")
    assert isinstance(part, LivePart)
    qtbot.wait(30)
    return part


def test_a_live_site_says_what_is_missing_until_it_is_activated(
    qtbot: QtBot, program: Program, live: Live, tmp_path: Path
) -> None:
    file = tmp_path / "site-02.mrdactivation"
    with live.store.open() as sponsor:
        file.write_bytes(golive.make_activation(sponsor, "02"))
    enter_site(qtbot, program, live, "crc")
    notice = program.shell._notice
    assert notice.isVisibleTo(program.shell)
    assert "启用文件" in notice.words.text()
    enter_site(qtbot, program, live, "admin")
    assert notice.isVisibleTo(program.shell)
    part = at_live(qtbot, program)
    assert part.checking.isHidden()
    part.file.asked.line.setFocus()
    line(qtbot, str(live.path / "site.pub"))
    assert "不是本程序的启用文件" in part.found.text()
    part.file.asked.line.clear()
    part.file.asked.line.setFocus()
    line(qtbot, str(file))
    assert not part.checking.isHidden()
    assert part.ethics.line.hasFocus() or not part.ethics.isHidden()
    line(qtbot, "SYN-2026-014")
    line(qtbot, "2026-02-03")
    for answer in part.answers[1:]:
        answer.box.setChecked(True)
    part.go.click()
    assert "fingerprint" in part.trouble.text()
    assert notice.isVisibleTo(program.shell)
    part.answers[0].words.setFocus()
    qtbot.keyClicks(part.answers[0].words, "compared on paper")
    part.go.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert "可录入" in part.state.text()
    assert "SYN-2026-014" in part.bound.text()
    assert "启用文件" not in notice.words.text()
    assert "数据接收方" in notice.words.text(), "what comes next"
    assert not part.next.isHidden()
    enter_site(qtbot, program, live, "crc")
    assert not notice.isVisibleTo(program.shell)
    assert program.desk is not None
    assert program.desk.book.create_subject() == "02-001"


def test_a_clinic_of_two_is_made_in_the_wizard(
    qtbot: QtBot, program: Program, tmp_path: Path
) -> None:
    program.doors.show_new_site(True)
    ready(qtbot)
    page = program.shell._cover
    assert isinstance(page, NewSitePage)
    page.two.setChecked(True)
    for text in ("08", "Ward", "", "wang", "synthetic wang", "synthetic wang"):
        line(qtbot, text)
    while focus() is not page.why.line:
        QApplication.sendEvent(focus(), _tab())
    line(qtbot, "")
    assert "请填写" in page.why._below.text()
    line(qtbot, "clinic of two people")
    qtbot.waitUntil(lambda: isinstance(program.shell._cover, FirstUserPage), timeout=60_000)
    first = program.shell._cover
    assert isinstance(first, FirstUserPage)
    assert first.heading.text() == "研究者"
    qtbot.wait(20)
    for text in ("zhao", "", "synthetic zhao", "synthetic zhao"):
        line(qtbot, text)
    qtbot.waitUntil(lambda: isinstance(program.shell._cover, SignInPage), timeout=60_000)
    site = tmp_path / "MRD-training-08"
    with opened(site, "wang") as session:
        assert session.role == "coordinator+siteadmin"
    with opened(site, "zhao") as session:
        assert session.role == "investigator"


def _tab() -> object:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    return QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier)


def test_the_undertaking_comes_before_work_and_the_administrator_lets_people_in(
    qtbot: QtBot, program: Program, live: Live
) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "pi", "investigator").code
    assert code is not None
    program.start(live.path)
    come_in_first(qtbot, program, "pi", code, PASSWORD.format("pi"))
    page = program.shell._cover
    assert isinstance(page, UndertakingPage)
    qtbot.waitUntil(page.signing.password.line.hasFocus)
    assert program.sections is None
    line(qtbot, "wrong password")
    qtbot.waitUntil(lambda: "不正确" in page.signing.password._below.text(), timeout=60_000)
    line(qtbot, PASSWORD.format("pi"))
    qtbot.waitUntil(lambda: program.sections is not None, timeout=60_000)
    assert program.session is not None
    assert program.session.undertaken

    enter_site(qtbot, program, live, "admin")
    admin = program.shell.go("admin")
    assert isinstance(admin, AdminPage)
    part = admin.show_part("users")
    assert isinstance(part, UsersPart)
    qtbot.wait(30)
    while part.list.current is None or part.list.current.user != "pi":
        press(qtbot, Qt.Key.Key_Down)
    part.confirm.click()
    qtbot.keyClicks(focus(), "1")  # an identity card
    qtbot.keyClicks(part.looked.listed.line, "2026-03-02, line 2")
    qtbot.keyClicks(part.looked.why.line, "synthetic clinic of two people")
    part.looked.alone.click()
    qtbot.waitUntil(lambda: not part.confirm.isEnabled(), timeout=60_000)
    part.train.click()
    qtbot.keyClicks(part.training.words.line, "synthetic course")
    secret = part.training.signing.password.line
    qtbot.keyClicks(secret, PASSWORD.format("admin"))
    qtbot.keyClick(part.training.signing.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not part.train.isEnabled(), timeout=60_000)
    part.ends.click()
    qtbot.keyClicks(part.words_line.line, "2199-12-31")
    qtbot.keyClick(part.words_line.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: part._ends.get("pi") == "2199-12-31", timeout=60_000)
    with pytest.raises(FolderInUse):
        live.open("pi")
    program._end()
    with live.open("pi") as session:
        assert session.may_sign
        assert session.trained


def test_a_program_that_is_no_release_says_so_and_takes_nothing(
    qtbot: QtBot, program: Program, live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = releaser(tmp_path, monkeypatch).program(tmp_path / "program")
    (root / "_internal" / "a.pyc").write_bytes(b"damaged")
    started_from(root, monkeypatch)
    enter_site(qtbot, program, live, "crc")
    session, notice = program.session, program.shell._notice
    assert session is not None
    assert session.unreleased is not None
    told = ProgramNotReleased(session.unreleased).text
    qtbot.waitUntil(lambda: told.zh in notice.words.text(), timeout=60_000)
    assert "_internal/a.pyc" in told.zh
    assert not session.allows("subject.create")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    about = page.show_part("about")
    assert isinstance(about, AboutPart)
    qtbot.waitUntil(lambda: "_internal/a.pyc" in about.installed.text(), timeout=60_000)
    (root / "_internal" / "a.pyc").write_bytes(FILES["_internal/a.pyc"])
    started_from(root, monkeypatch)
    enter_site(qtbot, program, live, "admin")
    assert told.zh not in notice.words.text()


def test_a_key_is_confirmed_by_two_people_and_by_one_with_a_reason(
    qtbot: QtBot, program: Program, live: Live
) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "pi", "investigator").code
    assert code is not None
    secret = PASSWORD.format("pi")
    with set_first_password(
        live.path, "pi", code, secret, study=live.study, fold=projection.fold
    ) as session:
        undertake(session, secret, Language.EN)
    train(live, "pi")
    enter_site(qtbot, program, live, "admin")
    admin = program.shell.go("admin")
    assert isinstance(admin, AdminPage)
    part = admin.show_part("users")
    assert isinstance(part, UsersPart)
    foot = part.looked
    qtbot.waitUntil(lambda: len(part.list.rows.rows) == 3)
    qtbot.wait(30)

    def go_to(user: str) -> None:
        found = [n for n, a in enumerate(part.list.rows.rows) if getattr(a, "user", "") == user]
        part.list.setCurrentIndex(part.list.rows.index(found[0], 0))

    def mark(user: str, document: str) -> None:
        go_to(user)
        part.confirm.click()
        qtbot.keyClicks(focus(), document)
        program.shell.activateWindow()
        qtbot.waitUntil(foot.listed.line.hasFocus)

    def is_whole(field: Asked) -> None:
        """In the lowest window too: nothing is squeezed, and the keyboard leads into sight."""
        laid_out(program.shell)
        assert focus() is field.line
        assert field.height() >= field.minimumSizeHint().height()
        assert field.line.visibleRegion().boundingRect().height() == field.line.height()
        assert part.list.viewport().height() >= 2 * Size.ROW, "who is marked can be seen"

    def ended() -> None:
        qtbot.waitUntil(lambda: foot.isHidden() and not part.confirm.isEnabled(), timeout=60_000)

    mark("pi", "1")  # an identity card
    assert foot.people.isHidden(), "nobody else is confirmed yet"
    line(qtbot, "2026-03-02, line 2")
    assert focus() is foot.why.line
    line(qtbot, "no")
    qtbot.waitUntil(lambda: "由一人确认的原因" in foot.why._below.text(), timeout=60_000)
    foot.why.line.clear()
    line(qtbot, "synthetic clinic of two people")
    ended()
    assert "synthetic clinic of two people" in part.about.text()

    mark("crc", "4")  # a licence to practise
    program.shell.resize(*FLOOR)
    assert foot.why.isHidden()
    lines = ("2026-03-02, line 3", "pi", PASSWORD.format("crc"))
    for field, text in zip(
        (foot.listed, foot.people.second, foot.people.other), lines, strict=True
    ):
        is_whole(field)
        line(qtbot, text)
    qtbot.waitUntil(lambda: "第二人的密码不正确" in foot.people.other._below.text(), timeout=60_000)
    line(qtbot, secret)
    ended()
    (state,) = (
        part._state(a).text
        for a in part.list.rows.rows
        if isinstance(a, Account) and a.user == "pi"
    )
    assert state == BY_ONE, "it stands in the list, whoever is marked"
    go_to("pi")
    assert part.confirm.isEnabled(), "now two can confirm the first one as well"
    assert "共同确认" in part.about.text()


def test_an_older_program_says_so_in_a_live_site(
    qtbot: QtBot, program: Program, live: Live
) -> None:
    with live.open("crc") as crc, crc.writing() as conn:
        schema.put_setting(conn, "program.newest", "9.0")
    enter_site(qtbot, program, live, "crc")
    notice = program.shell._notice
    qtbot.waitUntil(lambda: "9.0" in notice.words.text(), timeout=60_000)
    assert "请启动较新的版本" in notice.words.text()


def test_an_order_back_ends_the_session_of_the_version_that_it_left(
    qtbot: QtBot, program: Program, live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = releaser(tmp_path, monkeypatch)
    why = Text("Synthetic.", "测试。")
    path = who.update(tmp_path, "0.0.9", back=(__version__,), why=why)
    started_from(who.program(tmp_path / "programs" / "mrd-desktop", __version__), monkeypatch)
    with live.open("admin") as admin:
        confirmed(admin, "crc", "staff_card")
    enter_site(qtbot, program, live, "admin")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("update")
    assert isinstance(part, UpdatePart)
    part.file.set_path(path)
    part.look_at()
    qtbot.waitUntil(part.asking.isVisible, timeout=60_000)
    people, password = part.people, PASSWORD.format
    fields = (people.own, people.second, people.other)
    typed = (password("admin"), "crc", password("crc"))
    for field, words in zip(fields, typed, strict=True):
        field.line.setText(words)
    people.submit()
    qtbot.waitUntil(lambda: program.desk is None, timeout=60_000)
    start = program.shell._cover
    assert isinstance(start, SignInPage)
    assert any("已按指令安装 0.0.9 版" in x.text() for x in start.findChildren(QLabel))
    with live.open("crc") as crc:
        assert crc.unreleased is not None
        assert "0.0.9" in crc.unreleased.zh
