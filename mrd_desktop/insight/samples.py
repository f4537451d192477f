"""How well a single sample foretells progression within 180 days (section 3.8, sample level).

One subject gives several samples: intervals by a bootstrap over subjects, drawn from a fixed seed
so that the same data give the same figures. Of fewer than ten subjects, and where all samples
agree, a bootstrap says too little: there the exact interval stands, as if each subject had given
one sample (Korn and Graubard 1998, with the number of subjects as effective size).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.proportion import exact_interval
from mrd_desktop.study.rules.mrd_sequence import POSITIVE, valid_results
from mrd_desktop.study.scene import Scene

RULE: Final = "3.8/3"
AHEAD: Final = 180
"""Days within which progression counts."""
DRAWS: Final = 1000
ENOUGH: Final = 10
"""Subjects from which on the bootstrap is used."""
SEED: Final = 20250801

Table = tuple[int, int, int, int]
"""Samples that are true positive, false positive, true negative, false negative."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of samples with its interval, None where it has no denominator.

    Attributes:
        lower, upper: 95 %: percentiles of the bootstrap, or exact where that says too little.
    """

    value: float
    n: int
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Samples:
    """The table over samples, and from how many subjects they come."""

    tp: int
    fp: int
    tn: int
    fn: int
    subjects: int
    sensitivity: Share | None
    specificity: Share | None
    ppv: Share | None
    npv: Share | None
    rule: str = RULE


def sample_level(members: Iterable[tuple[Scene, Course]], draws: int = DRAWS) -> Samples:
    """The table over all valid samples after T0 and before progression.

    A sample with fewer than 180 days of follow-up and no progression is left out.
    """
    tables = [t for scene, course in members if any(t := _table(scene, course))]
    total = _sum(tables)

    def shared(of: Callable[[Table], tuple[int, int]]) -> Share | None:
        return _share(of, tables, total, draws)

    return Samples(
        *total,
        subjects=len(tables),
        sensitivity=shared(lambda t: (t[0], t[0] + t[3])),
        specificity=shared(lambda t: (t[2], t[2] + t[1])),
        ppv=shared(lambda t: (t[0], t[0] + t[1])),
        npv=shared(lambda t: (t[2], t[2] + t[3])),
    )


def _table(scene: Scene, course: Course) -> Table:
    cells = [0, 0, 0, 0]
    if not course.sound or course.end_unknown:
        return (0, 0, 0, 0)
    progressed = course.progression.day if course.progression else None
    last = max(course.scans, default=course.t0)
    for day, result, _ in valid_results(scene):
        if day <= course.t0 or (progressed is not None and day >= progressed):
            continue
        soon = progressed is not None and (progressed - day).days <= AHEAD
        if progressed is None and (last - day).days < AHEAD:
            continue
        if result == POSITIVE:
            cells[0 if soon else 1] += 1
        else:
            cells[3 if soon else 2] += 1
    return cells[0], cells[1], cells[2], cells[3]


def _share(
    of: Callable[[Table], tuple[int, int]], tables: Sequence[Table], total: Table, draws: int
) -> Share | None:
    hits, n = of(total)
    if n == 0:
        return None
    pairs = [pair for pair in map(of, tables) if pair[1]]
    if len(pairs) < ENOUGH or hits in (0, n):
        lower, upper = exact_interval(hits / n * len(pairs), len(pairs))
        return Share(hits / n, n, lower, upper)
    random = Random(SEED)  # noqa: S311 - a bootstrap, no secret
    values = []
    for _ in range(draws):
        drawn = random.choices(pairs, k=len(pairs))
        values.append(sum(p[0] for p in drawn) / sum(p[1] for p in drawn))
    values.sort()
    low, high = int(len(values) * 0.025), int(len(values) * 0.975)
    return Share(hits / n, n, values[low], values[min(high, len(values) - 1)])


def _sum(tables: Sequence[Table]) -> Table:
    return (
        sum(t[0] for t in tables),
        sum(t[1] for t in tables),
        sum(t[2] for t in tables),
        sum(t[3] for t in tables),
    )
