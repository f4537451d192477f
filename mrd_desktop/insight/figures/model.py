"""What every figure has: a heading, a table of its data, and sheets of any size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol, Self, TypeAlias

from mrd_desktop.insight.figures.board import Hatch, Heading, Shape, Size
from mrd_desktop.insight.figures.sheet import Sheet, Tone
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION, RESUMED
from mrd_desktop.texts import Text

Cell: TypeAlias = Text | str


@dataclass(frozen=True)
class Table:
    """The data of a figure, for a list on the screen, a file, and who does not see pictures."""

    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Figure(Protocol):
    """A figure: pure data, drawn at any size and in either language."""

    @property
    def heading(self) -> Heading:
        """Title, what it is about, notes."""

    @property
    def table(self) -> Table:
        """Its data."""

    def sheets(self, size: Size) -> tuple[Sheet, ...]:
        """The pages; at least one."""

    def stamped(self, stamp: Text) -> Self:
        """The same with a stamp at its foot."""


@dataclass(frozen=True)
class Headed:
    """Carries the heading."""

    heading: Heading

    def stamped(self, stamp: Text) -> Self:
        """The same with a stamp at its foot."""
        return replace(self, heading=replace(self.heading, stamp=stamp))


@dataclass(frozen=True, slots=True)
class Look:
    """How a group is told apart without colour: by the dash of its line, its mark, its hatch."""

    text: Text
    line: Tone
    fill: Tone
    dash: tuple[float, ...]
    shape: Shape
    hatch: Hatch


LOOKS: Final = {
    INTERMISSION: Look(
        Text("Intermission", "间歇组"),
        Tone.INTERMISSION_LINE,
        Tone.INTERMISSION,
        (),
        Shape.RING,
        Hatch.UP,
    ),
    CONTINUE: Look(
        Text("Continued", "持续治疗组"),
        Tone.CONTINUED,
        Tone.CONTINUED,
        (7, 3),
        Shape.FRAME,
        Hatch.PLAIN,
    ),
    RESUMED: Look(
        Text("Resumed", "已恢复治疗"),
        Tone.RESUMED_LINE,
        Tone.RESUMED,
        (2, 2),
        Shape.DISC,
        Hatch.DOWN,
    ),
}
MONTH: Final = 30.4375
NOBODY: Final = Text(
    "No subject yet. The figure fills as soon as a treatment choice is recorded.",
    "暂无受试者。录入治疗选择后即可显示。",
)


def percent(value: float) -> str:
    """A share in per cent with one decimal."""
    return f"{value * 100:.1f} %"


def months_of(days: int | None) -> str:
    """Days as months with one decimal, empty where there is no number."""
    return "" if days is None else f"{days / MONTH:.1f}"


def day_text(day: date | None) -> str:
    """A date, or nothing."""
    return day.isoformat() if day else ""
