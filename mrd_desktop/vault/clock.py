"""The session's clock: UTC with milliseconds, never before the last record, a local date.

Nobody chooses the time of a record. On training folders a starting time may be given; the
distance to the computer's clock is stored, so that time runs on from it in later sessions.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from mrd_desktop.vault.errors import ClockWentBack

BACK_STEP: Final = timedelta(minutes=5)
"""How far the clock may stand behind the last record before writing stops."""

BUILT: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No live record is older than the program that writes it."""


LONG_AGO: Final = timedelta(days=10)
"""Since the last record; then somebody says that today's date is right. More than a week's closing
with both its weekends, less than the month or year by which a clock is set wrong."""

AHEAD: Final = "ahead"
UNCONFIRMED: Final = "unconfirmed"
CONFIRMED: Final = "confirmed"
DOUBTS: Final = frozenset({AHEAD, UNCONFIRMED})
"""Time qualities of sessions whose clock may stand ahead; nobody has said that it is right."""


_RUNS_ON: Final = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}
"""Where Python's own monotonic clock stands still in sleep; that of Windows runs on."""


def steady() -> float:
    """Seconds of a clock that nobody sets and that runs on in sleep, where the system has one."""
    which = getattr(time, _RUNS_ON.get(sys.platform, ""), None)
    return time.monotonic() if which is None else time.clock_gettime(which)


