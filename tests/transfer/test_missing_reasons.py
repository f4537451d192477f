"""Value and reason apart, on the whole way: typed, kept, shown, sent, tabled."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Requirement, Study
from mrd_desktop.study.values import show
from mrd_desktop.texts import Language
from mrd_desktop.transfer.publish import write_datasets
from tests.transfer.route import Route

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
VITALS = FormKey(EventKey("01-001", "M24"), "VS")
"""A form that the subject of the stories does not have yet."""


def reasons(study: Study) -> list[str]:
    return [c.code for c in study.codelists["MISS"].codes]


@pytest.fixture(scope="module")
def marked(
    charted_route_template: Route, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Route, dict[str, str]]:
    """A site whose form has every missing reason once, sent and received."""
    route = charted_route_template.copy(tmp_path_factory.mktemp("reasons"))
    given: dict[str, str] = {}
    with route.clinic.open() as session:
        entry = FormEntry(session, VITALS)
        first = ItemKey(RowKey(VITALS, "A"), "PERF")
        entry.type(first, "Y")
        fields = [f for g in entry.groups() for r in g.rows for f in r.fields]
        free = [
            f.key
            for f in fields
            if f.shown and f.key != first and not f.derived
            and f.item.required is not Requirement.MUST
        ]  # fmt: skip
        codes = reasons(session.study)
        assert len(free) >= len(codes)
        for key, code in zip(free, codes, strict=False):
            entry.mark_missing(key, code)
            given[key.item] = code
        entry.save(complete=False)
    assert route.carry().fine
    return route, given


def test_each_reason_stands_in_place_of_a_value(marked: tuple[Route, dict[str, str]]) -> None:
    route, given = marked
    with route.clinic.open() as session:
        entry = Casebook(session).open(VITALS)
        listed = session.study.codelists["MISS"]
        assert set(given.values()) == set(reasons(session.study))
        for item, code in given.items():
            view = entry.field(ItemKey(RowKey(VITALS, "A"), item))
            assert view.answer == Answer(missing=code)
            assert (view.text, view.missing, view.error) == ("", code, None)
            for language in Language:
                said = show(view.item, view.answer, language, listed)
                assert said == listed.by_code[code].text.say(language)


def test_each_reason_travels_beside_an_empty_value(
    marked: tuple[Route, dict[str, str]], tmp_path: Path
) -> None:
    route, given = marked
    with route.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, tmp_path, ("csv", "odm"), Language.EN)
    table = pd.read_csv(tmp_path / "csv" / "VS.csv", dtype=str, keep_default_na=False)
    (row,) = table[(table.SUBJID == "01-001") & (table.EVENT == "M24")].to_dict("records")
    assert {item: (row[item], row[f"{item}_MISS"]) for item in given} == {
        item: ("", code) for item, code in given.items()
    }
    assert (row["PERF"], row["PERF_MISS"]) == ("Y", "")
    unasked = [c for c in table.columns if f"{c}_MISS" in table.columns and c not in given]
    assert {row[f"{c}_MISS"] for c in unasked} == {""}, "what is not asked has no reason"

    tree = etree.parse(tmp_path / "odm" / "snapshot.xml")
    told = {}
    for event in tree.iter(f"{ODM}StudyEventData"):
        if "M24" in event.get("StudyEventOID", ""):
            for item in event.iter(f"{ODM}ItemData"):
                reason = "".join(item.itertext()).strip()
                told[item.get("ItemOID", "").rpartition(".")[2]] = (item.get("IsNull"), reason)
    assert {item: told[item] for item in given} == {i: ("Yes", c) for i, c in given.items()}
    assert told["PERF"][0] is None
