"""Adverse events against visits and treatment (EC-110, EC-114, EC-115)."""

from __future__ import annotations

from datetime import date, timedelta

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.reading import TREATMENT_READS, dated
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.rules.treatment_status import status_on
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero

RECENT_DOSE = 42
"""Days after a dose in which the treatment counts as still given (two three-week cycles)."""
LATE_EFFECT = 90
"""Days in which a dose may have caused an event."""
ACTIONS = (
    "DOSE REDUCED",
    "DOSE RATE REDUCED",
    "DRUG INTERRUPTED",
    "DRUG WITHDRAWN",
    "DOSE INCREASED",
)

_EVENTS = ("AE.STDAT", "AE.ENDAT", "AE.ONGO")
_THERAPY = ("TX.STDAT", "PRT.STDAT", "PRT.ENDAT", "PRT.ONGO", "PST.STDAT", "PST.ENDAT", "PST.ONGO")


@rule(
    "event_question_disagrees",
    gives=Type.BOOL,
    reads=(*_EVENTS, "SV.AEYN", "SV.VISDAT", "IC.RFICDAT"),
)
def event_question_disagrees(line: Line) -> bool:
    """The visit's question about adverse events and the list of events do not agree (EC-110).

    Since the former contact (consent before the first one): Y needs an event that may have begun,
    gone on or ended in that time; N allows none that certainly began or ended in it. An event of
    the visit day itself fits both answers: it may have come after the visit.
    """
    answer, day = line.text("SV.AEYN"), line.day("SV.VISDAT")
    since = _former_contact(line.scene, day) if day else None
    if answer is None or day is None or since is None:
        return False
    if answer == "Y":
        return not any(_may_overlap(x, since, day) for x in line.scene.forms("AE"))
    return any(_changed_within(x, since, day) for x in line.scene.forms("AE"))


def _former_contact(scene: Scene, day: date) -> date | None:
    before = [d for d, _ in dated(scene.forms("SV"), "SV.VISDAT") if d < day]
    consent = scene.form("IC")
    return before[-1] if before else consent.day("IC.RFICDAT") if consent else None


def _may_overlap(event: Line, since: date, until: date) -> bool:
    start, end = event.date("AE.STDAT"), event.date("AE.ENDAT")
    return start is not None and start.earliest <= until and (end is None or end.latest >= since)


def _changed_within(event: Line, since: date, until: date) -> bool:
    dates = (event.date("AE.STDAT"), event.date("AE.ENDAT"))
    return any(d is not None and d.earliest > since and d.latest < until for d in dates)


def _doses(scene: Scene) -> list[date]:
    return [d for d, _ in dated(scene.forms("TX"), "TX.STDAT")]


def _therapies(scene: Scene) -> list[tuple[date, date | None]]:
    """Earlier and later lines: first day, last day (None while they go on)."""
    found = []
    for form in ("PRT", "PST"):
        for line in scene.forms(form):
            start, end = line.date(f"{form}.STDAT"), line.date(f"{form}.ENDAT")
            ongoing = line.text(f"{form}.ONGO") == "Y"
            if start and (end or ongoing):
                found.append((start.earliest, end.latest if end else None))
    return found


@rule(
    "dose_before_event",
    gives=Type.BOOL,
    reads=(*_THERAPY, "AE.STDAT", "TC.TCDAT", "TC.LASTDOSE"),
)
def dose_before_event(line: Line) -> bool:
    """An anti-cancer drug was given in the 90 days before the event (EC-114).

    Lines that went on at screening count up to the last dose before the choice.
    """
    scene, start = line.scene, line.date("AE.STDAT")
    if start is None:
        return False
    first, last = start.earliest - timedelta(days=LATE_EFFECT), start.earliest
    choice = scene.form("TC")
    last_dose = choice.day("TC.LASTDOSE") if choice else None
    if any(first <= d <= last for d in _doses(scene)):
        return True
    return any(
        begun <= last and (ended or last_dose or last) >= first
        for begun, ended in _therapies(scene)
    )


@rule(
    "action_disagrees",
    gives=Type.BOOL,
    reads=(*TREATMENT_READS, *_THERAPY, "AE.STDAT", "AE.ACN"),
)
def action_disagrees(line: Line) -> bool:
    """The action taken does not fit the treatment at the start of the event (EC-115).

    NOT APPLICABLE needs a time without treatment; an action needs a treatment to act on, or a dose
    within 42 days before. "Dose not changed" and "unknown" fit both.
    """
    scene, day, action = line.scene, line.day("AE.STDAT"), line.text("AE.ACN")
    if day is None or action is None:
        return False
    recent = any(0 <= (day - d).days <= RECENT_DOSE for d in _doses(scene))
    treated = _treated(scene, day)
    if action == "NOT APPLICABLE":
        return treated and (recent or status_on(scene, day) is None)
    return action in ACTIONS and not treated and not recent


def _treated(scene: Scene, day: date) -> bool:
    """By the treatment status; before T0, and after progression, by the lines recorded."""
    start, status = day_zero(scene), status_on(scene, day)
    if status is not None and status != "INTERMISSION":
        return True
    return any(
        begun <= day and (ended is None or day <= ended)
        for begun, ended in _therapies(scene)
        if start is None or day < start or begun >= start
    )
