"""Telling how far a long act is while records go by, and letting the user stop it in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias, TypeVar

Told: TypeAlias = Callable[[int, int], None]
"""Hears how much is done of how much; it may raise to stop, before anything is stored."""

Item = TypeVar("Item")
_EVERY: Final = 256


def unheard(_done: int, _total: int) -> None:
    """Nobody listens."""


class Telling:
    """Counts what goes by.

    Args:
        total: how much will, over everything that is watched.
    """

    def __init__(self, told: Told, total: int) -> None:
        self._told: Final = told
        self._total: Final = total
        self._done = 0

    def watched(self, items: Iterable[Item]) -> Iterator[Item]:
        """Hand things on and tell now and then.

        Raises:
            Whatever is raised where it is told.
        """
        for item in items:
            if self._done % _EVERY == 0:
                self._told(min(self._done, self._total), self._total)
            self._done += 1
            yield item
