"""HER2 status and ISH group of a specimen (CRF reference 2.7; ASCO/CAP 2018, affirmed 2023)."""

from __future__ import annotations

from decimal import Decimal

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line

RATIO_LIMIT = Decimal(2)
COPIES_LOW = Decimal(4)
COPIES_HIGH = Decimal(6)
POSITIVE, NEGATIVE, UNDETERMINED = "POSITIVE", "NEGATIVE", "UNDET"
_ISH = ("PATH.ISHYN", "PATH.ISHPROBE", "PATH.HER2RAT", "PATH.HER2CN")


@rule("ish_group", gives=Type.NUMBER, reads=_ISH)
def ish_group(line: Line) -> Decimal | None:
    """The ASCO/CAP group 1 to 5 of a dual-probe ISH, None when a number is missing."""
    if line.text("PATH.ISHYN") != "Y" or line.text("PATH.ISHPROBE") != "DUAL":
        return None
    ratio, copies = line.number("PATH.HER2RAT"), line.number("PATH.HER2CN")
    if ratio is None or copies is None:
        return None
    if ratio >= RATIO_LIMIT:
        group = 1 if copies >= COPIES_LOW else 2
    elif copies >= COPIES_HIGH:
        group = 3
    else:
        group = 4 if copies >= COPIES_LOW else 5
    return Decimal(group)


@rule("her2_status", gives=Type.CODE, reads=("PATH.HER2IHC", *_ISH), codelist="HER2STAT")
def her2_status(line: Line) -> str | None:
    """The HER2 status by rule from IHC score and ISH; None before the IHC score is known."""
    score = line.text("PATH.HER2IHC")
    if score == "3+":
        return POSITIVE
    if score is None:
        return None
    if line.text("PATH.ISHYN") != "Y":
        return UNDETERMINED if score == "2+" else NEGATIVE
    if line.text("PATH.ISHPROBE") == "SINGLE":
        return _by_copies(line.number("PATH.HER2CN"))
    group = ish_group(line)
    if group is None:
        return UNDETERMINED
    # Groups 2 to 4 were recounted by a second observer: only group 3 with IHC 2+ stays positive.
    return POSITIVE if group == 1 or (group == 3 and score == "2+") else NEGATIVE


def _by_copies(copies: Decimal | None) -> str:
    """Single probe: 4.0 to 5.9 copies need a dual probe."""
    if copies is None or COPIES_LOW <= copies < COPIES_HIGH:
        return UNDETERMINED
    return POSITIVE if copies >= COPIES_HIGH else NEGATIVE
