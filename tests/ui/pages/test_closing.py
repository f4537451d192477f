"""The end of the study by keyboard: what lacks, where the keys are, the bundle."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.closing.checking import check_bundle
from mrd_desktop.closing.keys import handed
from tests.ui.pages.kit import SignIn, focus, line, press, secret, settled
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_closing import STEPS, ClosingPart


def at_closing(qtbot: QtBot, program: Program) -> ClosingPart:
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    part = page.show_part("closing")
    assert isinstance(part, ClosingPart)
    settled(qtbot, program)
    qtbot.waitUntil(part.list.hasFocus)
    return part


def lacking(part: ClosingPart) -> set[str]:
    return {x.code for x in part.list.rows.rows if not x.there}  # type: ignore[union-attr]


def test_the_keys_are_signed_for_and_the_bundle_says_what_lacks(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("pi")
    part = at_closing(qtbot, program)
    session = program.session
    assert session is not None
    assert lacking(part) == set(STEPS)
    press(qtbot, Qt.Key.Key_K)
    line(qtbot, "00000000")
    line(qtbot, "Synthetic A, safe 3")
    line(qtbot, "Synthetic B, GCP office")
    line(qtbot, "Synthetic C, archive")
    line(qtbot, secret("pi"))
    below = part.sheet._below
    qtbot.waitUntil(lambda: "有效恢复单" in below.text(), timeout=20_000)  # said where it is
    assert part.sheet.line.hasFocus()
    qtbot.waitUntil(lambda: not below.visibleRegion().isEmpty())
    assert handed(session) is None
    part.sheet.line.setText(session.manifest.recovery.serial)
    part.signing.password.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)  # the password was right and still stands there
    qtbot.waitUntil(lambda: handed(session) is not None, timeout=20_000)
    settled(qtbot, program)
    assert lacking(part) == set(STEPS) - {"keys"}
    assert part.list.hasFocus()
    press(qtbot, Qt.Key.Key_B)
    qtbot.keyClicks(focus(), str(tmp_path))
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "不完整" in part.told.text(), timeout=60_000)
    settled(qtbot, program)
    (made,) = tmp_path.glob("closeout-01-*")
    assert {c.name for c in check_bundle(made) if c.ok is False} == {"lineage"}


def test_a_coordinator_makes_the_bundle_and_signs_nothing(qtbot: QtBot, sign_in: SignIn) -> None:
    part = at_closing(qtbot, sign_in("crc"))
    assert not part.signing.isVisible()
    assert part.make.isVisible()
    press(qtbot, Qt.Key.Key_K)
    assert part.list.hasFocus()


def test_who_hands_nothing_over_does_not_find_it(sign_in: SignIn) -> None:
    page = sign_in("cra").shell.go("admin")
    assert isinstance(page, AdminPage)
    assert "closing" not in page.parts
