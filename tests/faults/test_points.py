"""Killed, or refused by the disk, at any call of every act: before it or after it, never half."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.vault.errors import CommitUnsure
from mrd_desktop.vault.session import Session
from tests.faults.acts import ACTS, Act, typed, typing
from tests.faults.points import (
    Open,
    Outcome,
    Strike,
    faults,
    forked,
    kills,
    leftovers,
    struck,
)
from tests.faults.processes import Disk, fill, mounted, needs_mount, sound
from tests.faults.syscalls import can_watch
from tests.transfer.route import Route

EVERY = 10
"""Points after which everything is replayed and the act done again; a look at each otherwise."""

_FOUND = {"backup": (40_960, 827_392)}
"""Room at which something was wrong once, tried each time."""

Fraction = Callable[[int, int], int]
Benches = Callable[[Act], "Bench"]

# Elsewhere no process can be stopped between two calls of its own. On Linux, as in continuous
# integration, none of this is skipped.
pytestmark = pytest.mark.skipif(
    not can_watch(), reason="needs Linux 5.5 or newer, which hands a process's calls to another"
)


class Bench:
    """One act, tried again and again on copies of one prepared site."""

    def __init__(self, act: Act, template: Route, place: Path) -> None:
        self._act = act
        self._place = place
        self._ready = template.copy(place / "ready")
        act.prepared(self._ready)
        shutil.copytree(self._ready.stick, place / "stick")
        self.before = act.seen(self._fresh())
        whole = self._fresh()
        self.clean = self._struck(whole, None)
        assert len(self.clean.done) == 1, self.clean
        self.after = act.seen(whole)
        assert self.after != self.before
        self.calls = self.clean.calls

    def point(self, strike: Strike, *, thoroughly: bool = True) -> None:
        """Strike once; what was acknowledged stands, and what stands is whole.

        Args:
            thoroughly: also replay every record, and see that the act can be done again.
        """
        route = self._fresh()
        outcome = self._struck(route, strike)
        assert outcome.broke == [], f"{strike}\n{outcome.broke[0]}"
        seen = self._act.seen(route)
        where = f"{self._act.name} {strike} {outcome.done} {outcome.refused}"
        assert seen in (self.before, self.after), where
        if outcome.done:
            assert seen == self.after, where
        elif outcome.refused and self._act.firm and CommitUnsure.code not in outcome.refused:
            assert seen == self.before, where
        assert leftovers(route.stick) == [], where
        if not thoroughly:
            return
        for place in (route.clinic, route.store):
            with place.open() as session:
                assert sound(session)
        if seen == self.before:  # there is a way on
            assert self._struck(route, None).done, where
            assert self._act.seen(route) == self.after, where

    def in_room(self, left: int, disk: Path) -> bool:
        """The act where so many bytes are left on a small disk; whether it was done.

        The disk fills once somebody is signed in, so that the act meets it and not the sign-in.
        """
        route = self._fresh(disk / "now")
        filler = disk / "filler"
        outcome = forked(route, _filled(self._act.opened, filler, left), self._act.do)
        filler.unlink(missing_ok=True)
        where = f"{self._act.name} with {left} bytes left: {outcome.refused} {outcome.said}"
        assert outcome.broke == [], f"{where}\n{outcome.broke[0]}"
        assert len(outcome.done) + len(outcome.refused) == 1, where
        seen = self._act.seen(route)
        if outcome.done:
            assert seen == self.after, where
        else:
            assert all(_says_full(*words) for words in outcome.said), where
            assert seen == self.before or (not self._act.firm and seen == self.after), where
        assert leftovers(route.stick) == [], where
        return bool(outcome.done)

    def _struck(self, route: Route, strike: Strike | None) -> Outcome:
        return struck(route, self._act.opened, self._act.do, strike)

    def _fresh(self, place: Path | None = None) -> Route:
        place = place or self._place / "now"
        shutil.rmtree(place, ignore_errors=True)
        route = self._ready.copy(place)
        shutil.copytree(self._place / "stick", route.stick, dirs_exist_ok=True)
        return route


def _says_full(en: str, zh: str) -> bool:
    """Whether a refusal says that there is no room, and to make some, in both languages."""
    told = ("full" in en and "已满" in zh) or ("no room" in en and "空间不足" in zh)
    return told and "ake room" in en and ("清理" in zh or "腾出空间" in zh)


def _filled(opened: Open, filler: Path, left: int) -> Open:
    """As ``opened``, and then the disk is filled until so many bytes are left."""

    @contextmanager
    def both(route: Route) -> Iterator[Session | None]:
        with opened(route) as session:
            fill(filler, left)
            yield session

    return both


@pytest.fixture(scope="module")
def benches(short_route_template: Route, quick_folder: Path) -> Benches:
    """A bench for each act, made once for all ways of striking it."""

    @cache
    def bench(act: Act) -> Bench:
        place = quick_folder / act.name
        place.mkdir()
        return Bench(act, short_route_template, place)

    return bench


@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_killed_at_any_moment(act: Act, benches: Benches, seed: int, fraction: Fraction) -> None:
    bench = benches(act)
    for n, strike in enumerate(kills(len(bench.calls), fraction(100, 1), Random(seed))):
        bench.point(strike, thoroughly=n % EVERY == 0)


def test_what_the_disk_takes_and_does_not_confirm_is_not_told_as_lost(benches: Benches) -> None:
    bench = benches(ACTS[0])
    for call in bench.calls:
        if call.name == "fsync":
            bench.point(Strike(call.number, errno.EIO, stays=True), thoroughly=False)


@pytest.mark.soak
def test_what_was_typed_is_a_draft_or_a_record_after_a_kill(
    short_route_template: Route, quick_path: Path, seed: int, fraction: Fraction
) -> None:
    def fresh() -> Route:
        shutil.rmtree(quick_path / "now", ignore_errors=True)
        return short_route_template.copy(quick_path / "now")

    opened = ACTS[0].opened
    whole = struck(fresh(), opened, typing, None)
    assert whole.promised == list(range(1, 10))
    for strike in kills(len(whole.calls), fraction(100, 2), Random(seed)):
        route = fresh()
        outcome = struck(route, opened, typing, strike)
        assert typed(route) >= max(outcome.promised, default=0), strike


@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_refused_by_the_disk_at_any_call(
    act: Act, benches: Benches, seed: int, fraction: Fraction
) -> None:
    bench = benches(act)
    for n, strike in enumerate(faults(bench.calls, Random(seed), fraction(len(bench.calls), 1))):
        bench.point(strike, thoroughly=n % EVERY == 0)


@needs_mount
@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_any_room_left_of_the_last_megabyte(
    act: Act, benches: Benches, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    bench = benches(act)
    steps = range(0, (1 << 20) + 1, 4096)
    with mounted("tmpfs", tmp_path / "small", 32) as disk:
        drawn = Random(seed).sample(steps, fraction(len(steps), 1))
        for left in (*_FOUND.get(act.name, ()), *drawn):
            bench.in_room(left, disk)


@needs_mount
@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_any_room_left_on_a_real_file_system(
    act: Act, benches: Benches, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    bench, steps = benches(act), range(0, (1 << 20) + 1, 1 << 16)
    disk = Disk(tmp_path / "disk.img", tmp_path / "disk", 64)
    try:
        for left in Random(seed).sample(steps, fraction(len(steps), 1)):
            bench.in_room(left, disk.at)
    finally:
        disk.unmount()
