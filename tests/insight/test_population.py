"""What an analysis reads: every subject once, and never one whose data may not be used."""

from __future__ import annotations

from datetime import date

import pytest

from mrd_desktop.insight.frames import frame
from mrd_desktop.insight.population import population
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.story import Story, load_story
from tests.clinic import Clinic
from tests.insight.cases import CONTINUED, PAUSED, ended
from tests.study.edits import edited_records

EARLIER = date(2026, 12, 31)


def test_a_refusal_counts_for_every_earlier_day(clinic: Clinic) -> None:
    gone = ended("2027-06-20", "WITHDRAWAL OF CONSENT", use="N")
    with clinic.open() as session:
        for subject, edits in ((PAUSED, (gone,)), (CONTINUED, ())):
            records = edited_records(subject, edits)
            load_story(
                Casebook(session),
                Story.model_validate({"subject": subject, "site": "01", "records": records}),
            )
        with session.reading() as conn:
            seen = population(conn, session.study, session.today()).at(EARLIER)
            table = frame(conn, session.study, "MRD", as_of=EARLIER)
    assert seen.cohort.refused == (PAUSED,)
    assert [c.subject for _, c in seen.cohort.members] == [CONTINUED]
    assert [s.data.subject for s in seen.usable] == [CONTINUED]
    assert set(table["SUBJID"]) == {CONTINUED}


def test_reading_can_be_stopped(charted: Clinic) -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert (done, total) == (1, 1)
        raise Enough

    with charted.open() as session, session.reading() as conn, pytest.raises(Enough):
        population(conn, session.study, session.today(), None, stop)