def stamp(moment: datetime) -> str:
    """``2026-03-16T08:15:30.123Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def moment(stamped: str) -> datetime:
    """The moment of a :func:`stamp`."""
    return datetime.fromisoformat(stamped)


@dataclass(frozen=True, slots=True)
class Zone:
    """Name and distance from UTC (minutes) of the place where the work is done."""

    name: str
    minutes: int

    @classmethod
    def of_computer(cls) -> Zone:
        """The zone the computer is set to, now."""
        local = datetime.now().astimezone()
        return cls(local.tzname() or "UTC", _minutes(local))

    @property
    def offset(self) -> str:
        """``+08:00``."""
        sign = "-" if self.minutes < 0 else "+"
        return f"{sign}{abs(self.minutes) // 60:02d}:{abs(self.minutes) % 60:02d}"

    @property
    def tz(self) -> timezone:
        """For calculations with dates."""
        return timezone(timedelta(minutes=self.minutes))

    def local(self, at: str) -> datetime:
        """A UTC time of a record, as clocks of the place showed it."""
        return datetime.fromisoformat(at).astimezone(self.tz)


@dataclass(frozen=True, slots=True)
class Noted:
    """A back step somebody has explained: the clock's time then, and what it was behind.

    Attributes:
        at: the time of the record of it; what is recorded later bounds the clock again.
        shown: the latest time that the clock showed as something was recorded under it.
        received: what the sponsor had confirmed then, which is explained with it.
    """

    wall: str
    last: str
    at: str = ""
    shown: str = ""
    received: str = ""

    def showing(self, wall: str) -> Noted:
        """The same, once something was recorded at this time of the clock."""
        return replace(self, shown=max(self.shown, wall))

    def text(self) -> str:
        """As it is kept."""
        return " ".join((self.wall, self.last, self.at, self.shown, self.received))

    @classmethod
    def of_text(cls, kept: str) -> Noted:
        """The inverse; what earlier versions kept has fewer fields."""
        return cls(*kept.split(" "))


class Clock:
    """Time of one session.

    Attributes:
        zone: where the local date is taken.
        shift: distance between this clock and the computer's; zero outside training.
        confirmed: the latest moment (stamp) at which the sponsor received a package of this
            chain: it is past. Empty where nothing was confirmed.
        carried: the doubt of an earlier session that nobody has settled (one of DOUBTS), or empty.
        since: time of the record of the first session that stated it; empty where none has yet.
        passed: time of the last record of a package that reached the sponsor later than that, by
            the sponsor's clock; the latest of them, empty without one.
    """

    def __init__(
        self,
        *,
        start: datetime | None = None,
        shift: timedelta = timedelta(),
        zone: Zone | None = None,
        training: bool = False,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """A clock that runs with the computer's, or from ``start`` on (training)."""
        self._wall = wall
        self._training = training
        self.zone = zone or Zone.of_computer()
        self.shift = shift
        self.last: str = ""
        self.confirmed: str = ""
        self.noted: Noted | None = None
        self.carried = ""
        self.since = ""
        self.passed = ""
        self._affirmed: str | None = None
        if start is not None:
            aware = start if start.tzinfo else start.replace(tzinfo=self.zone.tz)
            if aware.utcoffset():
                self.zone = Zone(aware.tzname() or "", _minutes(aware))
            self.shift = aware - wall()
        self._started = (self._wall(), time.monotonic())
        self._looked = (self._wall(), steady())

    def wall(self) -> datetime:
        """The time this clock shows, whatever the records say."""
        return self._wall() + self.shift

    @property
    def bound(self) -> str:
        """What is past for certain: the last record, and what the sponsor has confirmed."""
        # Practice runs on a clock of its own, which no sponsor's time bounds.
        return self.last if self._training else max(self.last, self.confirmed)

    @property
    def _explained(self) -> bool:
        return self.noted is not None and self.noted.last == self.bound

    def check(self) -> None:
        """Refuse to write while the clock is behind.

        Raises:
            ClockWentBack: more than five minutes behind the last record or what the sponsor has
                confirmed, or before the build.
        """
        past = self.bound
        if self.noted and self._explained:
            past = self._past_under(self.noted)
        floor = moment(past) if past else None
        if not self._training:
            floor = max(floor, BUILT) if floor else BUILT
        if floor and self.wall() < floor - BACK_STEP:
            behind = floor - self.wall()
            raise ClockWentBack(minutes=int(behind.total_seconds() // 60))

    def _past_under(self, noted: Noted) -> str:
        """What is past for certain while the records bear a time that was explained."""
        past = max(noted.wall, noted.shown)
        if self.last > (noted.at or noted.last):
            past = max(past, self.last)
        # A receipt that came since; an earlier one is explained, or nobody could ever go on.
        if not self._training and noted.received < self.confirmed < noted.last:
            past = max(past, self.confirmed)
        return past

    @property
    def apart(self) -> str:
        """What the clock shows, where records bear another time under a note; else empty."""
        return stamp(self.wall()) if self._explained else ""

    def recorded(self, at: str) -> None:
        """Something was recorded, and bears this time."""
        shown, self.last = self.apart, at
        if self.noted and shown:
            self.noted = self.noted.showing(shown)

    def follow(self, at: str) -> None:
        """Records came back, the last of this time; what explained the step explains it still."""
        explained = self._explained
        self.last = at
        if self.noted and explained:
            self.noted = replace(self.noted, last=self.bound)

    def next_stamp(self) -> str:
        """The time of the next record: now, and never before the last record's.

        Raises:
            ClockWentBack: see :meth:`check`.
        """
        self.check()
        return max(stamp(self.wall()), self.last)

    def now(self) -> str:
        """Now as a stamp, never before the last record's; for display and drafts."""
        return max(stamp(self.wall()), self.last)

    def today(self) -> date:
        """The local date."""
        return self.wall().astimezone(self.zone.tz).date()

    def quality(self) -> str:
        """What can be said of the time.

        ``training``; ``noted`` after a back step that was explained; ``ahead`` where the clock
        outran the one that nobody sets; ``unconfirmed`` where the last record is long ago;
        ``confirmed`` where somebody said that the date is right; else ``computer``.
        """
        if self._training:
            return "training"
        if self._explained:
            return "noted"
        return self.doubt() or (CONFIRMED if self._affirmed is not None else "computer")

    def doubt(self) -> str:
        """One of DOUBTS while the clock may stand ahead (C.8), else empty."""
        if self._training or self._explained:
            return ""
        if self._drift() > BACK_STEP:
            return AHEAD
        if self.carried and not self.settled:
            return self.carried
        past = self.bound
        long_ago = bool(past) and self.wall() - moment(past) > LONG_AGO
        return UNCONFIRMED if long_ago and self._affirmed != past else ""

    @property
    def settled(self) -> bool:
        """Whether the sponsor's clock has passed what was recorded since the doubt arose."""
        return bool(self.since) and self.passed >= self.since

    def stated(self, doubt: str, at: str) -> bool:
        """A session's record of this time states a doubt, or none; whether it is a new one."""
        new = bool(doubt) and (not self.since or self.settled or doubt != self.carried)
        if new or not doubt:
            self.since = at if doubt else ""
        self.carried = doubt
        return new

    def affirm(self) -> None:
        """Somebody has said that date and time are right."""
        self._affirmed = self.bound
        self.carried = self.since = ""
        self._looked = (self._wall(), steady())

    def look_again(self) -> None:
        """After a lock: the zone may be another one, and what the clock did is seen from here."""
        if self._drift() > BACK_STEP:  # another step: what settled the one before says nothing
            self.since = ""
        self.carried = self.doubt()
        self._looked = (self._wall(), steady())
        if not self._training:
            self.zone = Zone.of_computer()

    def run(self) -> timedelta:
        """How long this clock has run; the longer of what two clocks of the computer tell.

        The monotonic one stands while some systems sleep, the other one can be set back. Practice
        time does not count: it jumps by days.
        """
        wall, monotonic = self._started
        return max(self._wall() - wall, timedelta(seconds=time.monotonic() - monotonic))

    def jumped(self) -> bool:
        """Whether the clock was set by more than five minutes since sign-in or unlock."""
        return abs(self._drift()) > BACK_STEP

    def _drift(self) -> timedelta:
        """How far the computer's clock has outrun the one that nobody sets."""
        wall, run = self._looked
        return (self._wall() - wall) - timedelta(seconds=steady() - run)


def _minutes(local: datetime) -> int:
    offset = local.utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)
