"""What the sponsor received is past: a live site's clock does not stand before it (R-TIM-03)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.transfer.approval import approve
from mrd_desktop.transfer.errors import NotReleased
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.overview import status
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import golive
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.clock import moment
from mrd_desktop.vault.clock_note import note_clock
from mrd_desktop.vault.errors import ClockWentBack
from mrd_desktop.vault.session import Session
from tests.vault.live_kit import ANSWERS, PASSWORD, Live, make_live

HOUR = timedelta(hours=1)


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """A live site whose package the sponsor received an hour ahead of its clock."""
    live = make_live(tmp_path, load_study(), placed=True)
    with live.store.open() as boss:
        word = golive.make_activation(boss, "02", ethics=Ethics("SYN-2026-014", "2026-02-03"))
    with live.open("admin") as admin:
        golive.install(admin, word, ANSWERS)
    stick = tmp_path / "stick"
    stick.mkdir()
    with live.open("crc") as crc:
        Casebook(crc).create_subject()
        with pytest.raises(NotReleased):  # a live site's data leave under a signature only
            export(crc, stick)
        assert not list(stick.iterdir())
        released = approve(crc, PASSWORD.format(crc.user), Language.EN)
        export(crc, stick, approval=released)
    with live.store.open() as boss:
        boss.clock.shift += HOUR
        (received,) = receive(boss, list(stick.glob("*.mrdpkg")))
        assert received.fine
        (made,) = make_reply(boss, "02", stick)
    with live.open("crc") as crc:
        assert import_reply(crc, made.path).receipts == 1
        assert moment(crc.clock.confirmed) - crc.clock.wall() > HOUR / 2
    return live


def explain(session: Session, reason: str) -> None:
    """The session goes on under the note."""
    note_clock(session, reason, PASSWORD.format(session.user), language=Language.EN)


def test_a_clock_before_the_last_receipt_writes_nothing(live: Live) -> None:
    with live.open("crc") as crc:
        with pytest.raises(ClockWentBack) as stopped:
            Casebook(crc).create_subject()
        assert 50 < int(str(stopped.value.params["minutes"])) <= 60
        crc.clock.shift += HOUR
        Casebook(crc).create_subject()


def test_who_finds_the_clock_right_notes_it_and_goes_on(live: Live) -> None:
    with live.open("crc") as crc:
        explain(crc, "synthetic: the sponsor's clock was ahead")
        Casebook(crc).create_subject()
        assert crc.clock.quality() == "noted"
    with live.open("crc") as crc:  # and at the next sign-in
        Casebook(crc).create_subject()
        crc.clock.shift -= HOUR
        with pytest.raises(ClockWentBack):
            Casebook(crc).create_subject()


def test_a_receipt_far_ahead_once_explained_hides_no_later_step_back(live: Live) -> None:
    with live.open("crc") as crc:
        crc.clock.confirmed = "2099-01-01T00:00:00.000Z"
        with pytest.raises(ClockWentBack):
            Casebook(crc).create_subject()
        explain(crc, "synthetic: the sponsor's clock was wrong")
        Casebook(crc).create_subject()
        crc.clock.shift += 48 * HOUR
        Casebook(crc).create_subject()
        crc.clock.shift -= 24 * HOUR
        with pytest.raises(ClockWentBack):
            Casebook(crc).create_subject()
        explain(crc, "synthetic: the clock was ahead")
        Casebook(crc).create_subject()  # nobody is locked out, with two bounds to explain


def test_a_package_with_records_later_than_its_arrival_is_told(live: Live, tmp_path: Path) -> None:
    """The sponsor's clock is the upper bound: a site's that is ahead of it is told (C.8)."""
    stick = tmp_path / "second"
    stick.mkdir()
    with live.store.open() as boss:
        (fine,) = (s for s in status(boss) if s.site == "02")
        assert fine.ahead == ()
    with live.open("crc") as crc:
        crc.clock.shift += HOUR  # right, by the store's last record
        crc.clock.shift += 60 * 24 * HOUR
        Casebook(crc).create_subject()
        first = crc.head().seq  # the sign-in before it was by the right clock
        export(crc, stick, approval=approve(crc, PASSWORD.format(crc.user), Language.EN))
        last = crc.head().seq
    with live.store.open() as boss:
        boss.clock.shift += HOUR
        (taken,) = receive(boss, list(stick.glob("*.mrdpkg")))
        assert taken.fine
        (told,) = next(s for s in status(boss) if s.site == "02").ahead
        assert (told.package, told.since) == (2, first)
        assert told.records <= last - first + 1
        assert 59 * 24 * 60 < told.minutes <= 60 * 24 * 60


def test_a_receipt_ends_a_doubt_about_the_date(live: Live, tmp_path: Path) -> None:
    """A site that asks nobody, as the command line: its package arrives later than it was made."""
    stick, day = tmp_path / "second", 24 * HOUR
    stick.mkdir()
    with live.open("crc") as crc:
        crc.clock.shift += 12 * day
        Casebook(crc).create_subject()
        assert crc.clock.doubt() == "unconfirmed"
    with live.open("crc") as crc:
        crc.clock.shift += 13 * day
        export(crc, stick, approval=approve(crc, PASSWORD.format(crc.user), Language.EN))
        assert crc.clock.doubt() == "unconfirmed"
    with live.store.open() as boss:
        boss.clock.shift += 14 * day
        assert all(r.fine for r in receive(boss, list(stick.glob("*.mrdpkg"))))
        (made,) = make_reply(boss, "02", stick)
    with live.open("crc") as crc:
        crc.clock.shift += 15 * day
        crc.announce()
        assert crc.clock.doubt() == "unconfirmed"
        assert import_reply(crc, made.path).receipts == 1
        assert crc.clock.doubt() == ""
    with live.open("crc") as crc:
        crc.clock.shift += 16 * day
        crc.announce()
        assert crc.clock.quality() == "computer"


def test_a_receipt_of_a_package_from_before_ends_no_doubt(live: Live, tmp_path: Path) -> None:
    stick, day = tmp_path / "second", 24 * HOUR
    stick.mkdir()
    with live.open("crc") as crc:
        crc.clock.shift += 2 * HOUR
        Casebook(crc).create_subject()
        export(crc, stick, approval=approve(crc, PASSWORD.format(crc.user), Language.EN))
    with live.open("crc") as crc:
        crc.clock.shift += 12 * day
        Casebook(crc).create_subject()
        assert crc.clock.doubt() == "unconfirmed"
    with live.store.open() as boss:
        boss.clock.shift += 14 * day
        assert all(r.fine for r in receive(boss, list(stick.glob("*.mrdpkg"))))
        (made,) = make_reply(boss, "02", stick)
    with live.open("crc") as crc:
        crc.clock.shift += 15 * day
        assert import_reply(crc, made.path).receipts == 1
        assert crc.clock.doubt() == "unconfirmed"


def test_a_receipt_earlier_than_the_package_ends_no_doubt(live: Live, tmp_path: Path) -> None:
    """Then the site's clock was ahead of the sponsor's, which is what the doubt says."""
    stick, day = tmp_path / "second", 24 * HOUR
    stick.mkdir()
    with live.open("crc") as crc:
        crc.clock.shift += 12 * day
        Casebook(crc).create_subject()
        export(crc, stick, approval=approve(crc, PASSWORD.format(crc.user), Language.EN))
    with live.store.open() as boss:
        boss.clock.shift += 11 * day
        assert all(r.fine for r in receive(boss, list(stick.glob("*.mrdpkg"))))
        (made,) = make_reply(boss, "02", stick)
    with live.open("crc") as crc:
        crc.clock.shift += 13 * day
        assert import_reply(crc, made.path).receipts == 1
        assert crc.clock.doubt() == "unconfirmed"
