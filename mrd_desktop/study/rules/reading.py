"""How rules read a subject: lines in order of date, single dates, names as a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time

from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text

TREATMENT_READS = ("TC.TCDAT", "TC.GROUP", "GS.GSDAT", "GS.TO", "RES.RESDAT")
"""What the treatment status on a day depends on."""


def day_of(scene: Scene, item: str) -> date | None:
    """A full date of a form that does not repeat."""
    line = scene.form(item.partition(".")[0])
    return line.day(item) if line else None


def dated(lines: Iterable[Line], item: str, clock: str | None = None) -> list[tuple[date, Line]]:
    """Lines that hold a full date, oldest first; those of one day by time, then as created."""
    found: list[tuple[date, time, int, Line]] = []
    for number, line in enumerate(lines):
        day = line.day(item)
        at = line[clock] if clock else None
        if day:
            found.append((day, at if isinstance(at, time) else time.min, number, line))
    return [(day, line) for day, _, _, line in sorted(found, key=lambda x: x[:3])]


def full(day: date | None) -> PartialDate | None:
    """A day as a date of the study."""
    return PartialDate.of(day) if day else None


def latest(value: PartialDate | None) -> date | None:
    """The last day a date may mean."""
    return value.latest if value else None


def joined(names: Sequence[Text]) -> Text | None:
    """Names as one list in both languages; None for no name."""
    if not names:
        return None
    return Text(", ".join(n.en for n in names), "、".join(n.zh for n in names))
