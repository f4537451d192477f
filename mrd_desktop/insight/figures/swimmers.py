"""Every subject's course as a bar: on and off treatment, MRD, progression, death.

Subjects stand by group, the longest first, on as many pages as they need; from more than one page
on an overview comes first, which counts them by what they were at every third month.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mrd_desktop.insight.course import Course
from mrd_desktop.insight.figures.axes import (
    Scale,
    month_axis,
    month_ticks,
    room_for,
    short,
    side_axis,
    whole,
)
from mrd_desktop.insight.figures.board import GAP, LINE, NOTE, Board, Hatch, Key, Shape, Size
from mrd_desktop.insight.figures.model import (
    LOOKS,
    MONTH,
    NOBODY,
    Cell,
    Headed,
    Table,
    day_text,
)
from mrd_desktop.insight.figures.sheet import Align, Sheet, Tone
from mrd_desktop.study.rules.mrd_sequence import NEGATIVE, POSITIVE
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.treatment_starts import treated_periods
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text

MRD_NEGATIVE: Final = Text("MRD negative", "MRD 阴性")
MRD_POSITIVE: Final = Text("MRD positive", "MRD 阳性")
MRD_NONE: Final = Text("MRD without result", "MRD 无有效结果")
PROGRESSION: Final = Text("progression", "疾病进展")
DEATH: Final = Text("death", "死亡")
ALIVE: Final = Text("alive at the last contact", "末次联系时存活")
PROGRESSED: Final = Text("After progression", "进展后")
DEAD: Final = Text("Dead", "死亡")
OVERVIEW: Final = Text(
    "{n} subjects by what they were since their treatment choice; single courses follow",
    "{n} 例受试者自治疗选择起各时点的状态；个体病程见后页",
)
SHOWS: Final = Text(
    "{n} courses: {events} with progression, {deaths} deaths, {positive} with a positive MRD.",
    "{n} 例病程：进展 {events} 例，死亡 {deaths} 例，MRD 阳性 {positive} 例。",
)
COLUMNS: Final = (
    Text("Subject", "受试者"),
    Text("Group", "组别"),
    Text("What", "事项"),
    Text("From", "开始"),
    Text("To", "结束"),
    Text("Day", "天"),
)
_ROW: Final = 13.0
_TALL: Final = 22.0
_EVERY: Final = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Days of one treatment status, from T0 on."""

    status: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that happened on a day after T0."""

    what: Text
    day: int


@dataclass(frozen=True)
class Lane:
    """One subject.

    Attributes:
        length: days from T0 to death or the last contact.
        progressed, died: days of these, None if not.
    """

    subject: str
    group: str
    t0: date
    length: int
    spans: tuple[Span, ...]
    signs: tuple[Sign, ...]
    progressed: int | None
    died: int | None

    def state(self, day: int) -> str | None:
        """What the subject was on a day; None after the last contact."""
        if self.died is not None and day >= self.died:
            return _DEAD
        if day > self.length:
            return None
        if self.progressed is not None and day >= self.progressed:
            return _PROGRESSED
        return next((s.status for s in reversed(self.spans) if s.first <= day), None)


_DEAD, _PROGRESSED = "dead", "progressed"
_STATES: Final = (*LOOKS, _PROGRESSED, _DEAD)
_RESULTS: Final = {POSITIVE: MRD_POSITIVE, NEGATIVE: MRD_NEGATIVE}
_SIGNS: Final = {
    MRD_NEGATIVE: (Shape.RING, Tone.NEGATIVE),
    MRD_POSITIVE: (Shape.DISC, Tone.POSITIVE),
    MRD_NONE: (Shape.CROSS, Tone.NO_RESULT),
    PROGRESSION: (Shape.TRIANGLE, Tone.HARD),
    DEATH: (Shape.SQUARE, Tone.TEXT),
    ALIVE: (Shape.ARROW, Tone.SECONDARY),
}
_BEYOND: Final = {
    _PROGRESSED: (PROGRESSED, Tone.HARD, Hatch.BOTH),
    _DEAD: (DEAD, Tone.TEXT, Hatch.PLAIN),
}


def lane(scene: Scene, course: Course) -> Lane:
    """The course of an enrolled subject, in days since T0."""
    t0 = course.t0
    died = (course.death.day - t0).days if course.death else None
    length = max(died if died is not None else (course.last_alive - t0).days, 0)
    spans = [
        Span(p.status, (p.start - t0).days, min((p.end - t0).days if p.end else length, length))
        for p in treated_periods(scene)
        if (p.start - t0).days <= length
    ]
    signs = [
        Sign(_RESULTS.get(line.text("MRD.RESULT") or "", MRD_NONE), (day - t0).days)
        for day, line in dated(scene.forms("MRD"), "MRD.SAMPDAT")
        if day >= t0
    ]
    progressed = (course.progression.day - t0).days if course.progression else None
    if progressed is not None and progressed >= 0:
        signs.append(Sign(PROGRESSION, progressed))
    if died is not None and died >= 0:
        signs.append(Sign(DEATH, died))
    return Lane(
        course.subject, course.group, t0, length, tuple(spans), tuple(signs), progressed, died
    )


@dataclass(frozen=True)
class Swimmers(Headed):
    """The bars of some subjects."""

    lanes: tuple[Lane, ...]

    @property
    def ordered(self) -> tuple[Lane, ...]:
        """By group, the longest first."""
        groups = list(LOOKS)
        return tuple(
            sorted(self.lanes, key=lambda x: (groups.index(x.group), -x.length, x.subject))
        )

    @property
    def table(self) -> Table:
        """Every span and every sign."""
        rows: list[tuple[Cell, ...]] = []
        for one in self.ordered:

            def told(what: Text, first: int, last: int | None, of: Lane = one) -> tuple[Cell, ...]:
                begin = date.fromordinal(of.t0.toordinal() + first)
                end = date.fromordinal(of.t0.toordinal() + last) if last is not None else None
                name = LOOKS[of.group].text
                return of.subject, name, what, day_text(begin), day_text(end), str(first)

            rows += [told(LOOKS[s.status].text, s.first, s.last) for s in one.spans]
            rows += [told(s.what, s.day, None) for s in one.signs]
        return Table(COLUMNS, tuple(rows))

    def sheets(self, size: Size) -> tuple[Sheet, ...]:
        """The overview where there is more than one page, and the pages."""
        if not self.lanes:
            board = Board(size, self.heading)
            board.empty(NOBODY)
            return (board.sheet(self._shown(board, ())),)
        per_page = self._fits(size)
        lanes = self.ordered
        parts = [lanes[n : n + per_page] for n in range(0, len(lanes), per_page)]
        many = len(parts) > 1
        pages = len(parts) + many
        made = [self._overview(size, pages)] if many else []
        for number, part in enumerate(parts, 1 + many):
            board = Board(size, self.heading, (number, pages))
            self._draw(board, part)
            made.append(board.sheet(self._shown(board, part)))
        return tuple(made)

    def _shown(self, board: Board, part: Sequence[Lane]) -> str:
        return board.say(
            SHOWS.filled(
                n=len(part),
                events=sum(x.progressed is not None for x in part),
                deaths=sum(x.died is not None for x in part),
                positive=sum(any(s.what is MRD_POSITIVE for s in x.signs) for x in part),
            )
        )

    def _fits(self, size: Size) -> int:
        board = Board(size, self.heading)
        board.legend(_legend())
        room = board.bottom - 2 * LINE - GAP * 2 - board.top - GAP
        return max(1, int(room / _ROW))

    def _draw(self, board: Board, lanes: Sequence[Lane]) -> None:
        board.legend(_legend())
        board.left += room_for([x.subject for x in lanes], 110)
        board.right -= GAP * 2
        most = max(x.length for x in self.lanes) / MONTH
        ticks = month_ticks(max(most, 1), board.right - board.left, 30)
        top, bottom = board.top + GAP, board.bottom - 2 * LINE - GAP * 2
        x = Scale(0, ticks[-1], board.left, board.right)
        tall = min((bottom - top) / len(lanes), _TALL)
        bottom = top + tall * len(lanes)
        month_axis(board, x, ticks, top, bottom)
        for number, one in enumerate(lanes):
            self._lane(board, one, x, top + number * tall, tall)

    def _lane(self, board: Board, one: Lane, x: Scale, top: float, tall: float) -> None:
        middle = top + tall / 2
        board.label(
            board.left - GAP, middle + NOTE * 0.36, one.subject, align=Align.RIGHT, role="subject"
        )
        for span in one.spans:
            look = LOOKS[span.status]
            first, last = x(span.first / MONTH), x(span.last / MONTH)
            board.bar(
                first, top + 2, max(last - first, 2), tall - 4, look.fill, look.line, look.hatch,
                alpha=0.45, role="span",
            )  # fmt: skip
        if one.died is None:
            board.dot(x(one.length / MONTH) + 3, middle, *_SIGNS[ALIVE], 3.5, role="alive")
        for sign in one.signs:
            shape, ink = _SIGNS[sign.what]
            board.dot(x(sign.day / MONTH), middle, shape, ink, 4, role=sign.what.en)

    # --- overview ---------------------------------------------------------------------

    def _overview(self, size: Size, pages: int) -> Sheet:
        board = Board(size, self.heading, (1, pages))
        board.label(
            board.left, board.top + NOTE, board.say(OVERVIEW.filled(n=len(self.lanes))),
            strong=True,
        )  # fmt: skip
        board.top += LINE + GAP / 2
        board.legend(_state_legend())
        most = max(x.length for x in self.lanes) / MONTH
        steps = list(range(0, math.ceil(most) + 1, _EVERY))
        counts = [Counter(x.state(round(m * MONTH)) for x in self.lanes) for m in steps]
        sums = [sum(n for s, n in c.items() if s) for c in counts]
        marks = whole(max(sums))
        board.left += room_for([short(v) for v in marks], 80)
        top, bottom = board.top + GAP, board.bottom - 2 * LINE - GAP * 2
        y = Scale(0, marks[-1], bottom, top)
        side_axis(board, y, marks, short)
        ticks = month_ticks(max(steps[-1], 1) + _EVERY, board.right - board.left, 30)
        x = Scale(-_EVERY / 2, ticks[-1], board.left, board.right)
        wide = (x(_EVERY) - x(0)) * 0.7
        for month, found in zip(steps, counts, strict=True):
            base = 0
            for state in _STATES:
                n = found[state]
                if not n:
                    continue
                text, fill, line, hatch = _paint(state)
                high = y(base) - y(base + n)
                board.bar(
                    x(month) - wide / 2, y(base + n), wide, high, fill, line, hatch,
                    alpha=0.55, role=text.en,
                )  # fmt: skip
                base += n
        month_axis(board, x, ticks, bottom, bottom)
        return board.sheet(self._shown(board, self.lanes))


def _paint(state: str) -> tuple[Text, Tone, Tone, Hatch]:
    if state in _BEYOND:
        text, ink, hatch = _BEYOND[state]
        return text, ink, ink, hatch
    look = LOOKS[state]
    return look.text, look.fill, look.line, look.hatch


def _bar_key(state: str) -> Key:
    text, fill, line, hatch = _paint(state)

    def draw(board: Board, x: float, y: float) -> None:
        board.bar(x - 11, y - 5, 22, 10, fill, line, hatch, alpha=0.5)

    return Key(draw, text)


def _sign_key(what: Text) -> Key:
    shape, ink = _SIGNS[what]

    def draw(board: Board, x: float, y: float) -> None:
        board.dot(x, y, shape, ink, 4.5)

    return Key(draw, what)


def _legend() -> list[Key]:
    return [*(_bar_key(s) for s in LOOKS), *(_sign_key(w) for w in _SIGNS)]


def _state_legend() -> list[Key]:
    return [_bar_key(s) for s in _STATES]
