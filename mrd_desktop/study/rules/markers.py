"""Tumour markers (CRF reference 2.11.10, 2.14)."""

from __future__ import annotations

from decimal import Decimal

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line

USUAL_LIMITS = {"CA153": (15, 40), "CEA": (3, 10), "CA125": (20, 50)}
"""Usual upper limits of normal, in U/mL and ng/mL."""


@rule("unusual_limit", gives=Type.NUMBER, reads=tuple(f"TM.{m}ULN" for m in USUAL_LIMITS))
def unusual_limit(line: Line) -> Decimal | None:
    """The first upper limit of normal outside its usual span, None if all are usual."""
    for marker, (low, high) in USUAL_LIMITS.items():
        limit = line.number(f"TM.{marker}ULN")
        if limit is not None and not low <= limit <= high:
            return limit
    return None
