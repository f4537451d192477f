"""Destruction struck at any call: the site is whole, or the next start ends it; never a half."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.closing.destruction import destroy, read_certificate
from mrd_desktop.errors import MrdError
from mrd_desktop.vault import backup, destroyed, rota
from mrd_desktop.vault.errors import SiteDestroyed
from mrd_desktop.vault.session import Session
from tests.clinic import password_of
from tests.faults.acts import whole
from tests.faults.points import Outcome, Strike, faults, kills, struck
from tests.faults.syscalls import can_watch
from tests.transfer.route import Route

Fraction = Callable[[int, int], int]
LATER = timedelta(days=366 * 26)

pytestmark = pytest.mark.skipif(
    not can_watch(), reason="needs Linux 5.5 or newer, which hands a process's calls to another"
)


@contextmanager
def _over(route: Route) -> Iterator[Session]:
    with route.clinic.open("inv") as session:
        session.clock.shift += LATER
        yield session


def _destroy(session: Session | None, route: Route) -> object:
    if session is None or session.locked:
        return "closed"
    destroy(
        session, route.stick / "safe", password_of("inv"),
        second="admin", second_password=password_of("admin"),
    )  # fmt: skip
    return "destroyed"


@pytest.fixture(scope="module")
def ready(short_route_template: Route, quick_folder: Path) -> Route:
    """A site that was sent, with a backup beside it and one on a stick."""
    route = short_route_template.copy(quick_folder / "ready")
    (route.stick / "safe").mkdir()
    (route.stick / "media").mkdir()
    assert route.carry(full=True).fine
    with route.clinic.open() as session:
        backup.backup(session, session.folder.backups)
    return route


class Bench:
    """The act on copies of one site; a backup place is an absolute path, so it stays in place."""

    def __init__(self, ready: Route, place: Path) -> None:
        self._ready = ready
        self._now = place / "now"
        self.calls = self.strike(None).calls

    def strike(self, strike: Strike | None) -> Outcome:
        shutil.rmtree(self._now, ignore_errors=True)
        route = self._ready.copy(self._now)
        shutil.copytree(self._ready.stick, route.stick, dirs_exist_ok=True)
        with route.clinic.open() as session:
            rota.choose_target(session, route.stick / "media")
            backup.backup(session, route.stick / "media")
        outcome = struck(route, _over, _destroy, strike)
        assert outcome.broke == [], f"{strike}\n{outcome.broke[0]}"
        self._judge(route, outcome, strike)
        return outcome

    def _judge(self, route: Route, outcome: Outcome, strike: Strike | None) -> None:
        site, media = route.clinic.path, route.stick / "media"
        where = f"{strike} {outcome.done} {outcome.refused}"
        if not (site / destroyed.MARK).exists():
            assert not outcome.done, where
            for user in ("inv", "crc", "admin"):
                with route.clinic.open(user) as session:
                    assert whole(session), where
            assert len(list(media.iterdir())) == 1, where
            return
        with pytest.raises(SiteDestroyed):
            route.clinic.open("crc")
        assert {p.name for p in site.iterdir()} == {destroyed.MARK}, where
        assert list(media.iterdir()) == [], where
        (certificate,) = (route.stick / "safe").glob("destruction-*.json")
        with route.store.open() as store:
            assert read_certificate(store, certificate)


@pytest.fixture(scope="module")
def bench(ready: Route, quick_folder: Path) -> Bench:
    return Bench(ready, quick_folder)


@pytest.mark.soak
def test_killed_at_any_moment(bench: Bench, seed: int, fraction: Fraction) -> None:
    for strike in kills(len(bench.calls), fraction(200, 4), Random(seed)):
        bench.strike(strike)


@pytest.mark.soak
def test_refused_by_the_disk_at_any_call(bench: Bench, seed: int, fraction: Fraction) -> None:
    for strike in faults(bench.calls, Random(seed), fraction(len(bench.calls), 4)):
        bench.strike(strike)


def test_a_file_that_the_disk_kept_at_last_goes_at_the_next_start(bench: Bench) -> None:
    """The lock and the key among them, which go after everything else."""
    for call in bench.calls[-4:]:
        for stays in (False, True):
            bench.strike(Strike(call.number, 5, stays=stays))


def test_a_refusal_leaves_no_certificate_of_a_site_that_goes_on(bench: Bench) -> None:
    """The disk refuses the mark: nothing says that the site went, and it can be done again."""
    marked = [c.number for c in bench.calls if c.name.startswith("rename")]
    assert marked
    for number in marked[-3:]:
        outcome = bench.strike(Strike(number, 5, stays=True))
        assert outcome.done or outcome.refused
    assert issubclass(SiteDestroyed, MrdError)
