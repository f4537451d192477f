"""One synthetic training site and one live site, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.vault import crypto, folder, users
from mrd_desktop.vault.session import Session
from tests.once import Once
from tests.vault.kit import CANARY, LIVE_PASSWORD, PASSWORDS, ROLES, Site, fold, private


@pytest.fixture(scope="session")
def study() -> Study:
    return load_study()


@pytest.fixture(scope="session")
def training_template(once: Once, study: Study) -> Site:
    place = once.made("vault-training", _make_training)
    return Site(place / "site", study, (place / _SHEET).read_text("utf-8"))


@pytest.fixture(scope="session")
def live_template(once: Once, study: Study) -> Site:
    """A live site with a coordinator who holds the vault key, a monitor and an administrator."""
    place = once.made("vault-live", _make_live)
    return Site(place / "site", study, (place / _SHEET).read_text("utf-8"), live=True)


_SHEET = "sheet.txt"


def _make_training(place: Path) -> None:
    path, study = place / "site", load_study()
    place.mkdir()
    made = folder.create_site(
        path, site="01", name="Synthetic site", training=True, admin="admin",
        password=PASSWORDS["admin"], study=study, fold=fold,
    )  # fmt: skip
    site = Site(path, study, made.recovery_sheet)
    with site.open("admin") as session:
        for name, role in ROLES.items():
            users.add_user(session, name, role, password=PASSWORDS[name])
    with site.open("crc") as session:
        session.commit([private("01-001", CANARY)])
    (place / _SHEET).write_text(site.sheet, "utf-8")


def _make_live(place: Path) -> None:
    path, study = place / "site", load_study()
    place.mkdir()
    patch = pytest.MonkeyPatch()
    patch.setattr(crypto, "calibrated", lambda: crypto.FLOOR)
    made = folder.create_site(
        path, site="02", name="Synthetic live", training=False, admin="admin",
        password=LIVE_PASSWORD.format("admin"), study=study, fold=fold,
    )  # fmt: skip
    patch.undo()
    site = Site(path, study, made.recovery_sheet, live=True)
    for name, role in (("crc", "coordinator"), ("cra", "monitor")):
        with site.open("admin") as session:
            code = users.add_user(session, name, role).code
        assert code is not None
        folder.set_first_password(
            path, name, code, LIVE_PASSWORD.format(name), study=study, fold=fold
        ).close()
    (place / _SHEET).write_text(site.sheet, "utf-8")


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Site], Site]:
    def copy(template: Site) -> Site:
        path = tmp_path / "site"
        shutil.copytree(template.path, path)
        return Site(path, template.study, template.sheet, template.live)

    return copy


@pytest.fixture
def site(copied: Callable[[Site], Site], training_template: Site) -> Site:
    return copied(training_template)


@pytest.fixture
def live(copied: Callable[[Site], Site], live_template: Site) -> Site:
    return copied(live_template)


@pytest.fixture
def crc(site: Site) -> Iterator[Session]:
    with site.open("crc") as session:
        yield session
