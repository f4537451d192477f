"""The sequence of MRD results: conversion, its confirmation, lead time (CRF reference 3.3, 3.7).

POSITIVE and NEGATIVE are valid. INDETERMINATE and FAILED are neither event nor evidence of absence:
they are skipped. A conversion is a POSITIVE after T0 whose last valid result before is NEGATIVE;
the next valid result decides what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.progression import PROGRESSION_READS, progression
from mrd_desktop.study.rules.reading import dated, full
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.rules.treatment_starts import START_READS, treatment_starts
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero

POSITIVE, NEGATIVE = "POSITIVE", "NEGATIVE"
PENDING, CONFIRMED, TRANSIENT, NOTDONE = "PENDING", "CONFIRMED", "TRANSIENT", "NOTDONE"
GRACE = 14
"""Days beyond P.CONFHI before a confirmation counts as not done."""
MARKER_DAYS = 42
"""How far from the first positive a CA15-3 result still describes it."""

_SAMPLES = (
    *("TC.TCDAT", "MRD.PERF", "MRD.RESULT", "MRD.SAMPDAT", "MRD.SAMPTIM"),
    *PROGRESSION_READS,
)
_ANCHORS = ("CONV.INFDAT", "CONV.CONFDAT", "CONV.ACTDAT")


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion.

    Attributes:
        first: the MRD record of the first positive sample, taken on ``day``.
        last_negative: the day of the last negative sample before it.
        status: code of CL.CONVST.
    """

    first: Line
    day: date
    last_negative: date
    status: str


def valid_results(scene: Scene) -> list[tuple[date, str, Line]]:
    """The valid results by date of the sample.

    Only of samples that were taken: a result left over on a form that says "not done" is none.
    Where results of one day contradict each other and their times do not tell which came first,
    the positive ones stand and the negative ones are no evidence of absence.
    """
    found = _taken(scene)
    left_out = {line.form.key for _, r, line in _contradictory(found) if r == NEGATIVE}
    return [x for x in found if x[2].form.key not in left_out]


def contradictory_results(scene: Scene) -> list[Line]:
    """Valid results of one day that contradict each other, in an order that nobody knows."""
    return [line for _, _, line in _contradictory(_taken(scene))]


def unturned_positives(scene: Scene) -> list[tuple[date, Line]]:
    """Positive samples after T0 that no negative one stands before: MRD was positive from the
    first valid result on, or at T0 and ever since. They are no conversion."""
    if (start := day_zero(scene)) is None:
        return []
    found: list[tuple[date, Line]] = []
    turned = False
    for day, result, line in valid_results(scene):
        if result == NEGATIVE:
            turned = True
        elif day <= start:
            turned = False
        elif not turned:
            found.append((day, line))
    return found


def _taken(scene: Scene) -> list[tuple[date, str, Line]]:
    return [
        (day, result, line)
        for day, line in dated(scene.forms("MRD"), "MRD.SAMPDAT", "MRD.SAMPTIM")
        if line.text("MRD.PERF") == "Y"
        and (result := line.text("MRD.RESULT")) in (POSITIVE, NEGATIVE)
    ]


def _contradictory(
    found: Sequence[tuple[date, str, Line]],
) -> Iterator[tuple[date, str, Line]]:
    for _, group in groupby(found, key=lambda x: x[0]):
        rows = list(group)
        times = {line["MRD.SAMPTIM"] for _, _, line in rows}
        if len({r for _, r, _ in rows}) > 1 and (None in times or len(times) < len(rows)):
            yield from rows


def conversions(scene: Scene) -> tuple[Conversion, ...]:
    """The conversions of a subject, oldest first; none before T0 is known."""
    start, results = day_zero(scene), valid_results(scene)
    if start is None:
        return ()
    progressed = _progressed(scene)
    found: list[Conversion] = []
    positive_before = False
    for number, (day, result, line) in enumerate(results):
        if result != POSITIVE or day <= start:
            continue
        # A first positive at or after progression is "positive at progression", no conversion.
        at_progression = progressed is not None and progressed <= day and not positive_before
        positive_before = True
        if number and results[number - 1][1] == NEGATIVE and not at_progression:
            after = results[number + 1] if number + 1 < len(results) else None
            status = _status(scene, day, after)
            found.append(Conversion(line, day, results[number - 1][0], status))
    return tuple(found)


def _status(scene: Scene, day: date, after: tuple[date, str, Line] | None) -> str:
    if after is None:
        limit = int(scene.parameter("CONFHI")) + GRACE
        return PENDING if scene.today <= day + timedelta(days=limit) else NOTDONE
    if after[1] == POSITIVE:
        return CONFIRMED
    # A sample of the day on which treatment starts was taken before it.
    treated = any(day <= start < after[0] for start in treatment_starts(scene))
    return NOTDONE if treated else TRANSIENT


def conversion_of(line: Line) -> Conversion | None:
    """The conversion a CONV form is about.

    It is the last one before the patient was informed (else the confirming sample, else the
    decision); before any of these dates is known the forms follow the conversions in order.
    """
    found = conversions(line.scene)
    anchor = next((d for item in _ANCHORS if (d := line.day(item))), None)
    if anchor:
        return next((c for c in reversed(found) if c.day <= anchor), None)
    place = [x.form.key for x in line.scene.forms("CONV")].index(line.form.key)
    return found[place] if place < len(found) else None


