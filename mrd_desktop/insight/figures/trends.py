"""How a measure runs in every subject: CA15-3 against its limit, ctDNA by VAF and by MTM.

Up to 60 subjects are drawn one by one; more are shown as quartiles of every third month, with every
value over the limit as a mark of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from statistics import quantiles
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.figures.axes import (
    Scale,
    decades,
    month_axis,
    month_ticks,
    nice,
    room_for,
    short,
    side_axis,
)
from mrd_desktop.insight.figures.board import GAP, LINE, NOTE, Board, Key, Shape, Size
from mrd_desktop.insight.figures.model import (
    LOOKS,
    MONTH,
    NOBODY,
    Cell,
    Headed,
    Table,
)
from mrd_desktop.insight.figures.sheet import Align, Sheet, Tone
from mrd_desktop.insight.figures.words import fitted
from mrd_desktop.study.rules.mrd_sequence import NEGATIVE, POSITIVE
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text

SINGLE: Final = 60
"""Subjects that are drawn one by one."""
NAMED: Final = 12
"""Subjects whose lines bear their number."""
LIMIT: Final = Text("limit", "上限")
NOT_DETECTED: Final = Text("not detected", "未检出")
OVER: Final = Text("over the limit or detected", "超出上限或检出")
OVER_LIMIT: Final = Text("over the limit", "超出上限")
DETECTED: Final = Text("detected", "检出")
LOD: Final = Text("limit of detection of the sample", "该样本检测限")
QUARTILES: Final = Text(
    "More than {most} subjects: band from the lower to the upper quartile and median of each third "
    "month, of each subject the value nearest to it; subjects below.",
    "超过 {most} 例：按每 3 个月显示上下四分位带和中位数，每例取最近的一个值，下方为例数。",
)
OF_DETECTED: Final = Text(
    "More than {most} subjects: at each third month median and quartiles of the detected values, "
    "of each subject the sample nearest to it. They are those of other subjects each time, and not "
    "joined. Below, for each group: detected of tested.",
    "超过 {most} 例：每 3 个月显示检出值的中位数与四分位数，每例取最近的一份样本；"
    "各时点的检出者不同，故不连线。下方按组列出检出例数/检测例数。",
)
LOWEST: Final = Text("Negative samples stand in the lowest line.", "阴性样本列于“未检出”。")
NOTHING: Final = Text("No value after the treatment choice yet.", "治疗选择后暂无检测值。")
SHOWS: Final = Text(
    "{n} subjects with {values} values, {over} of them over the limit or detected.",
    "{n} 例受试者 {values} 个检测值，其中 {over} 个超出上限或检出。",
)
COLUMNS: Final = (
    Text("Subject", "受试者"),
    Text("Group", "组别"),
    Text("Date", "日期"),
    Text("Day", "天"),
    Text("Value", "数值"),
    Text("Over the limit or detected", "超出上限或检出"),
    Text("Limit of detection", "检测限"),
)
YES: Final = Text("yes", "是")
NO: Final = Text("no", "否")
_STRAIGHT: Final = 4.0
"""Up to this the axis of the marker is straight, beyond it runs by decades."""
_EVERY: Final = 3
_LEAST: Final = 4
"""Values from which on quartiles are drawn; fewer are drawn one by one."""
_UNDER: Final = 5.0
"""Room between the lowest number of the axis and several lines of counts."""
_ASIDE: Final = 9.0
"""So far apart stand the groups at one month."""
_BAND: Final = 22.0


@dataclass(frozen=True, slots=True)
class Value:
    """A value on a day after T0.

    Attributes:
        value: None where nothing was detected.
        over: over the limit, or detected.
        lod: the laboratory's limit of detection, if it stated one.
    """

    day: int
    value: float | None
    over: bool
    lod: float | None = None


@dataclass(frozen=True)
class Trend:
    """The values of one subject, oldest first."""

    subject: str
    group: str
    t0: int
    values: tuple[Value, ...]


def nearest(one: Trend) -> Mapping[int, Value]:
    """The value of a subject for each third month: the one nearest to it, the earlier of two.

    One subject counts once, so that the quartiles are those of subjects.
    """
    found: dict[int, tuple[float, Value]] = {}
    for v in one.values:
        month = round(v.day / MONTH / _EVERY) * _EVERY
        away = abs(v.day - month * MONTH)
        if month not in found or away < found[month][0]:
            found[month] = (away, v)
    return {month: value for month, (_, value) in found.items()}


Read = Callable[[Scene, Course], Trend | None]
Place = Callable[[Value], tuple[float, float]]


def marker(scene: Scene, course: Course) -> Trend | None:
    """CA15-3 as a share of its laboratory's limit."""
    found = []
    for day, line in dated(scene.forms("TM"), "TM.LBDAT"):
        value, limit = line.number("TM.CA153VAL"), line.number("TM.CA153ULN")
        if value is not None and limit and day >= course.t0:
            high = line.text("TM.CA153IND") == "HIGH"
            found.append(Value((day - course.t0).days, float(value / limit), high))
    return _trend(course, found)


