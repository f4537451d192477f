"""What time alone makes is asked once, at the day's first sign-in."""

from __future__ import annotations

from datetime import datetime

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.day import begin_day
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.study.address import FormKey
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.session import Session
from tests.clinic import STORIES, Clinic, password_of


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


def test_an_overdue_visit_is_asked_about_on_the_day_it_becomes_so(clinic: Clinic) -> None:
    with clinic.open() as session:
        load_story(Casebook(session), read_story(STORIES / "01-002.json"))
        asked = {q.check for q in Queries(session).all() if q.state == "open"}
        assert asked == {"EC-086"}
        assert begin_day(session) == 0
        assert begin_day(session) == 0
    with on_day(clinic, "2027-08-20") as session:
        assert begin_day(session) > 0
        asked_of = {(q.check, q.address, q.opened_by) for q in Queries(session).all(state="open")}
        assert ("EC-087", "01-002/M21#1", "system") in asked_of
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


def test_an_overdue_visit_is_told_in_the_list_and_at_no_other_visit(clinic: Clinic) -> None:
    with clinic.open() as session:
        load_story(Casebook(session), read_story(STORIES / "01-002.json"))
    with on_day(clinic, "2027-08-20") as session:
        at_m21 = {str(f.key) for f in Casebook(session).findings("01-002") if f.check.daily}
        assert "01-002/M21#1" in at_m21
        for address in ("01-002/M18/SV", "01-002/M24/SV", "01-002/C0/TC"):
            entry = opened(session, address)
            assert "EC-087" in fires(entry)
            assert "EC-087" not in told(entry), address
