"""Every subject of a site or store, read once for an analysis and cut at its day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from sqlalchemy import Connection

from mrd_desktop.insight.cohort import Cohort, cohort
from mrd_desktop.insight.course import refused_use
from mrd_desktop.insight.detail import problems as unusable
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.insight.readable import readable
from mrd_desktop.ledger.store import PrivateBox
from mrd_desktop.record.reading import recorded_forms, subject_data, subject_numbers
from mrd_desktop.study.cut import cut
from mrd_desktop.study.data import SubjectData
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene

Told = Callable[[int, int], None]
"""Is told how many subjects are done, of how many; may raise to stop."""


@dataclass(frozen=True)
class Population:
    """All subjects as recorded, whatever their dates.

    Attributes:
        problems: what stands recorded and cannot be read.
        refused: subjects whose data may not be used, by whatever is recorded now.
        vault: identity items were read.
    """

    study: Study
    subjects: tuple[SubjectData, ...]
    problems: tuple[Problem, ...]
    refused: frozenset[str]
    vault: bool = False

    def at(self, day: date, told: Told | None = None) -> Analysed:
        """The analysis as of a day: later data are not used."""
        scenes = []
        for number, data in enumerate(self.subjects, 1):
            seen = cut(self.study, replace(data, today=day))
            scenes.append(Scene(self.study, seen, vault=self.vault))
            if told:
                told(number, len(self.subjects))
        found = cohort(scenes, self.refused, self.problems)
        return Analysed(day, tuple(scenes), found)


@dataclass(frozen=True)
class Analysed:
    """Everything an analysis reads, as of a day.

    Attributes:
        scenes: every subject, refused ones included; :attr:`usable` are the others.
    """

    day: date
    scenes: tuple[Scene, ...]
    cohort: Cohort

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What no endpoint can use, over all subjects."""
        return unusable(self.cohort)

    @property
    def usable(self) -> tuple[Scene, ...]:
        """Every subject, enrolled or not, whose data may be used."""
        gone = set(self.cohort.refused)
        return tuple(s for s in self.scenes if s.data.subject not in gone)


def population(
    conn: Connection,
    study: Study,
    today: date,
    box: PrivateBox | None = None,
    told: Told | None = None,
) -> Population:
    """Read every subject.

    Args:
        box: opens identity items; without it they are absent.
    """
    subjects: list[SubjectData] = []
    problems: list[Problem] = []
    numbers = subject_numbers(conn)
    for done, number in enumerate(numbers, 1):
        forms = []
        for recorded in recorded_forms(conn, number, box):
            form, faults = readable(study, recorded)
            if form is not None:
                forms.append(form)
            if not recorded.removed and recorded.saved_seq is not None:
                problems += faults
        subjects.append(subject_data(conn, study, number, today, box, forms, samples=()))
        if told:
            told(done, len(numbers))
    refused = frozenset(d.subject for d in subjects if refused_use(Scene(study, d)))
    return Population(study, tuple(subjects), tuple(problems), refused, box is not None)
