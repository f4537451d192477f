"""Tables and ODM of a store: exact, sorted, complete, valid, always the same bytes."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree
from odmlib import loader as odm_files
from odmlib import odm_loader
from odmlib.odm_1_3_2.rules import oid_ref

from mrd_desktop.study.model import Phi, Study
from mrd_desktop.texts import Language
from mrd_desktop.transfer.datasets import KEYS
from mrd_desktop.transfer.errors import UnknownDataset
from mrd_desktop.transfer.publish import write_datasets
from tests.schemas import ODM_VARIANTS, odm_schema
from tests.transfer.route import Route, values

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"


@pytest.fixture(scope="module")
def received(charted_route_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Route:
    """A store that has received a whole synthetic subject."""
    route = charted_route_template.copy(tmp_path_factory.mktemp("received"))
    assert route.carry().fine
    return route


@pytest.fixture(scope="module")
def folder(received: Route, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("datasets")
    publish(received, to, Language.EN)
    return to


def publish(route: Route, to: Path, language: Language) -> None:
    with route.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, to, ("csv", "odm"), language)


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "csv" / f"{name}.csv", dtype=str, keep_default_na=False)


def test_there_is_a_table_for_each_form_and_repeating_group(folder: Path, study: Study) -> None:
    wanted = set()
    for form in study.forms:
        if not form.private:
            wanted |= {form.oid for g in form.groups if not g.repeating}
            wanted |= {f"{form.oid}_{g.name}" for g in form.groups if g.repeating}
    assert {p.stem for p in (folder / "csv").glob("*.csv")} == wanted
    assert "ID" not in wanted


def test_every_value_of_the_store_stands_in_its_cell(folder: Path, received: Route) -> None:
    with received.store.open() as session:
        recorded = values(session)
        study = session.study
    tables: dict[str, pd.DataFrame] = {}
    for address, value in recorded.items():
        subject, event, form, group, item = address.split("/")
        (event, event_rep), (form, form_rep), (group, row) = (
            p.split("#") for p in (event, form, group)
        )
        repeating = study.by_form[form].by_group[group].repeating
        name = f"{form}_{group}" if repeating else form
        frame = tables.setdefault(name, table(folder, name))
        found = frame[
            (subject == frame.SUBJID)
            & (event == frame.EVENT)
            & (event_rep == frame.EVENTREP)
            & (form_rep == frame.FORMREP)
            & (row == frame.ROWNO)
        ]
        assert len(found) == 1, address
        cells = found.iloc[0]
        expected = value or ""
        if expected.startswith("["):
            expected = ";".join(json.loads(expected))
        column = f"{form}_{item}" if item in KEYS else item
        assert expected in (cells[column], cells[f"{column}_MISS"]), address


def test_files_are_plain_utf8_sorted_by_their_keys(folder: Path) -> None:
    for path in (folder / "csv").glob("*.csv"):
        data = path.read_bytes()
        assert not data.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in data
        assert data.endswith(b"\n")
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert tuple(rows[0][: len(KEYS)]) == KEYS
        keys = [(*row[:5], int(row[5]), row[6], int(row[7]), int(row[8])) for row in rows[1:]]
        assert keys == sorted(keys)
        assert len(set(keys)) == len(keys)
        assert all(row[2] == f"{row[0]}-{row[3]}" for row in rows[1:])


def test_codes_are_decoded_in_the_language_asked_for(received: Route, tmp_path: Path) -> None:
    for language, word in ((Language.EN, "Yes"), (Language.ZH, "是")):
        publish(received, tmp_path / language, language)
        consent = table(tmp_path / language, "IC")
        assert list(consent.ICDATA) == ["Y"]
        assert list(consent.ICDATA_DECODE) == [word]


def test_identifying_items_have_no_column(folder: Path, study: Study) -> None:
    for form in study.forms:
        for group in form.groups:
            name = f"{form.oid}_{group.name}" if group.repeating else form.oid
            path = folder / "csv" / f"{name}.csv"
            if not path.exists():
                continue
            columns = set(path.read_text(encoding="utf-8").partition("\n")[0].split(","))
            assert not columns & {i.name for i in group.items if i.phi is Phi.DIRECT}


def test_derived_items_are_computed(folder: Path) -> None:
    listing = json.loads((folder / "datasets.json").read_bytes())
    assert listing["derived"]
    filled = 0
    for name, columns in listing["derived"].items():
        frame = table(folder, name)
        filled += sum(bool(v) for column in columns if column in frame for v in frame[column])
    assert filled > 3


def test_the_listing_has_rows_and_digests(folder: Path, received: Route) -> None:
    listing = json.loads((folder / "datasets.json").read_bytes())
    for file in listing["files"]:
        data = (folder / file["name"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
        if file["name"].startswith("csv/") and "/listings/" not in file["name"]:
            assert len(table(folder, Path(file["name"]).stem)) == file["rows"]
    assert listing["definition"] == received.clinic.study.digest


def test_the_same_ledger_gives_the_same_bytes(
    folder: Path, received: Route, tmp_path: Path
) -> None:
    publish(received, tmp_path, Language.EN)
    for path in folder.rglob("*.*"):
        assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("variant", ODM_VARIANTS)
def test_the_snapshot_is_valid_by_the_official_schema(folder: Path, variant: str) -> None:
    schema = odm_schema(variant)
    tree = etree.parse(folder / "odm" / "snapshot.xml")
    assert schema.validate(tree), schema.error_log
    names = {a for e in tree.iter(ODM + "ItemData") for a in e.attrib}
    assert names <= {"ItemOID", "Value", "IsNull"}


def test_the_snapshots_references_hold(folder: Path) -> None:
    loader = odm_files.ODMLoader(odm_loader.XMLODMLoader())
    loader.open_odm_document(str(folder / "odm" / "snapshot.xml"))
    odm = loader.load_odm()
    checker = oid_ref.OIDRef()  # type: ignore[no-untyped-call]
    assert odm.verify_oids(checker)
    assert checker.check_oid_refs()  # type: ignore[no-untyped-call]


def test_an_unknown_format_is_refused(received: Route, tmp_path: Path) -> None:
    with (
        received.store.open() as session,
        session.reading() as conn,
        pytest.raises(UnknownDataset, match="spss"),
    ):
        write_datasets(conn, session.study, tmp_path, ("csv", "spss"))
    assert list(tmp_path.iterdir()) == []
