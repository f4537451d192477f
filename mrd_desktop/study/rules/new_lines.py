"""New anti-cancer lines after T0 (CRF reference 3.3, 3.4 case 9, 3.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.scene import Scene

NEXT = "NEXT"
"""Code of CL.TXCAT: a new line."""
LINE_READS = ("PST.STDAT", "TX.CAT", "TX.STDAT", "TX.LINENO")
"""What the new lines of a subject depend on, beside T0."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """The first day of a line; ``imputed`` is ``D`` (day) or ``M`` (month and day) or None."""

    day: date
    imputed: str | None = None


def new_lines(scene: Scene, t0: date) -> Iterator[NewLine]:
    """The lines begun from T0 on, in no order.

    A date known in part stands for its earliest day, but not before T0 (section 2.2). Of a line
    given in cycles the first dose counts. A line that lies wholly before T0 is none.
    """
    for line in scene.forms("PST"):
        if (start := line.date("PST.STDAT")) and start.latest >= t0:
            yield NewLine(max(start.earliest, t0), start.unknown)
    seen: set[object] = set()
    for day, dose in dated(scene.forms("TX"), "TX.STDAT"):
        number = dose.number("TX.LINENO")
        if dose.text("TX.CAT") == NEXT and number not in seen:
            seen.add(number)
            if day >= t0:
                yield NewLine(day)
