"""A new version installed in the window, by two people; what is refused stands at its field."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop import __version__
from mrd_desktop.installation import inspect
from tests.releasing import Releaser, releaser, started_from
from tests.ui.pages.kit import SignIn, focus, line, press, ready, secret
from tests.ui.pages.test_oversight import part_of
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.admin_update import A_FOLDER, GONE, NO_FILE, UpdatePart


@pytest.fixture
def who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releaser:
    return releaser(tmp_path, monkeypatch)


@pytest.fixture
def file(tmp_path: Path, who: Releaser, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stick").mkdir()
    made = who.update(tmp_path / "stick")
    started_from(who.program(tmp_path / "programs" / "mrd-desktop", __version__), monkeypatch)
    return made


def at_update(qtbot: QtBot, program: Program) -> UpdatePart:
    part = part_of(qtbot, program, "update")
    assert isinstance(part, UpdatePart)
    ready(qtbot)
    return part


def test_two_people_install_it_by_keyboard(
    qtbot: QtBot, sign_in: SignIn, file: Path, tmp_path: Path
) -> None:
    part = at_update(qtbot, sign_in("admin"))
    assert focus() is part.file.asked.line
    assert not part.asking.isVisible()
    line(qtbot, str(file))
    qtbot.waitUntil(part.asking.isVisible, timeout=20_000)
    assert "0.2.0" in part.fits.text()
    assert part.notes.text() == "测试。"
    qtbot.waitUntil(lambda: focus() is part.people.own.line)
    for typed in (secret("admin"), "crc", secret("crc")):
        line(qtbot, typed)
    qtbot.waitUntil(part.done.isVisible, timeout=20_000)
    launcher = tmp_path / "programs" / "mrd-desktop-start"
    assert str(launcher) in part.done.text()
    assert launcher.is_file()
    assert inspect(tmp_path / "programs" / "mrd-desktop-0.2.0").bar is None
    assert not part.asking.isVisible()


def test_what_is_refused_stands_at_the_file(
    qtbot: QtBot, sign_in: SignIn, file: Path, tmp_path: Path
) -> None:
    part = at_update(qtbot, sign_in("admin"))
    press(qtbot, Qt.Key.Key_Return)
    assert NO_FILE.zh in part.file.asked._below.text()
    for wrong, told in ((tmp_path / "none.mrdupdate", "找不到"), (file, "未安装更新")):
        if wrong is file:
            wrong.write_bytes(wrong.read_bytes()[:-1])
        part.file.set_path(wrong)
        part.look_at()
        qtbot.waitUntil(lambda t=told: t in part.file.asked._below.text(), timeout=20_000)
        assert not part.asking.isVisible()
        part.file.asked.approve()


def test_a_file_that_was_put_in_its_place_is_not_installed(
    qtbot: QtBot, sign_in: SignIn, file: Path, who: Releaser, tmp_path: Path
) -> None:
    part = at_update(qtbot, sign_in("admin"))
    line(qtbot, str(file))
    qtbot.waitUntil(part.asking.isVisible, timeout=20_000)
    file.write_bytes(who.update(tmp_path / "stick", "0.3.0").read_bytes())
    qtbot.waitUntil(lambda: focus() is part.people.own.line)
    for typed in (secret("admin"), "crc", secret("crc")):
        line(qtbot, typed)
    qtbot.waitUntil(lambda: "请重新查看" in part.file.asked._below.text(), timeout=20_000)
    assert [p.name for p in (tmp_path / "programs").iterdir()] == ["mrd-desktop"]


def filled_in(part: UpdatePart) -> None:
    fields = (part.people.own, part.people.second, part.people.other)
    for field, typed in zip(fields, (secret("admin"), "crc", secret("crc")), strict=True):
        field.line.setText(typed)


def is_empty(part: UpdatePart) -> bool:
    fields = (part.people.own, part.people.second, part.people.other)
    return part.shown is None and not any(f.text for f in fields) and not part.asking.isVisible()


def test_passwords_typed_for_one_file_install_no_other(
    qtbot: QtBot, sign_in: SignIn, file: Path, who: Releaser, tmp_path: Path
) -> None:
    (tmp_path / "second").mkdir()
    other = who.update(tmp_path / "second", "0.3.0")
    part = at_update(qtbot, sign_in("admin"))
    for act in (
        lambda: part.file.set_path(other),  # typed or chosen
        part.look_at,  # looked at again
    ):
        part.file.set_path(file)
        part.look_at()
        qtbot.waitUntil(part.asking.isVisible, timeout=20_000)
        ready(qtbot)
        assert part.shown is not None
        assert part.shown.statement.list in part.signed.text()
        filled_in(part)
        act()
        assert is_empty(part)
        filled_in(part)
        part.people.submit()
        ready(qtbot)
        assert [p.name for p in (tmp_path / "programs").iterdir()] == ["mrd-desktop"]


def test_a_file_typed_while_another_is_read_is_not_taken_for_it(
    qtbot: QtBot, sign_in: SignIn, file: Path, who: Releaser, tmp_path: Path
) -> None:
    (tmp_path / "second").mkdir()
    other = who.update(tmp_path / "second", "0.3.0")
    part = at_update(qtbot, sign_in("admin"))
    part.file.set_path(file)
    part.look_at()
    part.file.set_path(other)
    ready(qtbot)
    qtbot.waitUntil(part.look.isEnabled, timeout=20_000)
    assert is_empty(part)


def test_it_is_offered_to_who_manages_accounts(sign_in: SignIn) -> None:
    def offered(user: str) -> bool:
        page = sign_in(user).shell.go("admin")
        assert isinstance(page, AdminPage)
        return "update" in page.parts

    assert not offered("crc")
    assert offered("admin")


def test_a_program_that_runs_from_its_source_is_not_updated_by_a_file(
    qtbot: QtBot, sign_in: SignIn, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.frozen", False)
    part = at_update(qtbot, sign_in("admin"))
    line(qtbot, str(file))
    qtbot.waitUntil(lambda: "源代码" in part.file.asked._below.text(), timeout=20_000)
    assert not part.asking.isVisible()


def test_a_path_where_no_file_is_is_told_in_words(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    part = at_update(qtbot, sign_in("admin"))
    line(qtbot, str(tmp_path / "nowhere.mrdupdate"))
    assert part.file.asked._below.text() == GONE.zh
    line(qtbot, str(tmp_path))  # what stood there is marked and gives way
    assert part.file.asked.text == str(tmp_path)
    assert part.file.asked._below.text() == A_FOLDER.zh
