"""Mappings: remembered by name, and only where they fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.record.importing.errors import MappingRefused
from mrd_desktop.record.importing.mapping import (
    ColumnUse,
    Mappings,
    check_mapping,
    importable,
    read_mapping,
)
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.study.load import load_study
from mrd_desktop.vault.errors import PermissionDenied
from tests.clinic import Clinic
from tests.record.importing.kit import HEAD, LAB


def test_reports_fill_laboratory_marker_and_mrd_forms() -> None:
    assert [f.oid for f in importable(load_study())] == ["MRD", "TM", "LAB"]


def test_a_site_remembers_and_forgets(clinic: Clinic) -> None:
    with clinic.open() as session:
        before = session.head()
        assert Mappings(session).all() == ()
        Mappings(session).keep(LAB)
        Mappings(session).keep(LAB.model_copy(update={"subject": "number"}))
        assert session.head() == before, "a mapping is no record"
    with clinic.open() as session:
        assert [m.subject for m in Mappings(session).all()] == ["number"]
        assert Mappings(session).find(LAB.name).columns == LAB.columns
        Mappings(session).forget(LAB.name)
        with pytest.raises(MappingRefused):
            Mappings(session).find(LAB.name)


def test_who_does_not_enter_data_keeps_no_mapping(clinic: Clinic) -> None:
    with clinic.open("cra") as session, pytest.raises(PermissionDenied):
        Mappings(session).keep(LAB)


WBC = ColumnUse(column="WBC", item="LAB.WBCVAL", unit="10^9/L")


@pytest.mark.parametrize(
    "change",
    [
        {"form": "ID"},
        {"form": "AE"},
        {"subject": "nowhere"},
        {"date": "nowhere"},
        {"event": "nowhere"},
        {"columns": (WBC, WBC.model_copy(update={"column": "Hb"}))},
        {"columns": (WBC.model_copy(update={"unit": None}),)},
        {"columns": (WBC.model_copy(update={"unit": "g/L"}),)},
        {"columns": (WBC.model_copy(update={"item": "LAB.WBCIND"}),)},
        {"columns": (WBC.model_copy(update={"item": "TM.CEAVAL"}),)},
        {"columns": (WBC.model_copy(update={"qualifier": "TM.CEAQUAL"}),)},
        {"constants": {"LAB.LBDAT": "2027-01-01"}},
        {"constants": {"LAB.NOSUCH": "1"}},
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    table = ReportTable(tuple(HEAD.split(",")), (), "")
    check_mapping(load_study(), LAB, table)
    with pytest.raises(MappingRefused):
        check_mapping(load_study(), LAB.model_copy(update=change), table)


def test_a_mapping_is_read_from_json(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(LAB.model_dump_json(), encoding="utf-8")
    assert read_mapping(path) == LAB
    path.write_text('{"name": "x", "nosuch": 1}', encoding="utf-8")
    with pytest.raises(MappingRefused):
        read_mapping(path)
