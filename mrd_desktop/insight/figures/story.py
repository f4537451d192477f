"""A subject's story as a figure: rows over one axis of days, alike on screen, paper and in files.

Nothing is told by colour alone: bars differ by their hatch, results and levels by their mark,
grave adverse events by their darkness, visits outside their window by an exclamation mark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from mrd_desktop.insight.chronicle import (
    PERIODS,
    TURNS,
    Strand,
    Told,
    by_day,
    chronicle,
    outside,
    when,
)
from mrd_desktop.insight.figures.board import GAP, NOTE, Board, Heading, Key, Shape
from mrd_desktop.insight.figures.board import Size as Room
from mrd_desktop.insight.figures.model import LOOKS, Cell, Headed, Table, day_text
from mrd_desktop.insight.figures.sheet import Align, Sheet, Tone
from mrd_desktop.insight.figures.words import fitted, width
from mrd_desktop.insight.story import Story, Turn
from mrd_desktop.texts import Language, Text

TITLE: Final = Text("Story of {subject}", "{subject} 的病程")
ABOUT: Final = Text("As of {day}. T0: {zero}.", "截至 {day}。T0：{zero}。")
NO_ZERO: Final = Text("not yet", "尚无")
SHOWS: Final = Text("{n} dated results of {subject}.", "{subject} 的 {n} 项带日期的结果。")
NOTHING: Final = Text("No dated result yet.", "尚无带日期的结果。")
TODAY: Final = Text("today", "今天")
NAME: Final = "story"
COLUMNS: Final = (
    Text("Date", "日期"),
    Text("Until", "至"),
    Text("Day from T0", "距T0天数"),
    Text("Kind", "类别"),
    Text("What", "内容"),
)
NEGATIVE: Final = Text("MRD negative", "MRD 阴性")
POSITIVE: Final = Text("MRD positive", "MRD 阳性")
NO_RESULT: Final = Text("MRD without result", "MRD 无有效结果")
LIMIT: Final = Text("CA15-3 limit", "CA15-3 上限")
OVER: Final = Text("above the limit", "超过上限")
MILD: Final = Text("adverse event", "不良事件")
GRAVE: Final = Text("grade 3 or more, or serious", "3 级及以上或严重")
WINDOW: Final = Text("window of a visit; ! outside or missed", "访视窗口；! 为超窗或缺失")
ROWS: Final = {
    Strand.TURN: 16,
    Strand.TREATMENT: 22,
    Strand.MRD: 18,
    Strand.MARKER: 28,
    Strand.SCAN: 16,
    Strand.LVEF: 16,
    Strand.ADVERSE: 22,
    Strand.VISIT: 41,
}
_ALWAYS: Final = (Strand.TREATMENT, Strand.MRD, Strand.MARKER, Strand.SCAN, Strand.VISIT)
_LABEL: Final = 22.0
_AXIS: Final = 16.0
_LABELS: Final = 100.0
_MARK: Final = 12.0
_LANES: Final = 3
_STRETCH: Final = 1.6
"""How much taller than on the screen a row may be where there is room."""
_CEILING: Final = Decimal("1.5")
"""Shares of the marker above this are drawn at the top."""
_MIDDLE: Final = NOTE * 0.36
_RESULTS: Final = {
    "NEGATIVE": (Shape.RING, Tone.NEGATIVE, NEGATIVE),
    "POSITIVE": (Shape.DISC, Tone.POSITIVE, POSITIVE),
}
_OTHER: Final = (Shape.CROSS, Tone.NO_RESULT, NO_RESULT)


@dataclass(frozen=True, slots=True)
class Spot:
    """What is drawn at a place (left, top, right, bottom), in words."""

    box: tuple[float, float, float, float]
    told: Told


def rows_of(story: Story) -> tuple[tuple[Strand, int], ...]:
    """The rows with their heights; what a subject has nothing of takes no room."""
    told = chronicle(story)
    return tuple((s, tall) for s, tall in ROWS.items() if told[s] or s in _ALWAYS)


def height_of(story: Story | None) -> int:
    """How tall the rows and their axis are."""
    rows = rows_of(story) if story is not None and not story.empty else ()
    tall = sum(t for _, t in rows) or sum(ROWS[s] for s in _ALWAYS)
    return int(tall + _AXIS + 2 * GAP)


def bare(story: Story, room: Room) -> tuple[Sheet, tuple[Spot, ...]]:
    """The rows alone, for the screen, with what is drawn where."""
    board = Board(room, None)
    rows = _Rows(board, story, 1.0)
    rows.draw()
    said = _shown(story).say(room.language)
    title = TITLE.filled(subject=story.subject).say(room.language)
    return board.sheet(said, title), tuple(rows.spots)


@dataclass(frozen=True)
class StoryFigure(Headed):
    """The story of one subject."""

    story: Story

    @property
    def table(self) -> Table:
        """Every dated result, oldest first."""
        rows: list[tuple[Cell, ...]] = [
            (
                day_text(t.day),
                day_text(t.until),
                "" if t.since is None else str(t.since),
                t.strand.text,
                t.what,
            )
            for t in by_day(chronicle(self.story))
        ]
        return Table(COLUMNS, tuple(rows))

    def sheets(self, size: Room) -> tuple[Sheet, ...]:
        """One page, no taller than it needs."""
        board = Board(size, self.heading)
        if self.story.empty:
            board.empty(NOTHING)
            return (board.sheet(board.say(_shown(self.story))),)
        keys = _legend(self.story)
        board.legend(keys)
        room, least = board.bottom - board.top, height_of(self.story)
        stretch = min(max(room / least, 1.0), _STRETCH)
        spare = int(room - least * stretch)
        board = Board(Room(size.width, board.height - spare, size.language), self.heading)
        board.legend(keys)
        _Rows(board, self.story, stretch).draw()
        return (board.sheet(board.say(_shown(self.story))),)

    def inset(self, wide: float, language: Language) -> Sheet:
        """The rows with their legend, to stand in a report that has its own head."""
        tall = height_of(self.story)
        probe = Board(Room(wide, 0, language), None)
        keys = _legend(self.story)
        probe.legend(keys)
        board = Board(Room(wide, probe.top + GAP + tall, language), None)
        board.legend(keys)
        board.top += GAP
        if self.story.empty:
            at = board.top + NOTE
            board.label(0, at, board.say(NOTHING), ink=Tone.SECONDARY)
        else:
            _Rows(board, self.story, 1.0).draw()
        title, said = self.heading.title.say(language), _shown(self.story).say(language)
        return board.sheet(said, title)


def story_figure(story: Story) -> StoryFigure:
    """The figure of a story."""
    zero = NO_ZERO if story.t0 is None else Text(str(story.t0), str(story.t0))
    about = Text(
        ABOUT.en.format(day=story.today, zero=zero.en),
        ABOUT.zh.format(day=story.today, zero=zero.zh),
    )
    return StoryFigure(Heading(TITLE.filled(subject=story.subject), about), story)


def _shown(story: Story) -> Text:
    n = sum(map(len, chronicle(story).values()))
    return SHOWS.filled(n=n, subject=story.subject)


@dataclass
class _Rows:
    """Lays the rows out in what a board has free."""

    board: Board
    story: Story
    stretch: float
    spots: list[Spot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.told = chronicle(self.story)
        self.left = self.board.left + GAP + _LABELS
        self.right = self.board.right - 4 * GAP
        self.top = self.board.top + GAP
        tall = sum(t for _, t in rows_of(self.story)) * self.stretch
        self.bottom = self.top + tall
        self.days = max((self.story.last - self.story.first).days, 1)

    def draw(self) -> None:
        """Axis first, rows on it, today last."""
        acts: dict[Strand, Callable[[float, float], None]] = {
            Strand.TURN: self._turns,
            Strand.TREATMENT: self._treatment,
            Strand.MRD: self._mrd,
            Strand.MARKER: self._marker,
            Strand.SCAN: self._scans,
            Strand.LVEF: self._lvef,
            Strand.ADVERSE: self._adverse,
            Strand.VISIT: self._visits,
        }
        self._axis()
        top = self.top
        for strand, rows in rows_of(self.story):
            tall = rows * self.stretch
            name = fitted(self.board.say(strand.text), NOTE, _LABELS - GAP)
            y = top + min(tall, _LABEL) / 2 + _MIDDLE
            self.board.label(self.left - _LABELS, y, name, ink=Tone.SECONDARY, role="row")
            acts[strand](top, tall)
            top += tall
        self._today()

    def _x(self, day: date) -> float:
        share = (day - self.story.first).days / self.days
        return self.left + share * (self.right - self.left)

    def _spot(self, strand: Strand, number: int, x: float, top: float, tall: float) -> None:
        """A mark of the usual size in the middle of its row."""
        middle = top + tall / 2
        half = _MARK / 2
        self._around(strand, number, x - half, middle - half, x + half, middle + half)

    def _around(
        self, strand: Strand, number: int, left: float, top: float, right: float, bottom: float
    ) -> None:
        self.spots.append(Spot((left, top, right, bottom), self.told[strand][number]))

    def _word(
        self, x: float, words: str, top: float, tall: float, free: float, ink: Tone = Tone.TEXT
    ) -> float:
        """A word centred on a day, moved a little where others stand in its way; a tick where
        there is no room at all. Where the next one may begin."""
        wide = width(words, NOTE)
        last = self.board.right - wide / 2 - 2
        place = min(max(x, free + wide / 2), last)
        if place - wide / 2 < free or place - x > wide:
            self.board.line(x, top + tall - 3, x, top + tall, ink, role="tick")
            return free
        y = top + tall / 2 + _MIDDLE
        self.board.label(place, y, words, ink=ink, align=Align.MIDDLE, role="word")
        return place + wide / 2 + 3

    # --- rows -------------------------------------------------------------------------

    def _turns(self, top: float, tall: float) -> None:
        """Words on the day, with a line through all rows where the course ends."""
        free = self.left - GAP
        for number, point in enumerate(self.story.turns):
            x = self._x(point.day)
            if point.turn in (Turn.PROGRESSION, Turn.DEATH):
                self.board.line(x, top + tall - 2, x, self.bottom, Tone.HARD, role="end")
            ink = Tone.HARD if self.told[Strand.TURN][number].notable else Tone.TEXT
            free = self._word(x, self.board.say(TURNS[point.turn]), top, tall, free, ink)
            self._spot(Strand.TURN, number, x, top, tall)

    def _treatment(self, top: float, tall: float) -> None:
        story = self.story
        for number, period in enumerate(story.treatments):
            look = LOOKS[period.status]
            left = self._x(period.start)
            wide = max(self._x(period.end or story.ended or story.today) - left, 3.0)
            high = tall - 8
            self.board.bar(
                left, top + 4, wide, high, look.fill, look.line, look.hatch, alpha=0.45,
                role="period",
            )  # fmt: skip
            words = self.board.say(PERIODS[period.status])
            plate = width(words, NOTE) + GAP
            if wide > plate + GAP:
                x, y = left + wide / 2, top + tall / 2
                self.board.bar(x - plate / 2, y - high / 2 + 1, plate, high - 2, Tone.SURFACE)
                self.board.label(x, y + _MIDDLE, words, align=Align.MIDDLE, role="word")
            self._around(Strand.TREATMENT, number, left, top + 4, left + wide, top + 4 + high)

    def _mrd(self, top: float, tall: float) -> None:
        for number, point in enumerate(self.story.mrd):
            shape, ink, name = _RESULTS.get(point.result or "", _OTHER)
            x = self._x(point.day)
            self.board.dot(x, top + tall / 2, shape, ink, 4.5, role=name.en)
            self._spot(Strand.MRD, number, x, top, tall)

    def _marker(self, top: float, tall: float) -> None:
        levels = self.story.marker
        if not levels:
            return
        bottom, room = top + tall - 4, tall - 8

        def y(share: Decimal) -> float:
            return bottom - float(min(share, _CEILING) / _CEILING) * room

        limit = y(Decimal(1))
        self.board.line(self.left, limit, self.right, limit, Tone.EDGE, dash=(4, 3), role="limit")
        points = [(self._x(v.day), y(v.share)) for v in levels]
        self.board.path(points, Tone.SECONDARY, wide=1.5)
        half = _MARK / 2
        for number, (level, (x, at)) in enumerate(zip(levels, points, strict=True)):
            _level(self.board, x, at, over=level.share > 1)
            self._around(Strand.MARKER, number, x - half, at - half, x + half, at + half)

    def _scans(self, top: float, tall: float) -> None:
        free = self.left - GAP
        for number, scan in enumerate(self.story.scans):
            words, x = scan.response or "–", self._x(scan.day)
            ink = Tone.HARD if words == "PD" else Tone.TEXT
            free = self._word(x, words, top, tall, free, ink)
            self._spot(Strand.SCAN, number, x, top, tall)

    def _lvef(self, top: float, tall: float) -> None:
        free = self.left - GAP
        for number, test in enumerate(self.story.lvef):
            x = self._x(test.day)
            free = self._word(x, str(test.percent), top, tall, free)
            self._spot(Strand.LVEF, number, x, top, tall)

    def _adverse(self, top: float, tall: float) -> None:
        """Bars in lanes, thicker with the grade; dark from grade 3 on, or serious."""
        lane = (tall - 4) / _LANES
        free = [float("-inf")] * _LANES
        for number, event in enumerate(self.story.adverse):
            left = self._x(event.day)
            right = max(min(self._x(event.end or self.story.today), self.right), left + 3)
            place = next((n for n, f in enumerate(free) if f <= left), free.index(min(free)))
            free[place] = right + 1
            thick = min(lane - 1, 1.0 + (event.grade or 1))
            at = top + 2 + lane * (place + 0.5) - thick / 2
            grave = self.told[Strand.ADVERSE][number].notable
            _event(self.board, left, at, right - left, thick, grave=grave)
            self._around(Strand.ADVERSE, number, left - 1, at - 1, right + 1, at + thick + 1)

    def _visits(self, top: float, tall: float) -> None:
        """Windows as frames, visits as ticks; outside its window a visit is marked with !."""
        board = self.board
        line = top + 13
        free = [self.left - GAP, self.left - GAP]
        order = sorted(enumerate(self.story.visits), key=lambda v: when(v[1]))
        for place, (number, visit) in enumerate(order):
            if visit.window and visit.window.closes >= self.story.first:
                opens = self._x(max(visit.window.opens, self.story.first))
                wide = max(min(self._x(visit.window.closes), self.right) - opens, 3.0)
                ahead = visit.day is None and not visit.missed
                fill = Tone.TINT if ahead else Tone.HOVER
                board.bar(opens, line - 4, wide, 8, fill, Tone.EDGE, role="window")
            x = self._x(when(visit))
            if visit.day:
                ink = Tone.HARD if outside(visit) else Tone.ACCENT
                board.bar(x - 1.5, line - 6, 3, 12, ink, role="visit")
            words = f"{visit.label}!" if outside(visit) else visit.label
            told = Tone.HARD if outside(visit) else Tone.TEXT if visit.day else Tone.SECONDARY
            # Names alternate between two lines, so that near visits can both be read.
            row = place % 2 if free[0] > x - width(words, NOTE) / 2 else 0
            free[row] = self._word(x, words, line + 5 + row * 12, 12, free[row], told)
            self._around(Strand.VISIT, number, x - _MARK, top, x + _MARK, top + tall)

    # --- days -------------------------------------------------------------------------

    def _axis(self) -> None:
        """Hair lines at the beginning of quarters, months in figures."""
        story, board = self.story, self.board
        step = 1 if self.days < 200 else 3 if self.days < 900 else 6
        month = date(story.first.year, story.first.month, 1)
        today, mine = self._x(story.today), width(board.say(TODAY), NOTE, strong=True)
        free = self.left - GAP
        while month <= story.last:
            if month >= story.first and (month.month - 1) % step == 0:
                x, words = self._x(month), month.strftime("%Y-%m")
                board.line(x, self.top, x, self.bottom, Tone.LINE)
                half = width(words, NOTE) / 2
                clear = abs(x - today) > half + mine / 2 + 4
                if clear and x - half > free and x + half < board.right:
                    board.label(
                        x, self.bottom + NOTE + 2, words, ink=Tone.SECONDARY, align=Align.MIDDLE,
                        role="month",
                    )  # fmt: skip
                    free = x + half + GAP
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)

    def _today(self) -> None:
        x, board = self._x(self.story.today), self.board
        board.line(x, self.top, x, self.bottom + 2, Tone.ACCENT, dash=(3, 2), role="today")
        words = board.say(TODAY)
        place = min(x, board.right - width(words, NOTE, strong=True) / 2 - 1)
        board.label(
            place, self.bottom + NOTE + 2, words, ink=Tone.ACCENT, align=Align.MIDDLE, strong=True
        )


def _level(board: Board, x: float, y: float, *, over: bool) -> None:
    if over:
        board.dot(x, y, Shape.DISC, Tone.HARD, 3.5, role="over")
    else:
        board.dot(x, y, Shape.RING, Tone.SECONDARY, 3.0, role="level")


def _event(board: Board, x: float, y: float, wide: float, thick: float, *, grave: bool) -> None:
    if grave:
        board.bar(x, y, wide, thick, Tone.HARD, Tone.HARD, role="grave")
    else:
        board.bar(x, y, wide, thick, Tone.SOFT, alpha=0.4, role="mild")


def _legend(story: Story) -> Sequence[Key]:
    """Of what the story holds."""

    def bar(status: str) -> Callable[[Board, float, float], None]:
        look = LOOKS[status]
        return lambda c, x, y: c.bar(
            x - 11, y - 5, 22, 10, look.fill, look.line, look.hatch, alpha=0.45
        )

    def dot(shape: Shape, ink: Tone) -> Callable[[Board, float, float], None]:
        return lambda c, x, y: c.dot(x, y, shape, ink, 4.5)

    def event(*, grave: bool) -> Callable[[Board, float, float], None]:
        return lambda c, x, y: _event(c, x - 11, y - 2, 22, 4, grave=grave)

    keys = [Key(bar(s), PERIODS[s]) for s in LOOKS if any(p.status == s for p in story.treatments)]
    signs = {_RESULTS.get(p.result or "", _OTHER) for p in story.mrd}
    keys += [Key(dot(h, i), t) for h, i, t in (*_RESULTS.values(), _OTHER) if (h, i, t) in signs]
    if story.marker:
        keys.append(
            Key(lambda c, x, y: c.line(x - 11, y, x + 11, y, Tone.EDGE, dash=(4, 3)), LIMIT)
        )
    if any(v.share > 1 for v in story.marker):
        keys.append(Key(lambda c, x, y: _level(c, x, y, over=True), OVER))
    told = chronicle(story)[Strand.ADVERSE]
    for grave, text in ((False, MILD), (True, GRAVE)):
        if any(t.notable is grave for t in told):
            keys.append(Key(event(grave=grave), text))
    if any(v.window for v in story.visits):
        frame = (Tone.HOVER, Tone.EDGE)
        keys.append(Key(lambda c, x, y: c.bar(x - 11, y - 4, 22, 8, *frame), WINDOW))
    return keys
