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
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.incidents import NOT_NEEDED, Incident, IncidentRefused, Incidents, Part
from mrd_desktop.record.redactable import Matters, Redactable
from mrd_desktop.record.redaction import redact, redactable
from mrd_desktop.record.rights import rights
from mrd_desktop.record.standin import MARK
from mrd_desktop.vault.clock import moment
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.denials import denied
from tests.record.test_entry import TYPO, form, key
from tests.record.test_redaction import pages, sound

NAME = "合成"
"""As short as a name can be."""
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


def test_the_moment_is_typed_as_dates_and_times_are_on_forms(clinic: Clinic) -> None:
    with clinic.open() as session:
        desk = Incidents(session)
        for typed in (
            "2027-06-30 08:05", "2027-06-30 8：05", "20270630 0805", "t 805", "2027/6/30 8点05",
            "２０２７－06－30　0805", "06-30  8:05",
        ):  # fmt: skip
            desk.note("lost", typed, "0", WORDS)
        (moment_noted,) = {one.discovered for one in desk.all()}
        assert local(session)[:10] == "2027-06-30"
        assert moment_noted == "2027-06-30T00:05:00.000Z"
        for typed in ("", "2027-06-30", "08:05", "2027-06-30 25:00", "2027-06-31 08:05", "x y"):
            with pytest.raises(IncidentRefused) as refused:
                desk.note("lost", typed, "0", WORDS)
            assert refused.value.part is Part.MOMENT


def test_without_a_moment_it_is_asked_why_nobody_is_told(clinic: Clinic) -> None:
    with clinic.open() as session:
        incident = noted(session)
        with pytest.raises(IncidentRefused) as refused:
            Incidents(session).tell(incident, "sponsor", "", "")
        assert refused.value.part is Part.WORDS
        assert refused.value.text.en == NOT_NEEDED.en


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
            before, desk = session.head().seq, Incidents(session)
            with pytest.raises(PermissionDenied):
                desk.note("lost", local(session), "", WORDS)
            with pytest.raises(PermissionDenied):
                desk.tell(incident, "sponsor", local(session), "")
            with pytest.raises(PermissionDenied):
                desk.close(incident, "Synthetic: found again")
            assert desk.all() == (incident,)
            assert len(denied(session, before)) == 3
            assert mine(site_tasks(care(session)), session.allows) == ()


@pytest.mark.parametrize(
    ("what", "ago", "persons", "words"),
    [
        ("storm", 0, "", WORDS),
        ("lost", -2, "", WORDS),
        ("lost", 0, "some", WORDS),
        ("lost", 0, "", "x"),
        ("lost", 0, "", "call 13800138000"),
        ("lost", 0, "9" * 5000, WORDS),
        ("lost", 0, str(2**53), WORDS),
        ("lost", 0, "", "Synthetic half \ud83d of a sign"),
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


def named(session: Session, *names: str) -> None:
    """A subject whose identity form held these names, the last one now."""
    for name in names:
        entry = Casebook(session).open(form(session, "01-001/SCR/ID"))
        entry.type(key(session, "01-001/SCR/ID/PATNAME"), name)
        entry.save(complete=False, reason=TYPO)


@pytest.mark.parametrize("words", [f"病历夹里有 {NAME} 的记录", "the chart of Synthia Person"])
def test_words_that_name_a_subject_are_not_recorded(charted: Clinic, words: str) -> None:
    with charted.open() as session:
        named(session, "Synthia Person", NAME)  # a name that was corrected counts as well
        before, desk = session.head(), Incidents(session)
        with pytest.raises(IncidentRefused):
            desk.note("seen", local(session), "", words)
        assert session.head() == before
        incident = noted(session)
        with pytest.raises(IncidentRefused):
            desk.tell(incident, "sponsor", local(session), words)
        for clock in incident.clocks:
            desk.tell(incident, clock.clock.oid, local(session), "")
        with pytest.raises(IncidentRefused):
            desk.close(incident, words)


def take_out(session: Session, pieces: list[Redactable], matter: Matters) -> None:
    seqs = [p.seq for p in pieces]
    done = redact(
        session, matter, seqs, "IDENTITY", password_of(session.user),
        second="admin", second_password=password_of("admin"),
    )  # fmt: skip
    assert done.records == len(seqs)


def test_two_people_take_its_words_out_and_it_stands_on(clinic: Clinic) -> None:
    slip = "Synthia Name 4711"
    with clinic.open("admin") as session:  # without the vault key no name can be looked for
        Incidents(session).note("lost", local(session, 1), "", f"Synthetic: {slip}")
        (incident,) = Incidents(session).all()
        for due in incident.clocks:
            Incidents(session).tell(incident, due.clock.oid, "", f"{slip} says so")
        Incidents(session).close(incident, f"{slip} found it")
    with clinic.open("inv") as session:
        (before,) = Incidents(session).all()
        pieces = list(redactable(session, Matters()))
        assert len(pieces) == 2 + len(before.clocks)
        assert all(slip in p.words and not p.whole for p in pieces)
        take_out(session, pieces, Matters())
        (after,) = Incidents(session).all()
        assert {after.text, *(d.step.text for d in after.clocks if d.step)} == {MARK}
        assert after.closed is not None
        assert after.closed.text == MARK
        for one in (before, after):
            assert (one.by, one.at, one.user, one.discovered) == (
                before.by, before.at, before.user, before.discovered,
            )  # fmt: skip
        assert slip not in repr(incidents_report(session))
        assert slip.encode() not in pages(session)
        assert sound(session)
        assert list(redactable(session, Matters())) == []
