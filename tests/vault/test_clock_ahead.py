"""A clock that stands ahead: found by the other clock, asked for after long, flagged (C.8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault import accounts, clock_note, schema
from mrd_desktop.vault.clock import LONG_AGO, Clock, Zone, moment, stamp, steady
from mrd_desktop.vault.errors import ClockNotNoted, PermissionDenied
from mrd_desktop.vault.session import Session
from tests.vault.kit import LIVE_PASSWORD, Site, note

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def crc(live: Site) -> Iterator[Session]:
    with live.open("crc") as session:
        session.commit([note()])
        yield session


def put_forward(session: Session, by: timedelta) -> None:
    """Set the computer's clock; the one that nobody sets runs on."""
    wall = session.clock._wall
    session.clock._wall = lambda: wall() + by


def unlocked(session: Session) -> str:
    """Lock, unlock, write: the quality that the new session's record states."""
    session.lock()
    session.unlock(session.user, LIVE_PASSWORD.format(session.user))
    session.commit([note()])
    return qualities(session)[-1]


def qualities(session: Session) -> list[str]:
    with session.reading() as conn:
        records = list(store.records(conn, session.folder.chain))
    return [
        str(r.body["time_quality"])
        for r in records
        if r.opening is not None and r.kind is Kind.SESSION_OPENED
    ]


def test_the_steady_clock_runs_and_is_not_the_wall_clock() -> None:
    first = steady()
    assert steady() >= first
    clock = Clock()
    assert clock.doubt() == ""
    assert not clock.jumped()


@pytest.mark.parametrize("by", [6 * MINUTE, DAY, 5 * DAY])
def test_a_clock_put_forward_at_work_is_seen_and_carried_on(
    live: Site, crc: Session, by: timedelta
) -> None:
    put_forward(crc, by)
    assert crc.clock.jumped()
    crc.clock._started = (crc.clock._wall(), crc.clock._started[1])  # the session is not over
    assert unlocked(crc) == "ahead"
    assert not crc.clock.jumped()  # seen once, and not forgotten
    assert unlocked(crc) == "ahead"


def test_it_is_carried_to_the_next_user_until_somebody_says_that_it_is_right(live: Site) -> None:
    with live.open("crc") as session:
        session.commit([note()])
        session.clock.carried = "ahead"  # as after a lock that found it
        assert unlocked(session) == "ahead"
    for user in ("cra", "admin"):
        with live.open(user) as session:
            assert session.clock.doubt() == "ahead"
            assert clock_note.doubtful(session) == ("ahead" if user == "admin" else "")
    with live.open("cra") as session, pytest.raises(PermissionDenied):
        clock_note.affirm(session)
    with live.open("admin") as session:
        clock_note.affirm(session)
        assert qualities(session)[-1] == "confirmed"
    with live.open("crc") as session:
        session.announce()
        assert qualities(session)[-1] == "computer"


def test_what_the_sponsor_received_later_settles_it(crc: Session) -> None:
    crc.clock.carried = "ahead"
    assert unlocked(crc) == "ahead"
    since = crc.clock.since
    assert "" < since <= crc.clock.last
    assert unlocked(crc) == "ahead"
    assert crc.clock.since == since  # it is the same doubt still
    crc.clock.passed = stamp(moment(since) - MINUTE)  # of a package from before it
    assert unlocked(crc) == "ahead"
    crc.clock.passed = since  # a package that holds it, received later
    assert unlocked(crc) == "computer"
    assert crc.clock.since == ""


def test_a_step_that_follows_is_not_settled_by_what_settled_the_first(
    live: Site, crc: Session
) -> None:
    put_forward(crc, DAY)
    crc.clock._started = (crc.clock._wall(), crc.clock._started[1])
    assert unlocked(crc) == "ahead"
    first = crc.clock.since
    crc.clock.passed = first
    put_forward(crc, DAY)
    crc.clock._started = (crc.clock._wall(), crc.clock._started[1])
    assert unlocked(crc) == "ahead"
    assert crc.clock.since > first
    second = crc.clock.since
    crc.close()
    with live.open("admin") as session:
        assert (session.clock.carried, session.clock.since) == ("ahead", second)


