"""Activity dates against death and the end of study (EC-152, EC-159)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.reading import full
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line

ACTIVITY = (
    "SV.VISDAT",
    "TC.TCDAT",
    "GS.GSDAT",
    "MRD.SAMPDAT",
    "TM.LBDAT",
    "VS.VSDAT",
    "PS.RSDAT",
    "LAB.LBDAT",
    "CV.CVDAT",
    "TA.STDAT",
    "TA.ENDAT",
    "AE.STDAT",
    "CM.STDAT",
    "TX.STDAT",
    "QOL.QSDAT",
    "RES.RESDAT",
    "PD.PDDAT",
    "PST.STDAT",
)
"""Dates on which the patient was alive. Report dates and attempts to reach her are none."""
STUDY_DATA = ("SV.VISDAT", "MRD.SAMPDAT", "TA.STDAT")
"""Dates that end with the study; survival follow-up (event SFU) goes on."""


def _last(line: Line, items: Iterable[str], without: str = "") -> date | None:
    days = (
        value.earliest
        for item in items
        for x in line.scene.forms(item.partition(".")[0])
        if x.event.event != without and (value := x.date(item))
    )
    return max(days, default=None)


@rule("last_activity", gives=Type.DATE, reads=ACTIVITY)
def last_activity(line: Line) -> PartialDate | None:
    """The last day of any activity."""
    return full(_last(line, ACTIVITY))


@rule("last_study_data", gives=Type.DATE, reads=STUDY_DATA)
def last_study_data(line: Line) -> PartialDate | None:
    """The last day of study data, survival follow-up left out."""
    return full(_last(line, STUDY_DATA, without="SFU"))
