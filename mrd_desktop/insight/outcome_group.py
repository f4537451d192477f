"""OUTGRP and DCSUP (section 3.12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from mrd_desktop.insight.baseline import marker_conversion
from mrd_desktop.insight.course import Course
from mrd_desktop.insight.intervals import systemic
from mrd_desktop.insight.mrd_time import conversion
from mrd_desktop.study.rules.mrd_sequence import POSITIVE, treatment_starts, valid_results
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_status import INTERMISSION
from mrd_desktop.study.scene import Scene

RULE: Final = "3.12/2"
_LOST: Final = ("LOST TO FOLLOW-UP", "WITHDRAWAL BY SUBJECT", "WITHDRAWAL OF CONSENT")


def outcome_group(scene: Scene, course: Course) -> str | None:
    """How the intermission went by the cut-off; None in the continued group.

    ``A`` still off, MRD and CA15-3 never positive, no progression; ``B`` restarted or converted
    before any progression; ``C`` progression without earlier conversion or marker rise; ``D``
    progression after one of them, off treatment; ``U`` unknown: lost, or no valid MRD result after
    T0, so that nobody knows whether MRD stayed negative.
    """
    if course.group != INTERMISSION:
        return None
    until = course.progression.day if course.progression else scene.today
    starts = (*treatment_starts(scene), *_doses(scene, course))
    restarted = any(course.t0 <= day < until for day in starts)
    event = conversion(scene)
    rise = marker_conversion(scene, course.t0)
    warned = any(x is not None and x.day <= until for x in (event, rise))
    looked = any(course.t0 < day <= until for day, _, _ in valid_results(scene))
    if course.progression:
        if restarted:
            return "B"
        return "D" if warned else "C" if looked else "U"
    restarted = restarted or any(day == until for day in starts)
    if restarted or warned or _ever_positive(scene, course):
        return "B"
    end = scene.form("EOS")
    lost = end is not None and end.text("EOS.DSDECOD") in _LOST
    return "U" if lost or not looked else "A"


def decision_support(scene: Scene) -> int | None:
    """The number of kinds of decision support given; None without the answer."""
    choice = scene.form("TC")
    if choice is None or not choice.codes("TC.AID"):
        return None
    return len(choice.codes("TC.AID") - {"NONE"})


def _doses(scene: Scene, course: Course) -> Iterator[date]:
    """Days of systemic treatment after T0, recorded as a resumption or not."""
    after = course.t0 + timedelta(days=1)  # the last dose before the pause may be of T0
    yield from (day for day, _, _ in systemic(scene, after))


def _ever_positive(scene: Scene, course: Course) -> bool:
    """A positive MRD or a high CA15-3 after T0, transient or not."""
    if any(r == POSITIVE and d > course.t0 for d, r, _ in valid_results(scene)):
        return True
    return any(
        line.text("TM.CA153IND") == "HIGH" and day > course.t0
        for day, line in dated(scene.forms("TM"), "TM.LBDAT")
    )
