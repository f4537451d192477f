"""Typed tables from the connection of a site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Connection

from mrd_desktop.insight.frames import frame, results
from mrd_desktop.study.load import load_study
from tests.clinic import Clinic

CUT = date(2027, 6, 30)


@pytest.fixture(scope="module")
def conn(both_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    clinic = both_template.copy(tmp_path_factory.mktemp("frames") / "site")
    with clinic.open() as session, session.reading() as reading:
        yield reading


def test_a_form_is_a_typed_table(conn: Connection) -> None:
    study = load_study()
    found = frame(conn, study, "MRD", as_of=CUT)
    assert len(found) == 11
    kinds = {n: str(found[n].dtype) for n in ("NTRACK", "MTM", "SAMPDAT", "RESULT", "SAMPID")}
    assert kinds == {
        "NTRACK": "Int64",
        "MTM": "Float64",
        "SAMPDAT": "datetime64[s]",
        "RESULT": "category",
        "SAMPID": "str",
    }
    assert list(found["RESULT"].cat.categories) == [c.code for c in study.codelists["MRDRES"].codes]
    assert found["RESULT"].cat.ordered
    assert found["EVENT"].min() == "SCR"
    first: Any = found.iloc[0]
    assert (first["SUBJID"], first["RESULT"], first["MTM"]) == ("01-001", "POSITIVE", 0.85)
    assert first["SAMPDAT"] == pd.Timestamp("2025-10-10")
    assert found["MTM"].max() == 0.85
    assert found["RECDAT_PREC"].dropna().eq("D").all()


def test_later_data_are_left_out(conn: Connection) -> None:
    found = frame(conn, load_study(), "MRD", as_of=date(2026, 7, 30))
    last: Any = found.iloc[-1]
    assert last["SAMPDAT"] == pd.Timestamp("2026-07-21")
    assert pd.isna(last["RESULT"])
    assert last["RESULT_MISS"] == "PEND"


def test_a_partial_date_has_its_precision(conn: Connection) -> None:
    found = frame(conn, load_study(), "PRT", as_of=CUT)
    row: Any = found[found["STDAT_PREC"] == "M"].iloc[0]
    assert row["STDAT"] == pd.Timestamp("2018-07-01")
    assert found["STDAT_PREC"].isin(["D", "M", "Y"]).all()


def test_a_section_has_its_rows(conn: Connection) -> None:
    found = frame(conn, load_study(), "MRD", section="MRDV", as_of=CUT)
    assert found["ROWNO"].min() == 1
    assert str(found["VAF"].dtype) == "Float64"
    assert "RESULT" not in found


def test_identifying_items_have_no_column(conn: Connection) -> None:
    study = load_study()
    with pytest.raises(KeyError):
        frame(conn, study, "ID", as_of=CUT)
    with pytest.raises(KeyError):
        frame(conn, study, "MRD", section="NONE", as_of=CUT)
    direct = {i.name for f in study.forms for g in f.groups for i in g.items if i.phi == "D"}
    for form in study.forms:
        if not form.private:
            columns = set(frame(conn, study, form.oid, as_of=CUT).columns)
            own = {i.name for g in form.groups for i in g.items if i.phi == "D"}
            assert not columns & own
    assert direct


def test_results_are_long(conn: Connection) -> None:
    found = results(conn, load_study(), as_of=CUT)
    pfs: Any = found[found["PARAM"] == "PFS"].iloc[0]
    assert (pfs["SUBJID"], pfs["DAYS"], pfs["STATE"]) == ("01-002", 550, "CENSORED")
    assert pfs["ENDDT"] == pd.Timestamp("2027-04-22")
    assert set(found["PARAM"]) >= {"PFS_S1", "PFS_S4", "OS", "MRDFI", "TFI1", "SINCE_CONVERSION"}
    assert str(found["DAYS"].dtype) == "Int64"
