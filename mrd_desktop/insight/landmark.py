"""Negative predictive value over time after a negative sample at a landmark visit (section 3.8).

NPV(t) = 1 - P(progression within t | negative at the landmark), by Kaplan-Meier from the day of the
sample; censored at the last adequate assessment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.kaplan_meier import Curve, Observation, kaplan_meier
from mrd_desktop.study.rules.mrd_sequence import NEGATIVE, valid_results
from mrd_desktop.study.scene import Scene

RULE: Final = "3.8/3"
LANDMARKS: Final = ("M03", "M06", "M12")


def after_negative(subjects: Iterable[tuple[Scene, Course]], visit: str) -> Curve:
    """Freedom from progression, in days after the sample; S(t) is NPV(t).

    Only subjects without progression up to the day of the sample. Of several valid results of a
    visit (a sample that failed was repeated) the last one counts.
    """
    found = (_observation(scene, course, visit) for scene, course in subjects)
    return kaplan_meier(o for o in found if o is not None)


def _observation(scene: Scene, course: Course, visit: str) -> Observation | None:
    there = [(d, r) for d, r, x in valid_results(scene) if x.event.event == visit and d > course.t0]
    if not course.sound or course.end_unknown or not there or there[-1][1] != NEGATIVE:
        return None
    day = there[-1][0]
    if course.progression:
        length = (course.progression.day - day).days
        return Observation(length, True) if length > 0 else None
    return Observation((max([day, *course.scans]) - day).days, False)
