"""What is derived of a subject at T0 and of its tumour marker (section 3.12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.scene import Line, Scene

RULE: Final = "3.12/1"
PRIMARY: Final = "BREAST"
"""Tissue from here is of the primary tumour, from anywhere else of a metastasis."""
_SETTINGS: Final = ("ADV", "MAINT")
_LONGEST_GAP: Final = 60
_AGAIN: Final = timedelta(weeks=6)
_STAINED: Final = 1


@dataclass(frozen=True, slots=True)
class MarkerConversion:
    """The first CA15-3 above its limit after T0 that follows a normal one (CA153CONV).

    Attributes:
        confirmed: it was above again within 6 weeks.
    """

    day: date
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Baseline:
    """Derived at T0; None where the data do not say.

    Attributes:
        lines: NLINES, the highest number of a line begun up to T0.
        anti_her2_days: ANTIHER2DUR, days on anti-HER2 drugs in the advanced setting and in
            maintenance before T0, gaps longer than 60 days left out.
        hormone_receptor: HR, of the latest metastasis that was tested, else of the primary.
        disease_free: DFI in months.
        oligo: OLIGO, ``Y`` or ``N``.
    """

    lines: int | None
    anti_her2_days: int | None
    hormone_receptor: str | None
    disease_free: Decimal | None
    oligo: str | None
    rule: str = RULE


def baseline(scene: Scene, t0: date) -> Baseline:
    """What a subject brought to the treatment choice."""
    history = scene.form("BCH")
    numbers = [
        int(n)
        for line in scene.forms("PRT")
        if (n := line.number("PRT.LINENO")) is not None
        and ((start := line.date("PRT.STDAT")) is None or start.earliest <= t0)
    ]
    return Baseline(
        lines=max(numbers, default=None),
        anti_her2_days=_days(sorted(_courses(scene, t0))),
        hormone_receptor=_receptor(scene),
        disease_free=history.number("BCH.DFI") if history else None,
        oligo=history.text("BCH.OLIGO") if history else None,
    )


def marker_conversion(scene: Scene, t0: date) -> MarkerConversion | None:
    """CA153CONV; None while the marker has not risen."""
    levels = [
        (day, level == "HIGH")
        for day, line in dated(scene.forms("TM"), "TM.LBDAT")
        if (level := line.text("TM.CA153IND"))
    ]
    normal = False
    for number, (day, high) in enumerate(levels):
        if high and normal and day > t0:
            again = any(h and d <= day + _AGAIN for d, h in levels[number + 1 :])
            return MarkerConversion(day, again)
        normal = not high
    return None


def _courses(scene: Scene, t0: date) -> Iterator[tuple[date, date]]:
    """First and last day of each line with an anti-HER2 drug, cut the day before T0."""
    for line in scene.forms("PRT"):
        if line.text("PRT.SETTING") not in _SETTINGS:
            continue
        drugs = {row.text("PRTD.DRUG") for row in line.rows("PRTD")}
        start, end = line.date("PRT.STDAT"), line.date("PRT.ENDAT")
        if start is None or not drugs & set(scene.study.drugs):
            continue
        ongoing = end is None and line.text("PRT.ONGO") == "Y"
        if end is None and not ongoing:
            continue
        last = min(end.latest if end else t0, t0 - timedelta(days=1))
        if start.earliest <= last:
            yield start.earliest, last


def _days(courses: list[tuple[date, date]]) -> int | None:
    """Days covered; a gap of at most 60 days is part of the treatment."""
    if not courses:
        return None
    total, (first, last) = 0, courses[0]
    for start, end in courses[1:]:
        if (start - last).days - 1 > _LONGEST_GAP:
            total += (last - first).days + 1
            first, last = start, end
        last = max(last, end)
    return total + (last - first).days + 1


def _receptor(scene: Scene) -> str | None:
    tested = [(row, found) for row in scene.rows("PATH") if (found := _stained(row)) is not None]
    metastases = [x for x in tested if x[0].text("PATH.SPECLOC") not in (None, PRIMARY)]
    chosen = metastases or [x for x in tested if x[0].text("PATH.SPECLOC") == PRIMARY]
    if not chosen:
        return None
    _, positive = max(chosen, key=lambda x: _taken(x[0]))
    return "POSITIVE" if positive else "NEGATIVE"


def _taken(row: Line) -> date:
    value = row.date("PATH.SPECDAT")
    return value.earliest if value else date.min


def _stained(row: Line) -> bool | None:
    """ER or PR of at least 1 %; None where neither is known."""
    found = [row.number(item) for item in ("PATH.ERPCT", "PATH.PRPCT")]
    words = [row.text(item) for item in ("PATH.ERRES", "PATH.PRRES")]
    if any(n is not None and n >= _STAINED for n in found) or "POSITIVE" in words:
        return True
    return False if any(n is not None for n in found) or "NEGATIVE" in words else None
