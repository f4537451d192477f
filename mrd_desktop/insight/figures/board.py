"""A board to lay a figure out on: head, legend and foot first, the room between them is the plot's.

Everything drawn is kept inside the board; what a label needs is measured before it is placed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mrd_desktop.insight.figures.sheet import Align, Circle, Label, Mark, Path, Point, Sheet, Tone
from mrd_desktop.insight.figures.words import fitted, width, wrapped
from mrd_desktop.texts import Language, Text

NOTE: Final = 11.0
BODY: Final = 13.0
TITLE: Final = 16.0
MARGIN: Final = 20.0
GAP: Final = 8.0
LINE: Final = 15.0
"""Height of a line of notes."""
LEAST: Final = (560.0, 380.0)
"""A board is never smaller; a smaller room shows it scaled down."""
_STEP: Final = 5.0


class Shape(Enum):
    """Marks that differ without colour."""

    RING = "ring"
    DISC = "disc"
    CROSS = "cross"
    TICK = "tick"
    DASH = "dash"
    TRIANGLE = "triangle"
    SQUARE = "square"
    FRAME = "frame"
    DIAMOND = "diamond"
    ARROW = "arrow"


class Hatch(Enum):
    """Fills that differ without colour: the slope of their lines."""

    PLAIN = ()
    UP = (1,)
    DOWN = (-1,)
    BOTH = (1, -1)


@dataclass(frozen=True)
class Size:
    """How large a sheet is to be, and in which language."""

    width: float
    height: float
    language: Language


@dataclass(frozen=True)
class Key:
    """An entry of the legend: draws its sample around a place."""

    draw: Callable[[Board, float, float], None]
    text: Text


@dataclass(frozen=True)
class Heading:
    """What stands around every figure.

    Attributes:
        about: population, day of the analysis and number of subjects.
        notes: what must be read with it.
        stamp: who made it, when and of which records; of files and prints.
    """

    title: Text
    about: Text
    notes: tuple[Text, ...] = ()
    stamp: Text | None = None


class Board:
    """One sheet in the making; ``left``, ``top``, ``right``, ``bottom`` are what is still free.

    Without a heading it is a part of something that has its own: no head, foot or margin.
    """

    def __init__(self, size: Size, heading: Heading | None, page: tuple[int, int] = (1, 1)) -> None:
        self.language = size.language
        self.marks: list[Mark] = []
        self.heading = heading
        if heading is None:
            self.width, self.height = size.width, size.height
            self.left, self.top, self.right, self.bottom = 0.0, 0.0, self.width, self.height
            return
        self.width, self.height = max(size.width, LEAST[0]), max(size.height, LEAST[1])
        self.left, self.right = MARGIN, self.width - MARGIN
        self.top, self.bottom = MARGIN, self.height - MARGIN / 2
        self._head(heading, page)
        self._foot(heading)

    def say(self, text: Text) -> str:
        """A text in the language of the sheet."""
        return text.say(self.language)

    def sheet(self, description: str, title: str = "") -> Sheet:
        """What was laid out.

        Args:
            title: what it is, where it has no heading of its own.
        """
        title = title or (self.say(self.heading.title) if self.heading else "")
        return Sheet(self.width, self.height, title, description, tuple(self.marks))

    # --- marks ------------------------------------------------------------------------

    def label(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = NOTE,
        ink: Tone = Tone.TEXT,
        align: Align = Align.LEFT,
        strong: bool = False,
        role: str = "",
    ) -> None:
        """Words at a place."""
        if text:
            self.marks.append(Label(x, y, text, size, ink, align, strong, role))

    def path(
        self,
        points: Sequence[Point],
        ink: Tone | None = Tone.TEXT,
        *,
        wide: float = 1.0,
        dash: tuple[float, ...] = (),
        fill: Tone | None = None,
        alpha: float = 1.0,
        closed: bool = False,
        role: str = "",
    ) -> None:
        """A line through points."""
        if len(points) > 1:
            self.marks.append(Path(tuple(points), ink, wide, dash, fill, alpha, closed, role))

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        ink: Tone = Tone.LINE,
        *,
        wide: float = 1.0,
        dash: tuple[float, ...] = (),
        role: str = "",
    ) -> None:
        """A straight line."""
        self.path(((x1, y1), (x2, y2)), ink, wide=wide, dash=dash, role=role)

    def bar(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        fill: Tone,
        edge: Tone | None = None,
        hatch: Hatch = Hatch.PLAIN,
        *,
        alpha: float = 1.0,
        role: str = "",
    ) -> None:
        """A rectangle with its hatch."""
        corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
        self.path(corners, edge, fill=fill, alpha=alpha, closed=True, role=role)
        for slope in hatch.value:
            for ends in _hatched(x, y, wide, high, slope):
                self.path(ends, edge or Tone.TEXT, wide=0.8)

    def dot(
        self, x: float, y: float, shape: Shape, ink: Tone, radius: float = 4.0, *, role: str = ""
    ) -> None:
        """One of the marks."""
        r = radius
        white = Tone.SURFACE
        match shape:
            case Shape.RING:
                self.marks.append(Circle(x, y, r - 0.5, ink, 1.5, white, role))
            case Shape.DISC:
                self.marks.append(Circle(x, y, r - 0.5, ink, 1.0, ink, role))
            case Shape.CROSS:
                d = r * 0.8
                self.path(((x - d, y - d), (x + d, y + d)), ink, wide=1.6, role=role)
                self.path(((x - d, y + d), (x + d, y - d)), ink, wide=1.6)
            case Shape.TICK:
                self.path(((x, y - r), (x, y + r)), ink, wide=1.4, role=role)
            case Shape.DASH:
                self.path(((x - r, y), (x + r, y)), ink, wide=1.4, role=role)
            case Shape.TRIANGLE:
                points = ((x - r, y - r * 0.8), (x + r, y - r * 0.8), (x, y + r))
                self.path(points, ink, fill=ink, closed=True, role=role)
            case Shape.ARROW:
                points = ((x, y - r * 0.8), (x, y + r * 0.8), (x + r, y))
                self.path(points, ink, fill=ink, closed=True, role=role)
            case Shape.DIAMOND:
                points = ((x - r, y), (x, y - r), (x + r, y), (x, y + r))  # type: ignore[assignment]
                self.path(points, ink, fill=ink, closed=True, role=role)
            case Shape.SQUARE | Shape.FRAME:
                d = r * 0.8
                corners = ((x - d, y - d), (x + d, y - d), (x + d, y + d), (x - d, y + d))
                fill = ink if shape is Shape.SQUARE else white
                self.path(corners, ink, wide=1.5, fill=fill, closed=True, role=role)

    # --- around the plot --------------------------------------------------------------

    def _head(self, heading: Heading, page: tuple[int, int]) -> None:
        room = self.right - self.left
        number = f"{page[0]} / {page[1]}" if page[1] > 1 else ""
        self.label(
            self.right, self.top + TITLE * 0.8, number, ink=Tone.SECONDARY, align=Align.RIGHT
        )
        title = fitted(self.say(heading.title), TITLE * 1.09, room - width(number, NOTE) - GAP)
        self.label(self.left, self.top + TITLE * 0.8, title, size=TITLE, strong=True, role="title")
        self.top += TITLE + GAP
        self._lines(heading.about, room)

    def _lines(self, text: Text, room: float) -> None:
        for line in wrapped(self.say(text), NOTE, room, self.language):
            self.label(self.left, self.top + NOTE * 0.9, line, ink=Tone.SECONDARY)
            self.top += LINE
        self.top += GAP / 2

    def _foot(self, heading: Heading) -> None:
        room = self.right - self.left
        notes = [*heading.notes]
        lines = [x for n in notes for x in wrapped(self.say(n), NOTE, room, self.language)]
        stamp = heading.stamp
        last = wrapped(self.say(stamp), NOTE - 2, room, self.language) if stamp else []
        self.bottom -= (len(lines) + len(last)) * LINE
        y = self.bottom + LINE - 3
        for line in lines:
            self.label(self.left, y, line, ink=Tone.SECONDARY, role="note")
            y += LINE
        for line in last:
            self.label(self.left, y, line, size=NOTE - 2, ink=Tone.SECONDARY, role="stamp")
            y += LINE
        self.bottom -= GAP

    def legend(self, keys: Sequence[Key]) -> None:
        """The signs and what they mean, in as many lines as they need."""
        x, y = self.left, self.top + LINE / 2
        for key in keys:
            words = self.say(key.text)
            room = self.right - self.left - 34
            need = 34 + min(width(words, NOTE), room)
            if x > self.left and x + need > self.right:
                x, y = self.left, y + LINE + 2
            key.draw(self, x + 12, y)
            self.label(x + 30, y + NOTE * 0.36, fitted(words, NOTE, room), role="legend")
            x += need + GAP * 1.5
        if keys:
            self.top = y + LINE

    def empty(self, text: Text) -> None:
        """Words in the middle where there is nothing to draw."""
        room = self.right - self.left - 4 * MARGIN
        lines = wrapped(self.say(text), BODY, room, self.language)
        y = (self.top + self.bottom) / 2 - (len(lines) - 1) * LINE / 2
        for line in lines:
            x = (self.left + self.right) / 2
            self.label(x, y, line, size=BODY, ink=Tone.SECONDARY, align=Align.MIDDLE, role="empty")
            y += LINE * 1.3


def _hatched(x: float, y: float, wide: float, high: float, slope: int) -> list[tuple[Point, Point]]:
    """Diagonals that end at the edges of a rectangle."""
    lines: list[tuple[Point, Point]] = []
    start = _STEP / 2
    while start < wide + high:
        x1, y1 = min(start, wide), max(0.0, start - wide)
        x2, y2 = max(0.0, start - high), min(start, high)
        if slope < 0:
            y1, y2 = high - y1, high - y2
        if abs(x1 - x2) > 1:
            lines.append(((x + x1, y + y1), (x + x2, y + y2)))
        start += _STEP
    return lines
