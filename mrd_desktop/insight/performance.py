"""How well MRD foretells progression, subject by subject (section 3.8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from mrd_desktop.insight.course import Course, evaluable
from mrd_desktop.insight.mrd_time import RECENT, conversion
from mrd_desktop.insight.proportion import Proportion, proportion
from mrd_desktop.study.rules.mrd_sequence import (
    Conversion,
    unturned_positives,
    valid_results,
)
from mrd_desktop.study.rules.treatment_starts import treatment_starts
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text

RULE: Final = "3.8/3"


NEVER_NEGATIVE: Final = Text(
    "never negative: positive after T0 without a negative result before it",
    "从未转阴：T0后阳性，此前无阴性结果",
)


class Variant(Enum):
    """Which analysis: treatment-modified subjects left out, as FP, as TP; any positive."""

    MAIN = "main"
    MODIFIED_FP = "a"
    MODIFIED_TP = "b"
    ANY_POSITIVE = "c"


class Cell(Enum):
    """The four cells of the table."""

    TP = "tp"
    FP = "fp"
    TN = "tn"
    FN = "fn"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a subject stands: in a cell, or (None) in none for a reason."""

    subject: str
    cell: Cell | None
    reason: Text | None = None


@dataclass(frozen=True)
class Performance:
    """The table with its four proportions; a proportion without a denominator is None.

    Attributes:
        unplaced: evaluable subjects that are in no cell, and enrolled ones that are not evaluable.
    """

    variant: Variant
    tp: int
    fp: int
    tn: int
    fn: int
    sensitivity: Proportion | None
    specificity: Proportion | None
    ppv: Proportion | None
    npv: Proportion | None
    unplaced: tuple[Placed, ...]
    rule: str = RULE


def performance(
    subjects: Iterable[tuple[Scene, Course]], variant: Variant = Variant.MAIN
) -> Performance:
    """The table over all enrolled subjects."""
    placed = [place(scene, course, variant) for scene, course in subjects]
    cells = [p.cell for p in placed]
    tp, fp, tn, fn = (cells.count(c) for c in (Cell.TP, Cell.FP, Cell.TN, Cell.FN))
    return Performance(
        variant,
        tp,
        fp,
        tn,
        fn,
        sensitivity=proportion(tp, tp + fn),
        specificity=proportion(tn, tn + fp),
        ppv=proportion(tp, tp + fp),
        npv=proportion(tn, tn + fn),
        unplaced=tuple(p for p in placed if p.cell is None),
    )


def place(scene: Scene, course: Course, variant: Variant = Variant.MAIN) -> Placed:
    """The cell of one subject."""
    found = _place(scene, course, variant)
    if isinstance(found, Cell):
        return Placed(course.subject, found)
    return Placed(course.subject, None, found)


def _place(scene: Scene, course: Course, variant: Variant) -> Cell | Text:
    if not course.sound or course.end_unknown:
        return Text("a date is missing or impossible", "日期缺失或不可能")
    if not evaluable(scene, course):
        return Text("no valid MRD after T0", "T0后无有效MRD结果")
    return _judged(scene, course, variant)


def _judged(scene: Scene, course: Course, variant: Variant) -> Cell | Text:
    event = conversion(scene, any_positive=variant is Variant.ANY_POSITIVE)
    until = course.progression.day if course.progression else scene.today
    if event is None and any(day <= until for day, _ in unturned_positives(scene)):
        return NEVER_NEGATIVE
    if course.progression:
        valid = [day for day, _, _ in valid_results(scene)]
        return _progressed(course.progression.day, event, valid)
    if event:
        return _converted(scene, course, event.day, variant)
    if _followed(scene, course, course.t0) and course.last_overall == "CR":
        return Cell.TN
    return Text("follow-up without progression is too short", "无进展随访时间不足")


def _progressed(day: date, event: Conversion | None, valid: Sequence[date]) -> Cell | Text:
    if event and event.day <= day:
        return Cell.TP
    if any(day - RECENT <= d <= day for d in valid):
        return Cell.FN
    return Text("no valid MRD in the 120 days before progression", "进展前120天内无有效MRD")


def _converted(scene: Scene, course: Course, day: date, variant: Variant) -> Cell | Text:
    if any(start >= day for start in treatment_starts(scene)):
        modified = {Variant.MODIFIED_FP: Cell.FP, Variant.MODIFIED_TP: Cell.TP}
        text = Text("treatment was resumed or changed after conversion", "转阳后恢复或更改治疗")
        return modified.get(variant, text)
    if _followed(scene, course, day):
        return Cell.FP
    return Text("follow-up after conversion is too short", "转阳后随访时间不足")


def _followed(scene: Scene, course: Course, since: date) -> bool:
    """Seen without progression long enough: up to the last adequate assessment."""
    last = max(course.scans, default=course.t0)
    return (last - since).days >= scene.parameter("MINFU")
