"""Handing a subject over in the window, and taking one up."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record import projection
from mrd_desktop.record.errors import Cause
from mrd_desktop.study.address import FormKey, parse_address
from mrd_desktop.study.load import load_study
from mrd_desktop.transfer.handover.giving import Handed, hand_over
from mrd_desktop.transfer.handover.taking import take
from mrd_desktop.vault import computers, folder, users
from tests.ui.pages.kit import NOW, SignIn, line, opened, press, secret, settled
from tests.ui.pages.test_transfer import at_receive
from ui.pages.handing import CHOOSE, DONE, FULL_SAID, HERE, ON_ITS_WAY, STOPPED, HandingPart
from ui.pages.takeover import TakeOverPage
from ui.pages.transfer import TransferPage


@pytest.fixture
def other(place: Path) -> Path:
    """Another computer of the site; they know each other."""
    path = place / "other"
    folder.create_site(
        path, site="01", name="示例医院", training=True, admin="admin", password=secret("admin"),
        study=load_study(), fold=projection.fold, now=NOW, numbers=computers.block_of("501-999"),
    )  # fmt: skip
    with opened(path, "admin") as session:
        users.add_user(session, "crc", "coordinator", password=secret("crc"))
    for mine, theirs in ((path, place / "site"), (place / "site", path)):
        with opened(theirs, "crc") as session:
            card = computers.card(session)
        with opened(mine, "admin") as session:
            computers.add(session, card)
    return path


def test_a_subject_goes_to_the_other_computer_and_comes_back(
    qtbot: QtBot, sign_in: SignIn, other: Path, tmp_path: Path
) -> None:
    program = sign_in("crc")
    page = program.shell.go("transfer")
    assert isinstance(page, TransferPage)
    part = page.show_part("hand")
    assert isinstance(part, HandingPart)
    settled(qtbot, program)
    assert part.to.text  # the only other computer there is
    first = part.list.model().index(0, 1)
    assert part.list.model().data(first) == HERE.zh
    part.add_subject(part.list.rows.at(0))
    part.folder.set_path(tmp_path / "stick")
    part.folder.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert "01-001" in part.told.text()
    assert not list(tmp_path.glob("stick/*"))
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: part._job is None and "已生成" in part.told.text(), timeout=60_000)
    (file,) = (tmp_path / "stick").glob("*.mrdhandover")
    assert part.list.model().data(first).startswith(ON_ITS_WAY.zh[:4])

    desk = program.desk
    assert desk is not None
    form = parse_address("01-001/SCR#1/IC#1")
    assert isinstance(form, FormKey)
    assert desk.book.open(form).read_only is Cause.ELSEWHERE

    with opened(other, "crc") as session:
        assert take(session, file).subjects == ("01-001",)
        own = desk.session.folder.chain
        back = hand_over(session, own, tmp_path, ["01-001"])
    coming = at_receive(qtbot, program)
    coming.file.set_path(back.path)
    coming.file.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: coming.taken.text() != "" and coming._job is None, timeout=60_000)
    assert "01-001" in coming.taken.text()
    assert desk.book.open(form).read_only is None


def test_a_whole_file_is_asked_for_and_a_subject_taken_by_force_by_keys_alone(
    qtbot: QtBot,
    sign_in: SignIn,
    place: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole: list[bool] = []

    def hand(*args: Any, full: bool, told: Any) -> Handed:
        whole.append(full)
        return hand_over(*args, full=full, told=told)

    monkeypatch.setattr("ui.pages.handing.hand_over", hand)
    program = sign_in("crc")
    page = program.shell.go("transfer")
    assert isinstance(page, TransferPage)
    part = page.show_part("hand")
    assert isinstance(part, HandingPart)
    settled(qtbot, program)
    part.list.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert part.subjects.text == "01-001"
    part.take_over()
    assert part.told.text() == CHOOSE.zh
    part.folder.set_path(tmp_path)
    part.full.setFocus()
    press(qtbot, Qt.Key.Key_Space)
    press(qtbot, Qt.Key.Key_Return)
    assert FULL_SAID.zh in part.told.text()
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: part._job is None and "已生成" in part.told.text(), timeout=60_000)
    settled(qtbot, program)
    assert (whole, part.full.isChecked()) == ([True], False)

    part.list.setFocus()
    part.force.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    force = program.shell.page
    assert isinstance(force, TakeOverPage)
    qtbot.waitUntil(force.reason.line.hasFocus)
    line(qtbot, "short")
    line(qtbot, secret("crc"))
    line(qtbot, "admin")
    line(qtbot, secret("admin"))
    qtbot.waitUntil(lambda: "十个字符" in force.reason._below.text())
    line(qtbot, "Its disk is broken")
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    qtbot.waitUntil(lambda: program.shell.page is not force, timeout=30_000)
    settled(qtbot, program)
    assert part.list.model().data(part.list.model().index(0, 1)) == HERE.zh


@pytest.mark.parametrize("handed", [True, False])
def test_only_a_file_that_hands_nobody_over_can_be_stopped(
    qtbot: QtBot,
    sign_in: SignIn,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    handed: bool,
) -> None:
    """A subject on its way without its file would be a half state: that is finished."""
    go_on = threading.Event()

    def slow(*_: object, told: Any, full: bool) -> Handed:
        while not go_on.is_set():
            told(1, 2)
            time.sleep(0.01)
        return Handed(tmp_path / "synthetic.mrdhandover", "b", (), 2)

    monkeypatch.setattr("ui.pages.handing.hand_over", slow)
    program = sign_in("crc")
    page = program.shell.go("transfer")
    assert isinstance(page, TransferPage)
    part = page.show_part("hand")
    assert isinstance(part, HandingPart)
    settled(qtbot, program)
    if handed:
        part.add_subject(part.list.rows.at(0))
    part.folder.set_path(tmp_path)
    part.folder.asked.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    press(qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "1 / 2" in part.told.text(), timeout=20_000)
    assert part.bar.isVisible()
    assert part.stop.isVisible() is not handed
    part.cancel()
    if handed:
        qtbot.wait(100)
        assert part._job is not None
        go_on.set()
    settled(qtbot, program)
    assert part.told.text() == (DONE.filled(file="synthetic.mrdhandover") if handed else STOPPED).zh
    assert not part.bar.isVisible()
    assert part.act.isEnabled()


def test_taking_over_is_stopped_by_esc(
    qtbot: QtBot,
    sign_in: SignIn,
    place: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_: object, told: Any, **__: object) -> object:
        while True:
            told(0, 2)
            time.sleep(0.01)

    monkeypatch.setattr("ui.pages.takeover.claim", slow)
    with opened(other, "crc") as session:
        chain = session.folder.chain
    with opened(place / "site", "crc") as session:
        hand_over(session, chain, tmp_path, ["01-001"])
    program = sign_in("crc")
    assert program.desk is not None
    page = TakeOverPage(program.context, program.desk, "01-001")
    program.shell.open(page)
    settled(qtbot, program)
    for typed in ("Synthetic: the stick was lost", secret("crc"), "admin", secret("admin")):
        line(qtbot, typed)
    qtbot.waitUntil(page.people.stop.isVisible, timeout=20_000)
    press(qtbot, Qt.Key.Key_Escape)
    settled(qtbot, program)
    assert program.shell.page is page, "the first Esc stops the work"
    assert not page.people.stop.isVisible()
    assert page.people.button.isEnabled()
    press(qtbot, Qt.Key.Key_Escape)
    assert program.shell.page is not page
