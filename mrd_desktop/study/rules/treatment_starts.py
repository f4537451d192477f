"""Starts of treatment after the pause: the one source of confirmation, time and person-time.

A resumption, a change of group, a change of treatment, a new line, and the first dose given in an
intermission although no resumption is recorded (CRF reference 3.1, 3.3, 3.4, 3.8, 3.9, 3.12).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from mrd_desktop.study.rules.new_lines import LINE_READS, new_lines
from mrd_desktop.study.rules.reading import TREATMENT_READS, dated, day_of
from mrd_desktop.study.rules.treatment_status import INTERMISSION, RESUMED, Period, periods
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero

CYTOTOXIC = frozenset(
    {"PACL", "NABP", "DOCE", "CAPE", "VINO", "GEMC", "CARB", "CISP", "ERIB", "UTID", "ANTH", "CYCL"}
    | {"CHOTH"}
)
"""Codes of CL.DRUG that end an interval beside the anti-HER2 drugs."""
START_READS = (
    *(*TREATMENT_READS, "TC.INTSTDAT", "CONV.ACTION", "CONV.ACTDAT"),
    *(*LINE_READS, "TX.DRUG"),
)
"""What the starts of treatment depend on."""


def systemic_drugs(scene: Scene) -> frozenset[str]:
    """Anti-HER2 and cytotoxic drugs; endocrine therapy and bone agents are none."""
    return CYTOTOXIC | frozenset(scene.study.drugs)


def doses(scene: Scene, after: date) -> Iterator[tuple[date, Line]]:
    """Systemic doses later than a day, oldest first: the last one before a pause may be of its
    first day."""
    drugs = systemic_drugs(scene)
    for day, line in dated(scene.forms("TX"), "TX.STDAT"):
        if day > after and line.text("TX.DRUG") in drugs:
            yield day, line


def unrecorded_starts(scene: Scene) -> Iterator[tuple[date, Line]]:
    """The first dose of each intermission in which one was given without a resumption."""
    for number, period in enumerate(periods(scene)):
        if period.status != INTERMISSION:
            continue
        begun = period.start
        if number == 0 and (told := day_of(scene, "TC.INTSTDAT")):
            begun = max(begun, told)
        given = next(doses(scene, begun), None)
        if given and (period.end is None or given[0] < period.end):
            yield given


def treated_periods(scene: Scene) -> tuple[Period, ...]:
    """The statuses since T0, an intermission ending with its first dose, recorded or not."""
    starts = [day for day, _ in unrecorded_starts(scene)]
    found: list[Period] = []
    for period in periods(scene):
        cut = next((d for d in starts if _within(d, period)), None)
        if period.status != INTERMISSION or cut is None:
            found.append(period)
        else:
            found += (replace(period, end=cut), Period(RESUMED, cut, period.end))
    return tuple(found)


def _within(day: date, period: Period) -> bool:
    return period.start < day and (period.end is None or day < period.end)


def treatment_starts(scene: Scene) -> Iterator[date]:
    """Days on which anti-cancer treatment was resumed or changed, or a new line began."""
    yield from (day for day, _ in dated(scene.forms("RES"), "RES.RESDAT"))
    for day, line in dated(scene.forms("GS"), "GS.GSDAT"):
        if line.text("GS.TO") == "CONTINUE":
            yield day
    for day, line in dated(scene.forms("CONV"), "CONV.ACTDAT"):
        if line.text("CONV.ACTION") == "CHANGE":
            yield day
    if (t0 := day_zero(scene)) is not None:
        yield from (line.day for line in new_lines(scene, t0))
    yield from (day for day, _ in unrecorded_starts(scene))
