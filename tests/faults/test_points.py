"""Killed, or refused by the disk, at any call of every act: whole before or whole after, never half."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.faults.acts import ACTS, Act
from tests.faults.points import Outcome, Strike, faults, kills, leftovers, struck
from tests.faults.syscalls import can_watch
from tests.transfer.route import Route

Fraction = Callable[[int, int], int]

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

    def point(self, strike: Strike) -> None:
        """Strike once; what was acknowledged stands, and what stands is whole."""
        route = self._fresh()
        outcome = self._struck(route, strike)
        assert outcome.broke == [], f"{strike}\n{outcome.broke[0]}"
        seen = self._act.seen(route)
        where = f"{self._act.name} {strike} {outcome.done} {outcome.refused}"
        assert seen in (self.before, self.after), where
        if outcome.done:
            assert seen == self.after, where
        elif outcome.refused:
            assert seen == self.before, where
        assert leftovers(route.stick) == [], where
        if seen == self.before:  # there is a way on
            assert self._struck(route, None).done, where
            assert self._act.seen(route) == self.after, where

    def _struck(self, route: Route, strike: Strike | None) -> Outcome:
        return struck(route, self._act.opened, self._act.do, strike)

    def _fresh(self) -> Route:
        place = self._place / "now"
        shutil.rmtree(place, ignore_errors=True)
        route = self._ready.copy(place)
        shutil.copytree(self._place / "stick", route.stick, dirs_exist_ok=True)
        return route


@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_killed_at_any_moment(
    act: Act, short_route_template: Route, quick_path: Path, seed: int, fraction: Fraction
) -> None:
    bench = Bench(act, short_route_template, quick_path)
    for strike in kills(len(bench.calls), fraction(100, 1), Random(seed)):
        bench.point(strike)


@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_refused_by_the_disk_at_any_call(
    act: Act, short_route_template: Route, quick_path: Path, seed: int, fraction: Fraction
) -> None:
    bench = Bench(act, short_route_template, quick_path)
    for strike in faults(bench.calls, Random(seed), fraction(len(bench.calls), 1)):
        bench.point(strike)
