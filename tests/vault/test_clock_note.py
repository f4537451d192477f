"""Who explains a clock that is behind, with what, and that nobody is left outside (R-TIM-03)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.texts import Language
from mrd_desktop.vault import backup as backups
from mrd_desktop.vault import folder, users
from mrd_desktop.vault.clock import Clock, Noted, stamp
from mrd_desktop.vault.clock_note import MEANING, behind, note_clock
from mrd_desktop.vault.errors import (
    ClockNotNoted,
    ClockWentBack,
    NotConfirmed,
    PermissionDenied,
    WrongPassword,
)
from mrd_desktop.vault.session import Session
from tests.denials import denied
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, fold, note

AHEAD = timedelta(days=46)
WHY = "synthetic: the month was wrong"


def explain(session: Session, reason: str = WHY, password: str = "") -> None:
    secret = password or PASSWORDS[session.user]
    note_clock(session, reason, secret, language=Language.EN)


def run_ahead(site: Site) -> None:
    """Records of a clock that ran ahead; whoever signs in next finds it right again."""
    with site.open("admin") as session:
        session.clock.shift += AHEAD
        session.commit([note()])


def back(site: Site, user: str) -> Session:
    """Sign in with the right time; a training site keeps the time it is given."""
    return site.open(user, **({} if site.live else {"now": datetime.now(UTC)}))


def kinds(session: Session) -> list[str]:
    with session.reading() as conn:
        records = list(store.records(conn, session.folder.chain))
        assert verify_records(records, session.folder.chain, private=False).ok
    return [r.kind.value for r in records if r.opening is not None]


def test_it_is_signed_with_words_and_writing_goes_on(site: Site) -> None:
    run_ahead(site)
    with back(site, "crc") as session:
        with pytest.raises(ClockWentBack):
            session.commit([note()])
        explain(session)
        session.commit([note()])
        with session.reading() as conn:
            records = list(store.records(conn, session.folder.chain))
        noted = next(r for r in records if r.opening and r.kind is Kind.CLOCK_NOTED)
        signed = next(r for r in records if r.opening and r.body.get("meaning") == MEANING)
        assert noted.body["reason"] == WHY
        assert noted.header.txn == signed.header.txn
        said = signed.body["clock"]
        assert isinstance(said, dict)
        assert (said["wall"], said["last"]) == (noted.body["wall"], noted.body["last"])
        assert behind(session) is None
        assert verify_records(records, session.folder.chain, private=False).ok


@pytest.mark.parametrize("reason", ["", "   ", "abc"])
def test_without_words_nothing_is_signed(site: Site, reason: str) -> None:
    run_ahead(site)
    with back(site, "crc") as session:
        with pytest.raises(ClockNotNoted):
            explain(session, reason)
        assert behind(session) is not None


def test_without_the_password_nothing_is_signed(site: Site) -> None:
    run_ahead(site)
    with back(site, "crc") as session:
        with pytest.raises(WrongPassword):
            explain(session, password="synthetic wrong")
        assert behind(session) is not None


def test_a_clock_that_is_right_is_not_explained(site: Site) -> None:
    with site.open("crc") as session:
        with pytest.raises(ClockNotNoted):
            explain(session)
        session.announce()
        assert Kind.CLOCK_NOTED.value not in kinds(session)


@pytest.mark.parametrize("user", ["cra", "auditor"])
def test_who_looks_does_not_explain(site: Site, user: str) -> None:
    with site.open(user) as session:
        session.announce()
        after = session.head().seq
        with pytest.raises(PermissionDenied):
            explain(session)
        assert denied(session, after) == ["user.manage"]
    run_ahead(site)
    with back(site, user) as session:
        with pytest.raises(PermissionDenied):
            explain(session)
        assert behind(session) is not None


@pytest.mark.parametrize("user", ["crc", "pi", "admin"])
def test_who_enters_or_administers_does(site: Site, user: str) -> None:
    run_ahead(site)
    with back(site, user) as session:
        explain(session)
        session.commit([note()])


def test_an_owner_of_a_key_nobody_confirmed_waits(live: Site) -> None:
    run_ahead(live)
    with back(live, "crc") as session, pytest.raises(NotConfirmed):
        explain(session, password=LIVE_PASSWORD.format("crc"))
    with back(live, "admin") as session:  # before the undertaking, which could not be recorded
        explain(session, password=LIVE_PASSWORD.format("admin"))
        session.commit([note()])


def test_a_new_user_comes_in_and_is_recorded_with_the_note(live: Site) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "nurse", "coordinator").code
    assert code is not None
    run_ahead(live)
    chosen = LIVE_PASSWORD.format("nurse")
    with folder.set_first_password(
        live.path, "nurse", code, chosen, study=live.study, fold=fold
    ) as session:
        assert behind(session) is not None  # inside, and told why nothing can be written
    with back(live, "admin") as session:
        explain(session, password=LIVE_PASSWORD.format("admin"))
    with back(live, "nurse") as session:
        session.announce()
        assert kinds(session).count("key.enrolled") == 4


def test_a_restored_copy_with_a_clock_behind_is_signed_in_to(site: Site, tmp_path: Path) -> None:
    with site.open("admin") as session:
        session.clock.shift += AHEAD
        session.commit([note()])
        kept = backups.backup(session, tmp_path / "stick")
    backups.restore(kept.path, tmp_path / "again")
    again = Site(tmp_path / "again", site.study, site.sheet)
    with back(again, "admin") as session:
        assert behind(session) is not None
        assert (again.path / "restored.json").exists()
    with back(again, "admin") as session:
        explain(session)
        found = kinds(session)
        assert found.index("restore.done") < found.index("clock.noted")
        assert not (again.path / "restored.json").exists()
    with again.open("admin") as session:
        assert kinds(session).count("restore.done") == 1


def test_who_has_but_the_sheet_explains_it_too(live: Site) -> None:
    run_ahead(live)
    chosen = LIVE_PASSWORD.format("second")
    for explained in (False, True):  # what was not explained is begun anew
        with folder.recover(
            live.path, live.sheet, user="second", role="siteadmin", password=chosen,
            study=live.study, fold=fold,
        ) as session:  # fmt: skip
            if explained:
                explain(session, password=chosen)
            else:
                with pytest.raises(ClockWentBack):
                    session.announce()
    with back(live, "second") as session:
        session.commit([note()])
        assert "clock.noted" in kinds(session)


def test_under_a_note_the_clock_is_not_set_back_unnoticed(live: Site) -> None:
    """What an earlier session's clock showed is past, though its records bear another time."""
    year, secret = timedelta(days=365), LIVE_PASSWORD.format("admin")
    with live.open("admin") as session:
        session.clock.shift += year
        session.commit([note()])
    with live.open("admin") as session:
        explain(session, password=secret)
    with live.open("admin") as session:
        session.clock.shift += year / 2
        session.announce()
    with live.open("admin") as session:
        session.clock.shift += timedelta(days=2)
        with pytest.raises(ClockWentBack) as refused:
            session.announce()
        assert int(str(refused.value.params["minutes"])) // 60 // 24 in (179, 180)
        explain(session, password=secret)  # whoever finds it right signs again, and goes on
        session.commit([note()])


