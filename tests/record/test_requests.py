"""A participant's request is dated, due, shown until answered, and leads to a correction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mrd_desktop.insight.care import care
from mrd_desktop.insight.reports.requests import requests_report
from mrd_desktop.insight.task import Urgency
from mrd_desktop.insight.worklist import site_tasks
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import RecordClass
from mrd_desktop.record import projection, requests
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.requests import Outcome, Request, RequestRefused, Requests
from mrd_desktop.record.rights import rights
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

SUBJECT = "01-001"


def asked(session: Session, want: str = "copy", days: int = 0, words: str = "") -> Request:
    received = session.today() - timedelta(days=days)
    Requests(session).receive(SUBJECT, want, received, words)
    return next(r for r in Requests(session).all(SUBJECT) if r.answer is None)


def correct(session: Session) -> None:
    key = locate(session.study, f"{SUBJECT}/SCR/PS")
    assert isinstance(key, FormKey)
    entry = Casebook(session).open(key)
    entry.type(ItemKey(RowKey(key, entry.form.groups[0].name), "ECOG"), "1")
    entry.save(complete=False, reason=ChangeReason("NEWINFO"))


def test_a_request_is_dated_due_and_a_task_until_it_is_answered(charted: Clinic) -> None:
    with charted.open() as session:
        days = rights().answer_days
        request = asked(session, days=days + 1)
        assert request.due == request.received + timedelta(days=days)
        assert request.overdue(session.today())
        (task,) = [t for t in site_tasks(care(session)) if t.kind == "request"]
        assert (task.subject, task.urgency, task.until) == (SUBJECT, Urgency.OVERDUE, request.due)
        with session.reading() as conn:
            record = store.record(conn, session.folder.chain, request.by.seq)
        assert record.header.cls is RecordClass.SITE, "it stays at the site"
        assert not [n for n in Notes(session).of_subject(SUBJECT) if n.text == request.text]

        Requests(session).answer(request, Outcome.DONE, "")
        assert not [t for t in site_tasks(care(session)) if t.kind == "request"]
        (now,) = Requests(session).all()
        assert now.answer is not None
        assert (now.answer.outcome, now.answer.user) == (Outcome.DONE, "crc")
        with pytest.raises(RequestRefused):
            Requests(session).answer(request, Outcome.REFUSED, "Synthetic words")
        before = Requests(session).all()
        with session.writing() as conn:
            assert projection.rebuild(conn) == []
        assert Requests(session).all() == before


def test_a_correction_is_done_once_something_was_corrected(charted: Clinic) -> None:
    with charted.open() as session:
        correct(session)  # before the request: it does not count
        request = asked(session, "correction", words="Synthetic: ECOG was 1")
        with pytest.raises(RequestRefused) as refused:
            Requests(session).answer(request, Outcome.DONE, "")
        assert refused.value.text == RequestRefused(requests.NOT_CORRECTED).text
        entry_key = locate(session.study, f"{SUBJECT}/SCR/PS")
        assert isinstance(entry_key, FormKey)
        entry = Casebook(session).open(entry_key)
        entry.type(ItemKey(RowKey(entry_key, entry.form.groups[0].name), "ECOG"), "2")
        entry.save(complete=False, reason=ChangeReason("NEWINFO"))
        Requests(session).answer(request, Outcome.DONE, "")
        again = asked(session, "correction", words="Synthetic: sex is wrong")
        Requests(session).answer(again, Outcome.REFUSED, "Synthetic: the record is right")


def test_what_cannot_be_recorded_is_refused_and_leaves_nothing(charted: Clinic) -> None:
    with charted.open() as session:
        desk, today, before = Requests(session), session.today(), session.head()
        for want, day, words in (
            ("gift", today, ""),
            ("copy", today + timedelta(days=1), ""),
            ("correction", today, "x"),
            ("copy", today, "call 13800138000"),
        ):
            with pytest.raises(RequestRefused):
                desk.receive(SUBJECT, want, day, words)
        with pytest.raises(NotFound):
            desk.receive("01-999", "copy", today, "")
        assert session.head() == before
    with charted.open("cra") as monitor, pytest.raises(PermissionDenied):
        Requests(monitor).receive(SUBJECT, "copy", monitor.today(), "")


def test_the_register_holds_every_request(charted: Clinic) -> None:
    with charted.open() as session:
        asked(session, "deletion", words="Synthetic words on deletion")
        said = repr(requests_report(session))
        assert SUBJECT in said
        assert "Synthetic words on deletion" in said
        assert "待答复" in said
