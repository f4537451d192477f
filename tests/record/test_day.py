"""What time alone makes is asked once, at the day's first sign-in."""

from __future__ import annotations

from datetime import datetime

import pytest

from mrd_desktop.ledger.record import Record
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.day import begin_day
from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.session import Entries, Session
from tests.clinic import Clinic, password_of


def on_day(clinic: Clinic, day: str) -> Session:
    return open_folder(
        clinic.path,
        "crc",
        password_of("crc"),
        study=clinic.study,
        fold=projection.fold,
        now=datetime.fromisoformat(f"{day}T08:00:00+08:00"),
    )


def opened(session: Session, address: str) -> FormEntry:
    key = locate(session.study, address)
    assert isinstance(key, FormKey)
    return Casebook(session).open(key)


def fires(entry: FormEntry) -> set[str]:
    return {f.check.id for f in entry.findings()}


def told(entry: FormEntry) -> set[str]:
    """What the fields of a form tell."""
    rows = (r for g in entry.groups() for r in g.rows)
    return {f.check.id for r in rows for v in r.fields for f in v.findings}


def test_an_overdue_visit_is_asked_about_on_the_day_it_becomes_so(paused: Clinic) -> None:
    with paused.open() as session:
        asked = {q.check for q in Queries(session).all() if q.state == "open"}
        assert asked == {"EC-086"}
        assert begin_day(session) == 0
        assert begin_day(session) == 0
    with on_day(paused, "2027-08-20") as session:
        assert begin_day(session) > 0
        asked_of = {(q.check, q.address, q.opened_by) for q in Queries(session).all(state="open")}
        assert ("EC-087", "01-002/M21#1", "system") in asked_of
        assert begin_day(session) == 0


