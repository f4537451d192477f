"""How a story is drawn: rows over one axis of days. The same on screen and wherever else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen, QPolygonF

from mrd_desktop.insight.chronicle import PERIODS, TURNS, Strand, Told, chronicle, outside, when
from mrd_desktop.insight.story import Story, Turn
from mrd_desktop.study.rules.treatment_status import Period
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph, draw
from ui.theme import Ink, Size, Type

TODAY = Text("today", "今天")
SIGNS = {
    "NEGATIVE": (Glyph.NEGATIVE, Ink.NEGATIVE),
    "POSITIVE": (Glyph.POSITIVE, Ink.POSITIVE),
}
NO_RESULT = (Glyph.NO_RESULT, Ink.NO_RESULT)
_ROWS = {
    Strand.TURN: 16,
    Strand.TREATMENT: 22,
    Strand.MRD: 18,
    Strand.MARKER: 28,
    Strand.SCAN: 16,
    Strand.LVEF: 16,
    Strand.ADVERSE: 22,
    Strand.VISIT: 38,
}
_ALWAYS = (Strand.TREATMENT, Strand.MRD, Strand.MARKER, Strand.SCAN, Strand.VISIT)
_LABEL = 22
_AXIS = 16
_LABELS = 96
_MARK = 12
_LANES = 3
_PERIOD_INKS = {
    "INTERMISSION": (Ink.INTERMISSION, Qt.BrushStyle.BDiagPattern),
    "CONTINUE": (Ink.CONTINUED, Qt.BrushStyle.SolidPattern),
    "RESUMED": (Ink.RESUMED, Qt.BrushStyle.FDiagPattern),
}
_CEILING = Decimal("1.5")
"""Shares of the marker above this are drawn at the top."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn at a place, in words."""

    box: QRectF
    told: Told


def rows_of(story: Story) -> tuple[tuple[Strand, int], ...]:
    """The rows with their heights; what a subject has nothing of takes no room."""
    told = chronicle(story)
    return tuple((s, tall) for s, tall in _ROWS.items() if told[s] or s in _ALWAYS)


def height_of(story: Story | None) -> int:
    """How tall the picture is."""
    rows = rows_of(story) if story is not None and not story.empty else ()
    tall = sum(t for _, t in rows) or sum(_ROWS[s] for s in _ALWAYS)
    return tall + _AXIS + 2 * Size.GAP


