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
from mrd_desktop.study.rules.mrd_sequence import valid_results
from mrd_desktop.study.rules.overall_response import progression_day
from mrd_desktop.study.rules.progression import Progression, progression
from mrd_desktop.study.scene import Scene
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


_DIED: Final = "DTH.DTHDAT"


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
        problems: what could not be used, or not be trusted, of choice, progression and death.
        death_undated: she died, and nobody recorded when.
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
    death_undated: bool = False

    @property
    def sound(self) -> bool:
        """No event lies before T0 and no progression is without a date."""
        return all(p.used or (self.death_undated and p.item == _DIED) for p in self.problems)

    @property
    def end_unknown(self) -> bool:
        """She died on an unknown day, without a known progression before: nobody knows how long she
        went without either. What came earlier is known all the same."""
        return self.death_undated and self.progression is None


def refused_use(scene: Scene) -> bool:
    """Consent was withdrawn and the use of the data refused: the subject is in no analysis."""
    end = scene.form("EOS")
    return end is not None and end.text("EOS.DATAUSE") == "N"


def evaluable(scene: Scene, course: Course) -> bool:
    """MRD evaluable: a valid MRD result after T0 (section 3.1)."""
    return any(day > course.t0 for day, _, _ in valid_results(scene))


def course(scene: Scene) -> Course | Problem | None:
    """The course of a subject; None for one not enrolled, a problem without T0 or group."""
    choice = scene.form("TC")
    if choice is None:
        return None
    t0, group, enrolled = day_zero(scene), choice.text("TC.GROUP"), choice.text("TC.ENRYN")
    if enrolled is None and t0 and group:
        text = Text(
            "a group was chosen, but not whether she is enrolled", "已选组，但未记录是否入组"
        )
        return _missing(scene, "TC.ENRYN", text)
    if enrolled != "Y":
        return None
    if t0 is None:
        return _missing(scene, "TC.TCDAT", Text("the choice has no date", "治疗选择无日期"))
    if group is None:
        return _missing(scene, "TC.GROUP", Text("no group was chosen", "未选择治疗组"))
    problems: list[Problem] = []
    alive = max(_alive(scene), default=t0)
    progressed = _told(scene, problems)
    death = _death(scene, alive, problems)
    if progressed and death and death.day < progressed.day:
        text = Text(
            "progression is dated after death; it is not used", "进展日期晚于死亡日期，未采用"
        )
        problems.append(_missing(scene, "PD.PDDAT", text, used=True))
        progressed, alive = None, max(_alive(scene, "PD.PDDAT"), default=t0)
    if progressed and progressed.day < t0:
        text = Text("progression lies before T0", "进展日期早于T0")
        problems.append(_missing(scene, "PD.PDDAT", text))
    if death and death.day < t0:
        text = Text("death lies before T0", "死亡日期早于T0")
        problems.append(_missing(scene, _DIED, text))
    elif death and death.day < alive:
        text = Text("activity is recorded after death", "死亡日期之后仍有记录")
        problems.append(_missing(scene, _DIED, text, used=True))
    scans = tuple(_adequate(scene, t0))
    return Course(
        subject=scene.data.subject,
        t0=t0,
        group=group,
        progression=progressed,
        death=death,
        scans=tuple(day for day, _ in scans),
        last_overall=scans[-1][1] if scans else None,
        sparse_from=_sparse_from(scene, t0),
        last_alive=alive,
        problems=tuple(problems),
        death_undated=death is None and any(p.item == _DIED for p in problems),
    )


def _missing(scene: Scene, item: str, text: Text, *, used: bool = False) -> Problem:
    return Problem(scene.data.subject, item, text, used)


def _alive(scene: Scene, without: str = "") -> Iterator[date]:
    for visit in scene.forms("SV"):
        if day := visit_date(scene, visit.event):
            yield day
    for item in SEEN_ALIVE:
        if item == without:
            continue
        for line in scene.forms(item.partition(".")[0]):
            if (value := line.date(item)) and value.earliest <= scene.today:
                yield value.earliest


def _adequate(scene: Scene, t0: date) -> Iterator[tuple[date, str]]:
    """Adequate assessments after T0, oldest first; progression on the scan that showed it."""
    found = []
    for line in scene.forms("TA"):
        overall = line.text("TA.OVRL")
        if line.text("TA.PERF") != "Y" or overall not in ADEQUATE:
            continue
        start = line.day("TA.STDAT")
        day = progression_day(line) if start and overall == "PD" else start
        if day and day > t0:
            found.append((day, overall))
    yield from sorted(found, key=lambda x: x[0])


def _told(scene: Scene, problems: list[Problem]) -> Progression | None:
    """The progression, and what is wrong with how it was recorded."""
    record, found = scene.form("PD"), progression(scene)
    told = record.day("PD.PDDAT") if record else None
    shown = found.imaged if found else None
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
    return found


def _death(scene: Scene, alive: date, problems: list[Problem]) -> Death | None:
    record = scene.form("DTH")
    if record is None:
        return None
    value = record.date(_DIED)
    if value is None:
        text = Text("death has no date", "死亡无日期")
        problems.append(_missing(scene, _DIED, text))
        return None
    day = imputed_death(value, alive)
    if day > scene.today:
        entered = record.form.entered
        if entered is None or entered > scene.today:
            return None  # at the cut-off nobody can know of it
        day = scene.today
    return Death(day, value.unknown)


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
