from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from mrd_desktop.faults import places
from mrd_desktop.ledger import store
from mrd_desktop.record import projection
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import faultlog, folder, trust, users
from mrd_desktop.vault.errors import WrongPassword
from mrd_desktop.vault.faultlog import is_fault
from mrd_desktop.vault.session import Session
from tests.ui.pages.kit import SignIn, cover, line, opened, press, ready, secret
from ui.app import Program
from ui.copied import BARS, KEPT_FOR, Copied
from ui.form.page import FormPage
from ui.jobs import Job
from ui.pages.fault import FaultPage
from ui.pages.new_site import FirstUserPage, NewSitePage
from ui.pages.sign_in import FirstPasswordPage, LockPage, SignInPage
from ui.pages.start import StartPage


def test_a_path_that_is_no_site_is_told_on_the_start_page(
    qtbot: QtBot, program: Program, tmp_path: Path
) -> None:
    program.start(tmp_path)
    page = cover(program)
    assert isinstance(page, StartPage)
    assert "site.json" in page.folder.asked._below.text()


@pytest.mark.parametrize("out", [Qt.Key.Key_Escape, Qt.Key.Key_F1])
def test_help_before_anybody_is_signed_in(
    qtbot: QtBot, program: Program, place: Path, out: Qt.Key
) -> None:
    program.start(place / "site")
    page = cover(program)
    assert isinstance(page, SignInPage)
    page.user.line.setText("crc")
    page.password.line.setFocus()
    qtbot.keyClicks(page.password.line, "half a pass")
    press(qtbot, Qt.Key.Key_F1)
    assert page._laid is not None
    shown = page._laid.page
    assert shown is not None
    qtbot.waitUntil(shown.text.hasFocus)
    assert "恢复单" in shown.text.toPlainText()
    press(qtbot, Qt.Key.Key_Return)
    assert page.go.isEnabled(), "no key of the help signs anybody in"
    press(qtbot, out)
    assert page._laid is None
    assert page.password.line.hasFocus()
    assert page.password.text == "half a pass"


def test_a_training_site_is_made_by_keyboard_alone(
    qtbot: QtBot, program: Program, tmp_path: Path
) -> None:
    program.doors.show_new_site(True)
    ready(qtbot)
    page = cover(program)
    assert isinstance(page, NewSitePage)
    line(qtbot, "07")
    assert page.folder.path == tmp_path / "MRD-training-07"
    for text in ("Ward", "", "boss", "synthetic boss", "synthetic bos"):
        line(qtbot, text)
    assert page.again.line.selectedText() or "不一致" in page.again._below.text()
    page.again.line.clear()
    line(qtbot, "synthetic boss")
    qtbot.waitUntil(lambda: isinstance(cover(program), FirstUserPage), timeout=20_000)
    qtbot.wait(20)
    for text in ("nurse", "Synthetic Nurse", "synthetic nurse", "synthetic nurse"):
        line(qtbot, text)
    qtbot.waitUntil(lambda: isinstance(cover(program), SignInPage), timeout=20_000)
    with opened(tmp_path / "MRD-training-07", "nurse") as session:
        assert session.role == "coordinator"
        assert session.account.full_name == "Synthetic Nurse"
        assert session.folder.training
        assert [p.practice for p in trust.pins(session)] == [True], "an export can be practised"
        assert trust.recipients(trust.pins(session))[0].practice


def test_rules_of_a_password_are_told_while_typing(qtbot: QtBot, program: Program) -> None:
    program.doors.show_new_site(False)
    page = cover(program)
    assert isinstance(page, NewSitePage)
    qtbot.keyClicks(page.password.line, "abc")
    assert "还差 12 个" in page.password._below.text()


