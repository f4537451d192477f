"""All derivations and all figures at 2,000 subjects, against the same of 200, in processor time."""

from __future__ import annotations

import time
from collections.abc import Callable

from mrd_desktop.insight import derived
from mrd_desktop.insight.detail import detail
from mrd_desktop.insight.figures.board import Size
from mrd_desktop.insight.figures.catalogue import NAMES, figure
from mrd_desktop.insight.population import Analysed, Population
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from tests.benchmarks.ratio import Ratio
from tests.insight.crowd import CUT, subjects

FEW, MANY = 200, 2000
SIZE = Size(1100, 760, Language.ZH)


def run() -> list[Ratio]:
    """Measure cutting, deriving, making and laying out, one after the other."""
    few, many = _times(FEW), _times(MANY)
    more = MANY / FEW
    named = ("data cut", "all derivations", f"{len(NAMES)} figures", "their sheets")
    return [
        Ratio(f"{name}, {MANY} subjects", b, a * more, "s", f"{more:.0f} × {FEW}", 1.5, 2)
        for name, a, b in zip(named, few, many, strict=True)
    ]


def _times(count: int) -> list[float]:
    study = load_study()
    held: list[Analysed] = []
    figures = []

    def cut() -> None:
        held.append(Population(study, subjects(count), (), frozenset()).at(CUT))

    def derive() -> None:
        seen = held[0]
        for scene in seen.usable:
            derived.subject_values(scene)
        derived.km_tables(seen.cohort)
        derived.performance_tables(seen.cohort)
        detail(seen.cohort)

    def make() -> None:
        figures.extend(figure(name, held[0]) for name in NAMES)

    def lay() -> None:
        for one in figures:
            one.sheets(SIZE)

    def seconds(act: Callable[[], None]) -> float:
        begun = time.process_time()
        act()
        return time.process_time() - begun

    subjects(count)
    acts: tuple[Callable[[], None], ...] = (cut, derive, make, lay)
    return [seconds(act) for act in acts]
