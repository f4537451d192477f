"""OUTGRP and DCSUP (section 3.12)."""

from __future__ import annotations

from typing import Final

from mrd_desktop.insight.baseline import marker_conversion
from mrd_desktop.insight.course import Course
from mrd_desktop.insight.mrd_time import conversion
from mrd_desktop.study.rules.mrd_sequence import POSITIVE, treatment_starts, valid_results
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_status import INTERMISSION
from mrd_desktop.study.scene import Scene

RULE: Final = "3.12/1"
_LOST: Final = ("LOST TO FOLLOW-UP", "WITHDRAWAL BY SUBJECT", "WITHDRAWAL OF CONSENT")


def outcome_group(scene: Scene, course: Course) -> str | None:
    """How the intermission went by the cut-off; None in the continued group.

    ``A`` still off, MRD and CA15-3 never positive, no progression; ``B`` restarted or converted
    before any progression; ``C`` progression without earlier conversion or marker rise; ``D``
    progression after one of them, off treatment; ``U`` unknown: lost.
    """
    if course.group != INTERMISSION:
        return None
    until = course.progression.day if course.progression else scene.today
    restarted = any(course.t0 <= day < until for day in treatment_starts(scene))
    event = conversion(scene)
    rise = marker_conversion(scene, course.t0)
    warned = any(x is not None and x.day <= until for x in (event, rise))
    if course.progression:
        if restarted:
            return "B"
        return "D" if warned else "C"
    restarted = restarted or any(day == until for day in treatment_starts(scene))
    if restarted or warned or _ever_positive(scene, course):
        return "B"
    end = scene.form("EOS")
    return "U" if end and end.text("EOS.DSDECOD") in _LOST else "A"


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
