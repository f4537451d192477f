"""What an analysis reads: every subject once, and never one whose data may not be used."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mrd_desktop.insight.frames import frame
from mrd_desktop.insight.population import population
from tests.clinic import Clinic
from tests.insight.cases import CONTINUED, FAILURE, PAUSED
from tests.transfer.route import fill

EARLIER = date(2026, 12, 31)
WITHDRAWN = {
    "DSDECOD": "WITHDRAWAL OF CONSENT",
    "DSSTDAT": "2027-06-20",
    "LSTCONT": "2027-06-20",
    "DATAUSE": "N",
}


def test_a_refusal_counts_for_every_earlier_day(stories_template: Clinic, tmp_path: Path) -> None:
    with stories_template.copy(tmp_path / "site").open() as session:
        fill(session, f"{PAUSED}/EOS/EOS", WITHDRAWN)
        with session.reading() as conn:
            seen = population(conn, session.study, session.today()).at(EARLIER)
            table = frame(conn, session.study, "MRD", as_of=EARLIER)
    assert seen.cohort.refused == (PAUSED,)
    assert [c.subject for _, c in seen.cohort.members] == [CONTINUED]
    assert [s.data.subject for s in seen.usable] == [FAILURE, CONTINUED]
    assert set(table["SUBJID"]) == {FAILURE, CONTINUED}


def test_reading_can_be_stopped(charted: Clinic) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert (done, total) == (1, 1)
        raise Enough

    with charted.open() as session, session.reading() as conn, pytest.raises(Enough):
        population(conn, session.study, session.today(), None, stop)
