"""Every format, read by independent readers, equals the ledger cell by cell."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pyreadstat
import pytest
from lxml import etree

from mrd_desktop.insight.synthetic import stories
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.record.story import load_story
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Kind as DataKind
from mrd_desktop.texts import Language
from mrd_desktop.transfer import tabulation
from mrd_desktop.transfer.datasets import Source
from mrd_desktop.transfer.publish import FORMATS, write_datasets
from mrd_desktop.transfer.tabulation import domains
from mrd_desktop.transfer.xpt import ibm
from tests.clinic import Clinic
from tests.once import Once
from tests.schemas import DEFINE_VARIANTS, define_schema
from tests.transfer.route import Route, fill, route_of, values

DEF = "{http://www.cdisc.org/ns/def/v2.1}"
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
ODM2 = "{http://www.cdisc.org/ns/odm/v2.0}"
LONG = "患者自述乏力。" * 28
SCHEMAS = Path(__file__).parents[1] / "vectors" / "schemas"


class Cell(NamedTuple):
    """Value and reason of one data point."""

    value: str
    missing: str


Cells = dict[tuple[str, str, str], Cell]
"""By subject, place (``SCR#1/MRD#1`` or ``…/MRDV#2``) and item OID; empty cells have no entry."""


@pytest.fixture(scope="module")
def received(
    stories_template: Clinic, once: Once, tmp_path_factory: pytest.TempPathFactory
) -> Route:
    """A store with the stories, synthetic subjects and texts that are hard on old formats."""
    template = route_of("stories-route", stories_template, once)
    route = template.copy(tmp_path_factory.mktemp("formats"))
    with route.clinic.open() as session:
        book = Casebook(session)
        for story in stories("01", session.today(), 2, 7, book.next_number()):
            load_story(book, story)
        place = next(a for a in values(session) if "/VS#" in a).split("/A#")[0]
        fill(session, place, {"PULSE": "UNK", "TEMP": "36.0"}, complete=False)
        visit = next(a for a in values(session) if "/SV#" in a).split("/A#")[0]
        fill(session, visit, {"SYMPYN": "Y", "SYMPTXT": LONG}, complete=False)
        tumour = next(a for a in values(session) if "/BCH#" in a).split("/A#")[0]
        fill(session, tumour, {"PRIMDAT": "2017"}, complete=False)
        cells = values(session)
        fill(session, next(a for a in cells if "/CR#" in a).split("/A#")[0],
             {"COMM": "=1+1, \"quoted\""}, complete=False)  # fmt: skip
    assert route.carry().fine
    return route


@pytest.fixture(scope="module")
def folder(received: Route, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("all")
    publish(received, to)
    return to


def publish(
    route: Route,
    to: Path,
    language: Language = Language.EN,
    formats: Collection[str] = FORMATS,
) -> None:
    with route.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, to, formats, language)


@pytest.fixture(scope="module")
def folders(
    folder: Path, received: Route, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[Language, Path]:
    """What depends on the language once more in Chinese."""
    to = tmp_path_factory.mktemp("chinese")
    publish(received, to, Language.ZH, ("csv", "json", "xpt"))
    return {Language.EN: folder, Language.ZH: to}


@pytest.fixture(scope="module")
def items(folder: Path) -> Mapping[tuple[str, str], str]:
    """The item of each column of each table, as the data dictionary says."""
    with (folder / "dictionary" / "columns.csv").open(encoding="utf-8", newline="") as file:
        return {(r["TABLE"], r["COLUMN"]): r["ITEM"] for r in csv.DictReader(file)}


@pytest.fixture(scope="module")
def cells(folder: Path, items: Mapping[tuple[str, str], str]) -> Cells:
    """What the CSV tables hold."""
    found: Cells = {}
    for path in (folder / "csv").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found |= dict(_cells(path.stem, csv.DictReader(file), items))
    return found


def _cells(
    table: str, rows: Any, items: Mapping[tuple[str, str], str]
) -> Iterator[tuple[tuple[str, str, str], Cell]]:
    group = table.partition("_")[2]
    for row in rows:
        place = f"{row['EVENT']}#{row['EVENTREP']}/{row['FORM']}#{row['FORMREP']}"
        place += f"/{group}#{row['ROWNO']}" if group else ""
        for column in row:
            item = items.get((table, column))
            if item and (row[column] or row[f"{column}_MISS"]):
                cell = Cell(row[column] or "", row[f"{column}_MISS"] or "")
                yield (row["SUBJID"], place, item), cell


def test_csv_equals_the_ledger_and_adds_what_is_derived(cells: Cells, received: Route) -> None:
    with received.store.open() as session:
        study, held = session.study, values(session)
        with session.reading() as conn:
            missing = {
                tuple(row): str(reason)
                for *row, reason in conn.exec_driver_sql(
                    "SELECT chain, seq, missing FROM p_item WHERE missing IS NOT NULL"
                )
            }
    wanted = {}
    for address, text in held.items():
        key = locate(study, address)
        assert isinstance(key, ItemKey)
        _, group, item = study.places[_oid(study, key)]
        place = "/".join(str(key.form).split("/")[1:])
        place += f"/{group.name}#{key.row.row}" if group.repeating else ""
        if text is not None:
            value = ";".join(json.loads(text)) if text.startswith("[") else text
            wanted[key.subject, place, item.oid] = value
    assert {"ND", "UNK"} <= set(missing.values())
    more = {at for at in cells if at not in wanted}
    assert all(study.by_item[item].derived for _, _, item in more)
    assert more
    assert {at: cell.value or cell.missing for at, cell in cells.items() if at in wanted} == wanted
    assert sum(bool(cell.missing) for cell in cells.values()) >= len(missing)


def _oid(study: Any, key: ItemKey) -> str:
    group = study.by_form[key.form.form].by_group[key.row.group]
    return str(group.by_name[key.item].oid)


@pytest.mark.parametrize("kind", ["json", "ndjson"])
def test_dataset_json_equals_the_tables(
    kind: str, folder: Path, cells: Cells, items: Mapping[tuple[str, str], str]
) -> None:
    assert _domain_cells(folder / kind, kind, items) == cells


def _load(path: Path) -> tuple[dict[str, Any], list[list[Any]]]:
    if path.suffix == ".json":
        whole = json.loads(path.read_bytes())
        return whole, whole["rows"]
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    return json.loads(head), [json.loads(row) for row in rows]


def _domain_cells(
    folder: Path,
    kind: str,
    items: Mapping[tuple[str, str], str],
    load: Callable[[Path], tuple[dict[str, Any], list[list[Any]]]] = _load,
) -> Cells:
    """Cells out of the domains, by what the Define-XML file beside them says."""
    tree = etree.parse(folder / "define.xml")
    told = {
        str(e.get("OID")): e.find(f"{ODM}Alias[@Context='Study item']")
        for e in tree.iter(f"{ODM}ItemDef")
    }
    reasons = {
        e.get("OID")
        for e in tree.iter(f"{ODM}ItemDef")
        if e.findtext(f"{ODM}Description/{ODM}TranslatedText").startswith("Reason missing: ")
    }
    tables = {item: table for (table, _), item in items.items()}
    value: dict[tuple[str, str, str], str] = {}
    missing: dict[tuple[str, str, str], str] = {}
    for path in sorted(folder.glob(f"*.{kind}")):
        head, rows = load(path)
        names = [c["name"] for c in head["columns"]]
        assert head["records"] == len(rows)
        for row in rows:
            cell = dict(zip(names, row, strict=True))
            subject = cell["USUBJID"].partition("-")[2]
            domain = head["name"].removeprefix("SUPP")
            if head["name"].startswith("SUPP"):
                place = cell["IDVARVAL"] or "SCR#1/DM#1"
                oid = f"IT.SUPP{domain}.QVAL.{cell['QNAM']}"
                item = told[oid].get("Name")  # type: ignore[union-attr]
                (missing if oid in reasons else value)[subject, place, str(item)] = cell["QVAL"]
                continue
            place = cell.get(f"{domain}GRPID") or "SCR#1/DM#1"
            known = f"{domain}TESTCD" in cell or cell.get(f"{domain}PRESP") == "Y"
            tested = cell[f"{domain}SPID"] if known else None
            result = cell.get(f"{domain}ORRES") or cell.get(f"{domain}OCCUR")
            if tested and result is not None:
                value[subject, place, tested] = result
            for column in head["columns"]:
                alias = told[column["itemOID"]]
                if alias is None or cell[column["name"]] is None:
                    continue
                item = _which(str(alias.get("Name")).split(", "), place, tested, tables)
                if item:
                    value[subject, place, item] = cell[column["name"]]
    return {
        at: Cell(value.get(at, ""), missing.get(at, "")) for at in value.keys() | missing.keys()
    }


def _which(names: list[str], place: str, tested: str | None, tables: Mapping[str, str]) -> str:
    """The item of a variable in this place; of several in one form the one of the same test."""
    parts = [p.partition("#")[0] for p in place.split("/")[1:]]
    here = [n for n in names if tables[n] == "_".join(parts)]
    if len(here) < 2:
        return here[0] if here else ""
    stem = (tested or "").removesuffix("VAL")
    return next((n for n in here if stem and n.startswith(stem)), "")


Reader = Callable[[Path], tuple[list[str], list[list[Any]]]]
"""Names and rows of a transport file; what is missing is None."""


def by_pandas(path: Path) -> tuple[list[str], list[list[Any]]]:
    """It takes a mainframe's zero for a very small number."""
    frame = pd.read_sas(path, format="xport", encoding="utf-8")
    names = [str(name) for name in frame.columns]
    return names, [[_plain(v) for v in row] for row in frame.itertuples(index=False)]


def by_pyreadstat(path: Path) -> tuple[list[str], list[list[Any]]]:
    frame, meta = pyreadstat.read_xport(path, encoding="UTF-8")
    rows = [[_plain(v) for v in row] for row in frame.itertuples(index=False)]
    return list(meta.column_names), rows


def _plain(value: Any) -> Any:
    if isinstance(value, float) and abs(value) < 1e-70:
        return 0.0
    return None if value == "" or pd.isna(value) else value


@pytest.mark.parametrize("read", [by_pandas, by_pyreadstat])
@pytest.mark.parametrize("language", list(Language))
def test_transport_files_equal_the_json_ones(
    read: Reader, language: Language, folders: Mapping[Language, Path]
) -> None:
    folder, seen = folders[language], 0
    told = _told(folder)
    for path in sorted((folder / "json").glob("*.json")):
        head, rows = _load(path)
        transport = folder / "xpt" / f"{path.stem.lower()}.xpt"
        if not rows:
            assert transport.stat().st_size % 80 == 0
            continue
        names, found = read(transport)
        assert names == [c["name"] for c in head["columns"]]
        if read is by_pandas and len(found) < len(rows):
            # It takes empty cells at the very end for padding.
            assert rows.pop()[-1] is None
        for number, (row, got) in enumerate(zip(rows, found, strict=True), start=1):
            for column, value, text in zip(head["columns"], row, got, strict=True):
                if column["dataType"] != "string":
                    assert text == (None if value is None else float(value))
                    continue
                whole = told.get((head["name"], str(number), column["name"]), text)
                assert value == whole
                assert whole is None or whole.startswith(text)
                seen += 1
    assert seen > 5_000
    assert LONG in told.values()


@pytest.mark.parametrize("language", list(Language))
def test_transport_files_equal_the_ledger(
    language: Language,
    folders: Mapping[Language, Path],
    cells: Cells,
    items: Mapping[tuple[str, str], str],
) -> None:
    """Through Define-XML and the report of what did not fit, without a look at another format."""
    folder = folders[language]
    told = _told(folder)

    def load(path: Path) -> tuple[dict[str, Any], list[list[Any]]]:
        name = path.stem.upper()
        rows: list[list[Any]] = []
        names: list[str] = []
        if _observations(path):
            names, rows = by_pyreadstat(path)
        whole = [
            [told.get((name, str(n), column), v) for column, v in zip(names, row, strict=True)]
            for n, row in enumerate(rows, start=1)
        ]
        columns = [{"name": column, "itemOID": f"IT.{name}.{column}"} for column in names]
        return {"name": name, "columns": columns, "records": len(rows)}, whole

    found = _domain_cells(folder / "xpt", "xpt", items, load)
    assert found.keys() == cells.keys()
    for at, cell in found.items():
        value: object = cell.value
        if isinstance(value, float):
            assert value == float(cells[at].value), at
            assert cell.missing == cells[at].missing
        else:
            assert cell == cells[at], at


def _observations(path: Path) -> bool:
    """Whether anything follows the header of the rows."""
    head, _, rows = path.read_bytes().partition(b"HEADER RECORD*******OBS")
    return bool(head) and len(rows) > 80


def _told(folder: Path) -> dict[tuple[str, str, str], str]:
    with (folder / "xpt" / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (r["DATASET"], r["ROW"], r["VARIABLE"]): r["WHOLE"]
        for r in rows
        if r["LIMIT"] == "200 bytes"
    }


@pytest.mark.parametrize(
    ("number", "bits"),
    [(0.0, "00" * 8), (1.0, "41100000" + "00" * 4), (-118.625, "c276a000" + "00" * 4),
     (0.1, "401999999999999a"), (20.0, "42140000" + "00" * 4)],
)  # fmt: skip
def test_numbers_are_those_of_a_mainframe(number: float, bits: str) -> None:
    assert ibm(number).hex() == bits


def test_parquet_equals_the_tables_and_stands_by_site_and_month(
    folder: Path, cells: Cells, items: Mapping[tuple[str, str], str]
) -> None:
    """Read by DuckDB, in the way that ``docs/datasets.md`` tells."""
    found: Cells = {}
    months = set()
    for table in (folder / "parquet").iterdir():
        read = duckdb.sql(
            f"FROM read_parquet('{table}/**/*.parquet', hive_partitioning = true,"
            " hive_types_autocast = false)"
        )
        rows = [dict(zip(read.columns, row, strict=True)) for row in read.fetchall()]
        assert {(row["SITE"], row["SITEID"]) for row in rows} == {("01", "01")}
        months |= {row["MONTH"] for row in rows}
        found |= dict(_cells(table.name, rows, items))
    assert found == cells
    assert all(re.fullmatch(r"\d{4}-\d{2}", month) for month in months)


def test_the_question_of_the_document_is_answered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[2] / "docs" / "datasets.md").read_text(encoding="utf-8")
    (question,) = re.findall(r"```sql\n([^`]*read_parquet[^`]*)```", text)
    monkeypatch.chdir(folder)
    answered = duckdb.sql(question).fetchall()
    with (folder / "csv" / "TM.csv").open(encoding="utf-8", newline="") as file:
        assert sum(row[2] for row in answered) == sum(1 for _ in csv.DictReader(file))


def test_partitions_of_an_earlier_run_are_taken_away(received: Route, tmp_path: Path) -> None:
    old = tmp_path / "parquet" / "VS" / "SITE=09" / "MONTH=2020-01" / "part-0.parquet"
    foreign = tmp_path / "parquet" / "notes.txt"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"old")
    foreign.write_text("synthetic", encoding="utf-8")
    with received.store.open() as session, session.reading() as conn:
        written = write_datasets(conn, session.study, tmp_path, ("parquet",))
    there = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.parquet")}
    assert there == {f.name for f in written if f.name.endswith(".parquet")}
    assert foreign.exists()


