"""Second entries travel as records do: what may leave, and the same figures at the sponsor."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from mrd_desktop.insight.agreement import agreement, figures
from mrd_desktop.record import projection
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.transfer.refold import refold
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.second import SUBJECT, form_key, item_key, second_parcel
from tests.transfer.route import Route, fill

VS, DM, MRD = (form_key(f) for f in ("VS", "DM", "MRD"))


@pytest.fixture
def parcel(twice: Clinic, tmp_path: Path) -> Route:
    """A site with second entries, one settled in part, and an empty store."""
    return second_parcel(twice, tmp_path)


def told(session: Session) -> dict[str, object]:
    with session.reading() as conn:
        return figures(agreement(conn, session.study))


def rows(session: Session, table: str) -> int:
    with session.reading() as conn:
        return int(conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def openings(session: Session, words: str) -> int:
    with session.reading() as conn:
        return int(
            conn.execute(
                text("SELECT count(*) FROM ledger_opening WHERE CAST(payload AS TEXT) LIKE :words"),
                {"words": f"%{words}%"},
            ).scalar_one()
        )


def test_the_sponsor_reads_the_same_figures(parcel: Route) -> None:
    assert parcel.carry().verdict is Verdict.ACCEPTED
    with parcel.clinic.open() as session:
        site = told(session)
    with parcel.store.open() as session:
        sponsor = told(session)
        assert [c for c in verify_folder(session) if c.ok is False] == []
        assert sponsor["forms"]["VS"] == site["forms"]["VS"]  # type: ignore[index]
        assert sponsor["forms"]["MRD"] == site["forms"]["MRD"]  # type: ignore[index]
        assert site["forms"]["VS"]["differing"] == 2  # type: ignore[index]
        assert sponsor["items"]["VS.PULSE"] == site["items"]["VS.PULSE"]  # type: ignore[index]
        # what could leave only reduced stays, and so does its difference
        assert site["forms"]["DM"]["differing"] == 1  # type: ignore[index]
        assert sponsor["forms"]["DM"]["differing"] == 0  # type: ignore[index]
        assert openings(session, '"HUI"') == 0
        with session.writing() as conn:
            refold(conn, [SUBJECT])
            assert list(projection.differences(conn)) == []


def test_what_is_erased_is_forgotten_whole(parcel: Route) -> None:
    with parcel.clinic.open() as session:
        Notes(session).add(item_key(VS, "WEIGHT"), "synthetic note")
        entry = FormEntry(session, form_key("PS"))
        entry.transcribe("2027-06-20 P-3")
        entry.save(complete=True)
    assert parcel.carry().fine
    kept = "p_note", "p_paper", "p_second", "p_second_point", "p_item", "p_form"
    with parcel.store.open() as session:
        assert all(rows(session, table) for table in kept)
    with parcel.clinic.open() as session:
        fill(session, f"{SUBJECT}/SCR/IC", {"ICDATA": "N"}, complete=False)
    assert parcel.carry().fine
    with parcel.store.open() as session:
        assert not any(rows(session, table) for table in kept)
        with session.reading() as conn:
            assert list(projection.differences(conn)) == []


def test_without_consent_to_genes_nothing_tells_of_variants(parcel: Route) -> None:
    with parcel.clinic.open() as session:
        fill(session, f"{SUBJECT}/SCR/IC", {"ICHGR": "N"}, complete=False)
    assert parcel.carry().verdict is Verdict.ACCEPTED
    with parcel.store.open() as session:
        assert openings(session, "MRDV") == 0
        assert "MRD" not in told(session)["forms"]  # type: ignore[operator]  # the form is genetic


def test_a_chosen_value_is_traced_to_who_settled_it(parcel: Route) -> None:
    parcel.carry()
    with parcel.store.open() as session, session.reading() as conn:
        user, chosen = conn.execute(
            text("SELECT chosen_by, chosen FROM p_second_point WHERE item = 'PULSE'")
        ).one()
        assert (user, chosen) == ("crc2", "second")
