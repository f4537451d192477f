"""Replay equals the kept tables, and every difference is named."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mrd_desktop.record import projection
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

SET_WEIGHT = (
    "UPDATE p_item SET value = '99' WHERE item = 'WEIGHT' AND form_id ="
    " (SELECT form_id FROM p_form WHERE form = 'VS')"
)


def named(session: Session, check: str) -> str:
    found = next(c for c in verify_folder(session) if c.name == check)
    assert found.ok is False
    return found.detail.en


def test_a_fresh_fold_agrees_with_the_kept_tables(charted: Clinic) -> None:
    with charted.open() as session:
        checks = verify_folder(session)
        assert [c.name for c in checks if c.ok is False] == []
        with session.writing() as conn:
            assert projection.rebuild(conn) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (SET_WEIGHT, "01-001/SCR#1/VS#1/A#1/WEIGHT differs"),
        ("DELETE FROM p_item WHERE item = 'ECOG'", "01-001/SCR#1/PS#1/A#1/ECOG is missing"),
        ("DELETE FROM p_subject", "p_subject 01-001 is missing"),
        ("UPDATE p_form SET declared = 0 WHERE form = 'IE'", "01-001/SCR#1/IE#1 differs"),
        ("UPDATE p_row SET removed = 1 WHERE grp = 'MET' AND row = 2", "01-001/SCR#1/BCH#1"),
        (
            "INSERT INTO p_subject VALUES ('01-999', 'x', 1, 'x', 'x')",
            "p_subject 01-999 is extra",
        ),
    ],
)
def test_an_edited_row_is_named_and_rebuild_mends_it(
    charted: Clinic, statement: str, told: str
) -> None:
    with charted.open() as session:
        with session.writing() as conn:
            conn.execute(text(statement))
        assert told in named(session, "replay")
        with session.writing() as conn:
            assert any(told in line for line in projection.rebuild(conn))
        assert [c.name for c in verify_folder(session) if c.ok is False] == []


def test_an_edited_ledger_row_is_named(charted: Clinic) -> None:
    with charted.open() as session:
        with session.writing() as conn:
            conn.execute(text("DROP TRIGGER ledger_opening_update"))
            conn.execute(
                text(
                    "UPDATE ledger_opening SET payload = CAST(replace(payload, '18.2', '18.3')"
                    " AS BLOB)"
                    " WHERE instr(CAST(payload AS TEXT), '18.2')"
                )
            )
        assert "ledger_opening_update" in named(session, "schema")
        assert "record " in named(session, "commitments")


def test_local_day_follows_the_zone() -> None:
    assert projection.local_day("2026-03-15T16:30:00.000Z", "+08:00") == "2026-03-16"
    assert projection.local_day("2026-03-15T03:30:00.000Z", "-05:00") == "2026-03-14"


def test_tables_of_another_program_version_are_made_anew_at_sign_in(charted: Clinic) -> None:
    with charted.open() as session, session.writing() as conn:
        conn.execute(text("DROP TABLE p_note"))
        conn.execute(text("ALTER TABLE p_item ADD COLUMN later TEXT"))
        conn.execute(text("UPDATE p_item SET missing = 'UNK'"))
    with charted.open() as session, session.reading() as conn:
        assert list(projection.differences(conn)) == []
        assert conn.execute(text("SELECT count(*) FROM p_note")).scalar() == 0
