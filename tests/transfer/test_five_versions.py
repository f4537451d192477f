"""Five versions of the definition at one site: no value lost, each form in the words of its own."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from lxml import etree

from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import ItemKey, RowKey, parse_address
from mrd_desktop.texts import Language
from mrd_desktop.transfer.overview import trace
from mrd_desktop.transfer.publish import FORMATS, write_datasets
from tests.schemas import (
    DEFINE_VARIANTS,
    ODM2,
    ODM_VARIANTS,
    define_schema,
    odm2_schema,
    odm_schema,
)
from tests.transfer.five import VERSIONS, through_five
from tests.transfer.route import Route, values

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def five(
    route_template: Route, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Route, dict[str, str]]:
    root = tmp_path_factory.mktemp("five")
    route = route_template.copy(root / "route")
    saved, _ = through_five(route, root, subjects=2, each=2)
    assert route.carry().fine
    return route, saved


@pytest.fixture(scope="module")
def folder(five: tuple[Route, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("five-datasets")
    with five[0].store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, to, FORMATS, Language.EN)
    return to


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def version_of(address: str) -> int:
    """Which version a form was saved under: the number of its visit; consent under the first."""
    key = parse_address(address)
    assert isinstance(key, ItemKey)
    return key.form.event.repeat if key.form.form == "VS" else 1


def test_no_value_is_lost_at_the_site_and_at_the_sponsor(
    five: tuple[Route, dict[str, str]],
) -> None:
    route, saved = five
    with route.clinic.open() as session:
        assert session.study.version == f"0.{VERSIONS}"
        held = values(session)
        assert {a: held[a] for a in saved} == saved
        assert all(c.ok is not False for c in verify_folder(session))
    with route.store.open() as session:
        held = values(session)
        assert {a: held[a] for a in saved} == saved


def test_each_cell_is_there_and_says_its_code_as_it_was_said(
    folder: Path, five: tuple[Route, dict[str, str]]
) -> None:
    rows = read(folder / "csv" / "VS.csv")
    cells = {
        f"{r['SUBJID']}/{r['EVENT']}#{r['EVENTREP']}/VS#{r['FORMREP']}/A#1/{name}": (r, value)
        for r in rows
        for name, value in r.items()
        if value and "_" not in name
    }
    for address, value in five[1].items():
        if "/VS#" not in address:
            continue
        row, found = cells[address]
        assert found == value, address
        n = version_of(address)
        assert row["PERF_DECODE"] == ("Yes" if n == 1 else f"Yes {n}")
        assert row[f"PAIN{VERSIONS}"] == (str(VERSIONS) if n == VERSIONS else "")


def test_the_dictionary_tells_former_words_and_which_form_has_them(folder: Path) -> None:
    said = {
        (r["VERSION"], r["KIND"], r["NAME"], r["CODE"]): r["LABEL_EN"]
        for r in read(folder / "dictionary" / "versions.csv")
    }
    assert said["0.1", "ITEM", "VS.PULSE", ""] == "Pulse"
    assert said["0.3", "ITEM", "VS.PULSE", ""] == "Pulse 3"
    assert said["0.2", "CODE", "NY", "Y"] == "Yes 2"
    assert not any(version == f"0.{VERSIONS}" for version, *_ in said)
    told = {
        (r["FORM"], r["EVENTREP"], r["VERSION"]) for r in read(folder / "dictionary" / "forms.csv")
    }
    assert {("VS", str(n), f"0.{n}") for n in range(1, VERSIONS)} <= told
    assert not any(n == str(VERSIONS) for _, n, _ in told)
    listing = json.loads((folder / "datasets.json").read_text("utf-8"))
    assert [f["version"] for f in listing["former"]] == [f"0.{n}" for n in range(1, VERSIONS)]


@pytest.mark.parametrize("name", ["snapshot", "transactional"])
def test_odm_has_a_metadata_version_for_each_and_every_value_under_its_own(
    folder: Path, five: tuple[Route, dict[str, str]], name: str
) -> None:
    tree = etree.parse(folder / "odm" / f"{name}.xml")
    for schema in map(odm_schema, ODM_VARIANTS):
        assert schema.validate(tree), schema.error_log
    versions = {v.get("OID"): v for v in tree.iter(f"{ODM}MetaDataVersion")}
    assert list(versions) == [f"MDV.0.{n}" for n in range(1, VERSIONS + 1)]
    found: dict[str, str] = {}
    for data in tree.iter(f"{ODM}ClinicalData"):
        metadata = versions[data.get("MetaDataVersionOID")]
        made = {e.get("OID") for e in metadata.iter(etree.Element) if e.get("OID")}
        for element in data.iter(etree.Element):
            for attribute in ("StudyEventOID", "FormOID", "ItemGroupOID", "ItemOID", "CodeListOID"):
                assert element.get(attribute) is None or element.get(attribute) in made
        for cell in data.iter(f"{ODM}ItemData"):
            found[_address(cell)] = f"{cell.get('Value')} {data.get('MetaDataVersionOID')}"
    for address, value in five[1].items():
        assert found[address] == f"{value} MDV.0.{version_of(address)}", address


def test_odm_2_has_them_too(folder: Path, five: tuple[Route, dict[str, str]]) -> None:
    tree = etree.parse(folder / "odm2" / "snapshot.xml")
    schema = odm2_schema()
    assert schema.validate(tree), schema.error_log
    found: dict[str, str] = {}
    for data in tree.iter(f"{{{ODM2}}}ClinicalData"):
        for cell in data.iter(f"{{{ODM2}}}ItemData"):
            if str(cell.get("ItemOID")).startswith("I.VS"):
                _, _, event, subject = list(cell.iterancestors())[:4]
                at = f"{subject.get('SubjectKey')} {event.get('StudyEventRepeatKey')}"
                value = cell.findtext(f"{{{ODM2}}}Value")
                found[f"{at} {cell.get('ItemOID')}"] = f"{value} {data.get('MetaDataVersionOID')}"
    for address, value in five[1].items():
        key = parse_address(address)
        assert isinstance(key, ItemKey)
        if key.form.form == "VS":
            at = f"{key.subject} {key.form.event.repeat} I.VS.{key.item}"
            assert found[at] == f"{value} MDV.0.{version_of(address)}", address


def _address(cell: etree._Element) -> str:
    group, form, event, subject = list(cell.iterancestors())[:4]
    return (
        f"{subject.get('SubjectKey')}/{event.get('StudyEventOID').removeprefix('SE.')}"
        f"#{event.get('StudyEventRepeatKey')}/{form.get('FormOID').removeprefix('F.')}"
        f"#{form.get('FormRepeatKey')}/{group.get('ItemGroupOID').rpartition('.')[2]}"
        f"#{group.get('ItemGroupRepeatKey')}/{cell.get('ItemOID').rpartition('.')[2]}"
    )


def test_define_stays_valid_and_its_references_hold(folder: Path) -> None:
    tree = etree.parse(folder / "json" / "define.xml")
    for schema in map(define_schema, DEFINE_VARIANTS):
        assert schema.validate(tree), schema.error_log
    made = {e.get("OID") for e in tree.iter(etree.Element) if e.get("OID")}
    for element in tree.iter(etree.Element):
        for name, value in element.attrib.items():
            local = etree.QName(str(name)).localname
            if local.endswith("OID") and local not in ("OID", "FileOID"):
                assert value in made, (element.tag, name, value)


def test_a_trace_tells_the_words_of_the_version(five: tuple[Route, dict[str, str]]) -> None:
    with five[0].store.open() as session:
        for n in (1, 3, VERSIONS):
            (key,) = [
                k
                for a in five[1]
                if isinstance(k := parse_address(a), ItemKey)
                and (k.item, k.form.event.repeat, k.form.repeat) == ("PERF", n, 1)
                and k.subject == "01-001"
            ]
            (told,) = trace(session, key)
            assert told.version == f"0.{n}"
            assert told.meaning is not None
            assert told.meaning.zh == ("是" if n == 1 else f"是{n}")
            pulse = ItemKey(RowKey(key.form, "A", 1), "PULSE")
            (told,) = trace(session, pulse)
            assert told.question.en == ("Pulse" if n == 1 else f"Pulse {n}")
