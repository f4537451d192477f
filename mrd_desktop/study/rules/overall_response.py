"""Overall tumour assessment and progression (CRF reference 2.9; RECIST 1.1 seen from CR)."""

from __future__ import annotations

from datetime import date

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.body_sites import missing_regions
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line, Scene

NOT_BREAST_CANCER = ("BENIGN", "SECOND")
_LESIONS = ("NL.CERT", "NL.BXRES", "TAL.STATE")


def _open_lesions(line: Line) -> list[Line]:
    """New lesions whose biopsy did not rule progression out."""
    return [x for x in line.rows("NL") if x.text("NL.BXRES") not in NOT_BREAST_CANCER]


def response(line: Line) -> tuple[str, bool]:
    """The overall assessment by table 2.9, and whether only missing regions keep it from CR.

    PET lines 4 and 5 of the table follow from the certainty stated: a focus seen by PET alone,
    without baseline PET, is EQUIVOCAL (EC-094 asks about an UNEQUIVOCAL one).
    """
    certain = {x.text("NL.CERT") for x in _open_lesions(line)}
    states = {x.text("TAL.STATE") for x in line.rows("TAL")}
    if "UNEQUIVOCAL" in certain or "PRESENT" in states:
        return "PD", False
    if "EQUIVOCAL" in certain | states:
        return "EQUIVOCAL", False
    if "NE" in states:
        return "NE", False
    return ("NE", True) if missing_regions(line) else ("CR", False)


@rule(
    "overall_response_disagrees",
    gives=Type.BOOL,
    reads=(*_LESIONS, "TA.OVRL", "TA.REGION", "CRL.LOC"),
)
def overall_response_disagrees(line: Line) -> bool:
    """The overall assessment is not the one of the table.

    Where only a region was not imaged CR may be kept; the soft check EC-092 asks for the reason.
    """
    stated = line.text("TA.OVRL")
    by_table, only_regions = response(line)
    if stated is None or (stated == "CR" and only_regions):
        return False
    return stated != by_table


def progression_day(line: Line) -> date | None:
    """The earliest scan of an assessment that shows progression."""
    days = [x.day("NL.DAT") for x in _open_lesions(line) if x.text("NL.CERT") == "UNEQUIVOCAL"]
    if any(x.text("TAL.STATE") == "PRESENT" for x in line.rows("TAL")) or not any(days):
        days.append(line.day("TA.STDAT"))
    return min((d for d in days if d), default=None)


def first_progression(scene: Scene) -> Line | None:
    """The first assessment with OVRL = PD that took place."""
    found = (
        x
        for _, x in dated(scene.forms("TA"), "TA.STDAT")
        if x.text("TA.PERF") == "Y" and x.text("TA.OVRL") == "PD"
    )
    return next(found, None)


@rule(
    "progression_undocumented",
    gives=Type.BOOL,
    reads=(*_LESIONS, "TA.PERF", "TA.OVRL", "TA.STDAT", "NL.DAT", "PD.PDDAT", "PD.BASIS"),
)
def progression_undocumented(line: Line) -> bool:
    """On the first assessment with OVRL = PD: there is no PD form. On the PD form: its date is not
    that of the earliest scan showing it (EC-099).

    A doubtful scan that came true may give the date (2.9). Clinical or pathological progression may
    come before the scan, so their dates are not compared.
    """
    scene = line.scene
    first = first_progression(scene)
    if first is None:
        return False
    if line.form.form == "TA":
        return first.form.key == line.form.key and not scene.forms("PD")
    basis, day, shown = line.codes("PD.BASIS"), line.day("PD.PDDAT"), progression_day(first)
    if not basis or day is None or shown is None or basis & {"CLIN", "PATH"}:
        return False
    doubtful = {
        d
        for start, x in dated(scene.forms("TA"), "TA.STDAT")
        if x.text("TA.OVRL") == "EQUIVOCAL" and start <= shown
        for d in (start, *(n.day("NL.DAT") for n in x.rows("NL")))
    }
    return day != shown and day not in doubtful