def test_a_wrong_password_is_told_in_place(qtbot: QtBot, program: Program, place: Path) -> None:
    program.start(place / "site")
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, "not this one")
    page = cover(program)
    assert isinstance(page, SignInPage)
    qtbot.waitUntil(lambda: "不正确" in page.password._below.text(), timeout=20_000)
    assert program.desk is None
    assert page.password.line.hasFocus()
    assert not page.password.line.text(), "an old password is never sent again"


def test_enter_in_the_user_name_goes_to_the_password_and_sends_nothing(
    qtbot: QtBot, program: Program, place: Path
) -> None:
    program.start(place / "site")
    ready(qtbot)
    page = cover(program)
    assert isinstance(page, SignInPage)
    page.password.line.setText("not this one")
    with qtbot.assertNotEmitted(page.wanted):
        line(qtbot, "crc")
    assert page.password.line.hasFocus()
    assert page.password.line.selectedText()


def test_no_password_is_shown_in_clear(qtbot: QtBot, program: Program, place: Path) -> None:
    first = FirstUserPage(program.context, training=True, two=False)
    site = NewSitePage(program.context, training=True, home=place)
    for page in (first, site):
        qtbot.addWidget(page)
        for asked in (page.password, page.again):
            assert asked.line.echoMode() is QLineEdit.EchoMode.Password


def test_capitals_without_shift_hint_at_caps_lock(
    qtbot: QtBot, program: Program, place: Path
) -> None:
    program.start(place / "site")
    page = cover(program)
    assert isinstance(page, SignInPage)
    qtbot.keyClick(page.password.line, "A")
    assert "大写锁定" in page.password._below.text()


def test_a_one_time_code_leads_to_a_password_of_ones_own(
    qtbot: QtBot, program: Program, tmp_path: Path
) -> None:
    folder.create_site(
        tmp_path / "site", site="02", name="Synthetic", training=True, admin="admin",
        password=secret("admin"), study=load_study(), fold=projection.fold,
    )  # fmt: skip
    with opened(tmp_path / "site", "admin") as admin:
        code = users.add_user(admin, "aud", "auditor").code
    assert code is not None
    program.start(tmp_path / "site")
    ready(qtbot)
    line(qtbot, "aud")
    line(qtbot, code)
    qtbot.waitUntil(lambda: isinstance(cover(program), FirstPasswordPage), timeout=20_000)
    qtbot.wait(20)
    page = cover(program)
    assert isinstance(page, FirstPasswordPage)
    line(qtbot, "")  # an Enter too many says what is missing
    assert "请先设置密码" in page.password._below.text()
    assert page.password.line.hasFocus()
    line(qtbot, secret("aud"))
    line(qtbot, secret("aud"))
    qtbot.waitUntil(lambda: program.desk is not None, timeout=20_000)
    assert program.session is not None
    assert program.session.user == "aud"


def test_lock_keeps_the_typing_and_unlock_returns_to_it(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    page = program.desk.open_form(FormKey(EventKey("01-002", "M12"), "SV"))
    assert page is not None
    qtbot.wait(50)
    qtbot.keyClicks(page.body.editor(page.body.order[1]), "1")
    assert page.entry.dirty
    program.lock()
    session = program.session
    assert session is not None
    assert session.locked
    assert isinstance(cover(program), LockPage)
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, "wrong")
    lock = cover(program)
    assert isinstance(lock, LockPage)
    qtbot.waitUntil(lambda: "不正确" in lock.password._below.text(), timeout=20_000)
    assert not lock.password.line.text(), "an old password is never sent again"
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: not program.shell.covered, timeout=20_000)
    assert program.shell.page is page
    assert page.entry.dirty
    again = program.desk.book.open(FormKey(EventKey("01-002", "M12"), "SV"))
    assert again.state is FormState.DRAFT


