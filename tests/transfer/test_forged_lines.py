"""A line that somebody without a password put beside a site's chain does not reach the sponsor."""

from __future__ import annotations

import pytest

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.vault import presence
from mrd_desktop.vault.session import Session
from tests.transfer.route import Route
from tests.vault.test_hostile_logs import SAID, forge

_FORGED = ("a visit", "half a visit", "a review of the trail", "a number for a word", "a list")


def visits(session: Session) -> int:
    """Rows of the tables of visits and of words on the trail."""
    with session.reading() as conn:
        return sum(
            int(conn.exec_driver_sql(f"SELECT count(*) FROM p_{table}").scalar() or 0)
            for table in ("review", "trail_note")
        )


def test_packages_of_a_site_with_forged_lines_are_accepted(route: Route) -> None:
    for what in _FORGED:
        forge(route.clinic.path, presence.LOG_FILE, SAID[what])
    with route.clinic.open() as session:
        session.come_in()
        assert visits(session) == 0
    assert route.carry().fine
    assert route.carry(full=True).fine
    with route.store.open() as session:
        assert visits(session) == 0


@pytest.mark.parametrize("what", ["a visit", "a review of the trail"])
def test_an_act_is_never_a_visit_whoever_signed_it(route: Route, what: str) -> None:
    said = SAID[what]
    assert isinstance(said, dict)
    body: dict[str, JSON] = {**said, "act": presence.ACT}
    with route.clinic.open() as session:
        session.commit([Entry(Kind.REVIEW_NOTED, RecordClass.CODED, body)])
        assert visits(session) == 0
    assert not route.carry().fine
    with route.store.open() as session:
        assert visits(session) == 0