def first_conversion(scene: Scene) -> Conversion | None:
    """The conversion event of the main definition: the first that was not transient."""
    return next((c for c in conversions(scene) if c.status != TRANSIENT), None)


@rule(
    "conversion_status",
    gives=Type.CODE,
    reads=(*_SAMPLES, *_ANCHORS, *START_READS),
    codelist="CONVST",
)
def conversion_status(line: Line) -> str | None:
    """What the MRD records make of the conversion of a CONV form."""
    found = conversion_of(line)
    return found.status if found else None


@rule("first_positive_day", gives=Type.DATE, reads=(*_SAMPLES, *_ANCHORS))
def first_positive_day(line: Line) -> PartialDate | None:
    """Date of the first positive sample of a CONV form's conversion."""
    found = conversion_of(line)
    return full(found.day) if found else None


@rule("first_positive_sample", gives=Type.TEXT, reads=(*_SAMPLES, *_ANCHORS, "MRD.SAMPID"))
def first_positive_sample(line: Line) -> str | None:
    """Sample ID of the first positive sample."""
    found = conversion_of(line)
    return found.first.text("MRD.SAMPID") if found else None


@rule("first_positive_report", gives=Type.DATE, reads=(*_SAMPLES, *_ANCHORS, "MRD.RPTDAT"))
def first_positive_report(line: Line) -> PartialDate | None:
    """Report date of the first positive sample."""
    found = conversion_of(line)
    return found.first.date("MRD.RPTDAT") if found else None


@rule("last_negative_day", gives=Type.DATE, reads=(*_SAMPLES, *_ANCHORS))
def last_negative_day(line: Line) -> PartialDate | None:
    """Date of the last negative sample before the conversion."""
    found = conversion_of(line)
    return full(found.last_negative) if found else None


@rule(
    "marker_at_conversion",
    gives=Type.CODE,
    reads=(*_SAMPLES, *_ANCHORS, "TM.LBDAT", "TM.CA153IND"),
    codelist="NRIND",
)
def marker_at_conversion(line: Line) -> str | None:
    """CA15-3 indicator nearest to the first positive sample, within 42 days; the earlier of two
    equally near ones."""
    found = conversion_of(line)
    if found is None:
        return None
    near = [
        (abs((day - found.day).days), value)
        for day, x in dated(line.scene.forms("TM"), "TM.LBDAT")
        if (value := x.text("TM.CA153IND"))
    ]
    distance, value = min(near, key=lambda n: n[0], default=(MARKER_DAYS + 1, None))
    return value if distance <= MARKER_DAYS else None


@rule(
    "conversion_form_missing",
    gives=Type.BOOL,
    reads=(*_SAMPLES, *_ANCHORS, "MRD.RPTDAT"),
)
def conversion_form_missing(line: Line) -> bool:
    """This MRD record is the first positive of a conversion that no CONV form is about, longer than
    P.CONVTAT days after its report (after the sample where the report date is missing)."""
    scene = line.scene
    if not any(c.first.form.key == line.form.key for c in conversions(scene)):
        return False
    told = line.day("MRD.RPTDAT") or line.day("MRD.SAMPDAT")
    if told is None or (scene.today - told).days <= scene.parameter("CONVTAT"):
        return False
    forms = (conversion_of(x) for x in scene.forms("CONV"))
    return not any(c and c.first.form.key == line.form.key for c in forms)


@rule("mrd_before_progression", gives=Type.CODE, reads=_SAMPLES, codelist="MRDRES")
def mrd_before_progression(line: Line) -> str | None:
    """The last valid MRD result at or before progression."""
    day = _progressed(line.scene)
    before = [r for d, r, _ in valid_results(line.scene) if day and d <= day]
    return before[-1] if before else None


@rule("lead_time", gives=Type.NUMBER, reads=(*_SAMPLES, *START_READS))
def lead_time(line: Line) -> Decimal | None:
    """Days from the conversion event to progression (3.7)."""
    found = days_ahead(line.scene)
    return None if found is None else Decimal(found)


def days_ahead(scene: Scene) -> int | None:
    """Days from the conversion event to progression (3.7).

    Without a conversion a positive sample at progression gives 0, a later one a negative number;
    else there is none.
    """
    day, start = _progressed(scene), day_zero(scene)
    if day is None or start is None:
        return None
    event = first_conversion(scene)
    if event:
        return (day - event.day).days
    after = [d for d, r, _ in valid_results(scene) if r == POSITIVE and d >= day > start]
    return (day - after[0]).days if after else None


def _progressed(scene: Scene) -> date | None:
    found = progression(scene)
    return found.day if found else None


@rule("result_pending", gives=Type.BOOL, reads=("MRD.RESULT",))
def result_pending(line: Line) -> bool:
    """The result is awaited: missing reason PEND."""
    return line.missing("MRD.RESULT") == "PEND"
