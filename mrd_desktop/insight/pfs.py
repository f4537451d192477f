"""Progression-free survival: the 13 cases of table 3.4 and the sensitivity analyses S1 to S4.

Case 13 is the cut of the data itself; cases 10 and 12 are decided by what counts as progression.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.outcome import Reason, State, TimeToEvent
from mrd_desktop.study.rules.new_lines import NewLine, new_lines
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_starts import unrecorded_starts
from mrd_desktop.study.scene import Scene

RULE: Final = "3.4/3"
_LEFT: Final = (
    "LOST TO FOLLOW-UP",
    "WITHDRAWAL BY SUBJECT",
    "WITHDRAWAL OF CONSENT",
)


class Analysis(Enum):
    """Which analysis."""

    MAIN = "main"
    AFTER_GAP = "S1"
    """Events after missed assessments count."""
    OFF_TREATMENT = "S2"
    """Censored where treatment is resumed (a dose in the intermission too) or the group changed."""
    ONE_LINE = "S3"
    """Censored at the start of another anti-cancer line."""
    PROVEN = "S4"
    """Progression needs imaging or pathology."""


def progression_free_survival(
    scene: Scene, course: Course, analysis: Analysis = Analysis.MAIN
) -> TimeToEvent | None:
    """T0 to progression or death, in days with T0 counted.

    None where an event lies before T0 or has no date; ``course.problems`` says which. A death
    without a date takes nothing from a progression before it.
    """
    if not course.sound or course.end_unknown:
        return None
    result = _unswitched(scene, course, analysis)
    if course.death_undated and not result.event and result.case != 6:
        return None
    if analysis is Analysis.OFF_TREATMENT:
        switch = min((day for day in _switches(scene) if day >= course.t0), default=None)
        change = NewLine(switch) if switch else None
        return _censored_at(result, change, Reason.SWITCH, 8)
    if analysis is Analysis.ONE_LINE:
        start = min(new_lines(scene, course.t0), key=lambda x: x.day, default=None)
        return _censored_at(result, start, Reason.NEW_LINE, 9)
    return result


def _unswitched(scene: Scene, course: Course, analysis: Analysis) -> TimeToEvent:
    progressed = course.progression
    day = progressed.day if progressed else None
    case = 11 if progressed and progressed.clinical else 1
    if progressed and progressed.clinical and analysis is Analysis.PROVEN:
        day, case = progressed.imaged, 1
    death = course.death
    if day is not None and (death is None or day <= death.day):
        event, reason, imputed = day, Reason.PROGRESSION, None
    elif death is not None:
        event, reason, imputed = death.day, Reason.DEATH, death.imputed
        case = 2 if course.scans and course.scans[0] < event else 5
    else:
        return _censored(scene, course)
    before = [d for d in course.scans if d < event]
    last = before[-1] if before else course.t0
    limit = scene.parameter("GAPQ6" if last >= course.sparse_from else "GAPQ3")
    if (event - last).days > limit and analysis is not Analysis.AFTER_GAP:
        return _ending(course.t0, last, State.CENSORED, Reason.GAP, 6)
    return _ending(course.t0, event, State.EVENT, reason, case, imputed)


def _censored(scene: Scene, course: Course) -> TimeToEvent:
    if not course.scans:
        return _ending(course.t0, course.t0, State.CENSORED, Reason.NO_ASSESSMENT, 4)
    end = scene.form("EOS")
    case = 7 if end and end.text("EOS.DSDECOD") in _LEFT else 3
    return _ending(course.t0, course.scans[-1], State.CENSORED, Reason.ASSESSMENT, case)


def _switches(scene: Scene) -> Iterator[date]:
    yield from (day for day, _ in dated(scene.forms("RES"), "RES.RESDAT"))
    yield from (day for day, _ in dated(scene.forms("GS"), "GS.GSDAT"))
    yield from (day for day, _ in unrecorded_starts(scene))


def _censored_at(
    result: TimeToEvent, start: NewLine | None, reason: Reason, case: int
) -> TimeToEvent:
    """The result, or an earlier end; what happens on the day of a change came before it."""
    if start is None or start.day >= result.end:
        return result
    return _ending(result.start, start.day, State.CENSORED, reason, case, start.imputed)


def _ending(
    t0: date, end: date, state: State, reason: Reason, case: int, imputed: str | None = None
) -> TimeToEvent:
    return TimeToEvent(t0, end, (end - t0).days + 1, state, reason, RULE, case, imputed)