def test_under_a_note_the_end_of_a_session_is_past_too(live: Site) -> None:
    hour = timedelta(hours=1)
    run_ahead(live)
    with back(live, "admin") as session:
        explain(session, password=LIVE_PASSWORD.format("admin"))
    with live.open("admin") as session:
        session.announce()
        session.clock.shift += 8 * hour
        session.commit([note()])
    with live.open("admin") as session:
        session.clock.shift += 2 * hour  # after the session began, before it ended
        with pytest.raises(ClockWentBack):
            session.announce()


def test_a_step_back_within_a_session_under_a_note_is_seen(live: Site) -> None:
    run_ahead(live)
    with back(live, "admin") as session:
        explain(session, password=LIVE_PASSWORD.format("admin"))
        session.clock.shift += timedelta(hours=3)
        session.commit([note()])
        session.clock.shift -= timedelta(hours=1)
        with pytest.raises(ClockWentBack):
            session.commit([note()])


@pytest.mark.parametrize("received", ["2027-01-20T10:00:00.000Z", ""])
def test_a_receipt_that_came_under_a_note_is_past(received: str) -> None:
    shown = datetime(2026, 11, 29, 10, tzinfo=UTC)
    clock = Clock(wall=lambda: shown)
    clock.last, clock.confirmed = "2027-11-29T10:00:00.000Z", received
    clock.noted = Noted(stamp(shown), clock.bound, clock.last, received=clock.confirmed)
    clock.check()  # what had come before is explained with it
    clock.confirmed = "2027-05-20T10:00:00.000Z"
    with pytest.raises(ClockWentBack):
        clock.check()
    shown = datetime(2027, 6, 1, tzinfo=UTC)
    clock.check()


def test_a_note_as_earlier_versions_kept_it_is_read() -> None:
    noted = Noted(
        "2026-11-29T10:00:00.000Z", "2027-11-29T10:00:00.000Z", "2027-11-29T10:00:00.000Z"
    )
    assert Noted.of_text(f"{noted.wall} {noted.last} {noted.at}") == noted
    assert Noted.of_text(noted.text()) == noted
