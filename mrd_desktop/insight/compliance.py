"""Visits and tests expected, done and in window; how long reports and decisions take (3.11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from mrd_desktop.insight.order import Quantile, quantile
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.insight.proportion import Proportion, proportion
from mrd_desktop.study.address import EventKey
from mrd_desktop.study.model import StudyEvent
from mrd_desktop.study.rules.mrd_sequence import conversion_of
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import Window, follow_up_end, planned_forms, windows
from mrd_desktop.texts import Text

RULE: Final = "3.11/1"
NINETIETH: Final = Fraction(9, 10)
KINDS: Final = ("SV", "MRD", "TM", "TA")
"""The forms that compliance is told of; SV stands for the visit itself."""

_DONE: Final = {
    "MRD": ("MRD.SAMPDAT", "MRD.PERF"),
    "TM": ("TM.LBDAT", "TM.CA153PERF"),
    "TA": ("TA.STDAT", "TA.PERF"),
}


@dataclass(frozen=True, slots=True)
class Compliance:
    """What was expected of one kind over some subjects.

    Attributes:
        in_window, done: of the expected ones, with exact intervals; None if none is expected.
    """

    kind: str
    expected: int
    done: int
    in_window: int
    rule: str = RULE

    @property
    def missed(self) -> int:
        """Expected and not done."""
        return self.expected - self.done

    @property
    def share_done(self) -> Proportion | None:
        """Done at all."""
        return proportion(self.done, self.expected)

    @property
    def share_in_window(self) -> Proportion | None:
        """Done within the window."""
        return proportion(self.in_window, self.expected)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long something takes: median and 90th percentile in days, None for no case."""

    n: int
    median: Quantile | None
    ninetieth: Quantile | None
    rule: str = RULE


@dataclass(frozen=True)
class Delays:
    """Days between two dates of each case, with what could not be used.

    Attributes:
        report: MRD sample to report.
        decision: report of the first positive sample to the decision.
        restart: decision to the first dose after it.
    """

    report: tuple[int, ...]
    decision: tuple[int, ...]
    restart: tuple[int, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit, or a test of one, that the schedule plans for a subject.

    Attributes:
        on: the day it was done, by its own date; None if it was not.
        inside: it was done within its window.
        expected: it counts: its window has closed, or it was done, before follow-up ended.
    """

    event: StudyEvent
    due: Window
    on: date | None
    inside: bool
    expected: bool


def compliance(scenes: Iterable[Scene], kind: str) -> Compliance:
    """Count one kind over enrolled subjects, each by its own date."""
    expected = done = inside = 0
    for scene in scenes:
        for one in planned(scene, kind):
            if one.expected:
                expected += 1
                done += one.on is not None
                inside += one.inside
    return Compliance(kind, expected, done, inside)


def planned(scene: Scene, kind: str) -> Iterator[Planned]:
    """Everything of a kind that is planned after T0, in order, whether its day has come or not."""
    start, last = scene.form("TC"), follow_up_end(scene)
    t0 = start.day("TC.TCDAT") if start else None
    for visit in windows(scene):
        due = visit.window
        if t0 is None or due.target <= t0:
            continue
        if kind == "SV":
            yield Planned(visit.event, due, visit.done, visit.in_window is True, visit.expected)
            continue
        event = EventKey(scene.data.subject, visit.event.oid)
        if kind not in planned_forms(scene, event):
            continue
        item, flag = _DONE[kind]
        found = scene.at(event, kind)
        on = found.day(item) if found and found.text(flag) == "Y" else None
        inside = on is not None and due.days_outside(on) == 0
        counts = min(due.closes, on or due.closes) <= last
        yield Planned(visit.event, due, on, inside, counts)


def delays(scene: Scene) -> Delays:
    """The delays of one subject; one that runs backwards is told as a problem, not counted."""
    problems: list[Problem] = []

    def between(first: date | None, second: date | None, item: str) -> list[int]:
        if first is None or second is None:
            return []
        if second < first:
            text = Text("it lies before the date it follows from", "早于其前提日期")
            problems.append(Problem(scene.data.subject, item, text))
            return []
        return [(second - first).days]

    report: list[int] = []
    decision: list[int] = []
    restart: list[int] = []
    for day, line in dated(scene.forms("MRD"), "MRD.SAMPDAT"):
        report += between(day, line.day("MRD.RPTDAT"), "MRD.RPTDAT")
    resumed = [day for day, _ in dated(scene.forms("RES"), "RES.RESDAT")]
    for line in scene.forms("CONV"):
        acted, about = line.day("CONV.ACTDAT"), conversion_of(line)
        told = about.first.day("MRD.RPTDAT") if about else None
        decision += between(told, acted, "CONV.ACTDAT")
        if acted and line.text("CONV.ACTION") == "RESUME":
            restart += between(acted, next((d for d in resumed if d >= acted), None), "RES.RESDAT")
    return Delays(tuple(report), tuple(decision), tuple(restart), tuple(problems))


def waiting(days: Sequence[int]) -> Waiting:
    """Median and 90th percentile with their intervals."""
    return Waiting(len(days), quantile(days), quantile(days, NINETIETH))
