"""A line of the keyboard map, and which lines are true for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mrd_desktop.texts import Text

Allows = Callable[[str], bool]
"""Whether an operation (:data:`mrd_desktop.vault.roles.OPERATIONS`) may be done."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """Keys and what they do.

    Attributes:
        needs: operations of which one must be allowed; none: everybody.
        reading: what the keys do for who may do none of them; None: nothing.
        pages: the pages they act on, by module below ``ui.pages``; none: all of the place.
    """

    key: str
    text: Text
    needs: tuple[str, ...] = ()
    reading: Text | None = None
    pages: tuple[str, ...] = ()

    def said(self, allows: Allows) -> Text | None:
        """What the keys do for somebody; None where they do nothing."""
        if not self.needs or any(map(allows, self.needs)):
            return self.text
        return self.reading


def usable(lines: Iterable[KeyLine], allows: Allows) -> tuple[tuple[str, Text], ...]:
    """The keys that do something for somebody, with what they do."""
    said = ((line.key, line.said(allows)) for line in lines)
    return tuple((key, text) for key, text in said if text is not None)