def allele_frequency(scene: Scene, course: Course) -> Trend | None:
    """Mean variant allele frequency in per cent."""
    return _molecular(scene, course, "MRD.MVAF")


def molecules(scene: Scene, course: Course) -> Trend | None:
    """Mean tumour molecules in a millilitre of plasma."""
    return _molecular(scene, course, "MRD.MTM")


def _molecular(scene: Scene, course: Course, item: str) -> Trend | None:
    found = []
    for day, line in dated(scene.forms("MRD"), "MRD.SAMPDAT"):
        result, value = line.text("MRD.RESULT"), line.number(item)
        if day < course.t0 or result not in (POSITIVE, NEGATIVE):
            continue
        if result == POSITIVE and not value:
            continue  # positive without this measure: no point to draw
        lod = line.number("MRD.LOD") if item == "MRD.MVAF" else None
        shown = float(value) if value and result == POSITIVE else None
        days = (day - course.t0).days
        found.append(Value(days, shown, result == POSITIVE, _float(lod)))
    return _trend(course, found)


def _float(value: Decimal | None) -> float | None:
    return None if not value else float(value)


def _trend(course: Course, values: Sequence[Value]) -> Trend | None:
    if not values:
        return None
    return Trend(course.subject, course.group, course.t0.toordinal(), tuple(values))


