"""Curves by group: survival by Kaplan and Meier, cumulative incidence by Aalen and Johansen.

Every curve has its 95 % band, its censoring marks and the numbers at risk below it, and ends where
fewer than 5 subjects are at risk. With fewer than 10 events nothing is compared, said in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mrd_desktop.insight.comparison import ENOUGH, Comparison
from mrd_desktop.insight.competing import IncidenceStep
from mrd_desktop.insight.figures.axes import Scale, month_axis, month_ticks, room_for, side_axis
from mrd_desktop.insight.figures.board import GAP, LINE, NOTE, Board, Heading, Key, Size
from mrd_desktop.insight.figures.model import (
    LOOKS,
    MONTH,
    NOBODY,
    Cell,
    Headed,
    Look,
    Table,
    months_of,
    percent,
)
from mrd_desktop.insight.figures.sheet import Align, Sheet, Tone
from mrd_desktop.insight.figures.words import width
from mrd_desktop.insight.kaplan_meier import THIN, Curve
from mrd_desktop.texts import Text

AT_RISK: Final = Text("At risk", "风险人数")
CENSORED: Final = Text("censored", "删失")
LEGEND: Final = Text("{group}: n = {n}, events {events}, ", "{group}：n = {n}，事件 {events}，")
MEDIAN_REACHED: Final = Text(
    "median {median} months (95 % {low} to {high})",
    "中位 {median} 个月（95% 区间 {low} 至 {high}）",
)
MEDIAN_OPEN: Final = Text(
    "median {median} months (95 % from {low}, no upper limit)",
    "中位 {median} 个月（95% 区间自 {low} 起，无上限）",
)
MEDIAN_BEYOND: Final = Text(
    "median not reached (95 % from {low} months)", "中位未达到（95% 区间自 {low} 个月起）"
)
MEDIAN_UNKNOWN: Final = Text("median not reached", "中位未达到")
MEDIAN_PAST: Final = Text("median beyond the curve", "中位时间在曲线范围之外")
LEGEND_PLAIN: Final = Text("{group}: n = {n}, events {events}", "{group}：n = {n}，事件 {events}")
LEGEND_RIVALS: Final = Text(
    "{group}: n = {n}, events {events}, competing {rivals}",
    "{group}：n = {n}，事件 {events}，竞争事件 {rivals}",
)
BANDS: Final = Text(
    "Bands: 95 % intervals (log-log). Curves end where fewer than {thin} subjects are at risk.",
    "阴影为 95% 置信区间（log-log）。风险人数少于 {thin} 时曲线终止。",
)
MEDIAN: Final = Text(
    "Median: the smallest time at which no more than half are free of the event.",
    "中位时间：无事件比例首次不高于一半的时间。",
)
NO_MEDIAN: Final = Text(
    "No median is given for a group with fewer than {enough} events.",
    "事件少于 {enough} 例的组不给出中位时间。",
)
CHOSEN: Final = Text(
    "Patients chose their group: differences between groups are descriptive.",
    "分组由患者自行选择，组间差异仅作描述。",
)
TOO_FEW: Final = Text(
    "Events in all: {events}. With fewer than {enough} no p-value and no hazard ratio are shown.",
    "事件共 {events} 例。少于 {enough} 例时不显示 P 值和风险比。",
)
ONE_GROUP: Final = Text("One group only: nothing to compare.", "仅一组，无组间比较。")
COMPARED: Final = Text(
    "Log-rank p {p}. Hazard ratio {ratio} (95 % {low} to {high}), continued over intermission.",
    "Log-rank P {p}。风险比 {ratio}（95% 区间 {low} 至 {high}），持续治疗组比间歇组。",
)
NOT_TOGETHER: Final = Text(
    "No comparison: the groups were never at risk together, or all had the event on one day.",
    "无组间比较：两组未曾同时处于风险中，或事件全部发生在同一天。",
)
TESTED: Final = Text(
    "Log-rank p {p}. The hazard ratio has no finite estimate.",
    "Log-rank P {p}。风险比无有限估计值。",
)
NO_EVENT: Final = Text(
    "{group}: no event up to the end of the curve, so that no interval can be given.",
    "{group}：曲线范围内无事件，无法给出置信区间。",
)
SMALL: Final = Text(
    "{group}: {n} subjects; with fewer than {thin} no curve is drawn.",
    "{group}：{n} 例受试者，少于 {thin} 例不绘制曲线。",
)
NO_CURVE: Final = Text(
    "Fewer than {thin} subjects in each group: no curve is drawn. See the single courses.",
    "各组均少于 {thin} 例，不绘制曲线。请查看个体病程图。",
)
COMPETING: Final = Text(
    "Progression or death before conversion are competing events (Aalen-Johansen).",
    "转阳前的进展或死亡为竞争事件（Aalen-Johansen 法）。",
)
COLUMNS: Final = (
    Text("Group", "组别"),
    Text("Days", "天"),
    Text("Months", "月"),
    Text("At risk", "风险人数"),
    Text("Events", "事件"),
    Text("Competing", "竞争事件"),
    Text("Censored", "删失"),
    Text("Estimate", "估计值"),
    Text("Lower 95 %", "95% 下限"),
    Text("Upper 95 %", "95% 上限"),
)
SHOWS: Final = Text(
    "{group}: {n} subjects, {events} events; at {month} months {value} (95 % {low} to {high}).",
    "{group}：{n} 例，事件 {events}；{month} 个月时 {value}（95% 区间 {low} 至 {high}）。",
)
SHOWS_NONE: Final = Text(
    "{group}: {n} subjects, {events} events.", "{group}：{n} 例，事件 {events}。"
)
_SWATCH: Final = 11.0
_NEAR: Final = 3.0
"""Censoring marks nearer than this stand as one."""


@dataclass(frozen=True, slots=True)
class At:
    """One time of a curve; the interval is None where none can be computed."""

    time: int
    at_risk: int
    events: int
    competing: int
    censored: int
    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Series:
    """The curve of one group. ``median`` and its interval in days; None where not reached."""

    look: Look
    n: int
    steps: tuple[At, ...]
    median: int | None = None
    median_lower: int | None = None
    median_upper: int | None = None

    @property
    def events(self) -> int:
        """Events in all."""
        return sum(s.events for s in self.steps)

    @property
    def drawn(self) -> tuple[At, ...]:
        """The steps with at least 5 at risk."""
        return tuple(s for s in self.steps if s.at_risk >= THIN)

    def at_risk(self, time: float) -> int:
        """How many are at risk at a time."""
        return next((s.at_risk for s in self.steps if s.time >= time), 0)


def survival(curves: Mapping[str, Curve]) -> tuple[Series, ...]:
    """Kaplan-Meier curves as series."""
    return tuple(
        Series(
            LOOKS[group],
            c.n,
            tuple(
                At(s.time, s.at_risk, s.events, 0, s.censored, float(s.survival), s.lower, s.upper)
                for s in c.steps
            ),
            c.median,
            c.median_lower,
            c.median_upper,
        )
        for group, c in curves.items()
    )


def incidence(found: Mapping[str, Sequence[IncidenceStep]]) -> tuple[Series, ...]:
    """Cumulative incidences as series."""
    made = []
    for group, steps in found.items():
        n = steps[0].at_risk if steps else 0
        points = tuple(
            At(
                s.time, s.at_risk, s.events, s.competing, s.censored, float(s.incidence),
                *(s.interval or (None, None)),
            )
            for s in steps
        )  # fmt: skip
        made.append(Series(LOOKS[group], n, points))
    return tuple(made)


@dataclass(frozen=True)
class Curves(Headed):
    """Curves of some groups.

    Attributes:
        rising: they begin at 0 (incidence), else at 1 (survival).
        events_name: what counts as event, for the axis.
    """

    series: tuple[Series, ...]
    axis: Text
    rising: bool = False

    @property
    def table(self) -> Table:
        """Every step."""
        rows: list[tuple[Cell, ...]] = []
        for one in self.series:
            for s in one.steps:
                rows.append((
                    one.look.text, str(s.time), f"{s.time / MONTH:.1f}", str(s.at_risk),
                    str(s.events), str(s.competing), str(s.censored), f"{s.value:.6f}",
                    "" if s.lower is None else f"{s.lower:.6f}",
                    "" if s.upper is None else f"{s.upper:.6f}",
                ))  # fmt: skip
        return Table(COLUMNS, tuple(rows))

    def sheets(self, size: Size) -> tuple[Sheet, ...]:
        """One page."""
        board = Board(size, self.heading)
        if not any(one.n for one in self.series):
            board.empty(NOBODY)
        else:
            self._draw(board)
        return (board.sheet(" ".join(board.say(self._shown(one)) for one in self.series)),)

    def _shown(self, one: Series) -> Text:
        known = [s for s in one.drawn if s.lower is not None and s.upper is not None]
        if not known:
            return grouped(SHOWS_NONE.filled(n=one.n, events=one.events), one.look)
        last = known[-1]
        assert last.lower is not None
        assert last.upper is not None
        told = SHOWS.filled(
            n=one.n,
            events=one.events,
            month=f"{last.time / MONTH:.1f}",
            value=percent(last.value),
            low=percent(last.lower),
            high=percent(last.upper),
        )
        return grouped(told, one.look)

    def _draw(self, board: Board) -> None:
        board.legend([self._key(one) for one in self.series])
        names = [board.say(one.look.text) for one in self.series]
        side = room_for([*names, "100 %", board.say(AT_RISK)], 130)
        half = width(str(max(one.n for one in self.series)), NOTE) / 2
        board.left += side + half
        most = max((s.time for one in self.series for s in one.steps), default=1) / MONTH
        numbers = [str(one.n) for one in self.series]
        least = max(width(x, NOTE) for x in [*numbers, "100"]) + GAP
        board.right -= least / 2
        ticks = month_ticks(most, board.right - board.left, least)
        below = 2 * LINE + (len(self.series) + 1) * (LINE + 1) + GAP * 2
        top, bottom = board.top + LINE + GAP, board.bottom - below
        board.label(board.left, board.top + NOTE, board.say(self.axis), ink=Tone.SECONDARY)
        x = Scale(0, ticks[-1], board.left, board.right)
        y = Scale(0, 1, bottom, top)
        side_axis(board, y, (0, 0.25, 0.5, 0.75, 1), lambda v: f"{v * 100:.0f} %")
        under = month_axis(board, x, ticks, top, bottom)
        for one in self.series:
            self._band(board, one, x, y)
        for one in self.series:
            self._curve(board, one, x, y)
        if not any(one.drawn for one in self.series):
            board.top, board.bottom = top, bottom
            board.empty(NO_CURVE.filled(thin=THIN))
        self._risk(board, x, ticks, under, half)

    def _key(self, one: Series) -> Key:
        def draw(board: Board, x: float, y: float) -> None:
            look = one.look
            board.line(x - _SWATCH, y, x + _SWATCH, y, look.line, wide=2, dash=look.dash)
            board.dot(x, y, look.shape, look.line, 3.5)

        if self.rising:
            rivals = sum(s.competing for s in one.steps)
            text = LEGEND_RIVALS.filled(rivals=rivals)
        elif not one.drawn or one.events < ENOUGH:
            text = LEGEND_PLAIN
        else:
            middle = _median(one)
            text = Text(LEGEND.en + middle.en, LEGEND.zh + middle.zh)
        return Key(draw, grouped(text.filled(n=one.n, events=one.events), one.look))

    def _band(self, board: Board, one: Series, x: Scale, y: Scale) -> None:
        upper: list[tuple[float, float]] = []
        lower: list[tuple[float, float]] = []
        drawn = one.drawn
        for number, s in enumerate(drawn):
            if s.lower is None or s.upper is None:
                continue
            end = drawn[number + 1].time if number + 1 < len(drawn) else s.time
            for time in (s.time, end):
                upper.append((x(time / MONTH), y(s.upper)))
                lower.append((x(time / MONTH), y(s.lower)))
        if len(upper) > 2:
            look = one.look
            whole = [*upper, *reversed(lower)]
            board.path(whole, None, fill=look.fill, alpha=0.22, closed=True, role="band")
            for edge in (upper, lower):
                board.path(edge, look.line, wide=0.7, dash=(1.5, 2.5))

    def _curve(self, board: Board, one: Series, x: Scale, y: Scale) -> None:
        drawn = one.drawn
        if not drawn:
            return
        value = 0.0 if self.rising else 1.0
        points = [(x(0), y(value))]
        marks: list[tuple[float, float]] = []
        for s in drawn:
            here = x(s.time / MONTH)
            points += [(here, y(value)), (here, y(s.value))]
            value = s.value
            if s.censored and (not marks or here - marks[-1][0] >= _NEAR):
                marks.append((here, y(value)))
        look = one.look
        board.path(points, look.line, wide=2, dash=look.dash, role="curve")
        for at in marks:
            board.dot(*at, look.shape, look.line, 3.5, role="censored")

    def _risk(self, board: Board, x: Scale, ticks: Sequence[int], top: float, half: float) -> None:
        side = board.left - half - GAP
        board.label(side, top + NOTE, board.say(AT_RISK), ink=Tone.SECONDARY, align=Align.RIGHT)
        for number, one in enumerate(self.series, 1):
            base = top + NOTE + number * (LINE + 1)
            name = board.say(one.look.text)
            board.label(side, base, name, ink=one.look.line, align=Align.RIGHT)
            for month in ticks:
                board.label(
                    x(month),
                    base,
                    str(one.at_risk(month * MONTH)),
                    align=Align.MIDDLE,
                    role="risk",
                )


def _median(one: Series) -> Text:
    low, high = months_of(one.median_lower), months_of(one.median_upper)
    if one.median is not None and one.median > one.drawn[-1].time:
        return MEDIAN_PAST  # told from fewer at risk than the curve is drawn for
    if one.median is None:
        return MEDIAN_BEYOND.filled(low=low) if low else MEDIAN_UNKNOWN
    words = MEDIAN_REACHED if high else MEDIAN_OPEN
    return words.filled(median=months_of(one.median), low=low, high=high)


def grouped(text: Text, look: Look) -> Text:
    """A text with the name of the group in it."""
    return Text(text.en.replace("{group}", look.text.en), text.zh.replace("{group}", look.text.zh))


def notes(series: Sequence[Series], compared: Comparison | None) -> tuple[Text, ...]:
    """What must be read with the curves."""
    if not any(one.n for one in series):
        return ()
    curved = any(one.drawn for one in series)
    told = [BANDS.filled(thin=THIN)] if curved else []
    for one in series:
        if 0 < one.n < THIN or (one.n and not one.drawn):
            told.append(grouped(SMALL.filled(n=one.n, thin=THIN), one.look))
        elif one.n and not any(s.events for s in one.drawn):
            told.append(grouped(NO_EVENT, one.look))
    if compared is not None:
        told += _median_notes([one for one in series if one.drawn])
        told += comparison_notes(series, compared)
    return tuple(told)


def _median_notes(shown: Sequence[Series]) -> list[Text]:
    """What the median is, and which group has none for want of events (decision 20)."""
    few = [one for one in shown if one.events < ENOUGH]
    told = [MEDIAN] if len(few) < len(shown) else []
    if few:
        told.append(NO_MEDIAN.filled(enough=ENOUGH))
    return told


def comparison_notes(series: Sequence[Series], found: Comparison) -> list[Text]:
    """The comparison in words, or why there is none."""
    if sum(bool(one.n) for one in series) < 2:
        return [ONE_GROUP]
    if found.too_few:
        return [TOO_FEW.filled(events=found.events, enough=ENOUGH), CHOSEN]
    if found.log_rank is None:
        return [NOT_TOGETHER, CHOSEN]
    p = "< 0.001" if found.log_rank.p < 0.001 else f"= {found.log_rank.p:.3f}"
    ratio = found.hazard_ratio
    if ratio is None:
        return [TESTED.filled(p=p), CHOSEN]
    told = COMPARED.filled(
        p=p,
        ratio=f"{ratio.ratio:.2f}",
        low=f"{ratio.lower:.2f}",
        high=f"{ratio.upper:.2f}",
    )
    return [told, CHOSEN]


def made(
    title: Text,
    about: Text,
    series: tuple[Series, ...],
    axis: Text,
    compared: Comparison | None,
    more: Sequence[Text] = (),
    *,
    rising: bool = False,
) -> Curves:
    """The figure with its notes."""
    heading = Heading(title, about, (*notes(series, compared), *more))
    return Curves(heading, series, axis, rising)
