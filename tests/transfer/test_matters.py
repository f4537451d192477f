"""Requests and incidents between computers: names stay, words that went are gone, shapes judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mrd_desktop.cli.sponsor import main
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import incidents as matters_of_site
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.redactable import Matters
from mrd_desktop.record.redaction import redactable
from mrd_desktop.record.requests import Outcome, Requests
from mrd_desktop.record.rights import rights
from mrd_desktop.record.standin import MARK
from mrd_desktop.texts import Language
from mrd_desktop.transfer.errors import RecordsRefused
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.errors import PermissionDenied
from tests.record.test_incidents import local, named, take_out
from tests.record.test_redaction import pages, sound
from tests.transfer.pair import SUBJECT, Pair, taken
from tests.transfer.route import CONSENT, SPONSOR, SPONSOR_PASSWORD, Route, fill

SLIP = "Synthia slip 4711"
OF: dict[str, JSON] = {"chain": "a" * 26, "seq": 3}
AT = "2027-06-29T08:00:00.000Z"
ASKED: dict[str, JSON] = {"what": "copy", "received": "2027-06-01", "due": "2027-07-01"}
HAPPENED: dict[str, JSON] = {"what": "lost", "discovered": AT, "persons": 2, "clocks": {"a": AT}}


def told_of(session_words: str, route: Route, user: str = "admin") -> None:
    with route.clinic.open(user) as session:
        Incidents(session).note("lost", local(session), "", session_words)


def held(route: Route) -> tuple[str, ...]:
    """What the store knows of incidents."""
    with route.store.open() as session, session.reading() as conn:
        return tuple(i.text for i in matters_of_site.standing(conn))


def test_an_incident_that_names_somebody_stays_until_its_words_went(route: Route) -> None:
    with route.clinic.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        named(session, "合成")
    told_of("Synthetic: 合成 的病历夹遗失", route)  # without the vault key it is recorded
    told_of("Synthetic words", route)
    done = route.send()
    assert done.withheld["free_text"] == 1
    assert route.store.take(done.path)[0].verdict is Verdict.ACCEPTED
    assert held(route) == ("Synthetic words",)
    with route.clinic.open("inv") as session:
        pieces = [p for p in redactable(session, Matters()) if "合成" in p.words]
        take_out(session, pieces, Matters())
    assert route.carry().verdict is Verdict.ACCEPTED
    assert set(held(route)) == {"Synthetic words", MARK}


@pytest.mark.both_stores
@pytest.mark.parametrize("before", [True, False], ids=["went_before", "same_package"])
def test_store_loses_the_words_of_an_incident(route: Route, before: bool) -> None:
    told_of(f"Synthetic: {SLIP}", route)
    told_of("Synthetic words", route)
    if before:
        assert route.carry().verdict is Verdict.ACCEPTED
        assert f"Synthetic: {SLIP}" in held(route)
    with route.clinic.open("inv") as session:
        pieces = [p for p in redactable(session, Matters()) if SLIP in p.words]
        take_out(session, pieces, Matters())
    done = route.send()
    assert route.store.take(done.path)[0].verdict is Verdict.ACCEPTED
    assert set(held(route)) == {"Synthetic words", MARK}
    with route.store.open() as session:
        session.compact()
        assert SLIP.encode() not in pages(session)
        assert sound(session)


def test_the_other_computer_loses_the_words_of_requests_and_incidents(pair: Pair) -> None:
    with pair.a.open() as session:
        Requests(session).receive(SUBJECT, "deletion", session.today(), f"{SLIP} asks")
        (request,) = Requests(session).all()
        Requests(session).answer(request, Outcome.REFUSED, f"told {SLIP} why")
        Incidents(session).note("lost", local(session), "", f"Synthetic: {SLIP}")
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.b.open() as session:
        assert SLIP.encode() in pages(session)
    with pair.a.open("inv") as session:
        for matter in (Matters(SUBJECT), Matters()):
            take_out(session, list(redactable(session, matter)), matter)
        assert SLIP.encode() not in pages(session)
    pair.move(pair.a, pair.b)
    with pair.b.open() as session:
        (request,) = Requests(session).all()
        assert request.answer is not None
        assert (request.text, request.answer.text) == (MARK, MARK)
        assert [i.text for i in Incidents(session).all()] == [MARK]
        assert SLIP.encode() not in pages(session)
        assert sound(session)


def note(**changed: JSON) -> Entry:
    body: dict[str, JSON] = {"address": "01-001/SCR#1/IC#1/B#1/ICVER", "text": "synthetic"}
    return Entry(Kind.NOTE_ADDED, RecordClass.CODED, {**body, **changed})


def request(about: JSON, **changed: JSON) -> Entry:
    body: dict[str, JSON] = {"subject": SUBJECT, "text": "synthetic", "request": about}
    return Entry(Kind.NOTE_ADDED, RecordClass.SITE, {**body, **changed})


def incident(about: JSON, **changed: JSON) -> Entry:
    body: dict[str, JSON] = {"what": "lost", "text": "synthetic", "user": "crc", "incident": about}
    return Entry(Kind.INCIDENT_NOTED, RecordClass.CODED, {**body, **changed})


BROKEN_INCIDENTS = (
    incident("lost"),
    incident(None),
    incident([]),
    incident({}),
    incident(HAPPENED, text=None),
    incident({**HAPPENED, "what": 1}),
    incident({**HAPPENED, "discovered": "yesterday"}),
    incident({**HAPPENED, "discovered": "2027-02-30T08:00:00.000Z"}),
    incident({**HAPPENED, "persons": "2"}),
    incident({**HAPPENED, "persons": -1}),
    incident({**HAPPENED, "clocks": []}),
    incident({**HAPPENED, "clocks": {"a": None}}),
    incident({"of": OF}),
    incident({"of": "3", "clock": "a", "told": None}),
    incident({"of": {**OF, "seq": "3"}, "clock": "a", "told": None}),
    incident({"of": OF, "clock": ["a"], "told": None}),
    incident({"of": OF, "clock": "a", "told": 5}),
)
BROKEN_NOTES = (note(text=None), note(text=5), note(second="keyed"))
STRAY_NOTES = (note(address="nowhere"), note(address=["01-001"]))
"""These do not even leave a site."""
BROKEN_REQUESTS = (
    request("copy"),
    request({}),
    request(ASKED, subject=None),
    request(ASKED, text=[]),
    request({**ASKED, "what": None}),
    request({**ASKED, "received": "2027-02-30"}),
    request({**ASKED, "due": 20270701}),
    request({"of": OF}),
    request({"of": OF, "outcome": "perhaps"}),
    request({"of": {"chain": 1, "seq": 3}, "outcome": "done"}),
    request({"of": {"seq": 3}, "outcome": "done"}),
)


@pytest.mark.parametrize("entry", BROKEN_INCIDENTS + BROKEN_NOTES, ids=lambda e: str(e.payload))
def test_a_package_with_a_malformed_one_is_refused_with_its_reason(
    route: Route, entry: Entry
) -> None:
    with route.clinic.open() as session:
        Casebook(session).create_subject("01-001")
        fill(session, "01-001/SCR/IC", CONSENT)
        session.commit([entry])
        assert Incidents(session).all() == ()  # the own pages pass over it
    before = held(route)
    arrival = route.carry()
    assert (arrival.verdict, arrival.code) == (Verdict.REFUSED, "records")
    assert arrival.reason is not None
    assert "as " in arrival.reason.en
    assert held(route) == before


def test_one_that_is_opened_only_later_is_judged_like_any_other(route: Route) -> None:
    with route.clinic.open() as session:
        Casebook(session).create_subject("01-001")
        session.commit([note(text=None)])
    assert route.carry().verdict is Verdict.ACCEPTED  # nothing of the subject leaves yet
    with route.clinic.open() as session:
        fill(session, "01-001/SCR/IC", CONSENT)
    arrival = route.carry()
    assert (arrival.verdict, arrival.code) == (Verdict.REFUSED, "records")


@pytest.mark.parametrize(
    "entry",
    BROKEN_REQUESTS + BROKEN_INCIDENTS[:4] + BROKEN_NOTES + STRAY_NOTES,
    ids=lambda e: str(e.payload),
)
def test_a_file_of_another_computer_with_a_malformed_one_is_refused(
    pair: Pair, entry: Entry
) -> None:
    with pair.a.open() as session:
        session.commit([entry])
        assert Requests(session).all() == ()
        with session.writing() as conn:
            assert projection.rebuild(conn) == []
    path = pair.hand(pair.a, pair.b).path
    with pytest.raises(RecordsRefused):
        taken(pair.b, path)


def test_well_formed_ones_are_taken(pair: Pair) -> None:
    with pair.a.open() as session:
        session.commit([request(ASKED), incident(HAPPENED), note()])
    pair.move(pair.a, pair.b)
    with pair.b.open() as session:
        assert len(Requests(session).all()) == len(Incidents(session).all()) == 1


def test_status_tells_open_incidents_with_their_clocks(
    route: Route, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with route.clinic.open() as session:
        desk = Incidents(session)
        desk.note("lost", local(session, 30), "3", "Synthetic words")
        desk.note("malware", local(session, 2), "0", "Synthetic: closed again")
        for incident in desk.all():
            desk.tell(incident, "sponsor", local(session), "")
            if incident.what == "malware":
                desk.tell(incident, "hospital", "", "Synthetic: not needed")
                desk.close(incident, "Synthetic: nothing was found")
        (lost,) = [i for i in desk.all() if i.closed is None]
    assert route.carry().verdict is Verdict.ACCEPTED
    secret = tmp_path / "password"
    secret.write_text(SPONSOR_PASSWORD)
    said: Sequence[str] = ("status", str(route.store.path), "--user", SPONSOR,
                           "--password-file", str(secret))  # fmt: skip
    assert main([*said, "--json"]) == 0
    (site,) = json.loads(capsys.readouterr().out)
    (told,) = site["incidents"]
    assert (told["seq"], told["what"], told["persons"]) == (lost.by.seq, "lost", 3)
    assert told["text"] == "Synthetic words"
    clocks = {c["clock"]: c for c in told["clocks"]}
    assert set(clocks) == {c.oid for c in rights().clocks}
    assert (clocks["sponsor"]["late"], clocks["sponsor"]["overdue"]) == (True, False)
    assert (clocks["hospital"]["told"], clocks["hospital"]["overdue"]) == (None, True)
    assert (clocks["authority"]["told"], clocks["authority"]["overdue"]) == (None, False)
    for language, words in (("en", "not closed"), ("zh", "未结案")):
        assert main([*said, "--lang", language]) == 0
        lines = capsys.readouterr().out
        assert words in lines
        assert lost.name.say(Language(language)) in lines
        assert clocks["authority"]["until"] in lines
    with route.clinic.open() as session:
        for due in lost.owed:
            Incidents(session).tell(lost, due.clock.oid, local(session), "")
        Incidents(session).close(lost, "Synthetic: found again")
    assert route.carry().verdict is Verdict.ACCEPTED
    assert main([*said, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["incidents"] == []


def test_a_store_adds_nothing_to_what_sites_recorded(route: Route) -> None:
    told_of("Synthetic words", route)
    assert route.carry().verdict is Verdict.ACCEPTED
    with route.store.open() as session:
        (incident,) = Incidents(session).all()
        assert session.allows("backup")
        with pytest.raises(PermissionDenied):
            Incidents(session).note("lost", local(session), "", "Synthetic words")
        with pytest.raises(PermissionDenied):
            Incidents(session).tell(incident, "sponsor", local(session), "")
        with pytest.raises(PermissionDenied):
            Incidents(session).close(incident, "Synthetic words")
