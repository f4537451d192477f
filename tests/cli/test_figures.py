"""Figures from the command line: of a site in every format, of the sponsor without Qt."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mrd_desktop.cli.sponsor import main as sponsor
from mrd_desktop.insight.figures.catalogue import NAMES
from mrd_desktop.transfer.export import export
from tests.clinic import Clinic, password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, acquaint, make_store
from ui.main import main

CUT = ("--as-of", "2027-06-30")


@pytest.fixture(scope="module")
def site(both_template: Clinic) -> Clinic:
    return both_template


def who(folder: Path, user: str, password: str) -> tuple[str, ...]:
    secret = folder / f"password-{user}"
    secret.write_text(password, "utf-8")
    return "--user", user, "--password-file", str(secret)


def test_every_format_of_a_site(
    site: Clinic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = site.copy(tmp_path / "site")
    capsys.readouterr()
    act = ("figures", str(own.path), *CUT, *who(tmp_path, "crc", password_of("crc")))
    formats = ("--format", "svg,png,pdf,csv,html", "--lang", "zh", "--json")
    assert main([*act, "--to", str(tmp_path / "out"), *formats]) == 0
    told = json.loads(capsys.readouterr().out)
    found = {p.name for p in (tmp_path / "out").iterdir()}
    assert found == {x["name"] for x in told["files"]}
    endings = ("svg", "png", "pdf", "csv")
    assert found == {f"{n}.{e}" for n in NAMES for e in endings} | {"index.html", "problems.csv"}
    root = ET.fromstring((tmp_path / "out" / "courses.svg").read_bytes())
    words = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"个体病程图", "01-002", "间歇组"} <= set(words)
    assert any("第 1 份" in str(w) for w in words)
    assert (tmp_path / "out" / "pfs.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "out" / "pfs.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.reader((tmp_path / "out" / "pfs.csv").open(encoding="utf-8")))
    assert rows[1][:2] == ["间歇组", "550"]
    assert "个体病程图" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_the_print_is_recorded(site: Clinic, tmp_path: Path) -> None:
    own = site.copy(tmp_path / "site")
    act = ("figures", str(own.path), *CUT, *who(tmp_path, "aud", password_of("aud")))
    assert main([*act, "--to", str(tmp_path / "out"), "--only", "pfs", "--format", "csv"]) == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"pfs.csv", "problems.csv"}
    with own.open() as session, session.reading() as conn:
        found = conn.exec_driver_sql(
            "SELECT CAST(payload AS TEXT) FROM ledger_opening"
            " WHERE json_extract(CAST(payload AS TEXT), '$.kind') = 'printed'"
        ).all()
    (printed,) = (json.loads(row[0]) for row in found)
    assert {k: printed[k] for k in ("what", "about", "form", "copy")} == {
        "what": "figures",
        "about": "2027-06-30",
        "form": "csv",
        "copy": 1,
    }


def test_who_may_see_no_subject_gets_no_figure(site: Clinic, tmp_path: Path) -> None:
    act = ("figures", str(site.path), *CUT, *who(tmp_path, "admin", password_of("admin")))
    assert main([*act, "--to", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [("--format", "gif"), ("--only", "pie"), ("--format", ",")])
def test_an_unknown_format_or_figure_is_wrong_usage(
    site: Clinic, tmp_path: Path, wrong: tuple[str, str]
) -> None:
    act = ("figures", str(site.path), *who(tmp_path, "crc", password_of("crc")))
    assert main([*act, "--to", str(tmp_path / "out"), *wrong]) == 2


def test_the_sponsor_writes_them_over_all_sites(
    site: Clinic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = site.copy(tmp_path / "site")
    store = make_store(tmp_path / "store", own.study)
    acquaint(own, store)
    with own.open() as session:
        sent = export(session, tmp_path)
    assert store.take(sent.path)[0].verdict == "accepted"
    act = ("figures", str(store.path), *CUT, *who(tmp_path, SPONSOR, SPONSOR_PASSWORD))
    assert sponsor([*act, "--to", str(tmp_path / "out"), "--only", "pfs,courses"]) == 0
    found = {p.name for p in (tmp_path / "out").iterdir()}
    assert found == {
        "pfs.svg",
        "pfs.csv",
        "courses.svg",
        "courses.csv",
        "problems.csv",
        "index.html",
    }
    assert "01-002" in (tmp_path / "out" / "courses.svg").read_text("utf-8")
    assert sponsor([*act, "--to", str(tmp_path / "png"), "--format", "png"]) == 2
