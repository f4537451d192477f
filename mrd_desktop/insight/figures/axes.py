"""Axes: where ticks stand, so that their words never touch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mrd_desktop.insight.figures.board import GAP, LINE, NOTE, Board
from mrd_desktop.insight.figures.sheet import Align, Tone
from mrd_desktop.insight.figures.words import fitted, width
from mrd_desktop.texts import Text

MONTHS: Final = Text("months since the treatment choice (T0)", "治疗选择（T0）后月数")
_MONTH_STEPS: Final = (3, 6, 12, 24, 48, 96)
_TICK: Final = 4.0


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, straight; ``log`` by decades."""

    first: float
    last: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Where a value stands; outside the axis it stands at its end."""
        a, b, v = self.first, self.last, min(max(value, self.first), self.last)
        if self.log:
            a, b, v = math.log10(a), math.log10(b), math.log10(v)
        return self.start + (v - a) / (b - a) * (self.end - self.start) if b > a else self.start


def month_ticks(most: float, room: float, least: float) -> list[int]:
    """Every 3 months, or as many as have room, up to the first one past ``most``.

    Args:
        least: what a tick needs at least.
    """
    for step in _MONTH_STEPS:
        count = max(1, math.ceil(most / step))
        if room / count >= least:
            return [n * step for n in range(count + 1)]
    step = _MONTH_STEPS[-1] * math.ceil(most / _MONTH_STEPS[-1])
    return [0, step]


def month_axis(board: Board, scale: Scale, ticks: Sequence[int], top: float, y: float) -> float:
    """Draw the axis of months with its ticks; where the next thing below may stand."""
    for month in ticks:
        x = scale(month)
        board.line(x, top, x, y, Tone.LINE)
        board.line(x, y, x, y + _TICK, Tone.EDGE)
        board.label(x, y + _TICK + NOTE, str(month), ink=Tone.SECONDARY, align=Align.MIDDLE)
    board.line(scale.start, y, scale.end, y, Tone.EDGE)
    middle = (scale.start + scale.end) / 2
    name = fitted(board.say(MONTHS), NOTE, scale.end - scale.start)
    board.label(middle, y + _TICK + 2 * LINE, name, ink=Tone.SECONDARY, align=Align.MIDDLE)
    return y + _TICK + 2 * LINE + GAP


def side_axis(
    board: Board, scale: Scale, ticks: Sequence[float], words: Callable[[float], str]
) -> None:
    """Draw the words of the upright axis with hair lines across; ticks that would touch are left
    out."""
    free = math.inf
    for value in ticks:
        y = scale(value)
        if abs(free - y) < NOTE + 2:
            continue
        free = y
        board.line(board.left, y, board.right, y, Tone.LINE)
        at = y + NOTE * 0.36
        board.label(board.left - GAP, at, words(value), ink=Tone.SECONDARY, align=Align.RIGHT)


def nice(most: float, count: int = 5) -> list[float]:
    """Round numbers from 0 to the first one that is not below ``most``."""
    if most <= 0:
        return [0, 1]
    raw = most / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw - 1e-9)
    return [round(n * step, 10) for n in range(math.ceil(most / step - 1e-9) + 1)]


def whole(most: int, count: int = 5) -> list[float]:
    """The same in whole numbers."""
    return [float(v) for v in nice(max(most, 1), count) if v == int(v)] if most > 2 else [0, 1, 2]


def decades(least: float, most: float) -> list[float]:
    """Powers of ten that hold both."""
    low = math.floor(math.log10(least) + 1e-9)
    high = max(math.ceil(math.log10(most) - 1e-9), low + 1)
    return [10.0**n for n in range(low, high + 1)]


def short(value: float) -> str:
    """A number without needless decimals."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if value < 1 else f"{value:g}"


def room_for(labels: Sequence[str], most: float) -> float:
    """What a column of labels needs, at most so much."""
    return min(max((width(x, NOTE) for x in labels), default=0.0), most) + GAP
