"""One synthetic training site with two subjects, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.resources import resource
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import folder, trust, users
from tests.once import Once
from tests.ui.pages.kit import NOW, USERS, SignIn, line, opened, ready, secret, settled
from ui.app import Program
from ui.context import Context


@pytest.fixture(scope="session")
def clinic(once: Once) -> Path:
    """A site and a sponsor's store that trust each other."""
    return once.made("pages", _make_clinic)


def _make_clinic(place: Path) -> None:
    place.mkdir()
    study = load_study()
    folder.create_store(
        place / "store", training=True, admin="sponsor", password=secret("sponsor"),
        study=study, fold=projection.fold, now=NOW,
    )  # fmt: skip
    folder.create_site(
        place / "site", site="01", name="示例医院", training=True, admin="admin",
        password=secret("admin"), study=study, fold=projection.fold, now=NOW,
        sponsor_key=(place / "store" / trust.SPONSOR_PUB).read_bytes(),
    )  # fmt: skip
    with opened(place / "store", "sponsor") as store:
        trust.pin(store, (place / "site" / trust.SITE_PUB).read_bytes())
    with opened(place / "site", "admin") as admin:
        for user, role in USERS.items():
            users.add_user(admin, user, role, password=secret(user))
    with opened(place / "site", "crc") as crc:
        for name in ("01-001", "01-002"):
            load_story(Casebook(crc), read_story(resource("demo", f"{name}.json")))


@pytest.fixture
def place(clinic: Path, tmp_path: Path) -> Path:
    """A copy of the clinic: ``site`` and ``store``."""
    copied = tmp_path / "clinic"
    shutil.copytree(clinic, copied)
    return copied


@pytest.fixture
def program(qtbot: QtBot, context: Context, tmp_path: Path) -> Iterator[Program]:
    """The program with its window shown, at no page yet."""
    made = Program(context, load_study(), home=tmp_path)
    qtbot.addWidget(made.shell)
    made.shell.resize(1366, 728)
    made.shell.show()
    qtbot.waitExposed(made.shell)
    yield made
    made._end()
    held = QApplication.mouseButtons()
    assert held == Qt.MouseButton.NoButton, "later tests of this run would find a button held"


@pytest.fixture
def sign_in(qtbot: QtBot, program: Program, place: Path) -> SignIn:
    """Sign a user in by keyboard and wait until the lists are counted."""

    def act(user: str) -> Program:
        if program.desk is None:
            program.start(place / "site")
        else:
            program.sign_out()
            qtbot.waitUntil(lambda: program.desk is None, timeout=20_000)  # after the backup owed
        ready(qtbot)
        line(qtbot, user)
        line(qtbot, secret(user))
        qtbot.waitUntil(lambda: program.desk is not None, timeout=20_000)
        settled(qtbot, program)
        return program

    return act
