"""What a live site is reminded of besides accounts: restore drills, and passwords by date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.deadlines import deadlines
from mrd_desktop.insight.care import care
from mrd_desktop.insight.task import Urgency
from mrd_desktop.insight.worklist import mine, site_tasks
from mrd_desktop.ledger import store
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import Cause
from mrd_desktop.record.saving import standing_refusal
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.transfer.export import overdue
from mrd_desktop.vault import backup, data_key, golive, guessing, users
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.clock import Clock
from mrd_desktop.vault.errors import ClockWentBack, PasswordRefused, PasswordStale, WrongPassword
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.transfer.edition import edition
from tests.vault.live_kit import ANSWERS, PASSWORD, Live, make_live

DAYS = 90
CHOSEN = "velvet harbour candle thistle"


def at_work(root: Path, study: Study) -> Live:
    """An activated live site."""
    live = make_live(root, study)
    with live.store.open() as sponsor:
        data = golive.make_activation(sponsor, "02", ethics=Ethics("SYN-1", "2026-02-03"))
    with live.open("admin") as admin:
        golive.install(admin, data, ANSWERS)
    return live


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Live:
    return at_work(tmp_path_factory.mktemp("upkeep"), load_study())


@pytest.fixture(scope="module")
def by_date(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """A site whose study asks for new passwords by date."""
    root = tmp_path_factory.mktemp("by-date")
    words = "accounts_days: 90"
    asking = edition(root / "asking", "0.1", study=[(words, f"{words}\n  password_days: {DAYS}")])
    return at_work(root, load_study(asking))


@pytest.fixture
def live(template: Live, tmp_path: Path) -> Live:
    return template.copy(tmp_path)


@pytest.fixture
def crc(live: Live) -> Iterator[Session]:
    with live.open("crc") as session:
        yield session


def drills(session: Session) -> list[str]:
    return [t.text.en for t in mine(site_tasks(care(session)), session.allows) if t.kind == "drill"]


def test_a_restore_drill_comes_due_each_quarter_and_doing_it_clears_it(
    crc: Session, tmp_path: Path
) -> None:
    crc.clock.shift += timedelta(days=deadlines().drill)
    assert drills(crc) == []
    crc.clock.shift += timedelta(days=1)
    (said,) = drills(crc)
    assert "No backup" in said
    backup.drill(crc, backup.backup(crc, tmp_path / "stick").path)
    assert drills(crc) == []
    crc.clock.shift += timedelta(days=deadlines().drill + 1)
    (said,) = drills(crc)
    assert f"{deadlines().drill + 1} days" in said


def test_practice_is_reminded_of_no_drill(clinic: Clinic) -> None:
    with clinic.open() as session:
        session.clock.shift += timedelta(days=deadlines().drill + 1)
        assert drills(session) == []


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """The computer's clock goes on by some days."""
    now = Clock.wall
    monkeypatch.setattr(Clock, "wall", lambda clock: now(clock) + timedelta(days=days))


def test_a_password_that_a_newer_list_has_lets_in_and_is_asked_to_be_changed(
    by_date: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = by_date.copy(tmp_path)
    with live.open("crc") as crc:
        assert not crc.guessable
    newer = guessing.listed() | {"violet lantern orbit", "maple"}
    monkeypatch.setattr(guessing, "listed", lambda: newer)
    with live.open("crc") as crc:
        assert crc.guessable
        Casebook(crc).create_subject()
        with pytest.raises(PasswordRefused):
            users.change_password(crc, PASSWORD.format("crc"), PASSWORD.format("crc"))
        assert crc.guessable
        users.change_password(crc, PASSWORD.format("crc"), CHOSEN)
        assert not crc.guessable
    with open_folder(live.path, "crc", CHOSEN, study=live.study, fold=projection.fold) as crc:
        assert not crc.guessable


def test_a_password_by_date_is_changed_before_work(
    by_date: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = by_date.copy(tmp_path)
    later(monkeypatch, DAYS)
    with live.open("crc") as crc:
        Casebook(crc).create_subject()
    later(monkeypatch, 1)
    with live.open("crc") as crc:
        with pytest.raises(PasswordStale) as refused:
            Casebook(crc).create_subject()
        assert str(DAYS) in refused.value.text.zh
        assert standing_refusal(crc, None, None) is Cause.TOO_OLD
        users.change_password(crc, PASSWORD.format("crc"), CHOSEN)
        Casebook(crc).create_subject()
        with crc.reading() as conn:
            told = [r.body for r in store.records(conn, crc.folder.chain) if r.opening]
    assert {"kind": "review.noted", "act": "password_changed", "user": "crc"} in told
    with pytest.raises(WrongPassword):
        live.open("crc")
    with open_folder(live.path, "crc", CHOSEN, study=live.study, fold=projection.fold) as crc:
        Casebook(crc).create_subject()


def test_no_password_is_too_old_unless_the_study_says_so(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, 10 * DAYS)
    with live.open("crc") as crc:
        Casebook(crc).create_subject()


def test_a_password_that_cannot_be_recorded_is_not_changed(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(monkeypatch, -2)
    with live.open("crc") as crc, pytest.raises(ClockWentBack):
        users.change_password(crc, PASSWORD.format("crc"), CHOSEN)
    live.open("crc").close()


def test_the_data_key_comes_due_after_the_days_of_the_study_and_changing_it_clears_it(
    live: Live,
) -> None:
    with live.open("admin") as admin:
        days = admin.study.oversight.data_key_days
        first = data_key.standing(admin)
        assert (first.generation, first.due - first.since) == (1, timedelta(days=days))
        admin.clock.shift += timedelta(days=days)
        assert not data_key.standing(admin).overdue(admin.today())
        (task,) = [t for t in site_tasks(care(admin)) if t.kind == "datakey"]
        assert task.urgency is not Urgency.OVERDUE
        admin.clock.shift += timedelta(days=1)
        assert "data_key" in overdue(admin)
        (task,) = [t for t in site_tasks(care(admin)) if t.kind == "datakey"]
        assert task.urgency is Urgency.OVERDUE
        assert task in mine([task], "user.manage".__eq__)
        assert mine([task], "form.edit".__eq__) == ()
        data_key.change(admin, "yearly", PASSWORD.format("admin"))
        assert data_key.standing(admin).due == admin.today() + timedelta(days=days)
        assert "data_key" not in overdue(admin)
        assert not [t for t in site_tasks(care(admin)) if t.kind == "datakey"]


def test_any_change_of_the_data_key_counts(live: Live) -> None:
    with live.open("admin") as admin:
        admin.clock.shift += timedelta(days=100)
        users.add_user(admin, "brief", "monitor")
        users.close_user(admin, "brief", "left")
        found = data_key.standing(admin)
        assert (found.reason, found.since) == ("user_closed", admin.today())
        with admin.writing() as conn:  # as an earlier version left it
            conn.exec_driver_sql("DELETE FROM vault_setting WHERE name = 'datakey'")
        assert data_key.standing(admin) == found


def test_practice_is_reminded_of_no_data_key(clinic: Clinic) -> None:
    with clinic.open("admin") as admin:
        admin.clock.shift += timedelta(days=800)
        assert not data_key.standing(admin).overdue(admin.today())
        assert care(admin).key_due is None
