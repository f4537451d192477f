"""How many consented and were enrolled, month by month."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from mrd_desktop.insight.figures.axes import Scale, room_for, short, side_axis, whole
from mrd_desktop.insight.figures.board import GAP, LINE, NOTE, Board, Key, Size
from mrd_desktop.insight.figures.model import LOOKS, NOBODY, Cell, Headed, Table
from mrd_desktop.insight.figures.sheet import Align, Sheet, Tone
from mrd_desktop.insight.figures.words import width
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import day_zero
from mrd_desktop.texts import Text

CONSENTED: Final = Text("Consented", "已知情同意")
ENROLLED: Final = Text("Enrolled", "已入组")
AXIS: Final = Text("Subjects up to the end of the month", "截至月末累计例数")

SHOWS: Final = Text(
    "{consented} consented, {enrolled} enrolled: {paused} intermission, {going} continued.",
    "知情同意 {consented} 例，入组 {enrolled} 例：间歇组 {paused} 例，持续治疗组 {going} 例。",
)
COLUMNS: Final = (
    Text("Month", "月份"),
    Text("Consented", "知情同意"),
    Text("Enrolled", "入组"),
    Text("Intermission", "间歇组"),
    Text("Continued", "持续治疗组"),
    Text("Consented so far", "累计知情同意"),
    Text("Enrolled so far", "累计入组"),
)
_STEPS: Final = (1, 2, 3, 6, 12, 24, 60)


@dataclass(frozen=True)
class Enrolment(Headed):
    """The days of consent, and of the choice by group, up to the day of the analysis."""

    until: date
    consented: tuple[date, ...]
    enrolled: tuple[tuple[date, str], ...]

    @property
    def months(self) -> tuple[date, ...]:
        """Every month from the first consent or choice on."""
        days = [*self.consented, *(d for d, _ in self.enrolled)]
        if not days:
            return ()
        month, found = min(days).replace(day=1), []
        while month <= self.until:
            found.append(month)
            month = _next(month)
        return tuple(found)

    @property
    def table(self) -> Table:
        """Every month."""
        rows: list[tuple[Cell, ...]] = []
        for month in self.months:
            end = _next(month)
            new = [g for d, g in self.enrolled if month <= d < end]
            rows.append((
                f"{month:%Y-%m}",
                str(sum(month <= d < end for d in self.consented)),
                str(len(new)),
                str(new.count(INTERMISSION)),
                str(new.count(CONTINUE)),
                str(sum(d < end for d in self.consented)),
                str(sum(d < end for d, _ in self.enrolled)),
            ))  # fmt: skip
        return Table(COLUMNS, tuple(rows))

    def sheets(self, size: Size) -> tuple[Sheet, ...]:
        """One page."""
        board = Board(size, self.heading)
        months = self.months
        if not months:
            board.empty(NOBODY)
        else:
            self._draw(board, months)
        groups = [g for _, g in self.enrolled]
        told = SHOWS.filled(
            consented=len(self.consented),
            enrolled=len(groups),
            paused=groups.count(INTERMISSION),
            going=groups.count(CONTINUE),
        )
        return (board.sheet(board.say(told)),)

    def _draw(self, board: Board, months: Sequence[date]) -> None:
        chosen = [d for d, _ in self.enrolled]
        rows = [
            (CONSENTED, list(self.consented), Tone.SECONDARY, (2.0, 3.0), 1.6),
            (ENROLLED, chosen, Tone.TEXT, (), 2.2),
            *(
                (
                    LOOKS[g].text,
                    [d for d, of in self.enrolled if of == g],
                    LOOKS[g].line,
                    LOOKS[g].dash or (12.0, 3.0),
                    1.8,
                )
                for g in (INTERMISSION, CONTINUE)
            ),
        ]
        board.legend([self._key(*row) for row in rows])
        marks = whole(max(len(days) for _, days, *_ in rows))
        label = width("2026-00", NOTE)
        # The first month stands below the axis and left of it too: clear of the lowest number.
        board.left += max(room_for([short(v) for v in marks], 80), label / 2)
        board.right -= label / 2
        top, bottom = board.top + LINE + GAP, board.bottom - LINE - GAP
        board.label(board.left, board.top + NOTE, board.say(AXIS), ink=Tone.SECONDARY)
        first, last = months[0].toordinal(), _next(months[-1]).toordinal()
        x = Scale(first, last, board.left, board.right)
        y = Scale(0, marks[-1], bottom, top)
        side_axis(board, y, marks, short)
        room = board.right - board.left
        step = next(
            (s for s in _STEPS if room / max(math.ceil(len(months) / s), 1) > label + GAP),
            _STEPS[-1],
        )
        for number, month in enumerate(months):
            if number % step == 0:
                here = x(month.toordinal())
                board.line(here, bottom, here, bottom + 4, Tone.EDGE)
                board.label(
                    here, bottom + GAP + NOTE, f"{month:%Y-%m}", ink=Tone.SECONDARY,
                    align=Align.MIDDLE,
                )  # fmt: skip
        board.line(board.left, bottom, board.right, bottom, Tone.EDGE)
        until = x(self.until.toordinal())
        for _, days, ink, dash, wide in rows:
            points = [(x(first), y(0))]
            for n, day in enumerate(sorted(days), 1):
                here = x(day.toordinal())
                points += [(here, points[-1][1]), (here, y(n))]
            points.append((until, points[-1][1]))
            board.path(points, ink, wide=wide, dash=dash, role="count")

    def _key(
        self, text: Text, days: Sequence[date], ink: Tone, dash: tuple[float, ...], wide: float
    ) -> Key:
        def draw(board: Board, x: float, y: float) -> None:
            board.line(x - 11, y, x + 11, y, ink, wide=wide, dash=dash)

        n = str(len(days))
        return Key(draw, Text(f"{text.en}: {n}", f"{text.zh}：{n}"))


def consents(scenes: Iterable[Scene]) -> tuple[date, ...]:
    """The days on which consent was given; a day known in part counts from its first."""
    found = []
    for scene in scenes:
        line = scene.form("IC")
        value = line.date("IC.RFICDAT") if line else None
        if value:
            found.append(value.earliest)
    return tuple(found)


def choices(scenes: Iterable[Scene]) -> tuple[tuple[date, str], ...]:
    """Day and group of each choice of the enrolled."""
    found = []
    for scene in scenes:
        line, day = scene.form("TC"), day_zero(scene)
        group = line.text("TC.GROUP") if line else None
        if line and day and group and line.text("TC.ENRYN") == "Y":
            found.append((day, group))
    return tuple(found)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
