"""Treatment status on a day (CRF reference 3.2): INTERMISSION, CONTINUE or RESUMED.

It starts as the group chosen at T0. Each group change sets it; a resumption turns an intermission
into RESUMED until a later change to INTERMISSION.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.reading import TREATMENT_READS, dated
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero

INTERMISSION, CONTINUE, RESUMED = "INTERMISSION", "CONTINUE", "RESUMED"


@dataclass(frozen=True, slots=True)
class Period:
    """Days of one status, the first included, the last not; ``end`` None while it lasts."""

    status: str
    start: date
    end: date | None

    @property
    def treated(self) -> bool:
        """Anti-HER2 therapy is given."""
        return self.status != INTERMISSION


def periods(scene: Scene) -> tuple[Period, ...]:
    """The statuses since T0, oldest first; empty before a group was chosen."""
    start, choice = day_zero(scene), scene.form("TC")
    group = choice.text("TC.GROUP") if choice else None
    if start is None or group is None:
        return ()
    # On one day a change to the intermission comes before the resumption that ends it.
    steps = [(day, 0, line.text("GS.TO")) for day, line in dated(scene.forms("GS"), "GS.GSDAT")]
    steps += [(day, 1, RESUMED) for day, _ in dated(scene.forms("RES"), "RES.RESDAT")]
    found = [(start, group)]
    for day, _, to in sorted(steps, key=lambda s: s[:2]):
        if to in (None, found[-1][1]) or (to == RESUMED and found[-1][1] != INTERMISSION):
            continue  # a change to the status she has already begins nothing
        found.append((max(day, start), to))
    ends = [day for day, _ in found[1:]] + [None]
    return tuple(Period(status, day, end) for (day, status), end in zip(found, ends, strict=True))


def status_on(scene: Scene, day: date) -> str | None:
    """The status on a day, None before T0."""
    current = None
    for period in periods(scene):
        if period.start <= day:
            current = period.status
    return current


@rule("treatment_status", gives=Type.CODE, reads=TREATMENT_READS, takes=(Type.DATE,))
def treatment_status(line: Line, value: PartialDate | None) -> str | None:
    """The status on a full date."""
    return status_on(line.scene, value.earliest) if value and value.full else None


@rule("group_before", gives=Type.CODE, reads=TREATMENT_READS, takes=(Type.DATE,), codelist="GROUP")
def group_before(line: Line, value: PartialDate | None) -> str | None:
    """The group to change from on a date: the status of the day before as a code of CL.GROUP.

    A patient who resumed is on treatment, so that a second intermission is a change from CONTINUE.
    """
    if value is None or not value.full:
        return None
    status = status_on(line.scene, value.earliest - timedelta(days=1))
    return CONTINUE if status == RESUMED else status


@rule(
    "status_at_progression",
    gives=Type.CODE,
    reads=(*TREATMENT_READS, "PD.PDDAT"),
    codelist="PDWHEN",
)
def status_at_progression(line: Line) -> str | None:
    """Treatment status at progression: that of the day before, so that a change of the same day,
    often caused by the progression, does not count (CRF reference 3.13, case 8)."""
    day = line.day("PD.PDDAT")
    if day is None:
        return None
    status = status_on(line.scene, day - timedelta(days=1)) or status_on(line.scene, day)
    return {INTERMISSION: "OFF", CONTINUE: "ON", RESUMED: "RESUMED"}.get(status or "")


@rule("on_treatment", gives=Type.BOOL, reads=(*TREATMENT_READS, "SV.VISDAT"))
def on_treatment(line: Line) -> bool | None:
    """Anti-HER2 therapy is given at the visit of this line (today when it has no date yet)."""
    visit = line.scene.at(line.event, "SV")
    day = (visit.day("SV.VISDAT") if visit else None) or line.scene.today
    status = status_on(line.scene, day)
    return None if status is None else status != INTERMISSION


@rule(
    "treated_in_intermission",
    gives=Type.BOOL,
    reads=(*TREATMENT_READS, "SV.TXYN", "SV.VISDAT", "SV.STAT", "PST.STDAT"),
)
def treated_in_intermission(line: Line) -> bool | None:
    """A visit reports treatment although the patient was in intermission since the last contact.

    The question covers the time since the last contact, so an intermission that began after it
    explains a dose; so does therapy after progression (EC-095).
    """
    day = line.day("SV.VISDAT")
    if line.text("SV.TXYN") != "Y" or day is None:
        return False
    scene = line.scene
    if any(d.earliest <= day for x in scene.forms("PST") if (d := x.date("PST.STDAT"))):
        return False
    before = [d for d, _ in dated(scene.forms("SV"), "SV.VISDAT") if d < day]
    since = before[-1] if before else day
    span = [p for p in periods(scene) if p.start <= day and (p.end is None or p.end > since)]
    return bool(span) and all(p.status == INTERMISSION for p in span)