def test_a_spreadsheet_computes_nothing(folder: Path) -> None:
    """The view for spreadsheets differs from the exact tables by apostrophes alone."""
    protected = set()
    for path in (folder / "csv").glob("*.csv"):
        data = (folder / "sheet" / path.name).read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        exact = list(csv.reader(path.read_text(encoding="utf-8").splitlines(keepends=True)))
        shown = list(csv.reader(data.decode("utf-8-sig").splitlines(keepends=True)))
        for before, after in zip(exact, shown, strict=True):
            for a, b in zip(before, after, strict=True):
                assert b in (a, f"'{a}")
                assert not b.startswith(("=", "+", "@", "\t", "\r"))
                assert not re.match(r"-(?![0-9.]+$)", b)
                protected |= {b} - {a}
    assert '\'=1+1, "quoted"' in protected


@pytest.mark.parametrize("kind", ["json", "ndjson", "xpt"])
def test_define_is_valid_by_the_official_schema_and_speaks_both_languages(
    kind: str, folder: Path
) -> None:
    tree = etree.parse(folder / kind / "define.xml")
    for schema in map(define_schema, DEFINE_VARIANTS):
        assert schema.validate(tree), schema.error_log
    for element in tree.iter(f"{ODM}Description", f"{ODM}Decode"):
        languages = [t.get("{http://www.w3.org/XML/1998/namespace}lang") for t in element]
        assert languages == ["en", "zh-CN"]
    href = "{http://www.w3.org/1999/xlink}href"
    named = {str(e.get(href)) for e in tree.iter(f"{DEF}leaf")}
    there = {p.name for p in (folder / kind).iterdir()} - {"define.xml", "report.csv"}
    assert named == there


