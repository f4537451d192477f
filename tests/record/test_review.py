"""A monitoring visit on record: who notes it, what it must say, what was done in its days."""

from __future__ import annotations

from datetime import date

import pytest

from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import NoWords, Queries
from mrd_desktop.record.review import Reviews, UnderWay, WrongDates
from mrd_desktop.record.sdv import SourceChecks
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.vault.errors import PermissionDenied
from tests.clinic import Clinic
from tests.record.test_entry import form, key
from tests.record.test_sdv import ECOG, PS, value

FIRST, LAST = date(2027, 6, 29), date(2027, 6, 30)
WORDS = "synthetic findings"


def test_a_visit_is_noted_and_read_back(charted: Clinic) -> None:
    with charted.open("cra") as session:
        noted = Reviews(session).note(FIRST, LAST, ["01-001"], f" {WORDS} ")
        assert Reviews(session).all() == (noted,)
        assert (noted.begun, noted.ended, noted.user) == (FIRST, LAST, "cra")
        assert (noted.subjects, noted.text) == (("01-001",), WORDS)
        assert [c.name for c in verify_folder(session) if c.ok is False] == []


def test_what_a_visit_must_say(charted: Clinic) -> None:
    with charted.open("cra") as session:
        reviews = Reviews(session)
        before = session.head()
        with pytest.raises(WrongDates):
            reviews.note(LAST, FIRST, [], WORDS)
        with pytest.raises(WrongDates):
            reviews.note(LAST, date(2027, 7, 1), [], WORDS)
        with pytest.raises(NoWords):
            reviews.note(FIRST, LAST, [], "  ")
        with pytest.raises(NotFound):
            reviews.note(FIRST, LAST, ["01-009"], WORDS)
        assert session.head() == before
    for user in ("crc", "inv", "aud"):
        with charted.open(user) as session, pytest.raises(PermissionDenied):
            Reviews(session).note(FIRST, LAST, [], WORDS)


def test_a_visit_never_leaves_the_site(charted: Clinic) -> None:
    with charted.open("cra") as session:
        visit = Reviews(session).note(FIRST, LAST, ["01-001"], WORDS)
        with session.reading() as conn:
            classes = conn.exec_driver_sql(
                "SELECT h.header FROM ledger_header h WHERE h.seq = ?", (visit.seq,)
            ).scalar_one()
        assert b'"class":"site"' in bytes(classes)


def test_the_work_of_a_visit_is_what_its_monitor_did_in_its_days(charted: Clinic) -> None:
    with charted.open("cra") as session:
        checks = SourceChecks(session)
        checks.mark([value(session, f"{PS}/RSDAT")], verified=True)
        checks.mark([value(session, ECOG)], verified=False, words="synthetic difference")
        locked = form(session, "01-001/SCR/VS")
        change_lock(session, locked, LockAct.LOCK, ChangeReason("OTHER", WORDS))
        during = Reviews(session).note(FIRST, LAST, ["01-001"], WORDS)
        before = Reviews(session).note(FIRST, FIRST, ["01-001"], WORDS)
        work = Reviews(session).work(during)
        assert work.verified == 1
        assert [v.key for v in work.differing] == [key(session, ECOG)]
        assert [q.text.en for q in work.asked] == ["synthetic difference"]
        assert work.locks == ((locked, LockAct.LOCK),)
        earlier = Reviews(session).work(before)
        assert (earlier.compared, earlier.asked, earlier.locks) == ((), (), ())
        assert [q.text.en for q in earlier.waiting] == ["synthetic difference"]
        Queries(session).close(work.asked[0].query)
        assert Reviews(session).work(before).waiting == ()


def test_a_visit_under_way_is_its_users_own_and_no_record(charted: Clinic) -> None:
    with charted.open("cra") as session:
        reviews, head = Reviews(session), session.head()
        assert reviews.under_way() is None
        typed = UnderWay("2027-06-30", "", "01-001", "synthetic half")
        reviews.keep(typed)
        assert session.head() == head
    with charted.open("cra") as session:
        assert Reviews(session).under_way() == typed
        day = session.today()
        Reviews(session).note(day, day, ["01-001"], "synthetic whole")
        assert Reviews(session).under_way() is None
    with charted.open() as session, pytest.raises(PermissionDenied):
        Reviews(session).keep(typed)