def _quarters(found: Sequence[Value]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    q1, q2, q3 = quantiles([v.value for v in found if v.value is not None], method="inclusive")
    return q1, q2, q3


def _count(board: Board, x: float, y: float, told: str, ink: Tone) -> None:
    board.label(x, y, told, size=NOTE - 2, ink=ink, align=Align.MIDDLE, role="subjects")


@dataclass(frozen=True)
class Trends(Headed):
    """The values of some subjects.

    Attributes:
        axis: what is measured, with its unit.
        limit: a line across; None where none holds for all.
    """

    trends: tuple[Trend, ...]
    axis: Text
    limit: float | None

    @property
    def _always(self) -> bool:
        """Every sample has a value, as the marker has, and ctDNA has not."""
        return self.limit is not None

    @property
    def table(self) -> Table:
        """Every value."""
        rows: list[tuple[Cell, ...]] = [
            (
                one.subject,
                LOOKS[one.group].text,
                date.fromordinal(one.t0 + v.day).isoformat(),
                str(v.day),
                NOT_DETECTED if v.value is None else f"{v.value:.4g}",
                YES if v.over else NO,
                "" if v.lod is None else f"{v.lod:.4g}",
            )
            for one in self.trends
            for v in one.values
        ]
        return Table(COLUMNS, tuple(rows))

    def sheets(self, size: Size) -> tuple[Sheet, ...]:
        """One page."""
        dense = len(self.trends) > SINGLE
        heading = self.heading
        if dense:
            told = (QUARTILES if self._always else OF_DETECTED).filled(most=SINGLE)
            heading = replace(heading, notes=(told, *heading.notes))
        elif not self._always:
            heading = replace(heading, notes=(LOWEST, *heading.notes))
        board = Board(size, heading)
        values = [v for t in self.trends for v in t.values]
        if not values:
            board.empty(NOTHING if self.trends else NOBODY)
        else:
            self._draw(board, values, dense=dense)
        shown = SHOWS.filled(
            n=len(self.trends), values=len(values), over=sum(v.over for v in values)
        )
        return (board.sheet(board.say(shown)),)

    def _draw(self, board: Board, values: Sequence[Value], *, dense: bool) -> None:
        board.legend(self._legend(dense=dense))
        known = [v.value for v in values if v.value is not None]
        below = not dense and any(v.value is None for v in values)
        lods = [v.lod for v in values if v.lod is not None]
        most = max([*known, *lods, self.limit or 0.0], default=1.0) or 1.0
        log = self.limit is None or most > _STRAIGHT
        least = min([x for x in [*known, *lods] if x > 0] or [most / 10])
        marks = decades(least, most) if log else nice(max(most, 1.2))
        words = [*(short(v) for v in marks), *([board.say(NOT_DETECTED)] if below else [])]
        board.left += room_for(words, 120)
        named = not dense and len(self.trends) <= NAMED
        board.right -= room_for([t.subject for t in self.trends], 90) if named else GAP
        longest = max(v.day for v in values) / MONTH
        ticks = month_ticks(max(longest, 1), board.right - board.left, 30)
        groups = [g for g in LOOKS if any(t.group == g for t in self.trends)]
        lines = (1 if self._always else len(groups)) if dense else 0
        counted = LINE * lines + (_UNDER if dense and not self._always else 0)
        top, bottom = board.top + LINE + GAP, board.bottom - 2 * LINE - GAP * 2 - counted
        floor = bottom - (_BAND if below else 0)
        name = fitted(board.say(self.axis), NOTE, board.right - board.left)
        board.label(board.left, board.top + NOTE, name, ink=Tone.SECONDARY)
        x = Scale(0, ticks[-1], board.left, board.right)
        y = Scale(marks[0], marks[-1], floor, top, log)
        side_axis(board, y, marks, short)
        nothing = floor + _BAND * 0.65
        if below:
            at = nothing + NOTE * 0.36
            words_none = board.say(NOT_DETECTED)
            board.label(board.left - GAP, at, words_none, ink=Tone.SECONDARY, align=Align.RIGHT)
            board.line(board.left, nothing, board.right, nothing, Tone.LINE)
        month_axis(board, x, ticks, top, bottom + counted)
        if self.limit is not None:
            at = y(self.limit)
            board.line(board.left, at, board.right, at, Tone.HARD, dash=(5, 3), role="limit")
            board.label(board.left + 4, at - 4, board.say(LIMIT), ink=Tone.HARD)

        def place(v: Value) -> tuple[float, float]:
            return x(v.day / MONTH), nothing if v.value is None else y(v.value)

        if dense and self._always:
            self._quartiles(board, x, y, bottom + counted - 3)
        elif dense:
            self._detected(board, x, y, bottom + LINE + _UNDER - 3)
        else:
            self._lines(board, place, y)
        if not dense or self._always:
            self._values(board, place, dense=dense)
        if named:
            self._names(board, place, bottom - NOTE / 2)

    def _lines(self, board: Board, place: Place, y: Scale) -> None:
        for one in self.trends:
            look = LOOKS[one.group]
            points = [place(v) for v in one.values]
            board.path(points, look.line, wide=1.1, dash=look.dash, role="trend")
            for v in one.values:
                if v.lod is not None:
                    at, here = y(v.lod), place(v)[0]
                    board.line(here - 4, at, here + 4, at, Tone.SECONDARY, role="lod")

    def _values(self, board: Board, place: Place, *, dense: bool) -> None:
        for one in self.trends:
            look = LOOKS[one.group]
            for v in one.values:
                if dense and not v.over:
                    continue
                shape = Shape.DISC if v.over else look.shape
                ink = Tone.POSITIVE if v.over else look.line
                board.dot(*place(v), shape, ink, 3.5, role="value")

    def _binned(self) -> Mapping[str, Mapping[int, Sequence[Value]]]:
        """For each group and third month the value of each subject."""
        found: dict[str, dict[int, list[Value]]] = {INTERMISSION: {}, CONTINUE: {}}
        for one in self.trends:
            for month, value in nearest(one).items():
                found[one.group].setdefault(month, []).append(value)
        return {g: dict(sorted(months.items())) for g, months in found.items()}

    def _quartiles(self, board: Board, x: Scale, y: Scale, base: float) -> None:
        counts: dict[int, int] = {}
        for group, months in self._binned().items():
            look = LOOKS[group]
            low, mid, high = [], [], []
            for month, found in months.items():
                counts[month] = counts.get(month, 0) + len(found)
                if len(found) < _LEAST:
                    continue
                q1, q2, q3 = _quarters(found)
                low.append((x(month), y(q1)))
                mid.append((x(month), y(q2)))
                high.append((x(month), y(q3)))
            if len(mid) > 1:
                whole = [*high, *reversed(low)]
                board.path(whole, None, fill=look.fill, alpha=0.3, closed=True, role="band")
                for edge in (low, high):
                    board.path(edge, look.line, wide=0.7, dash=look.dash or (1.5, 2.5))
                board.path(mid, look.line, wide=2, dash=look.dash, role="trend")
        for month, n in counts.items():
            _count(board, x(month), base, str(n), Tone.SECONDARY)

    def _detected(self, board: Board, x: Scale, y: Scale, base: float) -> None:
        """Medians and quartiles of those detected, side by side; how many of how many below."""
        binned = {g: months for g, months in self._binned().items() if months}
        for number, (group, months) in enumerate(binned.items()):
            look = LOOKS[group]
            aside = (number - (len(binned) - 1) / 2) * _ASIDE
            for month, tested in months.items():
                at = x(month) + aside
                found = [v for v in tested if v.value is not None]
                told = f"{len(found)}/{len(tested)}"
                _count(board, x(month), base + number * LINE, told, look.line)
                if len(found) < _LEAST:
                    for v in found:
                        board.dot(at, y(v.value or 0.0), look.shape, look.line, 2.5, role="value")
                    continue
                q1, q2, q3 = _quarters(found)
                board.line(at, y(q1), at, y(q3), look.line, wide=1.6, role="quartiles")
                board.dot(at, y(q2), look.shape, look.line, 4, role="median")

    def _names(self, board: Board, place: Place, lowest: float) -> None:
        """The subjects' numbers at the right, moved apart where their lines end together."""
        ends = [(place(t.values[-1])[1], t) for t in self.trends]
        ends.sort(key=lambda end: (end[0], end[1].subject))
        step = NOTE + 3
        free = board.top
        tops: list[float] = []
        for y, _ in ends:
            free = max(y, free + step)
            tops.append(free)
        for number in reversed(range(len(tops))):  # and up again where the axis is in the way
            tops[number] = min(tops[number], lowest)
            lowest = tops[number] - step
        for at, (y, one) in zip(tops, ends, strict=True):
            ink = LOOKS[one.group].line
            px, _ = place(one.values[-1])
            board.line(px + 4, y, board.right + 3, at, Tone.LINE)
            board.label(board.right + 5, at + NOTE * 0.36, one.subject, ink=ink, role="name")

    def _legend(self, *, dense: bool) -> list[Key]:
        keys = []
        for group in (INTERMISSION, CONTINUE):

            def draw(board: Board, x: float, y: float, group: str = group) -> None:
                look = LOOKS[group]
                board.line(x - 11, y, x + 11, y, look.line, wide=1.5, dash=look.dash)
                board.dot(x, y, look.shape, look.line, 3.5)

            keys.append(Key(draw, LOOKS[group].text))

        if dense and not self._always:
            return keys

        def over(board: Board, x: float, y: float) -> None:
            board.dot(x, y, Shape.DISC, Tone.POSITIVE, 4)

        keys.append(Key(over, DETECTED if self.limit is None else OVER_LIMIT))
        if any(v.lod is not None for t in self.trends for v in t.values):

            def lod(board: Board, x: float, y: float) -> None:
                board.line(x - 5, y, x + 5, y, Tone.SECONDARY)

            keys.append(Key(lod, LOD))
        return keys
