"""Overall survival (section 3.5): T0 to death from any cause."""

from __future__ import annotations

from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.outcome import Reason, State, TimeToEvent

RULE: Final = "3.5/1"


def overall_survival(course: Course) -> TimeToEvent | None:
    """Days with T0 counted; the living are censored at the last day known alive.

    None where death has no date or lies before T0; ``course.problems`` says which.
    """
    death = course.death
    if any(p.item == "DTH.DTHDAT" and not p.used for p in course.problems):
        return None
    end = death.day if death else course.last_alive
    state, reason = (State.EVENT, Reason.DEATH) if death else (State.CENSORED, Reason.ALIVE)
    days = (end - course.t0).days + 1
    imputed = death.imputed if death else None
    return TimeToEvent(course.t0, end, days, state, reason, RULE, imputed=imputed)
