"""Visits, queries and the audit extract: complete, true to the ledger, and nothing held leaves."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import note_added
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Phi
from mrd_desktop.texts import Language
from mrd_desktop.transfer import asking
from mrd_desktop.transfer.publish import AUDIT, CSV, SHEET, write_datasets
from mrd_desktop.transfer.release import ABOUT_A_SUBJECT
from mrd_desktop.vault.session import Session
from tests.transfer.route import CONSENT, Route, fill, values
from tests.transfer.test_receive import new_subject
from tests.transfer.test_release import person

pytestmark = pytest.mark.both_stores

SUBJECT = "01-001"
FORMULA = '=HYPERLINK("x")'


def publish(
    session: Session, to: Path, language: Language = Language.EN
) -> dict[str, list[dict[str, str]]]:
    with session.reading() as conn:
        written = write_datasets(conn, session.study, to, (CSV, SHEET, AUDIT), language)
    rows = {name: read(to / "csv" / "listings" / f"{name}.csv") for name in NAMES}
    counted = {Path(f.name).stem: f.rows for f in written if f.name.startswith("csv/listings/")}
    assert counted == {name: len(found) for name, found in rows.items()}
    return rows


NAMES = ("visits", "queries", "audit")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def busy(route: Route) -> str:
    """A change with a reason, a query with an answer, one of the sponsor; the vitals' address."""
    with route.clinic.open() as session:
        vitals = "/".join(next(a for a in values(session) if "/VS#" in a).split("/")[:3])
        fill(session, vitals, {"PULSE": "88"})
        fill(session, vitals, {"PULSE": "91"})
    with route.clinic.open("cra") as session:
        Queries(session).open(f"{vitals}/A#1/PULSE", FORMULA)
        name = Queries(session).all(state="open")[0].query
    with route.clinic.open() as session:
        Queries(session).answer(name, "Compared, it is right.")
    assert route.carry().fine
    with route.store.open() as session:
        asking.ask(session, locate(session.study, f"{vitals}/A#1/PULSE"), "Which arm?")
    return vitals


def records(session: Session) -> list[Record]:
    with session.reading() as conn:
        return [r for c in store.chains(conn) for r in store.records(conn, c) if r.opening]


def test_the_audit_extract_is_what_the_ledger_holds_of_the_subjects(
    charted_route: Route, tmp_path: Path
) -> None:
    vitals = busy(charted_route)
    with charted_route.store.open() as session:
        audit = publish(session, tmp_path)["audit"]
        held = records(session)
    private = {f.oid for f in charted_route.store.study.forms if f.private}
    told = {
        (r.header.chain, str(r.header.seq)): r
        for r in held
        if r.kind in ABOUT_A_SUBJECT
        and not any(f"/{form}#" in str(r.body.get("address", "")) for form in private)
    }
    assert Counter((r["CHAIN"], r["SEQ"]) for r in audit) == Counter(list(told))
    for row in audit:
        record = told[row["CHAIN"], row["SEQ"]]
        assert (row["AT"], row["WHAT"]) == (record.header.at, record.kind.value)
        assert row["USER"]
        assert row["PLACE"] == ("SPONSOR" if row["TEXT"] == "Which arm?" else "01")
        if record.kind is Kind.ITEM_SET:
            value = record.body.get("value", "")
            assert row["VALUE"] == (";".join(value) if isinstance(value, list) else value)
            assert row["VALUE_MISS"] == record.body.get("missing", "")
    assert [r["AT"] for r in audit] == sorted(r["AT"] for r in audit)
    (changed,) = [r for r in audit if (r["ITEM"], r["VALUE"]) == ("VS.PULSE", "91")]
    assert (changed["FORMER"], changed["REASON"]) == ("88", "TYPO")
    assert (changed["SUBJID"], changed["EVENT"]) == tuple(vitals.split("#")[0].split("/"))
    kinds = {r["WHAT"] for r in audit}
    assert {"item.set", "form.saved", "query.opened", "query.answered", "subject.created"} <= kinds
    assert "DM" in {r["FORM"] for r in audit}
    assert not private & {r["FORM"] for r in audit}


def test_visits_and_queries_are_those_of_the_store(charted_route: Route, tmp_path: Path) -> None:
    busy(charted_route)
    with charted_route.store.open() as session:
        found = publish(session, tmp_path, Language.ZH)
        with session.reading() as conn:
            stand = {
                (str(s), str(e), str(n))
                for s, e, n in conn.exec_driver_sql(
                    "SELECT subject, event, event_repeat FROM p_event WHERE removed = 0"
                )
            }
            asked = Counter(str(q) for (q,) in conn.exec_driver_sql("SELECT query FROM p_query"))
    visits = found["visits"]
    assert {(r["SUBJID"], r["EVENT"], r["EVENTREP"]) for r in visits} == stand
    assert len(visits) == len(stand)
    saved: Counter[tuple[str, str]] = Counter()
    for path in (tmp_path / "csv").glob("*.csv"):
        if "_" not in path.stem:
            saved.update((r["EVENT"], r["EVENTREP"]) for r in read(path))
    by_visit = {(r["EVENT"], r["EVENTREP"]): r for r in visits}
    assert {at: int(r["FORMS"]) for at, r in by_visit.items() if r["FORMS"] != "0"} == saved
    for row in read(tmp_path / "csv" / "SV.csv"):
        visit = by_visit[row["EVENT"], row["EVENTREP"]]
        for column in ("STAT", "VISDAT", "TARGET", "WINLO", "WINHI"):
            assert visit[column] == row[column], column
    assert sum(int(r["OPENQ"]) for r in visits) == sum(
        r["STATE"] != "closed" for r in found["queries"]
    )
    assert by_visit["SCR", "1"]["EVENT_DECODE"] == "筛选"
    queries = {r["TEXT_EN"]: r for r in found["queries"]}
    assert Counter(r["QUERY"] for r in found["queries"]) == asked
    said = queries[FORMULA]
    assert (said["STATE"], said["ANSWER"]) == ("answered", "Compared, it is right.")
    assert (said["ITEM"], said["OPENEDBY"]) == ("VS.PULSE", "cra")
    assert queries["Which arm?"]["STATE"] == "open"
    shown = {r["TEXT_EN"] for r in read(tmp_path / "sheet" / "listings" / "queries.csv")}
    assert f"'{FORMULA}" in shown
    assert f"'{FORMULA}" in {r["TEXT"] for r in read(tmp_path / "sheet" / "listings" / "audit.csv")}
    columns = {(r["TABLE"], r["COLUMN"]): r for r in read(tmp_path / "dictionary" / "columns.csv")}
    for name, rows in found.items():
        for column in rows[0]:
            about = columns[f"listings/{name}", column]
            assert about["LABEL_EN"] != about["LABEL_ZH"]


