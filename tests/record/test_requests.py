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
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.redactable import Matters
from mrd_desktop.record.redaction import redactable
from mrd_desktop.record.requests import Outcome, Part, Request, RequestRefused, Requests
from mrd_desktop.record.rights import rights
from mrd_desktop.record.standin import MARK
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.test_entry import key
from tests.record.test_incidents import named, take_out
from tests.record.test_redaction import by_two, pages, sound

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


def test_a_request_about_samples_ends_the_question_about_them(charted: Clinic) -> None:
    with charted.open() as session:
        assert care(session).samples == frozenset()
        asked(session)
        assert care(session).samples == frozenset(), "of another kind"
        Requests(session).receive(SUBJECT, "samples", session.today(), "")
        assert care(session).samples == {SUBJECT}
        waiting = next(r for r in Requests(session).all(SUBJECT) if r.want == "samples")
        Requests(session).answer(waiting, Outcome.DONE, "")
        assert care(session).samples == {SUBJECT}, "its answer is the request's own"


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
        for want, day, words, part in (
            ("gift", today, "", Part.KIND),
            ("copy", today + timedelta(days=1), "", Part.DAY),
            ("correction", today, "x", Part.WORDS),
            ("copy", today, "call 13800138000", Part.WORDS),
            ("copy", today, "Synthetic half \ud83d of a sign", Part.WORDS),
        ):
            with pytest.raises(RequestRefused) as refused:
                desk.receive(SUBJECT, want, day, words)
            assert refused.value.part is part, "it says which answer is to be mended"
        for subject in ("01-999", "01-\ud83d", ""):
            with pytest.raises(RequestRefused) as refused:
                desk.receive(subject, "copy", today, "")
            assert refused.value.part is Part.SUBJECT
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


def test_the_last_day_is_counted_from_the_day_it_was_asked_and_late_is_said(
    charted: Clinic,
) -> None:
    with charted.open() as session:
        days, today = rights().answer_days, session.today()
        entered_late = asked(session, days=days + 5)
        assert entered_late.due == today - timedelta(days=5)
        (task,) = [t for t in site_tasks(care(session)) if t.kind == "request"]
        assert (task.until, task.urgency) == (entered_late.due, Urgency.OVERDUE)
        printed = repr(requests_report(session))
        assert str(entered_late.due) in printed
        assert "已逾期" in printed
        Requests(session).answer(entered_late, Outcome.DONE, "")
        assert "逾期答复" in repr(requests_report(session))


def test_words_that_name_another_subject_are_not_recorded(charted: Clinic) -> None:
    with charted.open() as session:
        named(session, "合成某某")
        Casebook(session).create_subject("01-002")
        with pytest.raises(RequestRefused):
            Requests(session).receive("01-002", "copy", session.today(), "与 合成某某 一同来访")


def test_two_people_take_the_words_of_a_request_out_and_it_stands_on(charted: Clinic) -> None:
    slip = "Synthia Name 4711"
    with charted.open() as session:
        request = asked(session, "deletion", words=f"{slip} wants it")
        Requests(session).answer(request, Outcome.REFUSED, f"{slip} was told why")
        (before,) = Requests(session).all()
    with charted.open("inv") as session:
        matter = Matters(SUBJECT)
        pieces = list(redactable(session, matter))
        assert len(pieces) == 2
        take_out(session, pieces, matter)
        (after,) = Requests(session).all()
        assert before.answer is not None
        assert after.answer is not None
        assert (after.text, after.answer.text) == (MARK, MARK)
        assert (after.by, after.want, after.due, after.at, after.user) == (
            before.by, before.want, before.due, before.at, before.user,
        )  # fmt: skip
        assert (after.answer.outcome, after.answer.at) == (before.answer.outcome, before.answer.at)
        assert slip not in repr(requests_report(session))
        assert slip.encode() not in pages(session)
        assert sound(session)


def test_a_note_whose_words_alone_go_keeps_its_place(charted: Clinic) -> None:
    slip = "Synthia Name 4711"
    with charted.open() as session:
        place = key(session, f"{SUBJECT}/SCR/IC/ICVER")
        Notes(session).add(place, slip)
    with charted.open("inv") as session:
        (piece,) = [r for r in redactable(session, place) if slip in r.words]
        by_two(session, piece.seq, words_only=True)
        assert slip.encode() not in pages(session)
        assert [n.text for n in Notes(session).of_subject(SUBJECT)] == [MARK]
        assert sound(session)
