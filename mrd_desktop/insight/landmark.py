"""Negative predictive value over time after a negative sample at a landmark visit (section 3.8).

NPV(t) = 1 - P(progression within t | negative at the landmark), by Kaplan-Meier from the day of the
sample; censored at the last adequate assessment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.kaplan_meier import Curve, Observation, kaplan_meier
from mrd_desktop.study.address import EventKey
from mrd_desktop.study.rules.mrd_sequence import NEGATIVE
from mrd_desktop.study.scene import Scene

RULE: Final = "3.8/1"
LANDMARKS: Final = ("M03", "M06", "M12")


def after_negative(subjects: Iterable[tuple[Scene, Course]], visit: str) -> Curve:
    """Freedom from progression, in days after the sample; S(t) is NPV(t).

    Only subjects with a negative sample of that visit and without progression up to its day.
    """
    found = (_observation(scene, course, visit) for scene, course in subjects)
    return kaplan_meier(o for o in found if o is not None)


def _observation(scene: Scene, course: Course, visit: str) -> Observation | None:
    sample = scene.at(EventKey(course.subject, visit), "MRD")
    day = sample.day("MRD.SAMPDAT") if sample else None
    if sample is None or day is None or sample.text("MRD.RESULT") != NEGATIVE:
        return None
    if not course.sound or day <= course.t0:
        return None
    if course.progression:
        length = (course.progression.day - day).days
        return Observation(length, True) if length > 0 else None
    return Observation((max([day, *course.scans]) - day).days, False)
