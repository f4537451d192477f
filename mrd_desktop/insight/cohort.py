"""All enrolled subjects of a site or study on one day, and the curves by group over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from mrd_desktop.insight.comparison import Comparison, compare
from mrd_desktop.insight.competing import Ended, IncidenceStep, cumulative_incidence
from mrd_desktop.insight.course import Course, course, refused_use
from mrd_desktop.insight.doubtful import doubtful
from mrd_desktop.insight.kaplan_meier import Curve, Observation, kaplan_meier
from mrd_desktop.insight.outcome import Problem, State, TimeToEvent
from mrd_desktop.insight.undated import disordered, undated
from mrd_desktop.insight.unsettled import unsettled
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text

GROUPS: Final = (INTERMISSION, CONTINUE)
"""Groups chosen at T0, in the order of tables."""

UNSETTLED: Final = Text("the choice is not valid yet: {finding}", "治疗选择尚未生效：{finding}")

Endpoint: TypeAlias = Callable[[Scene, Course], TimeToEvent | None]


@dataclass(frozen=True)
class Cohort:
    """The full analysis set.

    Attributes:
        members: scene and course of each enrolled subject whose choice no check refuses.
        refused: numbers of subjects whose data may not be used; they are in nothing.
        problems: what cannot be used, of all subjects.
    """

    members: tuple[tuple[Scene, Course], ...]
    refused: tuple[str, ...]
    problems: tuple[Problem, ...]

    def of(self, group: str) -> tuple[tuple[Scene, Course], ...]:
        """The subjects who chose a group at T0."""
        return tuple(m for m in self.members if m[1].group == group)


def cohort(
    scenes: Iterable[Scene],
    refused: frozenset[str] = frozenset(),
    unreadable: Iterable[Problem] = (),
) -> Cohort:
    """The enrolled subjects among some scenes, cut at one day.

    Args:
        refused: subjects whose data may not be used, by data later than that day too.
        unreadable: what stands recorded and could not be read; of refused subjects it is not told.
    """
    members: list[tuple[Scene, Course]] = []
    removed: list[str] = []
    problems: list[Problem] = []
    for scene in scenes:
        if scene.data.subject in refused or refused_use(scene):
            removed.append(scene.data.subject)
            continue
        found = course(scene)
        if isinstance(found, Problem):
            problems.append(found)
        elif found:
            members.append((scene, found))
            refusal = unsettled(scene)
            if refusal is not None:
                problems.append(_unsettled(scene, refusal))
            problems += found.problems
            problems += (*undated(scene), *disordered(scene, found.t0), *doubtful(scene, found))
    told = [p for p in unreadable if p.subject not in set(removed)]
    places = {p.address for p in told}  # a date that cannot be read is told once
    rest = (p for p in problems if not p.address or p.address not in places)
    return Cohort(tuple(members), tuple(removed), (*told, *rest))


def _unsettled(scene: Scene, refusal: Finding) -> Problem:
    text = UNSETTLED.filled(finding=refusal.text)
    item = refusal.check.at or "TC.TCDAT"
    return Problem(scene.data.subject, item, text, True, str(refusal.key))


def curves(found: Cohort, endpoint: Endpoint) -> Mapping[str, Curve]:
    """A Kaplan-Meier curve for each group; a subject without the endpoint is in ``problems``."""
    return {group: kaplan_meier(_observed(found, endpoint, group)) for group in GROUPS}


def comparison(found: Cohort, endpoint: Endpoint) -> Comparison:
    """The groups compared, if there are enough events."""
    return compare({group: _observed(found, endpoint, group) for group in GROUPS})


def incidences(found: Cohort, endpoint: Endpoint) -> Mapping[str, tuple[IncidenceStep, ...]]:
    """Cumulative incidence for each group, with the competing event."""
    return {
        group: cumulative_incidence(Ended(t.days, t.state) for t in _times(found, endpoint, group))
        for group in GROUPS
    }


def _times(found: Cohort, endpoint: Endpoint, group: str) -> tuple[TimeToEvent, ...]:
    times = (endpoint(scene, course) for scene, course in found.of(group))
    return tuple(t for t in times if t is not None)


def _observed(found: Cohort, endpoint: Endpoint, group: str) -> tuple[Observation, ...]:
    return tuple(
        Observation(t.days, t.state is State.EVENT) for t in _times(found, endpoint, group)
    )