class Drawing:
    """One painting of one story; ``marks`` is what was drawn where."""

    def __init__(
        self,
        context: Context,
        painter: QPainter,
        story: Story,
        box: QRectF,
    ) -> None:
        self._context = context
        self._painter = painter
        self._story = story
        self.marks: list[Mark] = []
        self._told = chronicle(story)
        self._left = box.left() + Size.PAD + _LABELS
        self._right = box.right() - Size.MARGIN - Size.GAP
        self._top = box.top() + Size.GAP
        self._bottom = box.bottom() - Size.GRID
        self._days = max((story.last - story.first).days, 1)

    def draw(self) -> None:
        """Axis first, rows on it, today last."""
        self._axis()
        top = self._top
        acts = {
            Strand.TURN: self._turns,
            Strand.TREATMENT: self._treatment,
            Strand.MRD: self._mrd,
            Strand.MARKER: self._marker,
            Strand.SCAN: self._scans,
            Strand.LVEF: self._lvef,
            Strand.ADVERSE: self._adverse,
            Strand.VISIT: self._visits,
        }
        for strand, tall in rows_of(self._story):
            self._label(strand.text, top, min(tall, _LABEL))
            acts[strand](top, tall)
            top += tall
        self._today()

    def _mark(self, strand: Strand, number: int, box: QRectF) -> None:
        self.marks.append(Mark(box, self._told[strand][number]))

    def _turns(self, top: float, tall: float) -> None:
        """Words on the day, with a line through all rows where the course ends."""
        p, tokens = self._painter, self._context.tokens
        free = 0.0
        for number, point in enumerate(self._story.turns):
            told = self._told[Strand.TURN][number]
            grave = point.turn in (Turn.PROGRESSION, Turn.DEATH)
            if grave:
                p.setPen(QPen(tokens.hard, Size.HAIR))
                x = self._x(point.day)
                p.drawLine(QPointF(x, top + tall - 2), QPointF(x, self._bottom - _AXIS))
            ink = Ink.HARD if told.notable else Ink.TEXT
            words = self._context.say(TURNS[point.turn])
            free = self._word(point.day, words, top, tall, free, ink)
            self._mark(Strand.TURN, number, self._box(point.day, top, tall))

    def _adverse(self, top: float, tall: float) -> None:
        """Bars in lanes, thicker with the grade; the darkest are grade 3 and more, or serious."""
        p, tokens = self._painter, self._context.tokens
        lane = (tall - 4) / _LANES
        free = [float("-inf")] * _LANES
        for number, event in enumerate(self._story.adverse):
            told = self._told[Strand.ADVERSE][number]
            left = self._x(event.day)
            right = max(min(self._x(event.end or self._story.today), self._right), left + 3)
            place = next((n for n, f in enumerate(free) if f <= left), free.index(min(free)))
            free[place] = right + 1
            thick = min(lane - 1, 1.0 + (event.grade or 1))
            middle = top + 2 + lane * (place + 0.5)
            bar = QRectF(left, middle - thick / 2, right - left, thick)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(tokens.hard if told.notable else tokens.soft)
            p.drawRect(bar)
            self._mark(Strand.ADVERSE, number, bar.adjusted(-1, -1, 1, 1))

    def _x(self, day: date) -> float:
        share = (day - self._story.first).days / self._days
        return self._left + share * (self._right - self._left)

    def _axis(self) -> None:
        """Hair lines at the beginning of quarters, years in words."""
        p, tokens = self._painter, self._context.tokens
        small = self._context.font(Type.NOTE)
        p.setFont(small)
        metrics = QFontMetrics(small)
        story = self._story
        bottom = self._bottom - _AXIS
        step = 1 if self._days < 200 else 3 if self._days < 900 else 6
        month = date(story.first.year, story.first.month, 1)
        free = self._left - Size.PAD
        while month <= story.last:
            if month >= story.first and (month.month - 1) % step == 0:
                x = self._x(month)
                p.fillRect(QRectF(x, self._top, Size.HAIR, bottom - self._top), tokens.line)
                words = month.strftime("%Y-%m")
                wide = metrics.horizontalAdvance(words)
                clear = abs(x - self._x(story.today)) > wide
                if clear and x - wide / 2 > free and x + wide / 2 < self._right + Size.MARGIN:
                    p.setPen(tokens.secondary)
                    room = QRectF(x - wide / 2 - 2, bottom, wide + 4, _AXIS)
                    p.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
                    free = x + wide / 2 + Size.GAP
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)

    def _label(self, text: Text, top: float, tall: float) -> None:
        p = self._painter
        p.setFont(self._context.font(Type.NOTE))
        p.setPen(self._context.tokens.secondary)
        room = QRectF(self._left - _LABELS, top, _LABELS - Size.GAP, tall)
        p.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._context.say(text))

    def _treatment(self, top: float, tall: float) -> None:
        for number, period in enumerate(self._story.treatments):
            self._bar(number, period, top, tall)

    def _bar(self, number: int, period: Period, top: float, tall: float) -> None:
        p, tokens, story = self._painter, self._context.tokens, self._story
        ink, pattern = _PERIOD_INKS[period.status]
        end = period.end or story.ended or story.today
        box = QRectF(self._x(period.start), top + 4, 0, tall - 8)
        box.setRight(max(self._x(end), box.left() + 3))
        colour = tokens[ink]
        pale = QColor(colour)
        pale.setAlphaF(0.28)
        p.setPen(QPen(colour, Size.HAIR))
        p.setBrush(pale)
        p.drawRect(box)
        p.setBrush(QBrush(colour, pattern))
        if pattern is not Qt.BrushStyle.SolidPattern:
            p.drawRect(box)
        words = self._context.say(PERIODS[period.status])
        font = self._context.font(Type.NOTE)
        wide = QFontMetrics(font).horizontalAdvance(words) + 2 * Size.GRID
        if box.width() > wide + Size.GAP:
            plate = QRectF(0, 0, wide, box.height() - 2)
            plate.moveCenter(box.center())
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(tokens.raised)
            p.drawRoundedRect(plate, 2, 2)
            p.setFont(font)
            p.setPen(tokens.text)
            p.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
        self._mark(Strand.TREATMENT, number, box)

    def _mrd(self, top: float, tall: float) -> None:
        for number, point in enumerate(self._story.mrd):
            glyph, ink = SIGNS.get(point.result or "", NO_RESULT)
            box = self._box(point.day, top, tall)
            draw(self._painter, glyph, box, self._context.tokens[ink])
            self._mark(Strand.MRD, number, box)

    def _marker(self, top: float, tall: float) -> None:
        p, tokens = self._painter, self._context.tokens
        levels = self._story.marker
        if not levels:
            return
        ceiling = max(_CEILING, Decimal(1))
        bottom, room = top + tall - 4, tall - 8

        def y(share: Decimal) -> float:
            return bottom - float(min(share, ceiling) / ceiling) * room

        pen = QPen(tokens.edge, Size.HAIR, Qt.PenStyle.DashLine)
        p.setPen(pen)
        p.drawLine(QPointF(self._left, y(Decimal(1))), QPointF(self._right, y(Decimal(1))))
        points = [QPointF(self._x(v.day), y(v.share)) for v in levels]
        p.setPen(QPen(tokens.secondary, 1.5))
        p.drawPolyline(QPolygonF(points))
        for number, (level, spot) in enumerate(zip(levels, points, strict=True)):
            over = level.share > 1
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(tokens.hard if over else tokens.secondary)
            p.drawEllipse(spot, 2.5, 2.5)
            box = QRectF(0, 0, _MARK, _MARK)
            box.moveCenter(spot)
            self._mark(Strand.MARKER, number, box)

    def _scans(self, top: float, tall: float) -> None:
        free = 0.0
        for number, scan in enumerate(self._story.scans):
            words = scan.response or "–"
            colour = Ink.HARD if words == "PD" else Ink.TEXT
            free = self._word(scan.day, words, top, tall, free, colour)
            self._mark(Strand.SCAN, number, self._box(scan.day, top, tall))

    def _lvef(self, top: float, tall: float) -> None:
        free = 0.0
        for number, test in enumerate(self._story.lvef):
            free = self._word(test.day, str(test.percent), top, tall, free, Ink.TEXT)
            self._mark(Strand.LVEF, number, self._box(test.day, top, tall))

    def _visits(self, top: float, tall: float) -> None:
        """Windows as brackets, visits as ticks; outside its window a visit is marked with !."""
        p, tokens = self._painter, self._context.tokens
        line = top + 13
        free = {0: 0.0, 1: 0.0}
        order = sorted(enumerate(self._story.visits), key=lambda v: when(v[1]))
        for place, (number, visit) in enumerate(order):
            if visit.window and visit.window.closes >= self._story.first:
                opens = max(visit.window.opens, self._story.first)
                box = QRectF(self._x(opens), line - 4, 0, 8)
                box.setRight(max(self._x(visit.window.closes), box.left() + 3))
                p.setPen(QPen(tokens.edge, Size.HAIR))
                p.setBrush(tokens.tint if visit.day is None and not visit.missed else tokens.hover)
                p.drawRoundedRect(box, 2, 2)
            colour = tokens.hard if outside(visit) else tokens.accent
            if visit.day:
                p.setPen(Qt.PenStyle.NoPen)
                p.setBrush(colour)
                x = self._x(visit.day)
                p.drawRoundedRect(QRectF(x - 1.5, line - 6, 3, 12), 1.5, 1.5)
            day = when(visit)
            words = f"{visit.label}!" if outside(visit) else visit.label
            ink = Ink.HARD if outside(visit) else Ink.TEXT if visit.day else Ink.SECONDARY
            # Names alternate between two lines, so that near visits can both be read.
            row = place % 2 if free[0] > self._x(day) - Size.GAP else 0
            below = line + 6 + row * 11
            free[row] = self._word(day, words, below, 11, free[row], ink)
            hover = QRectF(self._x(day) - _MARK, top, 2 * _MARK, tall)
            self._mark(Strand.VISIT, number, hover)

    def _today(self) -> None:
        p, tokens = self._painter, self._context.tokens
        x = self._x(self._story.today)
        bottom = self._bottom - _AXIS
        p.setPen(QPen(tokens.accent, Size.HAIR, Qt.PenStyle.DashLine))
        p.drawLine(QPointF(x, self._top), QPointF(x, bottom + 2))
        font = self._context.font(Type.NOTE, strong=True)
        words = self._context.say(TODAY)
        wide = QFontMetrics(font).horizontalAdvance(words)
        room = QRectF(x - wide / 2 - 4, bottom + 1, wide + 8, _AXIS - 2)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(tokens.raised)
        p.drawRect(room)
        p.setFont(font)
        p.setPen(tokens.accent)
        p.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def _word(self, day: date, words: str, top: float, tall: float, free: float, ink: Ink) -> float:
        """A word centred on a day, left out where the one before stands in its way."""
        p = self._painter
        font = self._context.font(Type.NOTE)
        wide = QFontMetrics(font).horizontalAdvance(words)
        x = self._x(day)
        if x - wide / 2 < free:
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(self._context.tokens[ink])
            if free - x < wide:
                x = free + wide / 2
            else:
                return free
        p.setFont(font)
        p.setPen(self._context.tokens[ink])
        room = QRectF(x - wide / 2 - 2, top, wide + 4, tall)
        p.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
        return x + wide / 2 + 3

    def _box(self, day: date, top: float, tall: float) -> QRectF:
        return QRectF(self._x(day) - _MARK / 2, top + (tall - _MARK) / 2, _MARK, _MARK)