def test_what_stays_at_the_site_is_in_no_listing(route: Route, tmp_path: Path, seed: int) -> None:
    """No identity, no free text that names a person, and nothing of whom there is no consent."""
    who = person(random.Random(seed))
    agreed = new_subject(route)
    refused = new_subject(route, ICDATA="N")
    without_genes = new_subject(route, ICHGR="N")
    with route.clinic.open() as session:
        fill(session, f"{agreed}/SCR/ID",
             {**who, "IDTYPE": "RESID", "BRTHDAT": "1970-01-01"}, complete=False)  # fmt: skip
        fill(session, f"{agreed}/SCR/CR", {"COMM": f"患者{who['PATNAME']}来电"}, complete=False)
        fill(session, f"{agreed}/SCR/CR", {"COMM": "已更正"}, complete=False)
    with route.clinic.open("cra") as session:
        Queries(session).open(f"{agreed}/SCR#1/CR#1/A#1/COMM", f"{who['PATNAME']} ?")
        Queries(session).open(f"{refused}/SCR#1/IC#1/A#1/ICVER", "Which version?")
    assert route.carry().fine
    with route.store.open() as session:
        found = publish(session, tmp_path / "out")
    files = (p for p in (tmp_path / "out").rglob("*") if p.is_file())
    data = b"".join(p.read_bytes() for p in files).decode()
    assert [text for text in who.values() if text in data] == []
    assert "已更正" in data
    assert refused not in data
    subjects = {r["SUBJID"] for r in found["audit"]}
    assert subjects == {agreed, without_genes} == {r["SUBJID"] for r in found["visits"]}


def test_a_subject_that_took_the_consent_back_is_gone_from_every_listing(
    route: Route, tmp_path: Path
) -> None:
    stays, leaves = new_subject(route), new_subject(route)
    with route.clinic.open("cra") as session:
        Queries(session).open(f"{leaves}/SCR#1/IC#1/A#1/ICVER", "Which version?")
    assert route.carry().fine
    with route.store.open() as session:
        before = publish(session, tmp_path / "before")
    assert all(leaves in {r["SUBJID"] for r in rows} for rows in before.values())
    with route.store.open() as session:
        mine = asking.ask(session, locate(session.study, f"{leaves}/SCR/IC"), "Why so late?")
    with route.clinic.open() as session:
        Casebook(session)
        fill(session, f"{leaves}/SCR/IC", {**CONSENT, "ICDATA": "N"}, complete=False)
    assert route.carry().fine
    with route.store.open() as session:
        asking.close(session, mine, "settled")
        after = publish(session, tmp_path / "after")
        with session.reading() as conn:
            write_datasets(conn, session.study, tmp_path / "after", ("odm",))
    history = (tmp_path / "after" / "odm" / "transactional.xml").read_text("utf-8")
    assert (leaves in history, "Why so late?" in history) == (False, False)
    assert not any(leaves in {r["SUBJID"] for r in rows} for rows in after.values())
    assert stays in {r["SUBJID"] for r in after["audit"]}


def test_identities_are_in_no_listing_of_a_sites_own_ledger(
    charted_route: Route, tmp_path: Path
) -> None:
    with charted_route.clinic.open() as session:
        fill(session, f"{SUBJECT}/SCR/ID", {"PATNAME": "虚构甲乙丙"}, complete=False)
        # As no program of ours writes it: what is said of an identity, in a record that is open.
        name = locate(session.study, f"{SUBJECT}/SCR/ID/A/PATNAME")
        assert isinstance(name, ItemKey)
        said: dict[str, JSON] = {"address": str(name), "en": "虚构甲乙丙?", "zh": "虚构甲乙丙？"}
        session.commit(
            [
                note_added(name, "虚构甲乙丙", RecordClass.CODED),
                Entry(Kind.QUERY_OPENED, RecordClass.CODED, said),
            ]
        )
        found = publish(session, tmp_path)
        study = session.study
    direct = {i.oid for i in study.by_item.values() if i.phi is Phi.DIRECT}
    assert direct
    for rows in found.values():
        assert not {r.get("ITEM") for r in rows} & direct
        assert not {r.get("FORM") for r in rows} & {f.oid for f in study.forms if f.private}
    data = b"".join(p.read_bytes() for p in (tmp_path / "csv" / "listings").iterdir()).decode()
    assert "虚构甲乙丙" not in data
