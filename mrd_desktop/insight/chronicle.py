"""A story told in words, strand by strand: what a table, a tool tip and a screen reader say.

Each strand has a line for each of its points, in the same order, so that a picture can name what
it draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from mrd_desktop.insight.story import Story, Turn, TurnPoint, VisitPoint
from mrd_desktop.study.rules.treatment_status import Period
from mrd_desktop.study.schedule import study_day
from mrd_desktop.texts import Text


class Strand(Enum):
    """What the lines are about, from above as they are drawn."""

    TURN = Text("Course", "病程")
    TREATMENT = Text("Treatment", "治疗")
    MRD = Text("MRD", "MRD")
    MARKER = Text("CA15-3 / limit", "CA15-3 / 上限")
    SCAN = Text("Scans", "影像")
    LVEF = Text("LVEF %", "LVEF %")
    ADVERSE = Text("Adverse events", "不良事件")
    VISIT = Text("Visits", "访视")

    @property
    def text(self) -> Text:
        """Its name."""
        return self.value


@dataclass(frozen=True, slots=True)
class Told:
    """One line.

    Attributes:
        until: the last day of what lasts; None for what happens on a day, or still lasts.
        since: days from T0, None before T0 is known.
        study_day: the same counted as a day of the study, of which T0 is the first.
        notable: to be looked at: a positive result, over the limit, outside its window, grade 3.
    """

    strand: Strand
    day: date
    until: date | None
    since: int | None
    study_day: int | None
    what: Text
    notable: bool = False

    @property
    def words(self) -> Text:
        """The whole line: ``MRD: 阳性, 2026-07-21, 第 274 天``."""
        days = f"{self.day} – {self.until}" if self.until else f"{self.day}"
        name = self.strand.text
        en = f"{name.en}: {self.what.en}, {days}"
        zh = f"{name.zh}：{self.what.zh}，{days}"
        if self.study_day is None:
            return Text(en, zh)
        return Text(f"{en}, day {self.study_day}", f"{zh}，第 {self.study_day} 天")


PERIODS = {
    "INTERMISSION": Text("intermission", "间歇"),
    "CONTINUE": Text("continued", "持续治疗"),
    "RESUMED": Text("resumed", "恢复治疗"),
}
RESULTS = {
    "NEGATIVE": Text("negative", "阴性"),
    "POSITIVE": Text("positive", "阳性"),
    "INDETERMINATE": Text("indeterminate", "不确定"),
    "FAILED": Text("failed", "检测失败"),
}
AWAITED = Text("no result yet", "尚无结果")
TURNS = {
    Turn.CHOICE: Text("choice", "选择"),
    Turn.CONVERSION: Text("MRD converted", "转阳"),
    Turn.CHANGE: Text("group changed", "转组"),
    Turn.RESUMPTION: Text("resumed", "恢复"),
    Turn.PROGRESSION: Text("progression", "进展"),
    Turn.DEATH: Text("death", "死亡"),
    Turn.END: Text("end of study", "研究结束"),
}
_GRAVE = (Turn.CONVERSION, Turn.PROGRESSION, Turn.DEATH)
OPEN_SCAN = Text("not assessed", "未评估")
SHARE = Text("{percent} of the limit", "上限的 {percent}")
ABOVE = Text("{percent} of the limit, above it", "上限的 {percent}，超过上限")
EVENT = Text("{term}, grade {grade}", "{term}，{grade} 级")
NO_GRADE = Text("{term}, no grade", "{term}，未分级")
SERIOUS = Text("{said}, serious", "{said}，严重")
INSIDE = Text("{visit} in its window {window}", "{visit}，窗口内 {window}")
OUTSIDE = Text("{visit} outside its window {window}", "{visit}，超窗 {window}")
MISSED = Text("{visit} missed, window {window}", "{visit}，缺失，窗口 {window}")
AHEAD = Text("{visit} due, window {window}", "{visit}，待访视，窗口 {window}")
UNPLANNED = Text("{visit}", "{visit}")
_GRAVE_GRADE = 3


def chronicle(story: Story) -> Mapping[Strand, tuple[Told, ...]]:
    """Every point of a story in words, by strand."""

    def line(
        strand: Strand, day: date, what: Text, until: date | None = None, *, notable: bool = False
    ) -> Told:
        since = None if story.t0 is None else (day - story.t0).days
        counted = None if story.t0 is None else study_day(story.t0, day)
        return Told(strand, day, until, since, counted, what, notable)

    return {
        Strand.TURN: tuple(
            line(Strand.TURN, t.day, _turn(t), notable=t.turn in _GRAVE) for t in story.turns
        ),
        Strand.TREATMENT: tuple(
            line(Strand.TREATMENT, p.start, PERIODS[p.status], _end(p, story))
            for p in story.treatments
        ),
        Strand.MRD: tuple(
            line(
                Strand.MRD,
                p.day,
                RESULTS.get(p.result or "", AWAITED),
                notable=p.result == "POSITIVE",
            )
            for p in story.mrd
        ),
        Strand.MARKER: tuple(
            line(Strand.MARKER, v.day, _share(v.share), notable=v.share > 1) for v in story.marker
        ),
        Strand.SCAN: tuple(
            line(Strand.SCAN, s.day, _scan(s.response), notable=s.response == "PD")
            for s in story.scans
        ),
        Strand.LVEF: tuple(
            line(Strand.LVEF, v.day, Text(f"{v.percent} %", f"{v.percent} %")) for v in story.lvef
        ),
        Strand.ADVERSE: tuple(
            line(
                Strand.ADVERSE,
                a.day,
                _event(a.term, a.grade, serious=a.serious),
                a.end,
                notable=a.serious or (a.grade or 0) >= _GRAVE_GRADE,
            )
            for a in story.adverse
        ),
        Strand.VISIT: tuple(
            line(Strand.VISIT, when(v), _visit(v), notable=outside(v)) for v in story.visits
        ),
    }


def by_day(told: Mapping[Strand, Iterable[Told]]) -> tuple[Told, ...]:
    """All lines, oldest first."""
    order = list(Strand)
    lines = (x for of_one in told.values() for x in of_one)
    return tuple(sorted(lines, key=lambda x: (x.day, order.index(x.strand))))


def when(visit: VisitPoint) -> date:
    """The day a visit stands at: when it took place, else its target."""
    if visit.day:
        return visit.day
    return visit.window.target if visit.window else date.max


def outside(visit: VisitPoint) -> bool:
    """It took place outside its window, or not at all."""
    return visit.in_window is False or visit.missed


def _end(period: Period, story: Story) -> date | None:
    return period.end or story.ended


def _turn(point: TurnPoint) -> Text:
    text = TURNS[point.turn]
    group = PERIODS.get(point.to or "")
    return text if group is None else Text(f"{text.en}: {group.en}", f"{text.zh}：{group.zh}")


def _share(share: Decimal) -> Text:
    return (ABOVE if share > 1 else SHARE).filled(percent=f"{share:.0%}")


def _scan(response: str | None) -> Text:
    return Text(response, response) if response else OPEN_SCAN


def _event(term: str, grade: int | None, *, serious: bool) -> Text:
    said = NO_GRADE.filled(term=term) if grade is None else EVENT.filled(term=term, grade=grade)
    return SERIOUS.filled(said=said) if serious else said


def _visit(visit: VisitPoint) -> Text:
    if visit.window is None:
        return UNPLANNED.filled(visit=visit.label)
    if visit.missed:
        text = MISSED
    elif visit.day is None:
        text = AHEAD
    else:
        text = OUTSIDE if visit.in_window is False else INSIDE
    window = f"{visit.window.opens} – {visit.window.closes}"
    return text.filled(visit=visit.label, window=window)
