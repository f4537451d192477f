"""Studies that no one here wrote: a site and a store under each, legal values for every form."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.views import FieldView
from mrd_desktop.study.address import EventKey, FormKey, ItemKey
from mrd_desktop.study.importing.importer import Imported
from mrd_desktop.study.limits import ANY, legal_ranges
from mrd_desktop.study.model import Item, Kind, Study
from mrd_desktop.vault import folder, users
from mrd_desktop.vault.session import Session
from tests.clinic import ROLES, TODAY, Clinic, password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Route, Store, acquaint

ROWS: Final = 2


def foreign_route(made: Imported, place: Path) -> Route:
    """A training site and a store that work under an imported definition."""
    now = datetime.fromisoformat(TODAY)
    folder.create_site(
        place / "site", site="01", name="Synthetic site", training=True, admin="admin",
        password=password_of("admin"), study=made.study, fold=projection.fold, now=now,
        definition=made.data,
    )  # fmt: skip
    clinic = Clinic(place / "site", made.study)
    with clinic.open("admin") as session:
        for name in ("crc", "inv"):
            users.add_user(session, name, ROLES[name], password=password_of(name))
    folder.create_store(
        place / "store", training=True, admin=SPONSOR, password=SPONSOR_PASSWORD,
        study=made.study, fold=projection.fold, now=now, definition=made.data,
    )  # fmt: skip
    store = Store(place / "store", made.study)
    acquaint(clinic, store)
    (place / "stick").mkdir()
    return Route(clinic, store, place / "stick")


def places(study: Study, subject: str) -> Iterator[FormKey]:
    """Every form of a study once at each of its events."""
    for event in study.events:
        for form in (*event.planned, *event.optional):
            yield FormKey(EventKey(subject, event.oid), form)


def fill(session: Session, key: FormKey, chance: random.Random) -> FormEntry:
    """Type legal values into everything a form shows, two rows where it repeats, and save it."""
    entry = Casebook(session).open(key)
    for view in entry.groups():
        if view.group.repeating:
            for _ in range(ROWS - len(view.rows)):
                entry.add_row(view.group.name)
    typed: set[ItemKey] = set()
    while waiting := [f for f in shown(entry) if f.key not in typed and not f.derived]:
        for one in waiting:
            typed.add(one.key)
            entry.type(one.key, legal(session.study, one.item, chance))
            assert entry.field(one.key).error is None, (one.key, entry.field(one.key))
    entry.save(complete=not [f for f in entry.findings() if f.check.blocks])
    return entry


def shown(entry: FormEntry) -> Iterator[FieldView]:
    """The fields that a form shows now."""
    for view in entry.groups():
        for row in view.rows:
            yield from (f for f in row.fields if f.shown)


def legal(study: Study, item: Item, chance: random.Random) -> str:
    """A text that is a value of an item and breaks none of its hard ranges."""
    match item.type.kind:
        case Kind.INTEGER | Kind.DECIMAL:
            return _number(study, item, chance)
        case Kind.DATE:
            return f"20{chance.randint(10, 26)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}"
        case Kind.PARTIAL_DATE:
            return chance.choice(("2019", "2020-05", "2021-07-16"))
        case Kind.TIME:
            return f"{chance.randint(10, 23)}:{chance.randint(10, 59)}"
        case Kind.CODE:
            assert item.codelist is not None
            return chance.choice(item.codelist.codes).code
        case Kind.CODES:
            assert item.codelist is not None
            codes = [c.code for c in item.codelist.codes]
            return "; ".join(chance.sample(codes, min(2, len(codes))))
        case _:
            words = f"合成 text {chance.randint(0, 99)} é"
            return words[: item.type.length]


def _number(study: Study, item: Item, chance: random.Random) -> str:
    bounds = legal_ranges(study).get(item.oid, ANY)
    low, high = bounds.low, bounds.high
    if "HEIGHT" in item.oid and high is None:
        low, high = Decimal("1.1"), Decimal("2.9")  # its ends are open, which no range says
    first = Decimal(1) if low is None else low
    last = first + 8 if high is None else high
    most = Decimal(10) ** (item.type.length - item.type.decimals) - 1
    last = min(last, most)
    value = first + (last - first) * Decimal(chance.randint(1, 9)) / 10
    return f"{value:.{min(item.type.decimals, 2)}f}"
