"""Queries of checks open, settle and close by the rules; people's acts keep to the states."""

from __future__ import annotations

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.names import HalfCharacter, NamesAPerson
from mrd_desktop.record.queries import NoWords, Queries, QueryLine, WrongQueryState
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.test_entry import form, key

TYPO = ChangeReason("TYPO")
PULSE = "01-001/SCR/VS/PULSE"


def pulse(session: Session, value: str) -> FormEntry:
    entry = Casebook(session).open(form(session, "01-001/SCR/VS"))
    entry.type(key(session, PULSE), value)
    return entry


def of_pulse(session: Session) -> list[QueryLine]:
    return [q for q in Queries(session).all(subject="01-001") if q.check == "VS.PULSE.S"]


def test_a_soft_check_opens_one_query_and_closes_it_when_it_stops_firing(
    charted: Clinic,
) -> None:
    with charted.open() as session:
        pulse(session, "130").save(complete=True, reason=TYPO)
        pulse(session, "135").save(complete=True, reason=TYPO)
        assert [q.state for q in of_pulse(session)] == ["open"]
        pulse(session, "80").save(complete=True, reason=TYPO)
        assert [q.state for q in of_pulse(session)] == ["closed"]
        pulse(session, "130").save(complete=True, reason=TYPO)
        assert sorted(q.state for q in of_pulse(session)) == ["closed", "open"]


def test_an_explanation_given_in_the_form_answers_the_query(charted: Clinic) -> None:
    with charted.open() as session:
        entry = pulse(session, "130")
        finding = next(f for f in entry.findings() if f.check.id == "VS.PULSE.S")
        entry.explain(finding, "synthetic: after the stairs")
        entry.save(complete=True, reason=TYPO)
        (query,) = of_pulse(session)
        assert (query.state, query.answer) == ("answered", "synthetic: after the stairs")


def test_an_explanation_alone_is_recorded_too(charted: Clinic) -> None:
    with charted.open() as session:
        pulse(session, "130").save(complete=True, reason=TYPO)
        entry = Casebook(session).open(form(session, "01-001/SCR/VS"))
        finding = next(f for f in entry.findings() if f.check.id == "VS.PULSE.S")
        entry.explain(finding, "synthetic: after the stairs")
        entry.save(complete=True)
        assert [q.state for q in of_pulse(session)] == ["answered"]


def test_an_answered_query_stays_until_the_monitor_closes_it(charted: Clinic) -> None:
    with charted.open() as session:
        pulse(session, "130").save(complete=True, reason=TYPO)
        name = of_pulse(session)[0].query
        queries = Queries(session)
        with pytest.raises(NoWords):
            queries.answer(name, "  ")
        queries.answer(name, "synthetic answer")
        with pytest.raises(WrongQueryState):
            queries.answer(name, "again")
        with pytest.raises(PermissionDenied):
            queries.close(name)
        pulse(session, "80").save(complete=True, reason=TYPO)
        assert of_pulse(session)[0].state == "answered"
    with charted.open("cra") as session:
        Queries(session).close(name)
        assert of_pulse(session)[0].state == "closed"


@pytest.mark.parametrize(
    "words", ["患者测试甲来电", "see SYN0001", "call 010-62345678", "a@b.example"]
)
def test_words_of_a_query_name_nobody(charted: Clinic, words: str) -> None:
    with charted.open() as session:
        pulse(session, "130").save(complete=True, reason=TYPO)
        name = of_pulse(session)[0].query
        with pytest.raises(NamesAPerson):
            Queries(session).answer(name, words)
        entry = pulse(session, "131")
        finding = next(f for f in entry.findings() if f.check.id == "VS.PULSE.S")
        with pytest.raises(NamesAPerson):
            entry.explain(finding, words)
        assert entry.answered(finding) == ""
        assert of_pulse(session)[0].state == "open"


def test_words_that_cannot_be_written_down_are_refused_in_words(charted: Clinic) -> None:
    with charted.open() as session:
        pulse(session, "130").save(complete=True, reason=TYPO)
        name = of_pulse(session)[0].query
        with pytest.raises(HalfCharacter):
            Queries(session).answer(name, "half \ud83d")
        entry = pulse(session, "131")
        finding = next(f for f in entry.findings() if f.check.id == "VS.PULSE.S")
        with pytest.raises(HalfCharacter):
            entry.explain(finding, "half \ud83d")
        assert entry.answered(finding) == ""
        assert of_pulse(session)[0].state == "open"


def test_who_may_not_see_identities_is_stopped_by_the_forms_of_numbers(charted: Clinic) -> None:
    with charted.open("cra") as session:
        before = len(Queries(session).all())
        with pytest.raises(NamesAPerson):
            Queries(session).open(str(key(session, PULSE)), "ask 13800138000")
        assert len(Queries(session).all()) == before
        Queries(session).open(str(key(session, PULSE)), "ask 测试甲")  # found before it leaves


def test_a_closed_query_does_not_come_back_for_the_same_value(charted: Clinic) -> None:
    with charted.open() as session:
        pulse(session, "130").save(complete=True, reason=TYPO)
        name = of_pulse(session)[0].query
    with charted.open("cra") as session:
        Queries(session).close(name)
    with charted.open() as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/VS"))
        entry.type(key(session, "01-001/SCR/VS/TEMP"), "36.9")
        entry.save(complete=True, reason=TYPO)
        assert [q.state for q in of_pulse(session)] == ["closed"]


def test_checks_of_the_vault_reach_those_without_its_key(charted: Clinic) -> None:
    with charted.open() as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/ID"))
        entry.type(key(session, "01-001/SCR/ID/IDNO"), "990101197304180148")
        entry.save(complete=True, reason=TYPO)
    with charted.open("cra") as session:
        found = Casebook(session).findings("01-001")
        assert [f.check.id for f in found] == ["EC-002"]
        assert "99010119" not in found[0].text.en + found[0].text.zh
    with charted.open() as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/ID"))
        entry.type(key(session, "01-001/SCR/ID/IDNO"), "990101197304180147")
        entry.save(complete=True, reason=TYPO)
    with charted.open("cra") as session:
        assert Casebook(session).findings("01-001") == ()
