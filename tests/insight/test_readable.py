"""What a store holds that the definition cannot read is listed with its reason, and left out."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from mrd_desktop.cli.desktop import main
from mrd_desktop.insight.frames import frame, problem_frame
from mrd_desktop.insight.population import population
from mrd_desktop.transfer.export import export
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.transfer.route import acquaint, make_store

CUT = date(2027, 6, 30)
PAUSED = "01-002"
SAMPLE = "MRD#1/C#1/RESULT"


@pytest.fixture
def session(paused: Clinic) -> Session:
    return paused.open()


def spoil(session: Session, form: str, item: str, value: str | None, missing: str = "") -> None:
    """Put into the projection what entry would never let in, as a foreign store may hold it."""
    with session.writing() as conn:
        changed = conn.exec_driver_sql(
            "UPDATE p_item SET value = ?, missing = ? WHERE item = ? AND form_id ="
            " (SELECT min(form_id) FROM p_form WHERE form = ? AND event = 'M06')",
            (value, missing or None, item, form),
        )
        assert changed.rowcount == 1


@pytest.mark.parametrize(
    ("form", "item", "value", "reason"),
    [
        ("MRD", "RESULT", "MAYBE", "unknown code MAYBE"),
        ("MRD", "SAMPDAT", "2026-02-31", "not a possible date"),
        ("MRD", "SAMPDAT", "2026-04", "a full date is needed"),
        ("MRD", "SAMPTIM", "25:99", "not a time"),
        ("TM", "CA153VAL", "many", "not a number"),
    ],
)
def test_a_value_that_cannot_be_read_is_told(
    session: Session, form: str, item: str, value: str, reason: str
) -> None:
    with session:
        spoil(session, form, item, value)
        with session.reading() as conn:
            seen = population(conn, session.study, CUT).at(CUT)
            table = frame(conn, session.study, form, as_of=CUT)
        (problem,) = seen.cohort.problems
        assert (problem.subject, problem.item) == (PAUSED, f"{form}.{item}")
        assert problem.address.startswith(f"{PAUSED}/M06#1/{form}#1/")
        assert problem.text.en == reason
        assert problem.text.zh != reason
        assert problem.used
        assert len(table) > 4
        assert table.loc[table["EVENT"] == "M06", item].isna().all()
        assert list(problem_frame(seen)["REASON"]) == [reason]


def test_an_unknown_missing_reason_is_told(session: Session) -> None:
    with session:
        spoil(session, "MRD", "RESULT", None, "BECAUSE")
        with session.reading() as conn:
            found = population(conn, session.study, CUT).problems
        assert [p.text.en for p in found] == ["unknown missing reason BECAUSE"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE p_item SET item = 'RESULTS' WHERE item = 'RESULT'", "the form has no such item"),
        ("UPDATE p_form SET form = 'XRAY' WHERE form = 'MRD'", "the study has no such form"),
    ],
)
def test_what_the_study_does_not_know_is_told(session: Session, change: str, reason: str) -> None:
    with session:
        with session.writing() as conn:
            conn.exec_driver_sql(change)
        with session.reading() as conn:
            found = population(conn, session.study, CUT).problems
        assert {p.text.en for p in found} == {reason}
        assert all(p.address for p in found)


def test_derive_lists_it(
    paused: Clinic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic = paused
    with clinic.open() as session:
        spoil(session, "MRD", "RESULT", "MAYBE")
    secret = tmp_path / "password"
    secret.write_text(password_of("crc"), "utf-8")
    capsys.readouterr()
    code = main(
        [
            *("derive", str(clinic.path), "--user", "crc", "--password-file", str(secret)),
            *("--as-of", "2027-06-30", "--json", "--detail", "--lang", "en"),
        ]
    )
    out, err = capsys.readouterr()
    assert code == 0
    assert err.startswith("Data points that cannot be used as they stand: 1.")
    (told,) = json.loads(out)["detail"]["problems"]
    assert told["address"] == f"{PAUSED}/M06#1/{SAMPLE}"
    assert told["message_en"] == "unknown code MAYBE"


def test_a_store_of_the_sponsor_lists_the_same(paused: Clinic, tmp_path: Path) -> None:
    """Unknown codes, missing dates and an impossible order: on both sides, with their places."""
    own = paused
    store = make_store(tmp_path / "store", own.study)
    acquaint(own, store)
    with own.open() as session:
        sent = export(session, tmp_path)
    assert store.take(sent.path)[0].verdict == "accepted"
    lists = []
    for opened in (own.open, store.open):
        with opened() as session:
            spoil(session, "MRD", "RESULT", "MAYBE")
            spoil(session, "TM", "LBDAT", None, "UNK")
            spoil(session, "TA", "ENDAT", "2026-01-01")
            with session.reading() as conn:
                seen = population(conn, session.study, CUT).at(CUT)
            lists.append(list(problem_frame(seen).itertuples(index=False, name=None)))
    assert lists[0] == lists[1]
    assert [(item, reason) for _, item, _, reason, *_ in lists[0]] == [
        ("MRD.RESULT", "unknown code MAYBE"),
        ("TM.LBDAT", "no date: the row is in no time or sequence"),
        ("TA.ENDAT", "ends before it begins"),
    ]
    assert all(address.startswith(f"{PAUSED}/M06#1/") for _, _, address, *_ in lists[0])
