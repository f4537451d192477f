"""Rows that endpoints would read if their date were known, and dates in an impossible order.

Entry asks for these dates; a store may lack them all the same, from another program or because a
form is not finished. Each such row is told with its place, so that nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from mrd_desktop.insight.outcome import Problem
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text

READ: Final = (
    *("SV.VISDAT", "MRD.SAMPDAT", "TM.LBDAT", "TA.STDAT", "RES.RESDAT", "GS.GSDAT", "TX.STDAT"),
    *("PST.STDAT", "CONV.ACTDAT", "SS.SSDAT", "SS.LSTALV", "EOS.DSSTDAT", "EOS.LSTCONT"),
    *("LAB.LBDAT", "CV.CVDAT", "QOL.QSDAT", "VS.VSDAT", "PS.RSDAT", "PRT.STDAT", "PRX.STDAT"),
)
"""The date by which the row of a form is read. Those of choice, progression and death, without
which a subject has no endpoint, are told by :mod:`.course`."""
AFTER_CHOICE: Final = (
    *("RES.RESDAT", "GS.GSDAT", "TX.STDAT", "PST.STDAT", "CONV.ACTDAT", "SS.SSDAT"),
    "EOS.DSSTDAT",
)
"""What can happen to an enrolled subject from T0 on only."""
_IN_ORDER: Final = (
    ("TX.STDAT", "TX.ENDAT"),
    ("PRT.STDAT", "PRT.ENDAT"),
    ("PST.STDAT", "PST.ENDAT"),
    ("TA.STDAT", "TA.ENDAT"),
)
_UNDATED: Final = Text("no date: the row is in no time or sequence", "无日期，未用于时间或次序")
_NO_GROUP: Final = Text(
    "a change of group does not say to which: it changes nothing", "换组记录未写明新组别，未生效"
)
_EARLY: Final = Text("lies before T0", "早于T0")
_LATE_CONSENT: Final = Text("consent is dated after T0", "知情同意日期晚于T0")
_TURNED: Final = Text("ends before it begins", "结束早于开始")


def undated(scene: Scene) -> Iterator[Problem]:
    """Rows whose date the definition asks for and nobody gave."""
    for oid in READ:
        shown = scene.study.by_item[oid].show_when
        for line in scene.forms(oid.partition(".")[0]):
            if line.date(oid) is not None or not line.filled:
                continue
            if shown is None or shown.value(line) is not False:
                yield _problem(scene, line, oid, _UNDATED)
    for line in scene.forms("GS"):
        if line.day("GS.GSDAT") and line.text("GS.TO") is None:
            yield _problem(scene, line, "GS.TO", _NO_GROUP)


def disordered(scene: Scene, t0: date) -> Iterator[Problem]:
    """Dates of an enrolled subject that cannot stand in this order."""
    for oid in AFTER_CHOICE:
        for line in scene.forms(oid.partition(".")[0]):
            if (day := line.date(oid)) and day.latest < t0:
                yield _problem(scene, line, oid, _EARLY)
    for line in scene.forms("IC"):
        if (day := line.date("IC.RFICDAT")) and day.earliest > t0:
            yield _problem(scene, line, "IC.RFICDAT", _LATE_CONSENT)
    for first, last in _IN_ORDER:
        for line in scene.forms(first.partition(".")[0]):
            start, end = line.date(first), line.date(last)
            if start and end and end.latest < start.earliest:
                yield _problem(scene, line, last, _TURNED)


def _problem(scene: Scene, line: Line, oid: str, text: Text) -> Problem:
    return Problem(scene.data.subject, oid, text, used=True, address=str(line.key(oid)))
