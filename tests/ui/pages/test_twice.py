"""Enter pressed twice signs once, on every page that signs (R-SIG-03): real keys, real pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Text
from mrd_desktop.vault import backup, users
from mrd_desktop.vault.session import Session
from tests.ui.pages.kit import NOW, SignIn, come_in_first, opened, ready, secret, settled
from tests.ui.pages.test_live import enter_site
from tests.ui.pages.test_oversight import part_of
from tests.ui.pages.test_review import DWELL, saw_all, to_sign_page
from tests.ui.pages.test_users import at_users
from tests.vault.live_kit import PASSWORD, make_live
from ui.app import Program
from ui.pages.admin_closing import ClosingPart
from ui.pages.sign import SignPage
from ui.pages.undertaking import UndertakingPage
from ui.widgets.signing import SignedWords, Signing

ROOT = Path(__file__).parents[3]
PS = FormKey(EventKey("01-001", "SCR"), "PS")


@dataclass
class Door:
    """What a page is reached by."""

    qtbot: QtBot
    program: Program
    sign_in: SignIn
    place: Path
    tmp: Path

    def part(self, user: str, key: str) -> QWidget:
        part = part_of(self.qtbot, self.sign_in(user), key)
        ready(self.qtbot)
        return part

    def words(self, part: QWidget, password: str) -> Signing:
        answer = part.answer  # type: ignore[attr-defined]
        assert isinstance(answer, SignedWords)
        self.qtbot.waitUntil(answer.signing.isVisible, timeout=60_000)
        answer.words.line.setText("synthetic words")
        answer.signing.password.line.setText(password)
        return answer.signing

    def typed(self, part: QWidget, password: str) -> Signing:
        signing = part.signing  # type: ignore[attr-defined]
        assert isinstance(signing, Signing)
        signing.password.line.setText(password)
        return signing


def accounts(door: Door) -> Signing:
    part = door.part("admin", "accounts")
    door.qtbot.waitUntil(lambda: part.survey is not None, timeout=60_000)  # type: ignore[attr-defined]
    return door.words(part, secret("admin"))


def trail(door: Door) -> Signing:
    part = door.part("pi", "trail")
    door.qtbot.waitUntil(lambda: part.survey is not None, timeout=60_000)  # type: ignore[attr-defined]
    return door.words(part, secret("pi"))


def clock(door: Door) -> Signing:
    with opened(door.place / "site", "crc") as crc:
        crc.clock.shift += timedelta(days=46)
        crc.announce()
    door.program.doors.now = NOW + timedelta(hours=6)
    return door.words(door.part("crc", "clock"), secret("crc"))


def loss(door: Door) -> Signing:
    site, older = door.place / "site", door.place / "older.mrd"
    shutil.copyfile(site / "data.mrd", older)
    with opened(site, "crc") as crc:
        backup.backup(crc, crc.folder.backups)
    shutil.copyfile(older, site / "data.mrd")
    return door.words(door.part("pi", "loss"), secret("pi"))


def milestones(door: Door) -> Signing:
    part = door.part("pi", "milestones")
    door.qtbot.waitUntil(lambda: len(part.list.rows.rows) == 3, timeout=60_000)  # type: ignore[attr-defined]
    part.list.selectRow(0)  # type: ignore[attr-defined]
    settled(door.qtbot, door.program)
    return door.typed(part, secret("pi"))


def closing(door: Door) -> Signing:
    part = door.part("pi", "closing")
    assert isinstance(part, ClosingPart)
    session = door.program.session
    assert session is not None
    part.sheet.line.setText(session.manifest.recovery.serial)
    part.first.line.setText("Synthetic A, safe 3")
    part.second.line.setText("Synthetic B, GCP office")
    part.kept.line.setText("Synthetic C, archive")
    return door.typed(part, secret("pi"))


def exercises(door: Door) -> Signing:
    part = door.part("crc", "exercises")
    signing = door.typed(part, secret("crc"))
    signing.show_act(Text("Sign", "签名"))  # as if all were done; the record refuses it
    return signing


def to_sign(door: Door) -> Signing:
    page = to_sign_page(door.qtbot, door.sign_in("pi"))
    saw_all(page)
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Space)
    assert page._chosen
    return door.typed(page, secret("pi"))


def subject(door: Door) -> Signing:
    program = door.sign_in("pi")
    assert program.desk is not None
    page = SignPage(program.context, program.desk, PS.subject, [PS])
    program.shell.open(page)
    door.qtbot.waitUntil(page.list.hasFocus, timeout=5_000)
    while not page.chosen(page.waiting[0].key):
        door.qtbot.wait(DWELL + 100)
        QTest.keyClick(page.list, Qt.Key.Key_Space)
    return door.typed(page, secret("pi"))


def _live_pi(door: Door) -> None:
    """An investigator of a live site who has not signed the undertaking."""
    live = make_live(door.tmp, load_study())
    with live.open("admin") as admin:
        code = users.add_user(admin, "pi", "investigator").code
    assert code is not None
    door.program.start(live.path)
    come_in_first(door.qtbot, door.program, "pi", code, PASSWORD.format("pi"))


def undertaking(door: Door) -> Signing:
    _live_pi(door)
    page = door.program.shell._cover
    assert isinstance(page, UndertakingPage)
    return door.typed(page, PASSWORD.format("pi"))


def undertaking_later(door: Door) -> Signing:
    _live_pi(door)
    page = door.program.shell._cover
    assert isinstance(page, UndertakingPage)
    page.closed.emit()
    door.qtbot.waitUntil(lambda: door.program.sections is not None, timeout=60_000)
    settled(door.qtbot, door.program)
    return door.typed(part_of(door.qtbot, door.program, "undertaking"), PASSWORD.format("pi"))


def training(door: Door) -> Signing:
    live = make_live(door.tmp, load_study())
    with live.open("admin") as admin:
        users.add_user(admin, "cra", "monitor")
    enter_site(door.qtbot, door.program, live, "admin")
    settled(door.qtbot, door.program)
    part = at_users(door.qtbot, door.program)
    part.training.ask(["cra"])
    part.training.words.line.setText("synthetic course")
    return door.typed(part.training, PASSWORD.format("admin"))


PAGES: dict[str, Callable[[Door], Signing]] = {
    "admin_accounts": accounts,
    "admin_trail": trail,
    "admin_clock": clock,
    "admin_loss": loss,
    "admin_milestones": milestones,
    "admin_closing": closing,
    "admin_exercises": exercises,
    "to_sign": to_sign,
    "sign": subject,
    "undertaking": undertaking,
    "admin_undertaking": undertaking_later,
    "admin_training": training,
}


def test_every_page_that_signs_is_tried_here() -> None:
    uses = re.compile(r"from ui\.widgets\.signing import|ui\.widgets import .*signing")
    pages = (ROOT / "ui").rglob("*.py")
    found = {p.stem for p in pages if uses.search(p.read_text(encoding="utf-8"))}
    assert found - {"signing"} == PAGES.keys()


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Signing]:
    """One for each signature that was begun; the real one goes on."""
    made: list[Signing] = []
    follow = Signing.follow

    def counted(signing: Signing, job: object, about: object = None) -> None:
        made.append(signing)
        follow(signing, job, about)  # type: ignore[arg-type]

    monkeypatch.setattr(Signing, "follow", counted)
    return made


@pytest.fixture
def door(
    qtbot: QtBot, program: Program, sign_in: SignIn, place: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Door:  # fmt: skip
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "made.mrdtraining"), "")
    )
    return Door(qtbot, program, sign_in, place, tmp_path)


def signatures(session: Session) -> int:
    with session.reading() as conn:
        found = store.records(conn, session.folder.chain)
        return sum(r.opening is not None and r.kind is Kind.SIGNATURE_MADE for r in found)


@pytest.mark.parametrize("page", PAGES)
def test_enter_twice_signs_once(door: Door, begun: list[Signing], page: str) -> None:
    signing = PAGES[page](door)
    session = door.program.session
    assert session is not None
    before, field = signatures(session), signing.password.line
    field.setFocus()
    door.qtbot.waitUntil(field.hasFocus)
    signing.show_act(Text("Sign", "签名"), enabled=False)
    for held in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier):
        QTest.keyClick(field, Qt.Key.Key_Return, held)
    assert not begun, "what is not offered is not done by a key either"
    field.setFocus()
    signing.show_act(Text("Sign", "签名"))
    repeated = QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True
    )
    QApplication.sendEvent(field, repeated)
    assert not begun, "a key held down since the page before signs nothing"
    for held in (
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.ControlModifier,
    ):
        QTest.keyClick(field, Qt.Key.Key_Return, held)
    signing.wanted.emit()  # however it was asked
    assert begun == [signing]
    settled(door.qtbot, door.program)
    assert signatures(session) - before <= 1
    assert begun == [signing]
