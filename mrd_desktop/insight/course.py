"""The course of one enrolled subject: the dates that every endpoint starts from.

A pure reading of a scene whose data were cut at the day of the analysis. What cannot be used is
told as a :class:`~mrd_desktop.insight.outcome.Problem`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from mrd_desktop.insight.outcome import Problem
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.overall_response import first_progression, progression_day
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero, visit_date, window
from mrd_desktop.texts import Text

ADEQUATE: Final = ("CR", "PD")
"""Overall assessments that count as adequate."""
SEEN_ALIVE: Final = (
    "TC.TCDAT",
    "MRD.SAMPDAT",
    "TM.LBDAT",
    "LAB.LBDAT",
    "TA.STDAT",
    "TA.ENDAT",
    "CV.CVDAT",
    "TX.STDAT",
    "TX.ENDAT",
    "RES.RESDAT",
    "PST.STDAT",
    "QOL.QSDAT",
    "VS.VSDAT",
    "PS.RSDAT",
    "PD.PDDAT",
    "SS.LSTALV",
    "EOS.LSTCONT",
)
"""Samples, scans, doses, examinations, questionnaires and what was told: proof of life beside the
visits. A report, a query or an attempt to reach her is none."""


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


@dataclass(frozen=True, slots=True)
class Death:
    """Death from any cause; ``imputed`` is ``D`` (day) or ``M`` (month and day) or None."""

    day: date
    imputed: str | None


@dataclass(frozen=True)
class Course:
    """The dates of one enrolled subject.

    Attributes:
        t0: date of the choice.
        group: the group chosen at T0, whatever happened later.
        scans: days of adequate assessments after T0, oldest first.
        last_overall: overall result of the last one.
        sparse_from: from this day on assessments are six months apart.
        last_alive: last day on which the subject is known to have lived.
        problems: what could not be used, or not be trusted.
    """

    subject: str
    t0: date
    group: str
    progression: Progression | None
    death: Death | None
    scans: tuple[date, ...]
    last_overall: str | None
    sparse_from: date
    last_alive: date
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """No event lies before T0 and no death is without a date."""
        return all(p.used for p in self.problems)


def refused_use(scene: Scene) -> bool:
    """Consent was withdrawn and the use of the data refused: the subject is in no analysis."""
    end = scene.form("EOS")
    return end is not None and end.text("EOS.DATAUSE") == "N"


def course(scene: Scene) -> Course | Problem | None:
    """The course of a subject; None for one not enrolled, a problem without T0 or group."""
    choice = scene.form("TC")
    if choice is None or choice.text("TC.ENRYN") != "Y":
        return None
    t0, group = day_zero(scene), choice.text("TC.GROUP")
    if t0 is None:
        return _missing(scene, "TC.TCDAT", Text("the choice has no date", "治疗选择无日期"))
    if group is None:
        return _missing(scene, "TC.GROUP", Text("no group was chosen", "未选择治疗组"))
    problems: list[Problem] = []
    alive = max(_alive(scene), default=t0)
    progression = _progression(scene, problems)
    death = _death(scene, alive, problems)
    if progression and progression.day < t0:
        text = Text("progression lies before T0", "进展日期早于T0")
        problems.append(_missing(scene, "PD.PDDAT", text))
    if death and death.day < t0:
        text = Text("death lies before T0", "死亡日期早于T0")
        problems.append(_missing(scene, "DTH.DTHDAT", text))
    elif death and death.day < alive:
        text = Text("activity is recorded after death", "死亡日期之后仍有记录")
        problems.append(_missing(scene, "DTH.DTHDAT", text, used=True))
    scans = tuple(_adequate(scene, t0, problems))
    return Course(
        subject=scene.data.subject,
        t0=t0,
        group=group,
        progression=progression,
        death=death,
        scans=tuple(day for day, _ in scans),
        last_overall=scans[-1][1] if scans else None,
        sparse_from=_sparse_from(scene, t0),
        last_alive=alive,
        problems=tuple(problems),
    )


def _missing(scene: Scene, item: str, text: Text, *, used: bool = False) -> Problem:
    return Problem(scene.data.subject, item, text, used)


def _alive(scene: Scene) -> Iterator[date]:
    for visit in scene.forms("SV"):
        if day := visit_date(scene, visit.event):
            yield day
    for item in SEEN_ALIVE:
        for line in scene.forms(item.partition(".")[0]):
            if (value := line.date(item)) and value.earliest <= scene.today:
                yield value.earliest


def _adequate(scene: Scene, t0: date, problems: list[Problem]) -> Iterator[tuple[date, str]]:
    """Adequate assessments after T0, oldest first; progression on the scan that showed it."""
    found = []
    for line in scene.forms("TA"):
        overall = line.text("TA.OVRL")
        if line.text("TA.PERF") != "Y" or overall not in ADEQUATE:
            continue
        day = progression_day(line) if overall == "PD" else line.day("TA.STDAT")
        if day is None:
            text = Text("a tumour assessment has no date", "肿瘤评价无日期")
            problems.append(_missing(scene, "TA.STDAT", text, used=True))
        elif day > t0:
            found.append((day, overall))
    yield from sorted(found, key=lambda x: x[0])


def _progression(scene: Scene, problems: list[Problem]) -> Progression | None:
    record, scan = scene.form("PD"), first_progression(scene)
    told = record.day("PD.PDDAT") if record else None
    shown = _first_shown(scene, scan) if scan else None
    if record is None and shown:
        text = Text("a scan shows progression without a PD form", "影像示进展但无PD表")
        problems.append(_missing(scene, "PD.PDDAT", text, used=True))
    elif record and told is None:
        text = Text("progression has no date", "进展无日期")
        problems.append(_missing(scene, "PD.PDDAT", text, used=shown is not None))
    elif told and shown and shown < told:
        text = Text(
            "a scan before the recorded date shows the progression; the scan counts",
            "记录日期之前的影像已示进展，以影像日期为准",
        )
        problems.append(_missing(scene, "PD.PDDAT", text, used=True))
    days = [d for d in (told, shown) if d]
    if not days:
        return None
    basis = record.codes("PD.BASIS") if record else frozenset()
    return Progression(min(days), basis == {"CLIN"}, shown)


def _first_shown(scene: Scene, scan: Line) -> date | None:
    """The first scan that showed what the assessment calls progression (case 10 of table 3.4).

    Doubtful assessments directly before it count, unless both name their lesions and share none.
    """
    day = progression_day(scan)
    start = scan.day("TA.STDAT")
    lesions = set(_lesions(scan, {"UNEQUIVOCAL", "PRESENT"}))
    for on, line in reversed(dated(scene.forms("TA"), "TA.STDAT")):
        overall = line.text("TA.OVRL")
        if start is None or on >= start or overall == "NE":
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


def _death(scene: Scene, alive: date, problems: list[Problem]) -> Death | None:
    record = scene.form("DTH")
    if record is None:
        return None
    value = record.date("DTH.DTHDAT")
    if value is None:
        text = Text("death has no date", "死亡无日期")
        problems.append(_missing(scene, "DTH.DTHDAT", text))
        return None
    day = imputed_death(value, alive)
    if day > scene.today:
        entered = record.form.entered
        if entered is None or entered > scene.today:
            return None  # at the cut-off nobody can know of it
        day = scene.today
    flag = None if value.full else "D" if value.earliest.month == value.latest.month else "M"
    return Death(day, flag)


def imputed_death(value: PartialDate, alive: date) -> date:
    """The day of death: day 15 where it is unknown, 1 July where the month is unknown too.

    Not before the day after the subject was last known alive, nor after what the date may mean.
    """
    if value.full:
        return value.earliest
    middle = value.earliest.replace(day=15)
    if value.earliest.month != value.latest.month:
        middle = date(value.earliest.year, 7, 1)
    return min(max(middle, alive + timedelta(days=1)), value.latest)


def _sparse_from(scene: Scene, t0: date) -> date:
    """The opening of the last window before assessments come half a year apart (month 24)."""
    planned = [e for e in scene.study.events if e.offset_months and "TA" in e.planned]
    for event, following in pairwise(planned):
        if (following.offset_months or 0) - (event.offset_months or 0) > 3:
            due = window(event, t0)
            if due:
                return due.opens
    return date.max
