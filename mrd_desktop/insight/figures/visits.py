"""Compliance as a map: a row for each subject, a column for each planned visit.

On more than one page an overview comes first: for each visit the share done in its window, with its
exact interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mrd_desktop.insight.compliance import Planned
from mrd_desktop.insight.figures.axes import Scale, room_for, side_axis
from mrd_desktop.insight.figures.board import GAP, LINE, NOTE, Board, Hatch, Key, Shape, Size
from mrd_desktop.insight.figures.model import NOBODY, Cell, Headed, Table, percent
from mrd_desktop.insight.figures.sheet import Align, Sheet, Tone
from mrd_desktop.insight.proportion import proportion
from mrd_desktop.texts import Text

AXIS: Final = Text("Done in the window, of those expected", "窗口内完成（占应完成）")
SHOWS: Final = Text(
    "{n} subjects: {expected} expected, {done} done, {inside} of them in the window.",
    "{n} 例受试者：应完成 {expected}，已完成 {done}，其中窗口内 {inside}。",
)
COLUMNS: Final = (
    Text("Subject", "受试者"),
    Text("Visit", "访视"),
    Text("Window opens", "窗口开始"),
    Text("Window closes", "窗口结束"),
    Text("Done", "完成日期"),
    Text("State", "状态"),
)
_ROW: Final = 14.0
_TALL: Final = 24.0
_WIDE: Final = 64.0


@dataclass(frozen=True, slots=True)
class Look:
    """Words, mark with its colour, and ground of a cell."""

    text: Text
    shape: Shape | None
    ink: Tone
    ground: Tone
    alpha: float


class State(Enum):
    """What a cell says."""

    INSIDE = Look(Text("in the window", "窗口内"), Shape.DISC, Tone.GOOD, Tone.GOOD, 0.2)
    OUTSIDE = Look(Text("out of the window", "窗口外"), Shape.TRIANGLE, Tone.SOFT, Tone.SOFT, 0.28)
    MISSED = Look(Text("missed", "缺失"), Shape.CROSS, Tone.HARD, Tone.HARD, 0.22)
    WAITING = Look(Text("not closed yet", "窗口未关闭"), None, Tone.EDGE, Tone.SURFACE, 1)
    BEYOND = Look(
        Text("after the end of follow-up", "随访结束后"), Shape.DASH, Tone.EDGE, Tone.LINE, 0.6
    )

    @property
    def text(self) -> Text:
        """In words."""
        return self.value.text


@dataclass(frozen=True)
class Lane:
    """One subject: the state of each visit, and whether follow-up has ended (nothing waits)."""

    subject: str
    ended: bool
    planned: tuple[Planned, ...]

    def state(self, one: Planned) -> State:
        """What stands in a cell."""
        if one.expected:
            if one.inside:
                return State.INSIDE
            return State.OUTSIDE if one.on else State.MISSED
        if one.on is not None:
            return State.INSIDE if one.inside else State.OUTSIDE
        return State.BEYOND if self.ended else State.WAITING


@dataclass(frozen=True)
class Visits(Headed):
    """The map over some subjects; ``visits`` are the columns."""

    visits: tuple[str, ...]
    lanes: tuple[Lane, ...]

    @property
    def table(self) -> Table:
        """Every cell."""
        rows: list[tuple[Cell, ...]] = [
            (
                lane.subject,
                p.event.oid,
                p.due.opens.isoformat(),
                p.due.closes.isoformat(),
                p.on.isoformat() if p.on else "",
                lane.state(p).text,
            )
            for lane in self.lanes
            for p in lane.planned
        ]
        return Table(COLUMNS, tuple(rows))

    def sheets(self, size: Size) -> tuple[Sheet, ...]:
        """The overview where there is more than one page, and the pages."""
        if not self.lanes:
            board = Board(size, self.heading)
            board.empty(NOBODY)
            return (board.sheet(self._shown(board, ())),)
        first = Board(size, self.heading)
        first.legend(_legend())
        per_page = max(1, int((first.bottom - first.top - LINE - 2 * GAP) / _ROW))
        parts = [self.lanes[n : n + per_page] for n in range(0, len(self.lanes), per_page)]
        many = len(parts) > 1
        pages = len(parts) + many
        made = [self._overview(size, pages)] if many else []
        for number, part in enumerate(parts, 1 + many):
            board = Board(size, self.heading, (number, pages))
            self._draw(board, part)
            made.append(board.sheet(self._shown(board, part)))
        return tuple(made)

    def _shown(self, board: Board, part: Sequence[Lane]) -> str:
        counted = [p for lane in part for p in lane.planned if p.expected]
        told = SHOWS.filled(
            n=len(part),
            expected=len(counted),
            done=sum(p.on is not None for p in counted),
            inside=sum(p.inside for p in counted),
        )
        return board.say(told)

    def _draw(self, board: Board, lanes: Sequence[Lane]) -> None:
        board.legend(_legend())
        board.left += room_for([x.subject for x in lanes], 110)
        top = board.top + LINE + GAP
        wide = min((board.right - board.left) / len(self.visits), _WIDE)
        tall = min((board.bottom - top) / len(lanes), _TALL)
        for column, visit in enumerate(self.visits):
            x = board.left + (column + 0.5) * wide
            board.label(x, top - 5, visit, ink=Tone.SECONDARY, align=Align.MIDDLE, role="visit")
        for row, lane in enumerate(lanes):
            y = top + row * tall
            at = y + tall / 2 + NOTE * 0.36
            board.label(board.left - GAP, at, lane.subject, align=Align.RIGHT, role="subject")
            for p in lane.planned:
                x = board.left + self.visits.index(p.event.oid) * wide
                _cell(board, lane.state(p), x + 1, y + 1, wide - 2, tall - 2)

    def _overview(self, size: Size, pages: int) -> Sheet:
        board = Board(size, self.heading, (1, pages))
        board.left += room_for(["100 %"], 80)
        top, bottom = board.top + LINE + GAP, board.bottom - 2 * LINE - GAP
        board.label(board.left, board.top + NOTE, board.say(AXIS), ink=Tone.SECONDARY)
        y = Scale(0, 1, bottom, top)
        side_axis(board, y, (0, 0.25, 0.5, 0.75, 1), lambda v: f"{v * 100:.0f} %")
        wide = (board.right - board.left) / len(self.visits)
        for column, visit in enumerate(self.visits):
            x = board.left + (column + 0.5) * wide
            counted = [p for lane in self.lanes for p in lane.planned
                       if p.event.oid == visit and p.expected]  # fmt: skip
            share = proportion(sum(p.inside for p in counted), len(counted))
            board.label(x, bottom + LINE, visit, align=Align.MIDDLE, role="visit")
            n = f"{share.hits}/{share.n}" if share else "–"
            board.label(
                x, bottom + 2 * LINE, n, size=NOTE - 1, ink=Tone.SECONDARY, align=Align.MIDDLE
            )
            if share is None:
                continue
            at, half = y(float(share.value)), min(wide * 0.32, 18)
            board.bar(
                x - half, at, 2 * half, bottom - at, Tone.GOOD, Tone.GOOD, Hatch.UP,
                alpha=0.25, role="share",
            )  # fmt: skip
            low, high = y(share.lower), y(share.upper)
            board.line(x, low, x, high, Tone.TEXT, wide=1.4, role="interval")
            for end in (low, high):
                board.line(x - 4, end, x + 4, end, Tone.TEXT, wide=1.4)
        board.line(board.left, bottom, board.right, bottom, Tone.EDGE)
        return board.sheet(self._shown(board, self.lanes))


def _cell(board: Board, state: State, x: float, y: float, wide: float, high: float) -> None:
    look = state.value
    board.bar(x, y, wide, high, look.ground, Tone.LINE, alpha=look.alpha, role=state.name)
    if look.shape is not None:
        radius = min(4.0, high / 2 - 1)
        board.dot(x + wide / 2, y + high / 2, look.shape, look.ink, radius)


def _legend() -> list[Key]:
    keys = []
    for state in State:

        def draw(board: Board, x: float, y: float, state: State = state) -> None:
            _cell(board, state, x - 11, y - 6, 22, 12)

        keys.append(Key(draw, state.text))
    return keys


def share_words(hits: int, n: int) -> Text:
    """A share with its interval, for the line below the title."""
    found = proportion(hits, n)
    if found is None:
        return Text("none expected yet", "尚无应完成项")
    return Text(
        f"{hits} of {n} in the window: {percent(float(found.value))}"
        f" (95 % {percent(found.lower)} to {percent(found.upper)})",
        f"窗口内 {hits}/{n}：{percent(float(found.value))}"
        f"（95% 区间 {percent(found.lower)} 至 {percent(found.upper)}）",
    )
