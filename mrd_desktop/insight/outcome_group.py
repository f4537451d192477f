"""OUTGRP and DCSUP (section 3.12)."""

from __future__ import annotations

from typing import Final

from mrd_desktop.insight.baseline import marker_conversion
from mrd_desktop.insight.course import Course
from mrd_desktop.insight.mrd_time import conversion
from mrd_desktop.study.rules.mrd_sequence import POSITIVE, valid_results
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_starts import treatment_starts
from mrd_desktop.study.rules.treatment_status import INTERMISSION
from mrd_desktop.study.scene import Scene

RULE: Final = "3.12/3"
_LOST: Final = ("LOST TO FOLLOW-UP", "WITHDRAWAL BY SUBJECT", "WITHDRAWAL OF CONSENT")


def outcome_group(scene: Scene, course: Course) -> str | None:
    """How the intermission went by the cut-off; None in the continued group.

    ``A`` still off, MRD and CA15-3 never positive, no progression; ``B`` restarted or converted
    before any progression; ``C`` progression without earlier conversion or marker rise; ``D``
    progression after one of them, off treatment; ``U`` unknown: lost, dead without progression (no
    success, and none of the others), or no valid MRD result after T0, so that nobody knows whether
    MRD stayed negative. A rise found on the day of progression is not earlier than it.
    """
    if course.group != INTERMISSION:
        return None
    until = course.progression.day if course.progression else scene.today
    starts = tuple(treatment_starts(scene))
    restarted = any(course.t0 <= day < until for day in starts)
    event = conversion(scene)
    rise = marker_conversion(scene, course.t0)
    told = [x.day for x in (event, rise) if x is not None]
    looked = any(course.t0 < day <= until for day, _, _ in valid_results(scene))
    if course.progression:
        if restarted:
            return "B"
        warned = any(day < until for day in told)
        return "D" if warned else "C" if looked else "U"
    restarted = restarted or any(day == until for day in starts)
    if restarted or told or _ever_positive(scene, course):
        return "B"
    end = scene.form("EOS")
    lost = end is not None and end.text("EOS.DSDECOD") in _LOST
    died = course.death is not None or course.death_undated
    return "U" if lost or died or not looked else "A"


def decision_support(scene: Scene) -> int | None:
    """The number of kinds of decision support given; None without the answer."""
    choice = scene.form("TC")
    if choice is None or not choice.codes("TC.AID"):
        return None
    return len(choice.codes("TC.AID") - {"NONE"})


def _ever_positive(scene: Scene, course: Course) -> bool:
    """A positive MRD or a high CA15-3 after T0, transient or not."""
    if any(r == POSITIVE and d > course.t0 for d, r, _ in valid_results(scene)):
        return True
    return any(
        line.text("TM.CA153IND") == "HIGH" and day > course.t0
        for day, line in dated(scene.forms("TM"), "TM.LBDAT")
    )