def test_defines_references_hold(folder: Path) -> None:
    tree = etree.parse(folder / "json" / "define.xml")
    made = [e.get("OID") for e in tree.iter(etree.Element) if e.get("OID")]
    assert len(made) == len(set(made))
    for element in tree.iter(etree.Element):
        for name, value in element.attrib.items():
            local = etree.QName(str(name)).localname
            if local.endswith("OID") and local != "OID" and local != "FileOID":
                assert value in made, (element.tag, name, value)
    for path in (folder / "json").glob("*.json"):
        head, _ = _load(path)
        assert {head["itemGroupOID"], *(c["itemOID"] for c in head["columns"])} <= set(made)


def test_the_snapshot_equals_the_tables(folder: Path, cells: Cells, received: Route) -> None:
    """Values, reasons, partial dates and derived items; nothing more, nothing less."""
    tree = etree.parse(folder / "odm" / "snapshot.xml")
    names = {
        f"{item.oid}": (group.name if group.repeating else "")
        for _, group, item in received.store.study.places.values()
    }
    found: dict[tuple[str, str, str], Cell] = {}
    for data in tree.iter(f"{ODM}ItemData"):
        group, form, event, subject = list(data.iterancestors())[:4]
        item = str(data.get("ItemOID")).removeprefix("I.")
        place = f"{_keyed(event, 'StudyEvent', 'SE.')}/{_keyed(form, 'Form', 'F.')}"
        if names[item]:
            place += f"/{names[item]}#{group.get('ItemGroupRepeatKey')}"
        if data.get("IsNull"):
            (flag,) = data.iter(f"{ODM}FlagValue")
            assert flag.get("CodeListOID") == "CL.MISS"
            cell = Cell("", str(flag.text))
        else:
            cell = Cell(str(data.get("Value")), "")
        at = (str(subject.get("SubjectKey")), place, item)
        assert at not in found
        found[at] = cell
    assert found == cells
    assert {cell.missing for cell in found.values()} >= {"ND", "UNK"}


