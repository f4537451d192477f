"""A synthetic site and a sponsor's store that trust each other, and what travels between them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.model import Study
from mrd_desktop.transfer import team
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.receive import Arrival, receive
from mrd_desktop.transfer.reply import ImportResult, import_reply, make_reply
from mrd_desktop.vault import folder, trust
from mrd_desktop.vault.session import Session
from tests.clinic import TODAY, Clinic
from tests.once import Once

SPONSOR = "boss"
SPONSOR_PASSWORD = "synthetic-sponsor-password"
TYPO = ChangeReason("TYPO")
CONSENT = {
    "RFICDAT": "2027-06-01",
    "ICVER": "V1.0",
    "ICVERDAT": "2025-08-01",
    "ICBY": "SUBJECT",
    "ICSTAFF": "INV01",
    "ICCOPY": "Y",
    "ICDATA": "Y",
    "ICHGR": "Y",
    "ICBANK": "Y",
    "ICSENS": "Y",
}


@dataclass(frozen=True)
class Store:
    """A sponsor's store."""

    path: Path
    study: Study

    def open(self) -> Session:
        return folder.open_folder(
            self.path, SPONSOR, SPONSOR_PASSWORD, study=self.study, fold=projection.fold
        )

    def take(self, *paths: Path) -> tuple[Arrival, ...]:
        """Receive packages; the tables of a team follow."""
        with self.open() as session:
            arrivals = receive(session, paths)
            team.follow(session)
        return arrivals


def make_store(path: Path, study: Study, *, training: bool = True) -> Store:
    folder.create_store(
        path,
        training=training,
        admin=SPONSOR,
        password=SPONSOR_PASSWORD,
        study=study,
        fold=projection.fold,
        now=datetime.fromisoformat(TODAY) if training else None,
    )
    return Store(path, study)


def acquaint(clinic: Clinic, store: Store) -> None:
    """Let site and sponsor trust each other's keys."""
    with clinic.open("admin") as session:
        trust.pin(session, (store.path / trust.SPONSOR_PUB).read_bytes())
    with store.open() as session:
        trust.pin(session, (clinic.path / trust.SITE_PUB).read_bytes())


@dataclass(frozen=True)
class Route:
    """A site, a store, and the stick carried between them."""

    clinic: Clinic
    store: Store
    stick: Path

    def copy(self, to: Path) -> Route:
        stick = to / "stick"
        stick.mkdir(parents=True)
        clinic = self.clinic.copy(to / "site")
        shutil.copytree(self.store.path, to / "store")
        return Route(clinic, Store(to / "store", self.store.study), stick)

    def send(self, *, full: bool = False) -> ExportResult:
        """Export the next package."""
        with self.clinic.open() as session:
            return export(session, self.stick, full=full)

    def carry(self, *, full: bool = False) -> Arrival:
        """Export the next package and receive it."""
        return self.store.take(self.send(full=full).path)[0]


def route_of(name: str, template: Clinic, once: Once) -> Route:
    """A copy of a site that trusts an empty store and is trusted by it, made once a run."""

    def make(root: Path) -> None:
        clinic = template.copy(root / "site")
        acquaint(clinic, make_store(root / "store", clinic.study))

    root = once.made(name, make)
    return Route(Clinic(root / "site", template.study), Store(root / "store", template.study), root)


def answer(route: Route) -> Path:
    """The store's reply to the site, on the stick."""
    with route.store.open() as session:
        (made,) = make_reply(session, "01", route.stick)
    return made.path


def take_up(route: Route, path: Path) -> ImportResult:
    """The site imports a reply."""
    with route.clinic.open() as session:
        return import_reply(session, path)


def fill(session: Session, address: str, answers: dict[str, str], *, complete: bool = True) -> None:
    """Save one form; item names with their group where it is not the first: ``B.NAME``."""
    book = Casebook(session)
    key = locate(session.study, address)
    assert isinstance(key, FormKey)
    entry = book.open(key)
    form = session.study.by_form[key.form]
    for name, value in answers.items():
        group = next(g for g in form.groups if name in g.by_name)
        found = locate(session.study, f"{address}/{group.name}/{name}")
        assert isinstance(found, ItemKey)
        entry.type(found, value)
    entry.save(complete=complete, reason=TYPO)


def values(session: Session) -> dict[str, str | None]:
    """Everything that stands in a projection, or in the team's tables of a store, by address."""
    found: dict[str, str | None] = {}
    with session.reading() as conn, team.reading(session) as tables:
        rows = (conn if tables is None else tables).execute(
            text(
                "SELECT f.subject, f.event, f.event_repeat, f.form, f.form_repeat, i.grp, i.row,"
                " i.item, i.value, i.missing FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
            )
        )
        for r in rows:
            address = (
                f"{r.subject}/{r.event}#{r.event_repeat}/{r.form}#{r.form_repeat}"
                f"/{r.grp}#{r.row}/{r.item}"
            )
            found[address] = r.value if r.value is not None else r.missing
    return found
