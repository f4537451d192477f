"""Sites in every state, and where pictures are put."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import folder, users
from tests.once import Once
from tests.ui.pages.kit import NOW, USERS, opened, secret

VARIABLE = "MRD_SCREENS"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pictures."""
    named = os.environ.get(VARIABLE)
    made = Path(named) if named else tmp_path_factory.mktemp("screens")
    made.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture(scope="session")
def empty_clinic(once: Once) -> Path:
    """A site with users and no subject."""
    return once.made("empty", _make_empty)


def _make_empty(place: Path) -> None:
    place.mkdir()
    folder.create_site(
        place / "site", site="02", name="示例医院", training=True, admin="admin",
        password=secret("admin"), study=load_study(), fold=projection.fold, now=NOW,
    )  # fmt: skip
    with opened(place / "site", "admin") as admin:
        for user, role in USERS.items():
            users.add_user(admin, user, role, password=secret(user))


@pytest.fixture
def empty_place(empty_clinic: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(empty_clinic, tmp_path / "empty"))