def test_the_snapshot_in_odm_2_equals_the_tables(folder: Path, cells: Cells) -> None:
    """Read by what the file says of itself: which group is a form, which repeats, what a unit is.

    A unit of the study is an item beside the values in it, and in no other row.
    """
    tree = etree.parse(folder / "odm2" / "snapshot.xml")
    kinds = {str(e.get("OID")): e for e in tree.iter(f"{ODM2}ItemGroupDef")}
    refs = {str(e.get("ItemOID")): e for e in tree.iter(f"{ODM2}ItemRef")}
    units = {oid for oid, ref in refs.items() if ref.get("PreSpecifiedValue")}
    found: dict[tuple[str, str, str], Cell] = {}
    beside: Counter[str] = Counter()
    for group in tree.iter(f"{ODM2}ItemGroupData"):
        defined = kinds[str(group.get("ItemGroupOID"))]
        if defined.get("Type") == "Form":
            continue
        form, event, subject = list(group.iterancestors())[:3]
        place = f"{_one(event, 'StudyEvent', 'SE.')}/{_one(form, 'ItemGroup', 'F.')}"
        if defined.get("Repeating") != "No":
            place += f"/{_one(group, 'ItemGroup', 'IG.')}"
        told = {str(d.get("ItemOID")): _in_odm2(d) for d in group.iter(f"{ODM2}ItemData")}
        wanted = {
            unit
            for oid, cell in told.items()
            if cell and cell.value and (unit := refs[oid].get("UnitsItemOID")) in units
        }
        assert wanted == told.keys() & units
        for oid, cell in told.items():
            if oid in units:
                assert cell == Cell(str(refs[oid].get("PreSpecifiedValue")), "")
                beside[oid] += 1
            elif cell is not None:
                at = (str(subject.get("SubjectKey")), place, oid.removeprefix("I."))
                assert at not in found
                found[at] = cell
    assert found == cells
    assert {cell.missing for cell in found.values()} >= {"ND", "UNK"}
    assert any(";" in cell.value for cell in found.values())
    assert sum(beside.values()) > 100


