"""The twelve clock cases (E-12, R-TIM-03): what each does, and what it leaves in the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.record import Record
from mrd_desktop.texts import Language
from mrd_desktop.vault import backup as backups
from mrd_desktop.vault.clock import BUILT, Clock, Zone, moment
from mrd_desktop.vault.clock_note import note_clock
from mrd_desktop.vault.errors import BackupError, ClockWentBack
from mrd_desktop.vault.session import Session
from tests.vault.kit import PASSWORDS, Site, note

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def explain(session: Session, reason: str = "synthetic reason") -> None:
    note_clock(session, reason, PASSWORDS[session.user], language=Language.EN)


def write(session: Session) -> Record:
    (record,) = session.commit([note()])
    return record


def test_1_back_four_minutes_goes_on_and_no_time_runs_backwards(crc: Session) -> None:
    before = write(crc)
    crc.clock.shift -= 4 * MINUTE
    assert write(crc).header.at == before.header.at


@pytest.mark.parametrize("back", [6 * MINUTE, DAY, 365 * DAY], ids=["6-min", "1-day", "1-year"])
def test_2_to_4_further_back_stops_until_somebody_notes_why(site: Site, back: timedelta) -> None:
    with site.open("crc") as session:
        before = write(session)
        session.clock.shift -= back
        with pytest.raises(ClockWentBack) as stopped:
            write(session)
        assert stopped.value.params["minutes"] >= back // MINUTE - 1
        with session.reading():
            assert session.head().seq == before.header.seq  # reading goes on, nothing was written
        explain(session)
        assert write(session).header.at == before.header.at
        assert session.clock.quality() == "training"


@pytest.mark.parametrize("forward", [DAY, 46 * DAY], ids=["1-day", "46-days"])
def test_5_and_6_forward_is_taken_and_stops_once_it_is_right_again(
    site: Site, forward: timedelta
) -> None:
    with site.open("crc") as session:
        right = moment(write(session).header.at)
        session.clock.shift += forward
        ahead = write(session)
        assert moment(ahead.header.at) - right >= forward
        session.clock.shift -= forward
        with pytest.raises(ClockWentBack):
            write(session)
        explain(session, "synthetic: the clock was ahead")
        assert write(session).header.at == ahead.header.at  # no lock-out, and no time backwards
    with site.open("crc") as session:  # nor at the next sign-in
        assert write(session).header.at >= ahead.header.at


def test_7_back_during_a_session_is_seen_by_the_other_clock(crc: Session) -> None:
    write(crc)
    wall = crc.clock._wall
    assert not crc.clock.jumped()
    crc.clock._wall = lambda: wall() - 10 * MINUTE
    assert crc.clock.jumped()  # the window locks: tests/ui/pages/test_clock.py
    with pytest.raises(ClockWentBack):
        write(crc)


def test_8_sleep_and_wake_is_seen_and_records_carry_the_time_after_it(crc: Session) -> None:
    before = write(crc)
    wall = crc.clock._wall
    crc.clock._wall = lambda: wall() + 60 * MINUTE  # as where the steady clock sleeps, too
    assert crc.clock.jumped()
    assert moment(write(crc).header.at) - moment(before.header.at) >= 60 * MINUTE


@pytest.mark.parametrize(
    ("before", "after"),
    [(Zone("CST", 480), Zone("JST", 540)), (Zone("CET", 60), Zone("CEST", 120))],
    ids=["9-zone", "10-daylight"],
)
def test_9_and_10_another_offset_moves_no_time(site: Site, before: Zone, after: Zone) -> None:
    with site.open("crc") as session:
        session.clock.zone = before
        first = write(session)
        session.clock.zone = after
        second = write(session)
        assert first.header.at <= second.header.at
        assert first.header.at.endswith("Z")
        shift = after.local(first.header.at).utcoffset()
        assert shift is not None
        assert shift - timedelta(minutes=before.minutes) == 60 * MINUTE
        assert after.local(first.header.at) == before.local(first.header.at)  # the same moment


def test_11_a_battery_reset_to_1980_writes_nothing_even_in_an_empty_live_file() -> None:
    clock = Clock(wall=lambda: datetime(1980, 1, 1, tzinfo=UTC))
    with pytest.raises(ClockWentBack):
        clock.next_stamp()
    clock = Clock(wall=lambda: BUILT + MINUTE)
    assert clock.next_stamp() > ""


def test_12_a_file_rolled_back_below_what_a_receipt_confirms_is_told(
    site: Site, tmp_path: Path
) -> None:
    with site.open("crc") as session:
        kept = backups.backup(session, tmp_path / "stick")
        write(session)
        confirmed = session.head()
    restored = backups.restore(kept.path, tmp_path / "again", known=confirmed)
    assert restored.missing == confirmed.seq - kept.head.seq > 0
    other = Head(confirmed.chain, kept.head.seq, bytes(32), at=confirmed.at)
    with pytest.raises(BackupError):
        backups.restore(kept.path, tmp_path / "third", known=other)


@pytest.mark.parametrize("act", [lambda c: c.next_stamp(), lambda c: c.check()])
def test_a_note_holds_only_for_the_record_it_was_made_at(
    crc: Session, act: Callable[[Clock], object]
) -> None:
    write(crc)
    crc.clock.shift -= 10 * MINUTE
    explain(crc)
    act(crc.clock)
    crc.clock.shift -= 10 * MINUTE
    with pytest.raises(ClockWentBack):
        act(crc.clock)
