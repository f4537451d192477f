"""The grid of a subject, the visit that comes next, and how the site is looked after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.deadlines import deadlines
from mrd_desktop.insight.care import care
from mrd_desktop.insight.overview import overview
from mrd_desktop.insight.plan import next_visit, plan
from mrd_desktop.record.casebook import Casebook, Chart
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.views import FormState
from mrd_desktop.resources import resource
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.vault.backup import backup
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, with_stories
from tests.insight.charts import charted
from tests.once import Once

M09 = EventKey("01-002", "M09")


@pytest.fixture
def session(clinic_template: Clinic, once: Once, tmp_path: Path) -> Iterator[Session]:
    told = with_stories(clinic_template, once, "01-002", stories=resource("demo"))
    with told.copy(tmp_path / "site").open("crc") as opened:
        yield opened


@pytest.fixture
def book(session: Session) -> Casebook:
    return Casebook(session)


def chart(book: Casebook) -> Chart:
    return book.chart("01-002")


def test_visits_stand_in_order_of_their_days(book: Casebook) -> None:
    labels = [c.label for c in plan(book.study, chart(book)).columns]
    assert labels[:8] == ["SCR", "C0", "W06", "M03", "M06", "M09", "UNS 1", "M12"]
    assert "SFU 1" not in labels


def test_spots_know_what_is_planned_offered_and_filled(book: Casebook) -> None:
    grid = plan(book.study, chart(book))
    mrd = grid.spots[M09, "MRD"]
    assert mrd.planned
    assert mrd.state is FormState.COMPLETE
    vitals = grid.spots[M09, "VS"]
    assert vitals.planned
    assert vitals.state is FormState.EMPTY
    unscheduled = grid.spots[EventKey("01-002", "UNS"), "QOL"]
    assert unscheduled.offered
    assert not unscheduled.planned
    assert (M09, "IC") not in grid.spots
    assert len(grid.spots[EventKey("01-002", "SCR"), "PRT"].lines) == 2
    assert len(grid.logs["CONV"].lines) == 1


def test_a_removed_form_is_an_empty_spot(book: Casebook) -> None:
    book.remove(FormKey(M09, "MRD"), ChangeReason("WRONGPLACE"))
    assert plan(book.study, chart(book)).spots[M09, "MRD"].state is FormState.EMPTY


def test_the_next_form_is_of_the_visit_at_hand(book: Casebook) -> None:
    grid = plan(book.study, chart(book))
    after = grid.next_form(after=FormKey(M09, "MRD"))
    assert after is not None
    assert after.event == M09
    assert grid.spots[M09, after.form].state is FormState.EMPTY
    last = grid.rows[-1].oid
    assert grid.next_form(after=FormKey(M09, last)) is None
    begun = grid.next_form()
    assert begun is not None
    assert begun.event.event == "UNS" or begun.event == M09


def test_a_form_that_consent_closes_is_not_expected_any_more() -> None:
    study = load_study()
    stands, refused = (plan(study, charted("01-002", *e)) for e in ((), ("IC.ICHGR=N",)))
    m21 = EventKey("01-002", "M21")
    assert stands.spots[m21, "MRD"].planned
    closed = refused.spots[m21, "MRD"]
    assert closed.closed and not closed.planned
    assert refused.spots[m21, "TM"].planned
    after = [p.next_form(after=FormKey(m21, "SV")) for p in (stands, refused)]
    assert [key.form for key in after if key] == ["MRD", "TM"]
    screened = refused.spots[EventKey("01-002", "SCR"), "MRD"]
    assert screened.closed and screened.lines, "what is recorded stays in the grid"
    withdrawn = plan(study, charted("01-002", "+EOS@EOS DSDECOD=WITHDRAWAL OF CONSENT"))
    assert withdrawn.logs["CM"].closed
    expected = {s.form for s in withdrawn.spots.values() if s.planned}
    assert expected <= {"ID", "EOS"}


def test_the_next_visit_has_not_closed(book: Casebook, session: Session) -> None:
    due = next_visit(chart(book))
    assert due is not None
    assert due.window.closes >= session.today()
    assert due.window.closes - session.today() < timedelta(days=120)


def test_an_overview_counts_what_waits(book: Casebook) -> None:
    told = overview(book.study, chart(book))
    assert told.incomplete == 1  # the resumption waits for its clearance
    assert told.unsigned > 30
    assert {t.subject for t in told.tasks} == {"01-002"}


def test_a_site_never_backed_up_is_late_until_it_is(session: Session, tmp_path: Path) -> None:
    before = care(session)
    assert before.backup_days is None
    assert before.backup_late
    assert before.package_late
    backup(session, tmp_path / "disk")
    after = care(session)
    assert after.backup_days == 0
    assert not after.backup_late
    assert deadlines().backup == 7
