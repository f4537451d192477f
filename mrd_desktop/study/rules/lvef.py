"""LVEF: baseline, grade, overdue checks (CRF reference 2.8, EC-131; CTCAE v5.0)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.reading import TREATMENT_READS, dated, day_of, latest
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.rules.treatment_status import periods
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero

_MEASURED = ("CV.CVDAT", "CV.LVEF", "TC.TCDAT")


def measured(scene: Scene) -> list[tuple[date, Line]]:
    """The records with a measured LVEF, oldest first."""
    return [(d, x) for d, x in dated(scene.forms("CV"), "CV.CVDAT") if x.number("CV.LVEF")]


def baseline(scene: Scene) -> Line | None:
    """The last LVEF at or before T0; the last one of screening for a subject without T0."""
    start = day_zero(scene)
    before = [x for d, x in measured(scene) if (d <= start if start else x.event.event == "SCR")]
    return before[-1] if before else None


@rule("lvef_baseline", gives=Type.NUMBER, reads=_MEASURED)
def lvef_baseline(line: Line) -> Decimal | None:
    """The baseline LVEF in per cent."""
    found = baseline(line.scene)
    return found.number("CV.LVEF") if found else None


@rule("lvef_grade", gives=Type.NUMBER, reads=_MEASURED)
def lvef_grade(line: Line) -> Decimal | None:
    """CTCAE grade of "ejection fraction decreased"; a value of 50 without a fall is grade 2 by the
    wording of CTCAE."""
    value = line.number("CV.LVEF")
    if value is None:
        return None
    base = lvef_baseline(line)
    fall = base - value if base is not None else Decimal(0)
    if value < 20:
        return Decimal(4)
    if value < 40 or fall >= 20:
        return Decimal(3)
    return Decimal(2 if value <= 50 or fall >= 10 else 0)


@rule("baseline_method", gives=Type.CODE, reads=("CV.METHOD", *_MEASURED), codelist="CVMETH")
def baseline_method(line: Line) -> str | None:
    """The method of the baseline LVEF."""
    found = baseline(line.scene)
    return found.text("CV.METHOD") if found else None


@rule(
    "lvef_overdue",
    gives=Type.BOOL,
    reads=(*TREATMENT_READS, *_MEASURED, "PD.PDDAT", "DTH.DTHDAT", "EOS.DSSTDAT"),
)
def lvef_overdue(line: Line) -> bool:
    """More than P.LVEFON days on anti-HER2 therapy without LVEF before this record or, at the last
    one, since it.

    Counting starts at the later of the last LVEF and the start of treatment, and ends with
    progression, death or the end of study.
    """
    scene = line.scene
    records = measured(scene)
    place = next((n for n, (_, x) in enumerate(records) if x.form.key == line.form.key), None)
    if place is None:
        return False
    before = records[place - 1][0] if place else date.min
    this = records[place][0]
    if _untested(scene, before, this):
        return True
    return place + 1 == len(records) and _untested(scene, this, _end(scene))


def _untested(scene: Scene, last: date, until: date) -> bool:
    limit = scene.parameter("LVEFON")
    return any(
        (min(until, period.end or until) - max(last, period.start)).days > limit
        for period in periods(scene)
        if period.treated
    )


def _end(scene: Scene) -> date:
    """The day up to which a measurement can be missed."""
    death = scene.form("DTH")
    ends = (
        day_of(scene, "PD.PDDAT"),
        day_of(scene, "EOS.DSSTDAT"),
        latest(death.date("DTH.DTHDAT")) if death else None,
    )
    return min([scene.today, *(e for e in ends if e)])
