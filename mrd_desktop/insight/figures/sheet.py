"""A figure laid out: plain marks in pixels, for any painter.

There are three kinds of marks: paths, circles and labels; hatches and shapes are made of them. A
painter only turns each into what its device draws, so that screen, SVG, PNG and PDF are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from mrd_desktop.insight.figures.words import width

Point: TypeAlias = tuple[float, float]


class Tone(StrEnum):
    """Colours by name; what they are stands in :mod:`.palette` and in the theme of the screen."""

    SURFACE = "surface"
    TEXT = "text"
    SECONDARY = "secondary"
    LINE = "line"
    EDGE = "edge"
    ACCENT = "accent"
    TINT = "tint"
    HOVER = "hover"
    HARD = "hard"
    SOFT = "soft"
    GOOD = "good"
    NEGATIVE = "negative"
    POSITIVE = "positive"
    NO_RESULT = "no_result"
    INTERMISSION = "intermission"
    INTERMISSION_LINE = "intermission_line"
    CONTINUED = "continued"
    RESUMED = "resumed"
    RESUMED_LINE = "resumed_line"


class Align(StrEnum):
    """Where a label stands to its place."""

    LEFT = "start"
    MIDDLE = "middle"
    RIGHT = "end"


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, closed and filled where it says so.

    Attributes:
        role: what it stands for; tests and screen readers count by it.
        alpha: of the fill.
    """

    points: tuple[Point, ...]
    ink: Tone | None = Tone.TEXT
    width: float = 1.0
    dash: tuple[float, ...] = ()
    fill: Tone | None = None
    alpha: float = 1.0
    closed: bool = False
    role: str = ""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle, hollow or filled."""

    x: float
    y: float
    radius: float
    ink: Tone = Tone.TEXT
    width: float = 1.5
    fill: Tone | None = None
    role: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """Words; ``y`` is their base line."""

    x: float
    y: float
    text: str
    size: float = 11
    ink: Tone = Tone.TEXT
    align: Align = Align.LEFT
    strong: bool = False
    role: str = ""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the room it takes at most."""
        wide = width(self.text, self.size, strong=self.strong)
        left = {Align.LEFT: 0.0, Align.MIDDLE: wide / 2, Align.RIGHT: wide}[self.align]
        x = self.x - left
        return x, self.y - ASCENT * self.size, x + wide, self.y + DESCENT * self.size


ASCENT: Final = 0.9
DESCENT: Final = 0.24
Mark: TypeAlias = Path | Circle | Label


@dataclass(frozen=True)
class Sheet:
    """One page of a figure.

    Attributes:
        title: what it is, for the file and for screen readers.
        description: what it shows, in words, for who does not see it.
    """

    width: float
    height: float
    title: str
    description: str
    marks: tuple[Mark, ...]

    def labels(self) -> tuple[Label, ...]:
        """Its words."""
        return tuple(m for m in self.marks if isinstance(m, Label))

    def count(self, role: str) -> int:
        """How many marks stand for something."""
        return sum(m.role == role for m in self.marks)
