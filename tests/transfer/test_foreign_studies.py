"""Studies that no one here wrote: filled, signed, sent and read back, cell by cell."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.record.views import FormState
from mrd_desktop.study.importing.importer import import_odm
from mrd_desktop.study.model import Phi
from mrd_desktop.texts import Language
from mrd_desktop.transfer.publish import write_datasets
from tests.clinic import password_of
from tests.conftest import SOAK
from tests.foreign import fill, foreign_route, places
from tests.schemas import odm2_schema
from tests.study.importing.vectors import EVERY, SYNTHETIC, imported
from tests.transfer.route import Route, values

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"


@pytest.mark.soak
@pytest.mark.parametrize("name", EVERY if SOAK else ("metadata", *SYNTHETIC))
def test_every_form_is_filled_signed_sent_and_read_back(
    name: str, tmp_path: Path, seed: int
) -> None:
    made = imported(name)
    route = foreign_route(made, tmp_path)
    chance = random.Random(seed)
    with route.clinic.open("crc") as session:
        assert session.study.digest == made.study.digest
        subject = Casebook(session).create_subject()
        keys = [*places(session.study, subject)]
        assert {k.form for k in keys} == {*session.study.by_form}
        for key in keys:
            fill(session, key, chance)
        states = {e.key: e.state for e in map(Casebook(session).open, keys)}
        complete = [k for k in keys if states[k] is FormState.COMPLETE]
        assert len(complete) >= len(keys) * 0.8, states
    with route.clinic.open("inv") as session:
        for key in complete:
            shown = show(session, key, Language.EN)
            sign_form(session, shown, password_of("inv"), language=Language.EN)
        at_site = values(session)
        assert all(Casebook(session).open(k).state is FormState.SIGNED for k in complete)
    assert route.carry().fine
    with route.store.open() as session:
        assert session.study.digest == made.study.digest
        received = values(session)
        with session.reading() as conn:
            write_datasets(
                conn, session.study, tmp_path / "out", ("csv", "odm", "odm2"), Language.EN
            )
    private = {i.oid for i in made.study.by_item.values() if i.phi is Phi.DIRECT}
    assert private == ({"DEMOGRAP.LASTNAME"} if name == "redcap" else set())
    leaves = {a: v for a, v in at_site.items() if _oid(a) not in private}
    assert len(leaves) > 10
    assert received == leaves
    assert _of_csv(tmp_path / "out", route) == _plain(leaves)
    assert _of_odm(tmp_path / "out", route) == _plain(leaves)
    # and the file that was written is a study again
    newer = etree.parse(tmp_path / "out" / "odm2" / "snapshot.xml")
    assert odm2_schema().validate(newer), odm2_schema().error_log
    again = import_odm((tmp_path / "out" / "odm" / "snapshot.xml").read_bytes()).study
    assert [f.oid for f in again.forms] == [f.oid for f in made.study.forms]
    assert {i.oid: i.type for i in again.by_item.values()} == {
        i.oid: i.type for i in made.study.by_item.values()
    }


def _oid(address: str) -> str:
    """``F.NAME`` of the address of a cell."""
    _, _, form, _, item = address.split("/")
    return f"{form.partition('#')[0]}.{item}"


def _plain(cells: dict[str, str | None]) -> dict[str, str]:
    """Values as datasets hold them: several codes joined."""
    return {
        a: ";".join(json.loads(v)) if v.startswith('["') else v
        for a, v in cells.items()
        if v is not None
    }


def _of_csv(folder: Path, route: Route) -> dict[str, str]:
    study, found = route.store.study, {}
    for form in study.forms:
        for group in form.groups:
            name = f"{form.oid}_{group.name}" if group.repeating else form.oid
            frame = pd.read_csv(folder / "csv" / f"{name}.csv", dtype=str, keep_default_na=False)
            for row in frame.to_dict("records"):
                number = row["ROWNO"] if group.repeating else "1"
                for item in group.items:
                    if item.derived or item.phi is Phi.DIRECT or not row[item.name]:
                        continue
                    address = (
                        f"{row['SUBJID']}/{row['EVENT']}#{row['EVENTREP']}/{form.oid}"
                        f"#{row['FORMREP']}/{group.name}#{number}/{item.name}"
                    )
                    found[address] = row[item.name]
    return found


def _of_odm(folder: Path, route: Route) -> dict[str, str]:
    study, found = route.store.study, {}
    root = etree.parse(folder / "odm" / "snapshot.xml").getroot()
    for data in root.iter(f"{ODM}ItemData"):
        group = data.getparent()
        assert group is not None
        form = group.getparent()
        assert form is not None
        event = form.getparent()
        assert event is not None
        subject = event.getparent()
        assert subject is not None
        oid = data.get("ItemOID", "").removeprefix("I.")
        if study.by_item[oid].derived:
            continue
        section = group.get("ItemGroupOID", "").rpartition(".")[2]
        address = (
            f"{subject.get('SubjectKey')}/{event.get('StudyEventOID', '').removeprefix('SE.')}"
            f"#{event.get('StudyEventRepeatKey')}/{form.get('FormOID', '').removeprefix('F.')}"
            f"#{form.get('FormRepeatKey')}/{section}#{group.get('ItemGroupRepeatKey')}"
            f"/{oid.partition('.')[2]}"
        )
        found[address] = data.get("Value", "")
    return found