def _one(element: etree._Element, what: str, prefix: str) -> str:
    oid = str(element.get(f"{what}OID")).removeprefix(prefix)
    return f"{oid}#{element.get(f'{what}RepeatKey', '1')}"


def _in_odm2(data: etree._Element) -> Cell | None:
    """What an ``ItemData`` of ODM 2.0 says; nothing where something is asked of an empty item."""
    if data.get("IsNull") is None:
        told = sorted(data.findall(f"{ODM2}Value"), key=lambda v: int(v.get("SeqNum", "1")))
        return Cell(";".join(str(v.text) for v in told), "")
    flags = [f for f in data.iter(f"{ODM2}FlagValue") if f.get("CodeListOID") == "CL.MISS"]
    return Cell("", str(flags[0].text)) if flags else None


def _keyed(element: etree._Element, what: str, prefix: str) -> str:
    oid = str(element.get(f"{what}OID")).removeprefix(prefix)
    return f"{oid}#{element.get(f'{what}RepeatKey')}"


def test_partial_dates_keep_their_precision(cells: Cells, received: Route) -> None:
    """The text is as long as what is known: year, month, day. Other formats equal these cells."""
    study = received.store.study
    partial = {
        at: cell.value
        for at, cell in cells.items()
        if study.by_item[at[2]].type.kind is DataKind.PARTIAL_DATE and len(cell.value) < 10
    }
    assert {len(value) for value in partial.values() if value} == {4, 7}
    assert "2017" in partial.values()


