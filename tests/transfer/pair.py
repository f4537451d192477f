"""Two synthetic computers of one site that know each other, and a store that knows both."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.model import Study
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.handover.giving import Handed, hand_over
from mrd_desktop.transfer.handover.taking import Taken, take
from mrd_desktop.vault import computers, folder, trust, users
from tests.clinic import ROLES, Clinic, password_of
from tests.transfer.route import Store, acquaint, make_store

SUBJECT = "01-001"
LATER = "2027-06-30T10:00:00+08:00"
"""Further computers are ahead of the first one, so that what they do then is later."""


@dataclass(frozen=True)
class Pair:
    """Computers A and B of site 01, a store, and the stick between them."""

    a: Clinic
    b: Clinic
    store: Store
    stick: Path

    def copy(self, to: Path) -> Pair:
        """The same three elsewhere."""
        for name, path in (("a", self.a.path), ("b", self.b.path), ("store", self.store.path)):
            shutil.copytree(path, to / name)
        (to / "stick").mkdir()
        study = self.a.study
        return Pair(
            Clinic(to / "a", study), Clinic(to / "b", study), Store(to / "store", study),
            to / "stick",
        )  # fmt: skip

    def hand(self, source: Clinic, to: Clinic, *subjects: str, full: bool = False) -> Handed:
        """One computer writes the file for the other."""
        with source.open("crc") as session:
            return hand_over(session, chain_of(to), self.stick, subjects, full=full)

    def move(self, source: Clinic, to: Clinic, *subjects: str) -> Taken:
        """And the other one takes it."""
        return taken(to, self.hand(source, to, *subjects).path)

    def send(self, clinic: Clinic) -> ExportResult:
        """A package of one computer, received by the store."""
        with clinic.open("crc") as session:
            made = export(session, self.stick)
        (arrival,) = self.store.take(made.path)
        assert arrival.fine, arrival
        return made


def taken(clinic: Clinic, path: Path) -> Taken:
    """A computer takes a file."""
    with clinic.open("crc") as session:
        return take(session, path)


def chain_of(clinic: Clinic) -> str:
    """The chain of a computer."""
    return trust.read_identity((clinic.path / trust.SITE_PUB).read_bytes()).chain


def make_second(path: Path, study: Study, numbers: str = "501-999") -> Clinic:
    """Another computer of site 01, with its block of subject numbers."""
    folder.create_site(
        path, site="01", name="Synthetic site", training=True, admin="admin",
        password=password_of("admin"), study=study, fold=projection.fold,
        now=datetime.fromisoformat(LATER), numbers=computers.block_of(numbers),
    )  # fmt: skip
    clinic = Clinic(path, study)
    with clinic.open("admin") as session:
        for name, role in ROLES.items():
            users.add_user(session, name, role, password=password_of(name))
    return clinic


def introduce(clinics: Sequence[Clinic]) -> None:
    """Let every computer add the card of every other one."""
    cards = []
    for clinic in clinics:
        with clinic.open("crc") as session:
            cards.append(computers.card(session))
    for n, clinic in enumerate(clinics):
        with clinic.open("admin") as session:
            for other, data in enumerate(cards):
                if other != n:
                    computers.add(session, data)


def make_pair(charted: Clinic, root: Path) -> Pair:
    """A holds a subject with forms; B is new."""
    a, study = charted.copy(root / "a"), charted.study
    b = make_second(root / "b", study)
    store = make_store(root / "store", study)
    for clinic in (a, b):
        acquaint(clinic, store)
    introduce((a, b))
    (root / "stick").mkdir()
    return Pair(a, b, store, root / "stick")


def owned(clinic: Clinic, subject: str = SUBJECT) -> str | None:
    """The chain that owns a subject, as a computer sees it."""
    with clinic.open("crc") as session, session.reading() as conn:
        return projection.owning.standing_of(conn, subject).owner


def numbers(clinic: Clinic) -> tuple[str, ...]:
    """The subjects that a computer sees."""
    with clinic.open("crc") as session:
        return tuple(line.subject for line in Casebook(session).subjects())
