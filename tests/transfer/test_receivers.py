"""Several receivers at one store, and receivers that are killed: a package is booked once."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.record import projection
from mrd_desktop.transfer import lineage, team
from mrd_desktop.transfer import receive as receiving
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from tests.faults.processes import sound
from tests.transfer.receivers import begun, verdicts
from tests.transfer.route import Route, Store
from tests.transfer.test_receive import new_subject

Fraction = Callable[[int, int], int]
BOTH = pytest.mark.parametrize("store_kind", ["folder", "team"])


def booked(session: Session) -> list[int]:
    """The numbers of the packages on the store's own chain, in order."""
    with session.reading() as conn:
        return [r.number for r in lineage.received(conn, session.folder.chain)]


def agree(session: Session) -> bool:
    """The store verifies, and a team's tables tell the same."""
    assert sound(session)
    team.follow(session)
    with session.reading() as conn, team.reading(session) as tables:
        return list(projection.differences(conn, tables)) == []


@pytest.mark.soak
@BOTH
def test_receivers_at_once_book_each_package_once(
    route: Route, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    expected: list[int] = []
    for n in range(fraction(100, 1)):
        new_subject(route)
        first = route.send()
        new_subject(route)
        second = route.send()
        expected += [first.number, second.number]
        receivers = []
        for at in range(3):
            given = [first.path, second.path]
            chance.shuffle(given)
            told = tmp_path / f"told-{n}-{at}"
            receivers.append((begun(route.store, given, told), told, given))
            time.sleep(chance.uniform(0, 0.1))
        for process, _, _ in receivers:
            process.join()
            assert process.exitcode == 0
        said = [
            (path, verdict)
            for _, told, given in receivers
            for path, verdict in zip(given, verdicts(told), strict=True)
        ]
        assert {v for _, v in said} <= {"accepted", "duplicate", "gap"}
        accepted = Counter(path for path, verdict in said if verdict == "accepted")
        if first.path not in accepted or second.path not in accepted:
            # Every receiver had the second one first: what was missing is there now.
            assert route.store.take(second.path)[0].fine
        assert set(accepted.values()) == {1}
    with route.store.open() as session:
        assert booked(session) == expected
        assert agree(session)


def test_a_package_that_was_overtaken_is_judged_again(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = charted_route.send().path
    plain = receiving._Receipt._store
    with charted_route.store.open() as session:

        def overtaken(self: receiving._Receipt, *about: object) -> receiving.Arrival:
            monkeypatch.setattr(receiving._Receipt, "_store", plain)
            assert [a.verdict for a in receive(session, [package])] == [Verdict.ACCEPTED]
            return plain(self, *about)  # type: ignore[arg-type]

        monkeypatch.setattr(receiving._Receipt, "_store", overtaken)
        assert [a.verdict for a in receive(session, [package])] == [Verdict.DUPLICATE]
        assert booked(session) == [1]
        assert (session.folder.archive / package.name).read_bytes() == package.read_bytes()
        assert agree(session)


@pytest.mark.soak
@BOTH
def test_a_killed_receiver_has_booked_all_or_nothing(
    charted_route: Route,
    tmp_path: Path,
    seed: int,
    fraction: Fraction,
    record_property: Callable[[str, object], None],
) -> None:
    chance = Random(seed)
    package = charted_route.send().path
    whole = _whole(_copied(charted_route, tmp_path / "measured"), package, tmp_path / "told")
    ends: Counter[bool] = Counter()
    kept: Store | None = None
    for n in range(fraction(1000, 2)):
        # A store that was killed before it had booked anything goes on to the next round.
        store = kept or _copied(charted_route, tmp_path / f"round-{n}")
        process = begun(store, [package], tmp_path / "told")
        process.join(chance.uniform(0, 1.1) * whole)
        process.kill()
        process.join()
        with store.open() as session:
            numbers, held = booked(session), len(values_of(session))
            assert (numbers, held > 100) in (([], False), ([1], True))
            if n % 20 == 0:
                assert agree(session)
        ends[bool(numbers)] += 1
        kept = store if not numbers else None
        if numbers:
            assert store.take(package)[0].verdict is Verdict.DUPLICATE
            shutil.rmtree(store.path.parent)
    record_property("before", ends[False])
    record_property("after", ends[True])
    last = kept or _copied(charted_route, tmp_path / "last")
    assert last.take(package)[0].verdict is Verdict.ACCEPTED
    with last.open() as session:
        assert agree(session)
    with charted_route.store.open() as session:
        team.rebuild(session)


def _copied(route: Route, to: Path) -> Store:
    """The empty store once more; the tables of its team begin again with it."""
    store = route.copy(to).store
    with store.open() as session:
        team.rebuild(session)
    return store


def _whole(store: Store, package: Path, told: Path) -> float:
    """Seconds of a receiver that nobody kills."""
    started = time.monotonic()
    process = begun(store, [package], told)
    process.join()
    assert verdicts(told) == ["accepted"]
    return time.monotonic() - started


def values_of(session: Session) -> dict[str, str | None]:
    """What stands in the store's own tables."""
    with session.reading() as conn:
        return {
            f"{form}/{grp}/{row}/{item}": value
            for form, grp, row, item, value in conn.exec_driver_sql(
                "SELECT form_id, grp, row, item, value FROM p_item"
            )
        }
