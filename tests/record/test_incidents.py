"""An incident has its clocks from the policy, is a task until closed, and travels."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from mrd_desktop.insight.care import care
from mrd_desktop.insight.reports.incidents import incidents_report
from mrd_desktop.insight.task import Urgency
from mrd_desktop.insight.worklist import mine, site_tasks
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import RecordClass
from mrd_desktop.record import projection
from mrd_desktop.record.incidents import Incident, IncidentRefused, Incidents
from mrd_desktop.record.rights import rights
from mrd_desktop.vault.clock import moment
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

WORDS = "Synthetic: the notebook was stolen"


def local(session: Session, hours: int = 0) -> str:
    """A local moment so many hours ago, as it is typed."""
    then = moment(session.now()) - timedelta(hours=hours)
    return then.astimezone(session.clock.zone.tz).strftime("%Y-%m-%d %H:%M")


def noted(session: Session, hours: int = 0, persons: str = "") -> Incident:
    Incidents(session).note("lost", local(session, hours), persons, WORDS)
    return Incidents(session).all()[0]


def tasks(session: Session) -> list[Urgency]:
    return [t.urgency for t in site_tasks(care(session)) if t.kind == "incident"]


def test_its_clocks_run_from_the_discovery_until_each_is_recorded(clinic: Clinic) -> None:
    with clinic.open() as session:
        incident = noted(session, hours=30)
        asked = tuple(d.clock for d in incident.clocks)
        assert asked == rights().clocks, "all of them while nobody knows who is affected"
        start = datetime.fromisoformat(incident.discovered)
        for due in incident.clocks:
            assert moment(due.until) == start + timedelta(hours=due.clock.hours)
        late = {d.clock.oid for d in incident.clocks if d.overdue(session.now())}
        assert late == {"sponsor", "hospital"}
        assert tasks(session) == [Urgency.OVERDUE]

        desk = Incidents(session)
        with pytest.raises(IncidentRefused):
            desk.close(incident, "Synthetic: found again")
        with pytest.raises(IncidentRefused):
            desk.tell(incident, "sponsor", local(session, 31), "")  # before it was discovered
        with pytest.raises(IncidentRefused):
            desk.tell(incident, "hospital", "", "")  # not needed, and no word why
        desk.tell(incident, "sponsor", local(session), "")
        for clock in ("hospital", "authority", "persons"):
            desk.tell(incident, clock, "", "Synthetic: not needed")
        (told,) = desk.all()
        assert {d.clock.oid for d in told.clocks if d.late} == {"sponsor"}
        assert tasks(session) == [Urgency.DUE], "it is still to be closed"
        desk.close(incident, "Synthetic: found again")
        assert tasks(session) == []
        with pytest.raises(IncidentRefused):
            desk.close(incident, "Synthetic: twice")
        with pytest.raises(IncidentRefused):
            desk.tell(incident, "sponsor", local(session), "")
        before = desk.all()
        with session.writing() as conn:
            assert projection.rebuild(conn) == []
        assert desk.all() == before


def test_where_nobody_is_affected_nobody_else_is_told(clinic: Clinic) -> None:
    with clinic.open() as session:
        clocks = {d.clock.oid for d in noted(session, persons="0").clocks}
        assert clocks == {c.oid for c in rights().clocks if not c.personal} != set()


def test_it_travels_without_naming_anybody(clinic: Clinic) -> None:
    with clinic.open("admin") as session:  # whoever works here may
        incident = noted(session)
        with session.reading() as conn:
            record = store.record(conn, session.folder.chain, incident.by.seq)
        assert record.header.cls is RecordClass.CODED
        assert json.loads(record.opening.payload if record.opening else b"")["what"] == "lost"


def test_who_only_reads_and_verifies_writes_and_closes_nothing(clinic: Clinic) -> None:
    with clinic.open() as session:
        incident = noted(session)
    for user in ("aud", "cra"):
        with clinic.open(user) as session:
            before, desk = session.head(), Incidents(session)
            with pytest.raises(PermissionDenied):
                desk.note("lost", local(session), "", WORDS)
            with pytest.raises(PermissionDenied):
                desk.tell(incident, "sponsor", local(session), "")
            with pytest.raises(PermissionDenied):
                desk.close(incident, "Synthetic: found again")
            assert desk.all() == (incident,)
            assert session.head() == before
            assert mine(site_tasks(care(session)), session.allows) == ()


@pytest.mark.parametrize(
    ("what", "ago", "persons", "words"),
    [
        ("storm", 0, "", WORDS),
        ("lost", -2, "", WORDS),
        ("lost", 0, "some", WORDS),
        ("lost", 0, "", "x"),
        ("lost", 0, "", "call 13800138000"),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    clinic: Clinic, what: str, ago: int, persons: str, words: str
) -> None:
    with clinic.open() as session:
        before = session.head()
        with pytest.raises(IncidentRefused):
            Incidents(session).note(what, local(session, ago), persons, words)
        assert session.head() == before


def test_its_print_says_who_was_told_and_when(clinic: Clinic) -> None:
    with clinic.open() as session:
        incident = noted(session, hours=1)
        told = local(session)
        Incidents(session).tell(incident, "sponsor", told, "Synthetic: by telephone")
        said = repr(incidents_report(session))
        for words in (WORDS, told, "Synthetic: by telephone", local(session, 1)):
            assert words in said
