"""An older copy put back: what the packages hold is offered before anybody signs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.texts import Language
from mrd_desktop.transfer import lineage, loss
from mrd_desktop.transfer.export import export
from mrd_desktop.vault.backup import backup
from mrd_desktop.vault.session import Session
from tests.ui.pages.kit import SignIn, cover, focus, opened, press, ready, secret, settled
from tests.ui.pages.look import glance
from ui.pages.admin import AdminPage
from ui.pages.admin_loss import LossPart
from ui.pages.restoring import RestorePage
from ui.pages.start import StartPage
from ui.pages.subjects import SubjectsPage
from ui.pages.to_sign import ToSignPage


@contextmanager
def lost_again(site: Path, tmp_path: Path) -> Iterator[Session]:
    """What is recorded in this session is gone after it: an older data file is put back."""
    older = tmp_path / "older.mrd"
    shutil.copyfile(site / "data.mrd", older)
    with opened(site, "crc") as crc:
        yield crc
    shutil.copyfile(older, site / "data.mrd")


def test_what_a_package_holds_is_taken_back_before_anybody_signs(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    (tmp_path / "stick").mkdir()
    with lost_again(place / "site", tmp_path) as crc:
        Casebook(crc).create_subject()
        export(crc, tmp_path / "stick")
        end = crc.head().seq
    program = sign_in("cra")
    assert program.session is not None
    before = program.session.head().seq
    assert before < end
    assert program.session.hold is not None
    program = sign_in("pi")
    assert program.session is not None
    assert program.session.head().seq == before, "who comes and goes writes nothing here"
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("loss")
    assert isinstance(part, LossPart)
    qtbot.waitUntil(part.take.isVisible, timeout=20_000)
    assert "sign" not in program.shell._sections
    assert not part.answer.isVisible(), "first what can come back comes back"
    assert str(before + 1) in part.take.text()
    assert "先取回" in part.way.text()
    qtbot.waitUntil(part.take.hasFocus, timeout=20_000)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not part.take.isVisible(), timeout=20_000)
    settled(qtbot, program)
    assert program.session.head().seq > before
    assert program.session.hold is None
    assert "1 个" in part.state.text(), "it says what it was compared with"
    lacking = {one.seq for one in part.list.rows.rows}
    with program.session.reading() as conn:
        assert lacking == lineage.lost(conn, program.session.folder.chain)
    assert bool(lacking) is part.without.isVisible(), "what is to be entered again stays named"
    assert not program.shell._notice.isVisible()
    assert program.shell.page is page, "what is offered again takes nobody away"
    place_of_it = list(program.shell._sections).index("sign") + 1
    qtbot.keyClick(program.shell, str(place_of_it), Qt.KeyboardModifier.AltModifier)
    settled(qtbot, program)
    assert isinstance(program.shell.page, ToSignPage)


def test_after_a_loss_the_number_is_typed_from_paper(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    site = place / "site"
    with lost_again(site, tmp_path) as crc:
        Casebook(crc).create_subject()
        backup(crc, site / "backups")
    with opened(site, "pi") as pi:
        shown = loss.look(pi)
        loss.answer(pi, shown, "synthetic words", secret("pi"), language=Language.ZH)
    program = sign_in("crc")
    assert program.session is not None
    page = program.shell.go("subjects")
    assert isinstance(page, SubjectsPage)
    settled(qtbot, program)
    press(qtbot, Qt.Key.Key_N, ctrl=True)
    qtbot.waitUntil(page.named.hasFocus, timeout=20_000)
    assert "纸质受试者名单" in page._ask_note.text()
    press(qtbot, Qt.Key.Key_Return)
    assert page._ask.isVisible(), "without a number nothing is given out"
    site_number = program.session.folder.site
    qtbot.keyClicks(page.named, "777")
    press(qtbot, Qt.Key.Key_Return)
    settled(qtbot, program)
    assert f"{site_number}-777" in [line.subject for line in Casebook(program.session).subjects()]


def test_the_backup_that_is_to_be_restored_is_one_key_away(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    (tmp_path / "stick").mkdir()
    with lost_again(place / "site", tmp_path) as crc:
        Casebook(crc).create_subject()
        export(crc, tmp_path / "stick")
        made = backup(crc, place / "site" / "backups").path
    program = sign_in("pi")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("loss")
    assert isinstance(part, LossPart)
    qtbot.waitUntil(part.restore.hasFocus, timeout=20_000)
    assert made.name in part.way.text()
    settled(qtbot, program)
    glance.check(qtbot, program, "restore instead")
    assert focus() is part.restore
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(cover(program), RestorePage), timeout=20_000)
    ready(qtbot)
    asked = cover(program)
    assert isinstance(asked, RestorePage)
    assert program.session is None
    assert asked.backup.path == made
    assert focus() is asked.act
    press(qtbot, Qt.Key.Key_Escape)
    start = cover(program)
    assert isinstance(start, StartPage)
    assert start.folder.path == place / "site", "the way back to the folder that was left"