def test_units_survive(folder: Path, received: Route) -> None:
    units = {i.oid: i.unit for i in received.store.study.by_item.values() if i.unit}
    with (folder / "dictionary" / "columns.csv").open(encoding="utf-8", newline="") as file:
        said = {r["ITEM"]: r["UNIT"] for r in csv.DictReader(file) if r["UNIT"]}
    tree = etree.parse(folder / "json" / "define.xml")
    defined = {
        str(a.get("Context")).removeprefix("Unit of "): a.get("Name")
        for a in tree.iter(f"{ODM}Alias")
        if str(a.get("Context")).startswith("Unit of ")
    }
    assert said == defined
    assert said.items() <= units.items()
    assert len(said) > 50


def test_units_stand_beside_the_values(folder: Path, cells: Cells, received: Route) -> None:
    """In the domains of findings, in ODM and in the metadata of Parquet: those of the study."""
    study = received.store.study
    units = {i.oid: i.unit for i in study.by_item.values() if i.unit}
    chosen = {i.oid.removesuffix("UNIT") for i in study.by_item.values() if "ORRESU" in str(i.sdtm)}
    seen: Counter[bool] = Counter()
    for path in (*(folder / "json").glob("*.json"), *(folder / "ndjson").glob("*.ndjson")):
        head, rows = _load(path)
        names = [c["name"] for c in head["columns"]]
        if f"{head['name']}ORRESU" in names:
            for row in rows:
                result, unit, item, place = (
                    row[names.index(f"{head['name']}{n}")]
                    for n in ("ORRES", "ORRESU", "SPID", "GRPID")
                )
                wanted = units.get(item) if result else None
                if (stem := str(item).removesuffix("VAL")) in chosen:  # the form asks for the unit
                    subject = row[names.index("USUBJID")].partition("-")[2]
                    told = cells.get((subject, place, f"{stem}UNIT"), Cell("", ""))
                    wanted = told.value or None
                assert unit == wanted, (path.name, row)
                seen[stem in chosen] += bool(unit)
    for path in (folder / "xpt").glob("*.xpt"):
        names, rows = by_pyreadstat(path) if _observations(path) else ([], [])
        unit_name = f"{path.stem.upper()}ORRESU"
        if unit_name in names:
            _, json_rows = _load(folder / "json" / f"{path.stem.upper()}.json")
            at = names.index(unit_name)
            assert [row[at] for row in rows] == [row[at] for row in json_rows]
    assert seen[False] > 100
    assert seen[True] > 10
    tree = etree.parse(folder / "odm" / "snapshot.xml")
    defined = {
        str(e.get("OID")).removeprefix("I."): str(ref.get("MeasurementUnitOID"))
        for e in tree.iter(f"{ODM}ItemDef")
        if (ref := e.find(f"{ODM}MeasurementUnitRef")) is not None
    }
    assert defined == {oid: f"MU.{unit}" for oid, unit in units.items()}
    told = {
        str(e.get("ItemOID")).removeprefix("I."): str(e.get("UnitsItemOID"))
        for e in etree.parse(folder / "odm2" / "snapshot.xml").iter(f"{ODM2}ItemRef")
        if e.get("UnitsItemOID")
    }
    assert {o: u.removeprefix("UN.") for o, u in told.items() if u.startswith("UN.")} == {
        oid: unit for oid, unit in units.items() if oid.removesuffix("VAL") not in chosen
    }
    assert {o: u for o, u in told.items() if u.startswith("I.")} == {
        f"{stem}VAL": f"I.{stem}UNIT" for stem in chosen
    }
    about: dict[str, str] = {}
    for path in (folder / "parquet").rglob("*.parquet"):
        told = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
        said = json.loads(dict(told)[b"columns"])
        about |= {c["item"]: c["unit"] for c in said.values() if "unit" in c}
    assert about.items() <= units.items()
    assert len(about) > 30


