"""Pages filled from top to bottom, with head and foot on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ui.print.sheet import (
    LONG_SIDE,
    MM,
    SHORT_SIDE,
    Box,
    Drawn,
    Face,
    Leaf,
    Stroke,
    Type,
    Watermark,
    Written,
)
from ui.theme import Ink

MARGIN: Final = 15 * MM
HEAD: Final = 8 * MM
FOOT: Final = 12 * MM
NOTE: Final = Face(7.5)
EACH: Final = Face(9)
EACH_TALL: Final = 8 * MM


@dataclass(frozen=True)
class Piece:
    """Marks that stay together, from their own top left corner."""

    height: float
    marks: tuple[Drawn, ...]


@dataclass(frozen=True)
class Furniture:
    """What stands on every page: left and right above, and below, with the page's number.

    Attributes:
        each: stands over every page after the first, with room to write above it.
    """

    left: str
    right: str
    foot: str
    training: str = ""
    each: str = ""
    watermark: str = ""


class Flow:
    """Fills pages."""

    def __init__(self, furniture: Furniture, *, landscape: bool) -> None:
        short, long = SHORT_SIDE, LONG_SIDE
        self.size = (long, short) if landscape else (short, long)
        self.width = self.size[0] - 2 * MARGIN
        self._furniture = furniture
        self.leaves: list[Leaf] = []
        self._y = self._top = 0.0
        self.turn()

    @property
    def room(self) -> float:
        """What is left on the page."""
        return self.size[1] - MARGIN - FOOT - self._y

    @property
    def whole(self) -> float:
        """The room of an empty page."""
        return self.size[1] - MARGIN - FOOT - self._top

    @property
    def fresh(self) -> bool:
        """Nothing stands on the page yet."""
        return self._y <= self._top

    def turn(self) -> None:
        """Begin a new page."""
        self._y = self._top = MARGIN + HEAD
        if self.leaves and self._furniture.each:
            words = Type(self._furniture.each, EACH, self.width)
            self._y = self._top = MARGIN + HEAD + EACH_TALL
            self.leaves.append(Leaf(*self.size))
            self.leaves[-1].marks.append(Written(MARGIN, MARGIN + HEAD, words))
        else:
            self.leaves.append(Leaf(*self.size))

    def fits(self, height: float) -> bool:
        """There is room for that much."""
        return height <= self.room

    def put(self, piece: Piece, *, keep: float = 0.0) -> None:
        """Put a piece below the last one, on a new page where it does not fit.

        Args:
            keep: room that what follows needs on the same page.
        """
        if not self.fits(min(piece.height + keep, self.whole)) and not self.fresh:
            self.turn()
        self.leaves[-1].marks += [moved(m, MARGIN, self._y) for m in piece.marks]
        self._y += piece.height

    def gap(self, height: float) -> None:
        """Leave room, except at the top of a page."""
        if not self.fresh:
            self._y += min(height, max(self.room, 0.0))

    def finish(self, page: str) -> tuple[Leaf, ...]:
        """Put head and foot on every page.

        Args:
            page: the page's number in words, with ``{n}`` and ``{of}``.
        """
        words = self._furniture.watermark
        for number, leaf in enumerate(self.leaves, 1):
            if words:
                leaf.marks.insert(0, Watermark(words, leaf.width / 2, leaf.height / 2))
            leaf.marks += self._fixed(page.format(n=number, of=len(self.leaves)))
        return tuple(self.leaves)

    def _fixed(self, number: str) -> Sequence[Drawn]:
        f, width = self._furniture, self.width
        bottom = self.size[1] - MARGIN - FOOT + 3 * MM
        marks: list[Drawn] = [
            Stroke(MARGIN, bottom, MARGIN + width, bottom, Ink.EDGE),
            Written(MARGIN, bottom + MM, Type(f.foot, NOTE, width - 28 * MM), Ink.SECONDARY),
            Written(
                MARGIN + width - 26 * MM,
                bottom + MM,
                Type(number, NOTE, 26 * MM, right=True),
                Ink.SECONDARY,
            ),
        ]
        if f.left:
            marks.append(Written(MARGIN, MARGIN, Type(f.left, NOTE, width * 0.6), Ink.SECONDARY))
        badge = 18 * MM if f.training else 0.0
        if f.training:
            x = MARGIN + width - badge
            marks.append(Box(x, MARGIN - 0.8 * MM, badge, 5 * MM, Ink.TRAINING))
            words = Type(f.training, NOTE, badge)
            marks.append(Written(x + 2 * MM, MARGIN - 0.2 * MM, words, Ink.TRAINING))
        if f.right:
            words = Type(f.right, NOTE, width * 0.4 - badge - 2 * MM, right=True)
            marks.append(Written(MARGIN + width * 0.6, MARGIN, words, Ink.SECONDARY))
        return marks


def moved(mark: Drawn, x: float, y: float) -> Drawn:
    """The same mark elsewhere."""
    if isinstance(mark, Stroke):
        return replace(mark, x1=mark.x1 + x, x2=mark.x2 + x, y1=mark.y1 + y, y2=mark.y2 + y)
    return replace(mark, x=mark.x + x, y=mark.y + y)
