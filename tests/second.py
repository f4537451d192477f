"""A synthetic site whose definition asks for a second entry of some forms, and how to key one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.second.keying import SecondKeying
from mrd_desktop.record.second.settling import Settling
from mrd_desktop.record.second.standing import Choice
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.resources import resource
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.load import definition_bytes, load_study, read_sources
from mrd_desktop.study.model import Study
from mrd_desktop.study.values import entry_text
from mrd_desktop.vault import definitions, folder, users
from mrd_desktop.vault.session import Session
from tests.clinic import ROLES, STORIES, TODAY, Clinic, password_of
from tests.transfer.route import TYPO, Route, acquaint, make_store

SUBJECT: Final = "01-001"
MARKED: Final = ("VS", "PRT", "MRD", "DM")
SECOND_USERS: Final = {**ROLES, "crc2": "coordinator"}


def marked_study(to: Path, *forms: str) -> Study:
    """The shipped definition with a second entry asked for."""
    shutil.copytree(resource("study"), to)
    for oid in forms or MARKED:
        path = to / "forms" / f"{oid}.yaml"
        text = path.read_text("utf-8")
        assert "\ngroups:" in text
        path.write_text(text.replace("\ngroups:", "\nsecond_entry: true\ngroups:", 1), "utf-8")
    return load_study(to, cached=False)


def make_second_clinic(place: Path) -> Clinic:
    """A training site with subject 01-001 of the stories, keyed by crc."""
    study = marked_study(place / "study")
    folder.create_site(
        place / "site",
        site="01",
        name="Synthetic site",
        training=True,
        admin="admin",
        password=password_of("admin"),
        study=study,
        fold=projection.fold,
        now=datetime.fromisoformat(TODAY),
    )
    clinic = Clinic(place / "site", study)
    with clinic.open("admin") as session:
        with session.writing() as conn:  # as the shipped one is: whole, to travel along
            data = definition_bytes(read_sources(place / "study"))
            definitions.keep(conn, study.digest, data)
        for name, role in SECOND_USERS.items():
            users.add_user(session, name, role, password=password_of(name))
    with clinic.open("crc") as session:
        load_story(Casebook(session), read_story(STORIES / "01-001.json"))
    return clinic


def second_clinic(place: Path) -> Clinic:
    """The site that was made at a place."""
    return Clinic(place / "site", load_study(place / "study", cached=False))


def form_key(form: str, event: str = "SCR", repeat: int = 1) -> FormKey:
    return FormKey(EventKey(SUBJECT, event), form, repeat)


def item_key(form: FormKey, item: str, group: str = "A", row: int = 1) -> ItemKey:
    return ItemKey(RowKey(form, group, row), item)


def type_again(
    keying: SecondKeying, paper: FormEntry, otherwise: Mapping[tuple[str, int, str], str]
) -> None:
    """Key what stands recorded, but for what is given ``otherwise`` by (section, row, item)."""
    for group in paper.groups():
        rows = [r for r in group.rows if not r.removed]
        for number, row in enumerate(rows, 1):
            if group.group.repeating:
                keying.add_row(group.group.name)
            for view in row.fields:
                key = ItemKey(RowKey(keying.key, group.group.name, number), view.key.item)
                said = otherwise.get((group.group.name, number, view.key.item))
                if view.derived or (said is None and view.recorded is None):
                    continue
                if said is None and view.missing is not None:
                    keying.mark_missing(key, view.missing)
                else:
                    text = entry_text(view.item, view.recorded) if said is None else said
                    keying.type(key, text)


def key_again(
    session: Session, key: FormKey, otherwise: Mapping[tuple[str, int, str], str] | None = None
) -> None:
    """A whole second entry."""
    keying = SecondKeying(session, key)
    type_again(keying, FormEntry(session, key), otherwise or {})
    keying.save(complete=True)


def second_parcel(clinic: Clinic, place: Path) -> Route:
    """A site with second entries, one of them settled in part, and an empty store."""
    store = make_store(place / "store", clinic.study)
    acquaint(clinic, store)
    vs = form_key("VS")
    with clinic.open("crc2") as session:
        key_again(session, vs, {("A", 1, "PULSE"): "99", ("A", 1, "RESP"): "17"})
        settling = Settling(session, vs)
        settling.choose(item_key(vs, "PULSE"), Choice.SECOND)
        settling.save(TYPO)
        key_again(session, form_key("DM"), {("A", 1, "CETHNIC"): "HUI"})
        key_again(session, form_key("MRD"), {("MRDV", 2, "VAF"): "0.029"})
    return Route(clinic, store, place)
