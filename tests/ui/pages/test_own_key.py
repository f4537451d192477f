"""The site's key replaced in the window: by two people, by keyboard; what bars it; the files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import rotations
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.texts import Text
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.handover.giving import hand_over
from mrd_desktop.vault import computers, own_key, trust, users
from mrd_desktop.vault.own_key import Bar, NewKey
from tests.ui.pages.kit import (
    SignIn,
    focus,
    laid_out,
    line,
    opened,
    press,
    ready,
    secret,
    settled,
)
from tests.ui.pages.look.stage import FLOOR
from tests.ui.pages.test_handing import other
from tests.ui.pages.test_oversight import part_of
from tests.ui.pages.test_transfer import at_receive
from ui.app import Program
from ui.fingerprints import grouped
from ui.pages.admin_key import BARS, NO_FOLDER, KeyPart
from ui.pages.admin_sheet import SheetPart
from ui.pages.admin_trust import COMPARE, SIGNED_FOR, TrustPart

__all__ = ["other"]  # a fixture


def at_key(qtbot: QtBot, program: Program) -> KeyPart:
    part = part_of(qtbot, program, "key")
    assert isinstance(part, KeyPart)
    settled(qtbot, program)
    return part


def test_two_people_replace_the_key_by_keyboard_and_the_files_are_written(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("crc")
    session = program.session
    assert session is not None
    before = session.fingerprint()
    part = at_key(qtbot, program)
    assert part.print.text() == grouped(before)
    assert "从未更换" in part.state.text()
    assert not part.giving.isVisible()
    assert focus() is part.reason.line
    line(qtbot, "yearly change")
    for typed in (secret("crc"), "crc", secret("crc")):
        line(qtbot, typed)
    qtbot.waitUntil(lambda: focus() is part.people.second.line, timeout=20_000)
    assert session.fingerprint() == before
    part.people.own.line.setFocus()
    line(qtbot, secret("crc"))
    part.people.second.line.selectAll()
    for typed in ("admin", secret("admin")):
        line(qtbot, typed)
    qtbot.waitUntil(lambda: session.fingerprint() != before, timeout=20_000)
    settled(qtbot, program)
    now = session.fingerprint()
    assert part.print.text() == grouped(now)
    assert before in part.state.text()  # the sponsor trusts it still
    assert part.bar.text() == BARS[Bar.WAITS].zh
    assert not part.asking.isVisible()
    assert not part.reason.text
    (row,) = part.list.rows.rows
    assert isinstance(row, own_key.Change)
    assert (row.former, row.fingerprint, row.second) == (before, now, "admin")
    assert row.reason == "yearly change"
    assert focus() is part.list
    assert program.desk is not None
    assert "newkey" in {t.kind for t in program.desk.census.tasks}

    part.folder.asked.line.setFocus()
    line(qtbot, str(tmp_path / "nowhere"))
    assert part.folder.asked._below.text() == NO_FOLDER.zh
    part.folder.asked.line.selectAll()
    line(qtbot, str(tmp_path))
    qtbot.waitUntil(lambda: bool(list(tmp_path.glob("*.mrdrotation"))), timeout=20_000)
    (path,) = tmp_path.glob("*.mrdrotation")
    assert rotations.from_bytes(path.read_bytes()).key.id == now
    settled(qtbot, program)

    export(session, tmp_path)  # the former key signs for the last time
    part.enter()
    qtbot.waitUntil(lambda: focus() is part.reason.line, timeout=20_000)
    assert part.asking.isVisible()
    assert not part.bar.isVisible()
    press(qtbot, Qt.Key.Key_Return)
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    assert "简要说明" in part.reason._below.text()


def test_a_reason_names_nobody_and_the_only_administrator_is_told_who_begins(
    qtbot: QtBot, sign_in: SignIn
) -> None:
    program = sign_in("pi")
    session = program.session
    assert session is not None
    before = session.fingerprint()
    part = at_key(qtbot, program)
    line(qtbot, "13812345678 has left")
    for typed in (secret("pi"), "admin", secret("admin")):
        line(qtbot, typed)
    qtbot.waitUntil(lambda: focus() is part.reason.line, timeout=20_000)
    assert part.reason._below.text() == NamesAPerson().text.zh
    assert (part.people.own.text, part.people.other.text) == ("", "")
    assert session.fingerprint() == before

    part = at_key(qtbot, sign_in("admin"))
    assert part.bar.text() == BARS[Bar.ALONE].zh
    assert not part.asking.isVisible()


@pytest.mark.parametrize(("attribute", "bar"), [("hold", Bar.HELD), ("altered", Bar.ALTERED)])
def test_what_bars_it_is_said(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, attribute: str, bar: Bar
) -> None:
    program = sign_in("pi")
    session = program.session
    assert session is not None
    monkeypatch.setattr(session, attribute, Text("synthetic", "synthetic"))
    part = at_key(qtbot, program)
    assert part.bar.text() == BARS[bar].zh
    assert not part.asking.isVisible()
    assert focus() is part.list


@pytest.mark.parametrize("key", ["key", "sheet"])
def test_what_enter_goes_to_is_in_sight_in_a_low_window(
    qtbot: QtBot, sign_in: SignIn, key: str
) -> None:
    program = sign_in("pi")
    program.shell.resize(*FLOOR)
    part = part_of(qtbot, program, key)
    assert isinstance(part, KeyPart | SheetPart)
    ready(qtbot)
    if isinstance(part, KeyPart):
        line(qtbot, "yearly change")
    else:
        part.people.own.line.setFocus()
    for field, typed in (
        (part.people.own, secret("pi")), (part.people.second, "admin"), (part.people.other, ""),
    ):  # fmt: skip
        laid_out(program.shell)
        assert focus() is field.line
        assert field.visibleRegion().boundingRect().height() == field.height()
        if typed:
            line(qtbot, typed)


def rotated(path: Path, user: str, second: str) -> NewKey:
    """A folder gets a new key without a window."""
    with opened(path, user) as session:
        return own_key.rotate(
            session, "yearly change", secret(user), second=second, second_password=secret(second)
        )


def test_a_file_of_the_other_computer_says_that_its_key_is_new(
    qtbot: QtBot, sign_in: SignIn, other: Path, tmp_path: Path
) -> None:
    program = sign_in("crc")
    session = program.session
    assert session is not None
    made = rotated(other, "crc", "admin")
    with opened(other, "crc") as theirs:
        file = hand_over(theirs, session.folder.chain, tmp_path).path
    coming = at_receive(qtbot, program)
    coming.file.set_path(file)
    coming.file.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: made.fingerprint in coming.taken.text(), timeout=60_000)
    assert "由原密钥签名" in coming.taken.text()
    with session.reading() as conn:
        (known,) = computers.computers(conn, session.folder.chain)
    assert known.fingerprint == made.fingerprint


def test_a_change_of_a_key_is_taken_by_file_once_it_was_compared(
    qtbot: QtBot, sign_in: SignIn, place: Path, other: Path, tmp_path: Path
) -> None:
    with opened(place / "store", "sponsor") as store:
        users.add_user(store, "second", "sponsor", password=secret("second"))
    files = []
    for n, made in enumerate((
        rotated(other, "crc", "admin"), rotated(place / "store", "sponsor", "second"),
    )):  # fmt: skip
        files.append((tmp_path / f"{n}.mrdrotation", made))
        files[-1][0].write_bytes(made.statement)
    program = sign_in("admin")
    session = program.session
    assert session is not None
    part = part_of(qtbot, program, "trust")
    assert isinstance(part, TrustPart)
    ready(qtbot)
    for path, made in files:
        part.file.asked.line.selectAll()
        line(qtbot, str(path))
        assert part._print.text() == made.fingerprint
        assert part._compare.text() == SIGNED_FOR.zh
        assert not part.replace.isVisible()
        assert not part.pin.isEnabled()
        assert focus() is part.compared
        press(qtbot, Qt.Key.Key_Space)
        assert part.pin.isEnabled()
        part.pin.setFocus()
        press(qtbot, Qt.Key.Key_Return)
        settled(qtbot, program)
        active = {p.sign.id for p in trust.pins(session) if p.active}
        assert made.fingerprint in active
        assert made.former not in active
    own = place / "site" / trust.SITE_PUB
    part.file.asked.line.selectAll()
    line(qtbot, str(own))  # a key is compared as ever
    assert part._compare.text() == COMPARE.zh
    assert part.compared.isVisible()
    assert not part.pin.isEnabled()


def test_only_those_who_may_begin_it_find_the_part(sign_in: SignIn) -> None:
    for user, finds in (("crc", True), ("pi", True), ("cra", False)):
        page = sign_in(user).shell.go("admin")
        assert ("key" in page.parts) is finds