def test_every_dataset_fits_the_official_schema_of_dataset_json(folder: Path) -> None:
    schema = json.loads((SCHEMAS / "dataset-json-1-1" / "dataset.schema.json").read_bytes())
    for path in (folder / "json").glob("*.json"):
        whole = json.loads(path.read_bytes())
        assert list(_faults(schema, whole, schema)) == []
        head, _ = _load(folder / "ndjson" / f"{path.stem}.ndjson")
        assert head == {k: v for k, v in whole.items() if k != "rows"}
    assert list(_faults(schema, {**whole, "nonsense": 1}, schema))
    assert list(_faults(schema, {**whole, "datasetJSONVersion": "1.0"}, schema))


def _faults(rule: Mapping[str, Any], value: Any, root: Mapping[str, Any]) -> Iterator[str]:
    """The few words of JSON Schema that this schema uses."""
    if "$ref" in rule:
        rule = {**root["$defs"][rule["$ref"].rpartition("/")[2]], **rule}
    kinds: Mapping[str, Any] = {"object": dict, "array": list, "string": str, "integer": int}
    if rule.get("type") in kinds and not isinstance(value, kinds[rule["type"]]):
        yield f"{value!r} is no {rule['type']}"
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{value!r} is not allowed"
    if "pattern" in rule and not re.search(rule["pattern"], value):
        yield f"{value!r} has another form"
    if "minimum" in rule and value < rule["minimum"]:
        yield f"{value!r} is too small"
    if isinstance(value, dict):
        for name in rule.get("required", []):
            if name not in value:
                yield f"{name} is missing"
        for name, inside in value.items():
            known = rule.get("properties", {}).get(name)
            if known is None and rule.get("additionalProperties") is False:
                yield f"{name} is not known"
            if known is not None:
                yield from _faults(known, inside, root)
    if isinstance(value, list) and "items" in rule:
        for inside in value:
            yield from _faults(rule["items"], inside, root)