def test_the_file_is_locked_only_for_whom_something_is_written(
    both: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with both.open() as session:
        assert begin_day(session) == 0

    locks: list[int] = []
    commit = Session.commit

    def watched(self: Session, entries: Entries) -> tuple[Record, ...]:
        written = commit(self, entries)
        locks.append(len(written))
        return written

    monkeypatch.setattr(Session, "commit", watched)
    with on_day(both, "2027-08-20") as session:
        written = begin_day(session)
        assert sum(locks) >= written > 0
        assert len(locks) == 1, "all in one transaction"
    locks.clear()
    with on_day(both, "2027-08-21") as session:
        assert begin_day(session) == 0
        assert locks == []


def test_what_was_asked_before_a_stop_stays_and_the_rest_follows(both: Clinic) -> None:
    with both.open() as session:
        lacking = locate(session.study, "01-001/SCR/TM")
        assert isinstance(lacking, FormKey)
        Casebook(session).remove(lacking, ChangeReason("TYPO"))
    whole = both.copy(both.path.parent / "whole")
    with on_day(whole, "2027-08-20") as session:
        begin_day(session)
        asked = {(q.check, q.address) for q in Queries(session).all(state="open")}
    for number in ("01-001", "01-002"):
        assert any(address.startswith(number) for _, address in asked)
    seen: list[int] = []
    with on_day(both, "2027-08-20") as session:
        before = {(q.check, q.address) for q in Queries(session).all(state="open")}
        assert begin_day(session, lambda done, _: seen.append(done), lambda: bool(seen)) > 0
        half = {(q.check, q.address) for q in Queries(session).all(state="open")}
        assert before < half < asked
        assert begin_day(session) > 0
        assert {(q.check, q.address) for q in Queries(session).all(state="open")} == asked
        assert begin_day(session) == 0


def test_who_may_not_edit_begins_no_day(charted: Clinic) -> None:
    with charted.open("cra") as session:
        assert begin_day(session) == 0
        assert Queries(session).all(state="open") == ()


def test_what_a_visit_lacks_is_told_at_it_from_the_next_day_on(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        tm = locate(session.study, "01-001/SCR/TM")
        assert isinstance(tm, FormKey)
        book.remove(tm, ChangeReason("TYPO"))
        visit = opened(session, "01-001/SCR/SV")
        assert "EC-088" in fires(visit)
        assert "EC-088" in {f.check.id for f in book.findings("01-001")}
        assert "EC-088" not in told(visit), "the day is not over, the form may still come"
    with on_day(charted, "2027-07-01") as session:
        assert "EC-088" in told(opened(session, "01-001/SCR/SV"))
        assert begin_day(session) > 0
        assert "EC-088" in {q.check for q in Queries(session).all(state="open")}


def test_an_overdue_visit_is_told_in_the_list_and_at_no_other_visit(paused: Clinic) -> None:
    with on_day(paused, "2027-08-20") as session:
        at_m21 = {str(f.key) for f in Casebook(session).findings("01-002") if f.check.daily}
        assert "01-002/M21#1" in at_m21
        for address in ("01-002/M18/SV", "01-002/M24/SV", "01-002/C0/TC"):
            entry = opened(session, address)
            assert "EC-087" in fires(entry)
            assert "EC-087" not in told(entry), address


def test_what_is_typed_and_alarms_is_told_at_once(charted: Clinic) -> None:
    """Its query waits all the same; who has just typed the value is told while he knows of it."""
    with charted.open() as session:
        for address, cells, check in (
            ("01-001/SCR/CV", {"LVEF": "38"}, "EC-119"),
            ("01-001/SCR/LAB", {"WBCVAL": "1.2", "WBCCS": "CS"}, "EC-125"),
        ):
            entry = opened(session, address)
            for item, text in cells.items():
                key = locate(session.study, f"{address}/{item}")
                assert isinstance(key, ItemKey)
                assert check not in told(entry), check
                entry.type(key, text)
            assert check in told(entry), check
            entry.save(complete=False, reason=ChangeReason("TYPO"))
            assert check in told(opened(session, address)), check
            assert check not in {q.check for q in Queries(session).all(state="open")}


def test_a_date_out_of_the_window_is_told_at_once_and_a_late_visit_is_not(paused: Clinic) -> None:
    with paused.open() as session:
        book = Casebook(session)
        deviation = locate(session.study, "01-002/LOG/DV")
        assert isinstance(deviation, FormKey)
        book.remove(deviation, ChangeReason("TYPO"))
        visit = opened(session, "01-002/M15/SV")
        assert "EC-162" in told(visit)
        at = next(str(f.key) for f in book.findings("01-002") if f.check.id == "EC-162")
        assert book.read_for("01-002", "EC-162", at) is not None
        assert book.read_for("01-002", "EC-119", at) is None
        date = locate(session.study, "01-002/M15/SV/VISDAT")
        assert isinstance(date, ItemKey)
        visit.type(date, "")
        assert "EC-162" not in told(visit)
    with on_day(paused, "2027-08-20") as session:
        entry = opened(session, "01-002/M21/SV")
        assert {"EC-087", "EC-162"} & fires(entry)
        assert not {"EC-087", "EC-162"} & told(entry)


def test_only_a_check_of_an_answer_typed_there_is_told_at_once() -> None:
    """Each daily check is decided: those that only miss another form wait for the next day."""
    study = load_study()
    assert all(c.daily and c.at for c in study.checks if c.at_once)
    assert {c.id: c.at_once for c in study.checks if c.daily} == {
        "EC-045": True,
        "EC-054": False,
        "EC-055": True,
        "EC-059": False,
        "EC-087": False,
        "EC-088": False,
        "EC-098": False,
        "EC-119": True,
        "EC-125": True,
        "EC-131": False,
        "EC-162": True,
    }


def test_who_signs_is_shown_what_nobody_has_explained(charted: Clinic) -> None:
    """Also what is asked tomorrow only; what was explained is settled."""
    with charted.open("inv") as session:
        entry = opened(session, "01-001/SCR/CV")
        lvef = locate(session.study, "01-001/SCR/CV/LVEF")
        assert isinstance(lvef, ItemKey)

        def unanswered() -> set[str]:
            found = to_sign(session, Language.ZH, ["01-001"])
            return {f.check.id for w in found if w.shown.key == entry.key for f in w.unanswered}

        assert unanswered() == set()
        entry.type(lvef, "38")
        entry.save(complete=True, reason=ChangeReason("TYPO"))
        assert {"EC-119", "EC-130"} == unanswered()
        entry = opened(session, "01-001/SCR/CV")
        alarm = next(f for f in entry.findings() if f.check.id == "EC-119")
        entry.explain(alarm, "synthetic explanation")
        entry.save(complete=True)
        assert unanswered() == {"EC-130"}
