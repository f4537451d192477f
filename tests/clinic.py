"""A synthetic training site with real users, made once a test run and copied for each test."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.vault import folder, users
from mrd_desktop.vault.session import Session
from tests.once import Once

TODAY: Final = "2027-06-30T09:00:00+08:00"
STORIES: Final = Path(__file__).parent / "vectors" / "stories"
ROLES: Final = {
    "crc": "coordinator",
    "inv": "investigator",
    "cra": "monitor",
    "aud": "auditor",
}


def password_of(user: str) -> str:
    """The password of a synthetic user."""
    return f"synthetic-{user}-password"


@dataclass(frozen=True)
class Clinic:
    """A site folder and how to sign in to it."""

    path: Path
    study: Study

    def open(self, user: str = "crc") -> Session:
        """Sign in."""
        return folder.open_folder(
            self.path, user, password_of(user), study=self.study, fold=projection.fold
        )

    def copy(self, to: Path) -> Clinic:
        """The same site elsewhere."""
        shutil.copytree(self.path, to)
        return Clinic(to, self.study)


def make_clinic(path: Path, site: str = "01") -> Clinic:
    """A training site with one user a role; its clock shows the day of the stories' cut-off."""
    study = load_study()
    folder.create_site(
        path,
        site=site,
        name="Synthetic site",
        training=True,
        admin="admin",
        password=password_of("admin"),
        study=study,
        fold=projection.fold,
        now=datetime.fromisoformat(TODAY),
    )
    clinic = Clinic(path, study)
    with clinic.open("admin") as session:
        for name, role in ROLES.items():
            users.add_user(session, name, role, password=password_of(name))
    return clinic


def with_stories(clinic: Clinic, once: Once, *subjects: str, stories: Path = STORIES) -> Clinic:
    """A site with stories on top of what is in it, made once a run; copy it, never change it."""

    def make(path: Path) -> None:
        with clinic.copy(path).open() as session:
            for subject in subjects:
                load_story(Casebook(session), read_story(stories / f"{subject}.json"))

    name = "+".join((clinic.path.parent.name, stories.name, *subjects))
    return Clinic(once.made(name, make), clinic.study)
