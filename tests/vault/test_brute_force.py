"""Guessing passwords (E-06): slowed over restarts here, at the cost of Argon2id elsewhere."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.vault import attempts, crypto, signin
from mrd_desktop.vault.crypto import CEILING, FLOOR, KdfParameters
from tests.vault.kit import LIVE_PASSWORD, Site

WRONG = "not the password at all"
RIGHT = LIVE_PASSWORD.format("crc")
TRIES = 100
OPENED, REFUSED, TOO_EARLY, BROKE = range(4)
_TOLD = {"wrong_password": REFUSED, "try_later": TOO_EARLY}


def restarted(site: Site, password: str, now: datetime, run: datetime | None = None) -> int:
    """What a try gives in a process of its own, which knows nothing but the folder.

    Args:
        run: what the clock that nobody sets shows, where that on the wall was set.
    """
    pid = os.fork()
    if pid == 0:
        told = BROKE
        try:
            signin._Entrance._now_or_wall = lambda _: now  # type: ignore[method-assign]
            attempts.steady = (run or now).timestamp
            site.open("crc", password).close()
            told = OPENED
        except MrdError as refused:
            told = _TOLD.get(refused.code, BROKE)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(told)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a restart is a copy of this process, and Windows makes none"
)
def test_a_hundred_wrong_tries_with_a_restart_between_each_keep_the_growing_delay(
    live: Site,
) -> None:
    now = datetime.now(UTC)
    waits = []
    for n in range(TRIES):
        wait = attempts.delay(n)
        if wait:
            early = now + timedelta(seconds=wait - 0.1)
            assert restarted(live, WRONG, early) == TOO_EARLY, n
        if wait == 8:
            assert restarted(live, RIGHT, early) == TOO_EARLY, "the right one waits as well"
            back = now - timedelta(days=1)
            assert restarted(live, RIGHT, back, early) == TOO_EARLY, "set back it helps nobody"
            ahead = now + timedelta(days=1)
            assert restarted(live, RIGHT, ahead, early) == TOO_EARLY, "nor does it set forward"
        now += timedelta(seconds=wait)
        assert restarted(live, WRONG, now) == REFUSED, n
        waits.append(wait)
    assert waits[:14] == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert set(waits[14:]) == {900}
    assert sum(waits) > 21 * 3600, "a hundred guesses take most of a day"
    assert len(attempts.AttemptLog(live.path, b"", slow=True).read()) == TRIES
    now += timedelta(seconds=900)
    anew = datetime.fromtimestamp(60, UTC)
    assert restarted(live, WRONG, now, anew) == REFUSED, "the computer was started anew"
    assert restarted(live, RIGHT, now + timedelta(seconds=900)) == OPENED


@pytest.mark.parametrize(
    ("speed", "memory"),
    [
        (0.010, 64),  # seconds a MiB: an old computer, for which the floor is enough
        (0.005, 128),
        (0.003, 256),
        (0.0015, 512),
        (0.0003, 512),  # no more than this, so that other computers of the site open it too
    ],
)
def test_a_live_folder_asks_half_a_second_of_a_core_for_each_guess(
    speed: float, memory: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent = [0.0]

    def derive(_secret: str, _salt: bytes, parameters: KdfParameters) -> None:
        spent[0] += parameters.memory / 1024 * speed

    monkeypatch.setattr(crypto, "derive", derive)
    monkeypatch.setattr(crypto.time, "process_time", lambda: spent[0])
    chosen = crypto.calibrated()
    assert chosen == KdfParameters(memory * 1024, FLOOR.passes, FLOOR.lanes)
    assert memory * speed >= crypto.GUESS_SECONDS or memory == 512


def beyond() -> Iterator[tuple[str, KdfParameters]]:
    """Each parameter one below its floor and one above its cap, the others allowed."""
    for name in ("memory", "passes", "lanes"):
        for limit, step in ((FLOOR, -1), (CEILING, 1)):
            given = {n: getattr(FLOOR, n) for n in ("memory", "passes", "lanes")}
            given[name] = getattr(limit, name) + step
            yield f"{name}{step:+d}", KdfParameters(**given)


@pytest.mark.parametrize("asked", [p for _, p in beyond()], ids=[n for n, _ in beyond()])
def test_parameters_below_the_floor_or_above_the_cap_are_refused(asked: KdfParameters) -> None:
    assert not asked.allowed
    with pytest.raises(ValueError, match="out of range"):
        crypto.derive("synthetic", bytes(16), asked)


def test_floor_and_cap_themselves_are_allowed() -> None:
    assert FLOOR.allowed
    assert CEILING.allowed
    assert KdfParameters(64 * 1024, 3, 4) == FLOOR
    assert KdfParameters(1024 * 1024, 10, 8) == CEILING
