"""The longest session, and what its end leaves behind (R-SES-01)."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import timedelta

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault.clock import Clock
from mrd_desktop.vault.errors import SessionLocked, SessionOver
from mrd_desktop.vault.session import Session
from tests.vault.kit import CANARY, PASSWORDS, Site, note, private


def aged(clock: Clock, by: timedelta, told_by: str) -> None:
    """The session began so much earlier, as one of the computer's clocks tells it."""
    wall, steady = clock._started
    if told_by == "wall":
        clock._started = (wall - by, steady)
    else:
        clock._started = (wall, steady - by.total_seconds())


def kinds(session: Session) -> list[Kind]:
    with session.reading() as conn:
        found = list(store.records(conn, session.folder.chain))
    return [r.kind for r in found if r.opening is not None]


@pytest.mark.parametrize("told_by", ["wall", "monotonic"])
def test_after_its_hours_a_session_writes_no_record(site: Site, told_by: str) -> None:
    with site.open("crc") as session:
        aged(session.clock, timedelta(hours=11, minutes=59), told_by)
        session.commit([note()])
        written = len(kinds(session))
        aged(session.clock, timedelta(minutes=1), told_by)
        with pytest.raises(SessionOver) as refused:
            session.commit([note()])
        assert "12" in refused.value.text.zh and "12" in refused.value.text.en
        with pytest.raises(SessionOver):
            session.announce()
        with session.writing() as conn:  # a draft is no record: what is typed is kept
            conn.exec_driver_sql("SELECT 1")
        assert len(kinds(session)) == written
    with site.open("crc") as session:
        assert kinds(session)[-1] is Kind.SESSION_CLOSED


def test_no_password_lengthens_a_session(site: Site) -> None:
    with site.open("crc") as session:
        session.lock()
        aged(session.clock, timedelta(hours=12), "wall")
        with pytest.raises(SessionOver):
            session.unlock("crc", PASSWORDS["crc"])
        assert session.locked


def test_practice_days_are_no_hours(crc: Session) -> None:
    crc.clock.shift += timedelta(days=30)
    crc.commit([note()])


def test_the_study_says_how_long(crc: Session) -> None:
    short = replace(crc.study.oversight, session_hours=8)
    vars(crc)["study"] = replace(crc.study, oversight=short)
    aged(crc.clock, timedelta(hours=8), "wall")
    with pytest.raises(SessionOver, match="8 hours"):
        crc.commit([note()])


def test_a_closed_session_opens_nothing_and_keeps_no_key(site: Site) -> None:
    """Copies that the interpreter and the libraries made are counted elsewhere (E-27)."""
    session = site.open("crc")
    session.commit([private("01-001", CANARY)])
    data, vault = session.with_keys()
    assert vault is not None
    assert gc.get_referrers(data) and gc.get_referrers(vault)
    database = session.database
    session.close()
    for opened in (database.reading, database.writing, session.reading):
        with pytest.raises(SessionLocked), opened():
            pass
    gc.collect()
    for key in (data, vault):
        holders = gc.get_referrers(key)
        assert [type(held).__name__ for held in holders] in ([], ["tuple"])  # the loop's own
