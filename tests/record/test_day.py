"""What time alone makes is asked once, at the day's first sign-in."""

from __future__ import annotations

from datetime import datetime

from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.day import begin_day
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.story import load_story, read_story
from mrd_desktop.vault.folder import open_folder
from tests.clinic import STORIES, Clinic, password_of


def test_an_overdue_visit_is_asked_about_on_the_day_it_becomes_so(clinic: Clinic) -> None:
    with clinic.open() as session:
        load_story(Casebook(session), read_story(STORIES / "01-002.json"))
        asked = {q.check for q in Queries(session).all() if q.state == "open"}
        assert asked == {"EC-086"}
        assert begin_day(session) == 0
        assert begin_day(session) == 0
    later = datetime.fromisoformat("2027-08-20T08:00:00+08:00")
    with open_folder(
        clinic.path,
        "crc",
        password_of("crc"),
        study=clinic.study,
        fold=projection.fold,
        now=later,
    ) as session:
        assert begin_day(session) > 0
        opened = {(q.check, q.address, q.opened_by) for q in Queries(session).all(state="open")}
        assert ("EC-087", "01-002/M21#1", "system") in opened
        assert begin_day(session) == 0


def test_who_may_not_edit_begins_no_day(charted: Clinic) -> None:
    with charted.open("cra") as session:
        assert begin_day(session) == 0
        assert Queries(session).all(state="open") == ()
