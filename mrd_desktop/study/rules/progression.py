"""Progression of a subject: the one date that every derivation counts from (CRF reference 3.4).

The earliest of what the PD form says and the scan that showed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mrd_desktop.study.rules.overall_response import first_progression, progression_day
from mrd_desktop.study.rules.reading import dated, day_of
from mrd_desktop.study.scene import Line, Scene

PROGRESSION_READS = (
    *("PD.PDDAT", "PD.BASIS", "TA.PERF", "TA.STDAT", "TA.OVRL"),
    *("NL.CERT", "NL.BXRES", "NL.DAT", "NL.LNKID", "TAL.STATE", "TAL.LNKID"),
)
"""What the progression of a subject depends on."""


@dataclass(frozen=True, slots=True)
class Progression:
    """Progression.

    Attributes:
        day: the earliest of the PD record and the scan showing it (of a doubtful finding that came
            true, the first scan).
        clinical: it rests on clinical judgement alone.
        imaged: the earliest scan showing it, None if none does.
    """

    day: date
    clinical: bool
    imaged: date | None


def progression(scene: Scene) -> Progression | None:
    """The progression of a subject; None where no date of one is known."""
    record, told, shown = scene.form("PD"), day_of(scene, "PD.PDDAT"), shown_on(scene)
    days = [d for d in (told, shown) if d]
    if not days:
        return None
    basis = record.codes("PD.BASIS") if record else frozenset()
    return Progression(min(days), basis == {"CLIN"}, shown)


def shown_on(scene: Scene) -> date | None:
    """The first scan that showed what an assessment calls progression (case 10 of table 3.4).

    Doubtful assessments directly before it count, unless both name their lesions and share none.
    Where no assessment calls it so, those directly before the recorded progression count, unless
    that rests on clinical judgement alone.
    """
    scan = first_progression(scene)
    if scan is None:
        return _doubted_before(scene)
    lesions = set(_lesions(scan, {"UNEQUIVOCAL", "PRESENT"}))
    return _dated_back(scene, scan.day("TA.STDAT"), progression_day(scan), lesions)


def _doubted_before(scene: Scene) -> date | None:
    """The doubtful scan that a recorded progression proved true, without another scan."""
    record, told = scene.form("PD"), day_of(scene, "PD.PDDAT")
    if record is None or told is None or record.codes("PD.BASIS") == {"CLIN"}:
        return None
    return _dated_back(scene, told, None, set())


def _dated_back(
    scene: Scene, start: date | None, day: date | None, lesions: set[str]
) -> date | None:
    for on, line in reversed(dated(scene.forms("TA"), "TA.STDAT")):
        overall = line.text("TA.OVRL")
        if start is None or on >= start or overall == "NE" or line.text("TA.PERF") != "Y":
            continue
        doubtful = _lesions(line, {"EQUIVOCAL"})
        if overall != "EQUIVOCAL" or (lesions and doubtful and lesions.isdisjoint(doubtful)):
            break
        known = [d for name, d in doubtful.items() if d and (not lesions or name in lesions)]
        day = min([on, *known]) if day is None else min([day, on, *known])
    return day


def _lesions(line: Line, states: set[str]) -> dict[str, date | None]:
    """Labels of lesions in one of some states, with the day of their own scan."""
    found: dict[str, date | None] = {}
    for row in line.rows("NL"):
        if row.text("NL.CERT") in states and (name := row.text("NL.LNKID")):
            found[name] = row.day("NL.DAT")
    for row in line.rows("TAL"):
        if row.text("TAL.STATE") in states and (name := row.text("TAL.LNKID")):
            found[name] = None
    return found
