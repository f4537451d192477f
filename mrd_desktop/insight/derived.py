"""Derived variables, visit windows, curves and MRD performance, as ``derive`` prints them.

Everything is a pure function of scenes whose data were cut at the day of the analysis. Dates are
ISO 8601, times are days; months have one decimal, ratios three, survival and proportions six, all
rounded half up. None stands where there is no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final

from mrd_desktop.insight.cohort import Cohort, curves
from mrd_desktop.insight.course import Course
from mrd_desktop.insight.course import course as course_of
from mrd_desktop.insight.intervals import off_treatment
from mrd_desktop.insight.kaplan_meier import Curve
from mrd_desktop.insight.mrd_time import lead_time, mrd_free_interval
from mrd_desktop.insight.outcome import TimeToEvent
from mrd_desktop.insight.outcome_group import outcome_group
from mrd_desktop.insight.overall_survival import overall_survival
from mrd_desktop.insight.performance import Variant, performance
from mrd_desktop.insight.pfs import progression_free_survival
from mrd_desktop.insight.proportion import Proportion
from mrd_desktop.insight.status import standing
from mrd_desktop.study.rules.treatment_status import status_on
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import day_zero, windows

_ONE: Final = Decimal("0.1")
_THREE: Final = Decimal("0.001")
_SIX: Final = Decimal("0.000001")


def subject_values(scene: Scene) -> Mapping[str, Any]:
    """The derived variables of one subject; null where there is no value."""
    choice, dm = scene.form("TC"), scene.form("DM")
    cr, ie = scene.form("CR"), scene.form("IE")
    enrolled = choice is not None and choice.text("TC.ENRYN") == "Y"
    t0 = day_zero(scene)
    paths = scene.rows("PATH")
    found = course_of(scene)
    return {
        "GROUP": choice.text("TC.GROUP") if choice and enrolled else None,
        "T0": t0.isoformat() if t0 and enrolled else None,
        "STATUS": status_on(scene, scene.today) or standing(scene).status.name,
        "AGE": _whole(dm.number("DM.AGE") if dm else None),
        "CRDUR": _number(cr.number("CR.CRDUR") if cr else None, _ONE),
        "HER2CALC": [x.text("PATH.HER2CALC") for x in paths],
        "ISHGRP": [_whole(x.number("PATH.ISHGRP")) for x in paths],
        "CA153REL": _marker_ratio(scene),
        "LVEF": _lvef(scene),
        "IE_AUTO": ie.text("IE.AUTO") if ie else None,
        **_endpoints(scene, found if isinstance(found, Course) else None),
        "VISITS": _visits(scene) if enrolled else None,
    }


def _endpoints(scene: Scene, course: Course | None) -> Mapping[str, Any]:
    if course is None:
        names = ("PFS", "OS", "MRDFI", "MRDFI_ANY", "LEAD", "TFI1", "OUTGRP")
        return dict.fromkeys(names)
    lead = lead_time(scene, course)
    return {
        "PFS": time_row(progression_free_survival(scene, course)),
        "OS": time_row(overall_survival(course)),
        "MRDFI": time_row(mrd_free_interval(scene, course)),
        "MRDFI_ANY": time_row(mrd_free_interval(scene, course, any_positive=True)),
        "LEAD": lead.days if lead else None,
        "TFI1": time_row(off_treatment(scene, course).first),
        "OUTGRP": outcome_group(scene, course),
    }


def time_row(time: TimeToEvent | None) -> Mapping[str, Any] | None:
    """A time to an event: days, event (1 or 0), date and reason."""
    if time is None:
        return None
    return {
        "days": time.days,
        "event": time.event,
        "date": time.end.isoformat(),
        "reason": time.reason.text.en,
    }


def _visits(scene: Scene) -> Mapping[str, int]:
    expected = [v for v in windows(scene) if v.expected]
    return {
        "expected": len(expected),
        "done": sum(v.done is not None for v in expected),
        "in_window": sum(v.in_window is True for v in expected),
    }


def km_tables(found: Cohort) -> Mapping[str, Any]:
    """Kaplan-Meier curves of PFS and OS for each group chosen at T0."""
    tables = {
        "PFS": curves(found, progression_free_survival),
        "OS": curves(found, lambda _scene, course: overall_survival(course)),
    }
    return {
        name: {group: _curve(curve) for group, curve in groups.items()}
        for name, groups in tables.items()
    }


def _curve(curve: Curve) -> Mapping[str, Any]:
    rows = [
        {
            "time": s.time,
            "at_risk": s.at_risk,
            "events": s.events,
            "censored": s.censored,
            "survival": share(s.survival),
        }
        for s in curve.steps
    ]
    return {"rows": rows, "median": curve.median}


def performance_tables(found: Cohort) -> Mapping[str, Any]:
    """MRD performance: the main analysis and the sensitivity analyses a, b and c."""
    tables = (performance(found.members, variant) for variant in Variant)
    return {
        t.variant.value: {
            "tp": t.tp,
            "fp": t.fp,
            "tn": t.tn,
            "fn": t.fn,
            "sensitivity": _value(t.sensitivity),
            "specificity": _value(t.specificity),
            "ppv": _value(t.ppv),
            "npv": _value(t.npv),
        }
        for t in tables
    }


def _value(found: Proportion | None) -> float | None:
    return None if found is None else share(found.value)


def share(value: Fraction | float) -> float:
    """A survival or a proportion with six decimals, half up."""
    exact = Fraction(value)
    scaled = (exact * 1_000_000 * 2 + 1) // 2
    return float(Decimal(int(scaled)) * _SIX)


def window_rows(scene: Scene) -> Iterable[Mapping[str, Any]]:
    """The scheduled visits of one subject after T0, with their windows."""
    t0 = day_zero(scene)
    for visit in windows(scene):
        w = visit.window
        if t0 is None or w.target <= t0:
            continue
        yield {
            "subject": scene.data.subject,
            "visit": visit.event.oid,
            "target": w.target.isoformat(),
            "opens": w.opens.isoformat(),
            "closes": w.closes.isoformat(),
            "done": visit.done.isoformat() if visit.done else None,
            "in_window": visit.in_window,
        }


def _marker_ratio(scene: Scene) -> float | None:
    """CA15-3 as a share of its limit at screening."""
    for x in scene.forms("TM"):
        value, limit = x.number("TM.CA153VAL"), x.number("TM.CA153ULN")
        if x.event.event == "SCR" and value is not None and limit:
            return float((value / limit).quantize(_THREE, ROUND_HALF_UP))
    return None


def _lvef(scene: Scene) -> Mapping[str, Any]:
    """Baseline, lowest value and largest drop from baseline (0 where it never fell)."""
    measured = [x for x in scene.forms("CV") if x.number("CV.LVEF") is not None]
    base = next((b for x in measured if (b := x.number("CV.BASE")) is not None), None)
    values = [v for x in measured if (v := x.number("CV.LVEF")) is not None]
    if base is None or not values:
        return {"base": None, "lowest": None, "largest_drop": None}
    drop = max((base - v for v in values), default=Decimal(0))
    return {
        "base": _whole(base),
        "lowest": _whole(min(values)),
        "largest_drop": _whole(max(drop, Decimal(0))),
    }


def _whole(value: Decimal | None) -> int | None:
    return None if value is None else int(value)


def _number(value: Decimal | None, step: Decimal) -> float | None:
    return None if value is None else float(value.quantize(step, ROUND_HALF_UP))
