"""UTC moments of records as people of the place read them."""

from __future__ import annotations

from mrd_desktop.vault.clock import Zone


class Hours:
    """Tells recorded times in the zone of the session; of the computer until somebody signs in."""

    def __init__(self) -> None:
        self._zone = Zone.of_computer()

    def follow(self, zone: Zone) -> None:
        """Tell times in another zone from now on."""
        self._zone = zone

    def clock(self, at: str) -> str:
        """The time of day of a UTC moment: ``10:42``."""
        return self._zone.local(at).strftime("%H:%M")

    def moment(self, at: str) -> str:
        """The day and time of a UTC moment."""
        return self._zone.local(at).strftime("%Y-%m-%d %H:%M")

    def proof(self, at: str) -> str:
        """The same with seconds and its distance from UTC, where a time is evidence (R-TIM-01)."""
        return f"{self._zone.local(at):%Y-%m-%d %H:%M:%S} {self._zone.offset}"

    def day(self, at: str) -> str:
        """The day of a UTC moment."""
        return self._zone.local(at).strftime("%Y-%m-%d")