def test_every_table_has_a_domain_and_names_fit(received: Route) -> None:
    with received.store.open() as session, session.reading() as conn:
        source = Source(conn, session.study, Language.EN, session.today())
        made = domains(source)
        tables = [t.name for t in source.tables()]
    assert [p.table.name for d in made for p in d.plans if d.code == "ZZ"] == []
    assert sorted(p.table.name for d in made for p in d.plans) == sorted(tables)
    for domain in made:
        names = [c.name for c in domain.columns]
        assert len(names) == len(set(names))
        assert all(len(name) <= 8 for name in names)
        given = [p.name for plan in domain.plans for p in plan.qualifiers]
        given += [p.miss for plan in domain.plans for p in plan.parts]
        assert len(given) == len(set(given))
        assert all(len(name) <= 8 for name in given)


def test_a_table_that_the_mapping_does_not_name_is_not_lost(
    received: Route,
    cells: Cells,
    items: Mapping[tuple[str, str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a form of an amendment would be, until the mapping names it."""
    whole = tabulation._mapping()
    tables = {name: said for name, said in whole["tables"].items() if name not in ("AE", "VS")}
    monkeypatch.setattr(tabulation, "_mapping", lambda: {**whole, "tables": tables})
    publish(received, tmp_path)
    head, rows = _load(tmp_path / "json" / "ZZ.json")
    assert head["records"] == len(rows) > 0
    assert _domain_cells(tmp_path / "json", "json", items) == cells
    for schema in map(define_schema, DEFINE_VARIANTS):
        assert schema.validate(etree.parse(tmp_path / "json" / "define.xml")), schema.error_log


AGAIN = """
import locale, sys
from pathlib import Path
from mrd_desktop.study.model import Kind as DataKind
from mrd_desktop.texts import Language
from mrd_desktop.transfer.publish import FORMATS, write_datasets
from tests.transfer.route import Store
from mrd_desktop.study.load import load_study
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
with Store(Path(sys.argv[1]), load_study()).open() as session, session.reading() as conn:
    write_datasets(conn, session.study, Path(sys.argv[2]), FORMATS, Language.EN)
"""


def test_the_same_ledger_gives_the_same_bytes_elsewhere(
    folder: Path, received: Route, tmp_path: Path
) -> None:
    """Another process, time zone, language and hash seed."""
    elsewhere = {**os.environ, "TZ": "Pacific/Apia", "LC_ALL": "zh_CN.UTF-8", "PYTHONHASHSEED": "7"}
    elsewhere["PYTHONPATH"] = str(Path(__file__).parents[2])
    to = tmp_path / "again"
    subprocess.run(
        [sys.executable, "-c", AGAIN, str(received.store.path), str(to)], env=elsewhere, check=True
    )
    first = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    again = {p.relative_to(to): p.read_bytes() for p in to.rglob("*") if p.is_file()}
    assert first.keys() == again.keys()
    assert [str(name) for name in first if first[name] != again[name]] == []


def test_labels_of_dataset_json_are_in_the_language_asked_for(
    received: Route, tmp_path: Path
) -> None:
    publish(received, tmp_path, Language.ZH)
    head, rows = _load(tmp_path / "json" / "VS.json")
    assert head["label"] == "生命体征"
    assert any("脉搏" in str(cell) for row in rows for cell in row)
