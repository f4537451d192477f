"""The pages one came through, for back and forward."""

from __future__ import annotations

from typing import Generic, TypeVar

Place = TypeVar("Place")


class Trail(Generic[Place]):
    """A list of places with the one in front of the reader.

    Args:
        longest: older places than this many are forgotten.
    """

    def __init__(self, longest: int = 24) -> None:
        self._places: list[Place] = []
        self._at = -1
        self._longest = longest

    @property
    def here(self) -> Place | None:
        """The place in front, None before the first."""
        return self._places[self._at] if self._places else None

    @property
    def has_before(self) -> bool:
        """One can go back."""
        return self._at > 0

    @property
    def has_after(self) -> bool:
        """One can go forward."""
        return self._at < len(self._places) - 1

    def go(self, place: Place) -> tuple[Place, ...]:
        """Go to a new place; what lay ahead is forgotten and returned, as is what grew too old."""
        lost = self._places[self._at + 1 :]
        kept = [*self._places[: self._at + 1], place]
        lost += kept[: -self._longest]
        self._places = kept[-self._longest :]
        self._at = len(self._places) - 1
        return tuple(p for p in lost if p not in self._places)

    def before(self) -> Place | None:
        """Step back; None if there is nothing before."""
        if not self.has_before:
            return None
        self._at -= 1
        return self.here

    def after(self) -> Place | None:
        """Step forward; None if there is nothing after."""
        if not self.has_after:
            return None
        self._at += 1
        return self.here

    def clear(self) -> tuple[Place, ...]:
        """Forget everything; returns what was known."""
        lost = tuple(dict.fromkeys(self._places))
        self._places = []
        self._at = -1
        return lost
