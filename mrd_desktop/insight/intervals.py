"""Treatment-free intervals and time off treatment (section 3.9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.outcome import Problem, Reason, State, TimeToEvent
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_starts import doses, systemic_drugs
from mrd_desktop.study.rules.treatment_status import INTERMISSION, periods
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text

RULE: Final = "3.9/3"


@dataclass(frozen=True)
class OffTreatment:
    """Time off treatment of one subject.

    Attributes:
        first: TFI1, of the intermission group only.
        from_last_dose: the same end, counted from the last dose.
        later: further intermissions, and those of the continued group, listed apart.
        days: over all intermissions.
        share: of the time from T0 to the last contact; None where that is no day.
        local_therapy: therapy of a site was given meanwhile; it does not end an interval.
    """

    first: TimeToEvent | None
    from_last_dose: TimeToEvent | None
    later: tuple[TimeToEvent, ...]
    days: int
    share: Decimal | None
    local_therapy: bool
    problems: tuple[Problem, ...]


def off_treatment(scene: Scene, course: Course) -> OffTreatment:
    """The intervals of a subject; lengths are differences of dates, without + 1."""
    choice = scene.form("TC")
    problems = []
    starts: list[date] = []
    for period in periods(scene):
        if period.status == INTERMISSION:
            starts.append(period.start)
    paused = course.group == INTERMISSION
    first = from_dose = None
    if paused and choice:
        begun, dose = choice.day("TC.INTSTDAT"), choice.day("TC.LASTDOSE")
        starts = starts[1:]
        if begun is None:
            text = Text("the start of the intermission is not known", "间歇开始日期未知")
            problems.append(Problem(course.subject, "TC.INTSTDAT", text))
        else:
            first = _interval(scene, course, begun)
        if dose is None:
            text = Text("the last dose is not known", "末次用药日期未知")
            problems.append(Problem(course.subject, "TC.LASTDOSE", text))
        elif first:
            from_dose = _from(first, dose)
            if from_dose.days < 0:
                text = Text(
                    "the last dose lies after the end of the interval", "末次用药晚于间歇结束"
                )
                problems.append(Problem(course.subject, "TC.LASTDOSE", text))
                from_dose = None
    later = tuple(_interval(scene, course, day) for day in starts)
    spans = (first, *later) if first else later
    days = sum(max(s.days, 0) for s in spans)
    if first and (first.days < 0 or _resumed_before(scene, first.start)):
        text = Text("the intermission begins after its end", "间歇开始晚于其结束")
        problems.append(Problem(course.subject, "TC.INTSTDAT", text))
        first = from_dose = None
    if course.death_undated:  # death competes, on a day that nobody knows
        first, from_dose = _ended(first), _ended(from_dose)
        later = tuple(x for x in later if _ended(x))
    whole = (_last_contact(course) - course.t0).days
    share = Decimal(days) / whole if whole > 0 else None
    local = any(
        (start := x.date("PRX.STDAT")) is not None
        and any(s.start <= start.earliest <= s.end for s in spans)
        for x in scene.forms("PRX")
    )
    return OffTreatment(first, from_dose, later, days, share, local, tuple(problems))


def _resumed_before(scene: Scene, begun: date) -> bool:
    return any(day < begun for day, _ in dated(scene.forms("RES"), "RES.RESDAT"))


def _interval(scene: Scene, course: Course, begun: date) -> TimeToEvent:
    """One interval from its first day: to treatment, to death, or to the last contact."""
    end, reason, imputed = min(
        systemic(scene, begun), key=lambda e: e[0], default=(date.max, Reason.CONTACT, None)
    )
    state = State.CENSORED if reason is Reason.CONTACT else State.EVENT
    death = course.death
    if death and death.day < end:
        end, reason, state, imputed = death.day, Reason.DEATH, State.COMPETING, death.imputed
    if state is State.CENSORED:
        end = max([begun, *_untreated(scene)])
    days = (end - begun).days
    return TimeToEvent(begun, end, days, state, reason, RULE, imputed=imputed)


def systemic(scene: Scene, since: date) -> Iterator[tuple[date, Reason, str | None]]:
    """Starts of systemic anti-HER2 or cytotoxic treatment from a day on, endocrine therapy left
    out; with ``D`` or ``M`` where day, or month and day, are imputed: the earliest from then on.

    A dose of that day itself is the last one before the pause.
    """
    for day, _ in dated(scene.forms("RES"), "RES.RESDAT"):
        if day >= since:
            yield day, Reason.RESUMPTION, None
    ends = systemic_drugs(scene)
    for line in scene.forms("PST"):
        start = line.date("PST.STDAT")
        drugs = line.codes("PST.DRUGS")
        if start and start.latest >= since and (not drugs or drugs & ends):
            yield max(start.earliest, since), Reason.TREATMENT, start.unknown
    for day, _ in doses(scene, since):
        yield day, Reason.TREATMENT, None


def _untreated(scene: Scene) -> Iterator[date]:
    """Contacts at which no treatment was reported, and the last contact."""
    for line in scene.forms("SV"):
        day = line.day("SV.VISDAT")
        if day and line.text("SV.TXYN") == "N":
            yield day
    for line in scene.forms("SS"):
        day = line.day("SS.SSDAT")
        if day and line.text("SS.NEWTX") == "N":
            yield day
    end = scene.form("EOS")
    if end and (day := end.day("EOS.LSTCONT")):
        yield day


def _ended(time: TimeToEvent | None) -> TimeToEvent | None:
    """The time if it ended with treatment, before death."""
    return time if time and time.event else None


def _from(first: TimeToEvent, start: date) -> TimeToEvent:
    return replace(first, start=start, days=(first.end - start).days)


def _last_contact(course: Course) -> date:
    return course.death.day if course.death else course.last_alive