def test_a_doubt_that_earlier_versions_kept_without_a_time_stands(live: Site) -> None:
    with live.open("crc") as session, session.writing() as conn:
        schema.put_setting(conn, accounts.CLOCK_DOUBT, "unconfirmed")
        schema.put_setting(conn, accounts.CLOCK_PASSED, stamp(session.clock.wall() - DAY))
    with live.open("crc") as session:
        session.announce()
        assert qualities(session)[-1] == "unconfirmed"
        assert session.clock.since == session.clock.last


def test_who_types_the_day_has_looked(live: Site) -> None:
    with live.open("crc") as session:
        session.clock.carried = "unconfirmed"
        with pytest.raises(ClockNotNoted):
            clock_note.affirm(session, session.today() - DAY)
        assert clock_note.doubtful(session)
        clock_note.affirm(session, session.today())
        assert not clock_note.doubtful(session)
        assert qualities(session)[-1] == "confirmed"


@pytest.mark.parametrize(("gone", "asked"), [(9 * DAY, False), (11 * DAY, True), (46 * DAY, True)])
def test_after_long_the_date_is_asked_for_once(live: Site, gone: timedelta, asked: bool) -> None:
    """A weekend and a week's closing are nothing; a month is."""
    assert timedelta(days=9) < LONG_AGO < timedelta(days=28)
    with live.open("crc") as session:
        session.clock.shift += gone
        assert bool(clock_note.doubtful(session)) is asked
        session.commit([note()])
        assert qualities(session)[-1] == ("unconfirmed" if asked else "computer")
        assert bool(clock_note.doubtful(session)) is asked  # writing is no answer
        if asked:
            session.lock()
            session.unlock("crc", LIVE_PASSWORD.format("crc"))
            clock_note.affirm(session)
            assert qualities(session)[-1] == "confirmed"
            assert clock_note.doubtful(session) == ""


def test_a_training_site_is_asked_nothing(site: Site) -> None:
    with site.open("crc") as session:
        session.commit([note()])
        session.clock.shift += 46 * DAY
        assert clock_note.doubtful(session) == ""


def test_what_a_clock_shows_under_a_note_stands_in_the_session(live: Site) -> None:
    with live.open("admin") as session:
        session.clock.shift += 2 * DAY
        session.commit([note()])
    with live.open("admin") as session:
        secret = LIVE_PASSWORD.format("admin")
        clock_note.note_clock(session, "synthetic", secret, language=clock_note.Language.EN)
    with live.open("admin") as session:
        session.announce()
        with session.reading() as conn:
            opened = [
                r for r in store.records(conn, session.folder.chain)
                if r.opening is not None and r.kind is Kind.SESSION_OPENED
            ]  # fmt: skip
        assert opened[-1].body["time_quality"] == "noted"
        shown = moment(str(opened[-1].body["wall"]))
        assert moment(opened[-1].header.at) - shown > DAY
        assert abs(shown - session.clock.wall()) < 5 * MINUTE


def test_another_zone_is_seen_at_unlock_and_stands_in_the_sessions_record(
    crc: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a journey; a change of daylight saving is another offset, too (R-TIM-01)."""
    monkeypatch.setattr(Zone, "of_computer", classmethod(lambda cls: cls("JST", 540)))
    assert crc.clock.zone.minutes != 540
    unlocked(crc)
    with crc.reading() as conn:
        records = list(store.records(conn, crc.folder.chain))
    opened = [r for r in records if r.opening is not None and r.kind is Kind.SESSION_OPENED]
    assert (opened[-1].body["zone"], opened[-1].body["offset"]) == ("JST", "+09:00")
    assert opened[-2].body["offset"] != "+09:00"
    assert crc.today() == (crc.clock.wall() + timedelta(hours=9)).date()


def test_a_training_site_keeps_the_zone_of_its_chosen_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("crc") as session:
        before = session.clock.zone
        monkeypatch.setattr(Zone, "of_computer", classmethod(lambda cls: cls("JST", 540)))
        session.clock.look_again()
        assert session.clock.zone == before
