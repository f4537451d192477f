"""Derived variables and visit windows of every subject, as ``derive`` prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from mrd_desktop.insight.status import standing
from mrd_desktop.study.rules.treatment_status import status_on
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import day_zero, windows

_THREE: Final = Decimal("0.001")


def subject_values(scene: Scene) -> Mapping[str, Any]:
    """The derived variables of one subject; null where there is no value."""
    choice, dm = scene.form("TC"), scene.form("DM")
    cr, ie = scene.form("CR"), scene.form("IE")
    enrolled = choice is not None and choice.text("TC.ENRYN") == "Y"
    t0 = day_zero(scene)
    paths = scene.rows("PATH")
    due = windows(scene) if enrolled else ()
    expected = [v for v in due if v.expected]
    return {
        "GROUP": choice.text("TC.GROUP") if choice and enrolled else None,
        "T0": t0.isoformat() if t0 and enrolled else None,
        "STATUS": status_on(scene, scene.today) or standing(scene).status.name,
        "AGE": _whole(dm.number("DM.AGE") if dm else None),
        "CRDUR": _number(cr.number("CR.CRDUR") if cr else None),
        "HER2CALC": [x.text("PATH.HER2CALC") for x in paths],
        "ISHGRP": [_whole(x.number("PATH.ISHGRP")) for x in paths],
        "CA153REL": _marker_ratio(scene),
        "LVEF": _lvef(scene),
        "IE_AUTO": ie.text("IE.AUTO") if ie else None,
        "VISITS": {
            "expected": len(expected),
            "done": sum(v.done is not None for v in expected),
            "in_window": sum(v.in_window is True for v in expected),
        },
    }


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


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