def test_the_window_locks_by_itself_but_not_while_a_job_is_waited_for(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    held: Job[object] = Job(lambda _: None)
    program.jobs._held.add(held)
    program._idled()
    assert not program.shell.covered
    program.jobs._held.clear()
    program._idled()
    assert isinstance(cover(program), LockPage)


def test_a_lock_waits_for_the_job_behind_the_cover(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    session, go = program.desk.session, threading.Event()
    program.desk.run(lambda _: go.wait(10))
    qtbot.waitUntil(lambda: program.jobs.holding)
    program.lock()
    assert isinstance(cover(program), LockPage)
    assert not session.locked
    go.set()
    qtbot.waitUntil(lambda: session.locked, timeout=20_000)
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: not program.shell.covered, timeout=20_000)


def test_keys_start_the_idle_time_anew(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program._idle.stop()
    window = program.shell.windowHandle()
    qtbot.keyClick(window, Qt.Key.Key_Shift)
    assert program._idle.isActive()


def test_another_user_finds_nothing_of_the_former(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    program.desk.open_subject("01-002")
    first = program.session
    program = sign_in("admin")
    assert first is not None
    assert first.locked
    assert "today" not in program.shell._sections
    assert program.shell.stack.count() == 1


def test_closing_keeps_the_draft_and_frees_the_folder(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    page = program.desk.open_form(FormKey(EventKey("01-002", "M12"), "SV"))
    assert page is not None
    qtbot.keyClicks(page.body.editor(page.body.order[1]), "1")
    assert program.shell.isVisible()
    press(qtbot, Qt.Key.Key_Q, ctrl=True)
    assert program.desk is None
    assert not program.shell.isVisible(), "one key leaves"
    with opened(place / "site", "crc") as session:
        assert session.user == "crc"


def test_a_fault_keeps_the_typing_and_tells_no_values(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    key = FormKey(EventKey("01-002", "M12"), "SV")
    page = program.desk.open_form(key)
    assert page is not None
    qtbot.keyClicks(page.body.editor(page.body.order[1]), "1")
    with pytest.raises(ValueError) as caught:
        int("张三 13900000000")
    program.tell_fault(caught.value)
    told = places(caught.value)
    assert isinstance(cover(program), FaultPage)
    assert "张三" not in told
    assert "ValueError" in told
    assert program.session is not None
    assert program.session.locked, "nobody knows what failed: the password opens it again"
    number, *lines = logged(program)
    assert lines == [] and "张三" not in number and "ValueError" in number
    shown = [x.text() for x in cover(program).findChildren(QLabel)]
    assert any(json.loads(number)["number"] in text for text in shown)
    press(qtbot, Qt.Key.Key_Space)
    unlocked(qtbot, program, "crc")
    assert isinstance(program.shell.page, FormPage)
    assert program.desk.book.open(key).state is FormState.DRAFT


def logged(program: Program) -> list[str]:
    """The lines of the log of faults."""
    path = program.doors.path
    assert path is not None
    text = (path / faultlog.LOG_FILE).read_text("utf-8")
    return [x for x in text.splitlines() if x]


def unlocked(qtbot: QtBot, program: Program, user: str) -> None:
    assert isinstance(cover(program), LockPage)
    ready(qtbot)
    line(qtbot, user)
    line(qtbot, secret(user))
    qtbot.waitUntil(lambda: not program.shell.covered, timeout=20_000)


def told(session: Session) -> list[str]:
    """The numbers of the faults that the chain holds."""
    with session.reading() as conn:
        records = list(store.records(conn, session.folder.chain))
    return [str(r.body["number"]) for r in records if r.opening is not None and is_fault(r)]


def test_a_fault_is_a_record_at_once(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.tell_fault(ZeroDivisionError())
    press(qtbot, Qt.Key.Key_Return)
    unlocked(qtbot, program, "crc")
    assert program.session is not None
    numbers = [json.loads(x)["number"] for x in logged(program)]
    assert told(program.session) == numbers != []


def test_a_fault_behind_the_lock_is_a_record_with_the_next_transaction(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    program.lock()
    program.tell_fault(ZeroDivisionError())
    press(qtbot, Qt.Key.Key_Return)
    unlocked(qtbot, program, "crc")
    session = program.session
    assert session is not None
    session.announce()
    numbers = [json.loads(x)["number"] for x in logged(program)]
    assert told(session) == numbers != []
    program.sign_out()
    with opened(session.folder.path, "crc") as again:
        again.announce()
        assert told(again) == numbers, "no fault is told twice"


def test_what_fails_in_the_last_resort_itself_keeps_no_door_open(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = sign_in("crc")
    page = program.shell.page
    assert page is not None

    def fails(*_: object) -> None:
        raise RuntimeError("synthetic")

    with monkeypatch.context() as broken:
        broken.setattr(page, "leave", fails)
        broken.setattr(faultlog, "keep", fails)
        broken.setattr(Session, "note_faults", fails)
        program.tell_fault(ZeroDivisionError())
    assert isinstance(cover(program), FaultPage)
    assert program.session is not None and program.session.locked
    press(qtbot, Qt.Key.Key_Return)
    unlocked(qtbot, program, "crc")


def test_a_fault_that_comes_with_each_drawing_is_one_line(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    fault = ZeroDivisionError()
    for _ in range(5):
        program.tell_fault(fault)
    assert len(logged(program)) in (1, 2), "two where a minute has just begun"


def test_nobody_comes_back_to_a_fault(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.tell_fault(ZeroDivisionError())
    assert program._wipe.isActive() and program._wipe.interval() == 30 * 60_000
    program._wipe.timeout.emit()
    assert program.desk is None
    assert isinstance(cover(program), SignInPage)


def test_a_fault_behind_the_lock_opens_no_door(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.lock()
    program.tell_fault(ZeroDivisionError())
    qtbot.wait(30)
    press(qtbot, Qt.Key.Key_Return)
    assert isinstance(cover(program), LockPage)
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: not program.shell.covered, timeout=20_000)


DATA = {"today", "subjects", "queries"}


@pytest.mark.parametrize(
    ("user", "finds", "misses"),
    [
        ("crc", DATA | {"transfer", "admin", "help"}, {"sign"}),
        ("pi", DATA | {"transfer", "sign"}, set()),
        ("cra", DATA, {"transfer", "sign"}),
        ("admin", {"admin", "help"}, DATA | {"transfer", "sign"}),
    ],
)
def test_each_role_finds_its_own_sections(
    qtbot: QtBot, sign_in: SignIn, user: str, finds: set[str], misses: set[str]
) -> None:
    program = sign_in(user)
    found = set(program.shell._sections)
    assert finds <= found
    assert not misses & found


def test_a_session_ends_after_its_longest_time_and_keeps_the_typing(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    assert program._whole.isActive()
    left = program._whole.interval() / 60_000
    assert 12 * 60 - 6 < left <= 12 * 60 - 5, "five minutes before the core writes no more"
    visit = FormKey(EventKey("01-002", "M12"), "SV")
    page = program.desk.open_form(visit)
    assert page is not None
    qtbot.wait(50)
    qtbot.keyClicks(page.body.editor(page.body.order[1]), "1")
    program.lock()
    program._whole.timeout.emit()
    assert program.session is None
    assert isinstance(cover(program), SignInPage)
    assert not program._whole.isActive()
    again = sign_in("crc")
    assert again.desk is not None
    assert again.desk.book.open(visit).state is FormState.DRAFT


def test_no_job_is_cut_off_at_the_end_of_the_longest_session(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    held: Job[object] = Job(lambda _: None)
    program.jobs._held.add(held)
    program._worn_out()
    assert program.session is not None
    program.jobs._held.clear()
    qtbot.waitUntil(lambda: program.session is None, timeout=20_000)


def test_a_password_opens_no_session_that_is_too_old(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    program.lock()
    ready(qtbot)
    session = program.session
    assert session is not None
    wall, steady = session.clock._started
    session.clock._started = (wall, steady - 12 * 60 * 60)
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: isinstance(cover(program), SignInPage), timeout=20_000)


@pytest.mark.parametrize("leave", ["lock", "sign_out"])
def test_what_was_copied_here_does_not_outlive_the_session(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, leave: str
) -> None:
    board = QApplication.clipboard()
    program = sign_in("crc")
    ready(qtbot)
    board.setText("synthetic copied words")
    getattr(program, leave)()
    assert board.text() == ""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(QGuiApplication, "focusWindow", lambda: None)
        board.setText("synthetic words of another program")
    program.copied.forget()
    assert board.text() == "synthetic words of another program"


def test_what_was_copied_here_is_barred_from_histories_and_leaves_after_thirty_seconds(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    board = QApplication.clipboard()
    program = sign_in("crc")
    ready(qtbot)
    board.setText("synthetic copied words")
    assert board.text() == "synthetic copied words"
    assert set(BARS) <= set(board.mimeData().formats())
    timer = program.copied.timer
    assert (timer.isActive(), timer.interval(), KEPT_FOR) == (True, 30_000, 30_000)
    timer.timeout.emit()
    assert board.text() == ""


def test_two_windows_do_not_lay_the_same_back_for_ever(qtbot: QtBot, sign_in: SignIn) -> None:
    board = QApplication.clipboard()
    sign_in("crc")
    others = [Copied(QApplication.instance()) for _ in range(2)]
    ready(qtbot)
    with qtbot.waitSignal(board.dataChanged):
        board.setText("synthetic words")
    assert board.text() == "synthetic words"
    for other in others:
        other.deleteLater()


def test_a_computer_that_slept_wakes_locked(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    ready(qtbot)
    program.asleep.woke.emit()
    assert isinstance(cover(program), LockPage)
    qtbot.waitUntil(lambda: program.session is not None and program.session.locked, timeout=20_000)


def test_who_only_looks_is_recorded_from_sign_in_to_end(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    with opened(place / "site", "admin") as session:
        before = session.head().seq
    program = sign_in("cra")
    assert program.session is not None
    assert program.session.head().seq == before + 1
    program.lock()
    unlocked(qtbot, program, "cra")
    program.sign_out()
    qtbot.waitUntil(lambda: program.desk is None, timeout=20_000)
    with opened(place / "site", "admin") as session, session.reading() as conn:
        found = list(store.records(conn, session.folder.chain, after=before))
    said = [(r.kind.value, r.body["user"], r.body.get("why")) for r in found]
    assert said == [
        ("session.opened", "cra", None), ("session.closed", "cra", "lock"),
        ("session.opened", "cra", None), ("session.closed", "cra", "close"),
    ]  # fmt: skip


def fails(place: Path, user: str, times: int) -> None:
    """Sign-ins with a wrong password, by whatever program."""
    for _ in range(times):
        with pytest.raises(WrongPassword):
            folder.open_folder(
                place / "site", user, "not the password", study=load_study(), fold=projection.fold
            )


def notice(program: Program) -> str:
    return program.shell._notice.words.text() if program.shell._notice.isVisible() else ""


def test_failed_sign_ins_are_told_to_the_user_and_to_who_manages_users(
    qtbot: QtBot, sign_in: SignIn, place: Path
) -> None:
    sign_in("admin").sign_out()
    fails(place, "crc", 6)
    program = sign_in("crc")
    assert "登录失败 6 次" in notice(program)
    program.lock()
    unlocked(qtbot, program, "crc")
    assert notice(program) == "", "told until the lock"
    program = sign_in("admin")
    assert "crc 6 次" in notice(program)
    program = sign_in("admin")
    assert "crc" not in notice(program)


def test_one_slip_of_the_moment_is_no_alarm(
    qtbot: QtBot, program: Program, place: Path, sign_in: SignIn
) -> None:
    fails(place, "crc", 1)
    sign_in("crc")
    assert notice(program) == ""
